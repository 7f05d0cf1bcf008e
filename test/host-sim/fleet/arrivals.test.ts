import { describe, expect, it } from "vitest";
import { Arrivals, nameOf } from "../../../host-sim/fleet/arrivals.js";

describe("arrivals", () => {
	it("know what has come, and what comes again", () => {
		const arrivals = new Arrivals();
		expect(arrivals.take({ boot: 1, seq: 1 })).toBe(true);
		expect(arrivals.take({ boot: 2, seq: 1 })).toBe(true);
		expect(arrivals.take({ boot: 1, seq: 1 })).toBe(false);
		expect(arrivals.has({ boot: 1, seq: 1 })).toBe(true);
		expect(arrivals.has({ boot: 1, seq: 2 })).toBe(false);
		expect(arrivals.has({ boot: 3, seq: 1 })).toBe(false);
		expect([arrivals.count, arrivals.again]).toEqual([2, 1]);
	});

	it("in any order, and as many as a year has seconds", () => {
		const arrivals = new Arrivals();
		const last = 31_536_000;
		for (const seq of [last, 31, 32, 33, 63, 64, 255, 256, 0]) {
			expect(arrivals.has({ boot: 1, seq }), String(seq)).toBe(false);
			expect(arrivals.take({ boot: 1, seq })).toBe(true);
		}
		for (const seq of [30, 34, 62, 65, 257, last - 1, last + 1]) expect(arrivals.has({ boot: 1, seq })).toBe(false);
	});
});

describe("the name of a reading", () => {
	const name = (text: string) => nameOf(new TextEncoder().encode(text));

	it("is found with a time and without", () => {
		expect(name('{"time":1763766285123,"boot":12,"seq":345,"temperature":21.53}')).toEqual({ boot: 12, seq: 345 });
		expect(name('{"boot":1,"seq":4294967295}')).toEqual({ boot: 1, seq: 4_294_967_295 });
	});

	it("is not found in what is no reading", () => {
		for (const text of ["", "online", '{"b', '{"boot":', '{"boot":1', '{"boot":1,"seq":}', '{"boot":x,"seq":1}'])
			expect(name(text), text).toBeUndefined();
	});

	it("looks no further than the length", () => {
		const bytes = new TextEncoder().encode('{"boot":1,"seq":23}');
		expect(nameOf(bytes, 17)).toEqual({ boot: 1, seq: 2 });
	});
});
