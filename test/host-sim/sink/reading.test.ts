// Readings out of messages: what boards publish, and what anybody else may.

import { describe, expect, it } from "vitest";
import { type Readings, readingsOf } from "../../../host-sim/sink/reading.js";

const of = (value: unknown, topic = "thimble/attic-01/telemetry") =>
	readingsOf(topic, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

describe("readingsOf", () => {
	it("a message of one reading: board, boot, number, time, and all that it says besides", () => {
		expect(of({ time: 1_763_766_285_123, boot: 1, seq: 12, temperature: 21.5, co2: 415, note: "new" })).toEqual({
			board: "attic-01",
			boot: 1,
			readings: [{ seq: 12, time: 1_763_766_285_123, values: { temperature: 21.5, co2: 415, note: "new" } }],
		});
	});

	it("without a clock there is no time; a window stays what it is", () => {
		const { readings } = of({ time: 0, boot: 0, seq: 1, temperature: [3, 1, 4, 2] }) as { readings: unknown };
		expect(readings).toEqual([{ seq: 1, values: { temperature: [3, 1, 4, 2] } }]);
	});

	it("several in one message: numbers follow one another, times are counted from the first, null says nothing", () => {
		const message = { time: 5000, boot: 2, seq: 12, ms: [0, 1000], temperature: [21, 22], humidity: [45, null] };
		expect(of(message)).toMatchObject({
			readings: [
				{ seq: 12, time: 5000, values: { temperature: 21, humidity: 45 } },
				{ seq: 13, time: 6000, values: { temperature: 22 } },
			],
		});
		expect((of(message) as Readings).readings[1]!.values).not.toHaveProperty("humidity");
	});

	it("names like those of the prototype are names", () => {
		const { readings } = of('{"boot":1,"seq":1,"__proto__":3}') as Readings;
		expect(Object.entries(readings[0]!.values)).toEqual([["__proto__", 3]]);
	});

	it.each([
		["online", "no JSON object, or a larger one than a board sends"],
		["[1]", "no JSON object, or a larger one than a board sends"],
		[{ seq: 1 }, "no boot or no sequence number"],
		[{ boot: 1, seq: -1 }, "no boot or no sequence number"],
		[{ boot: 1, seq: 1.5 }, "no boot or no sequence number"],
		[{ boot: 1, seq: 1, ms: [] }, '"ms" is no list of the readings\' times'],
		[{ boot: 1, seq: 1, ms: new Array(256).fill(0) }, '"ms" is no list of the readings\' times'],
		[{ boot: 1, seq: 1, ms: [0, 1], a: [1] }, '"a" is no list of as many values as there are readings'],
		[{ boot: 1, seq: 1, ms: [0], a: 1 }, '"a" is no list of as many values as there are readings'],
	])("%j has none: %s", (value, reason) => {
		expect(of(value)).toBe(reason);
	});

	it("a topic of one level, or with nothing where the board is, names no board", () => {
		for (const topic of ["telemetry", "thimble//telemetry"])
			expect(of({ boot: 1, seq: 1 }, topic)).toBe("the topic names no board");
	});
});
