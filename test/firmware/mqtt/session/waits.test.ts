import { describe, expect, it } from "vitest";
import { Misuse } from "../../../../firmware/mqtt/error.js";
import { waitsOf } from "../../../../firmware/mqtt/session/waits.js";

describe("waits", () => {
	it("have the documented defaults", () => {
		expect(waitsOf(undefined, 60)).toEqual({
			resolveMs: 10_000,
			connectMs: 15_000,
			connackMs: 10_000,
			pingMs: 10_000,
			ackMs: 20_000,
			sourceMs: 10_000,
			silenceMs: 100_000,
			idleMs: 52_500,
		});
	});

	it("[MQTT-3.1.2-23] let no PINGREQ wait for longer than a keep-alive, and are off without one", () => {
		expect(waitsOf({ pingMs: 60_000 }, 4)).toMatchObject({ pingMs: 4000, idleMs: 3500, silenceMs: 10_000 });
		expect(waitsOf(undefined, 0)).toMatchObject({ idleMs: 0, silenceMs: 0, pingMs: 10_000 });
		expect(waitsOf({ silenceMs: 5000 }, 0).silenceMs).toBe(5000);
	});

	it("refuse what is no time", () => {
		for (const timeouts of [
			{ ackMs: 0 },
			{ connectMs: -1 },
			{ resolveMs: 1.5 },
			{ silenceMs: Number.POSITIVE_INFINITY },
		])
			expect(() => waitsOf(timeouts, 60)).toThrow(Misuse);
	});
});
