import { describe, expect, it } from "vitest";
import { Recognitions } from "../../../host-sim/fleet/recognitions.js";
import type { Sights } from "../../../host-sim/sensor/belt.js";

/** Pictures 1 to 3, of which the model knows the first two. */
const KNOWN: Record<number, { truth: string; answer: string }> = {
	1: { truth: "Bag", answer: "Bag" },
	2: { truth: "Coat", answer: "Coat" },
	3: { truth: "Shirt", answer: "Coat" },
};
const sights: Pick<Sights, "known"> = { known: crc => KNOWN[crc] };
const reading = (crc: number, label: string, source = "camera") =>
	new TextEncoder().encode(JSON.stringify({ boot: 1, seq: 1, crc, label, source }));

describe("what boards have seen", () => {
	it("is held against the truth and against the model", () => {
		const seen = new Recognitions(sights);
		for (const [crc, label] of [
			[1, "Bag"],
			[2, "Coat"],
			[3, "Coat"],
		] as const)
			seen.handleReading(reading(crc, label));
		expect(seen.summary).toEqual({ answers: 3, right: 2, rightHere: 2, different: 0 });
	});

	it("tells an answer that is not the model's, right or wrong", () => {
		const seen = new Recognitions(sights);
		seen.handleReading(reading(3, "Shirt"));
		seen.handleReading(reading(1, "Coat"));
		expect(seen.summary).toEqual({ answers: 2, right: 1, rightHere: 1, different: 2 });
	});

	it("tells a camera that shows no picture of the belt: none is there", () => {
		const seen = new Recognitions(sights);
		seen.handleReading(reading(9, "Bag"));
		expect(seen.summary).toEqual({ answers: 1, right: 0, rightHere: 0, different: 1 });
	});

	it("has nothing to say of other pictures that somebody sends", () => {
		const seen = new Recognitions(sights);
		seen.handleReading(reading(9, "Bag", "sent"));
		expect(seen.summary).toEqual({ answers: 0, right: 0, rightHere: 0, different: 0 });
	});
});
