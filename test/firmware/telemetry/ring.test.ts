import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RECORD_BYTES, Ring } from "../../../firmware/telemetry/ring.js";

function records(ring: Ring, length: (place: number) => number): number[][] {
	const all: number[][] = [];
	for (let place = 0; place < ring.size; place = ring.after(place))
		all.push(Array.from({ length: length(place) }, (_, i) => ring.byte(place, i)));
	return all;
}

describe("ring of records", () => {
	it("is a list that grows at one end and shrinks at both, whatever is done to it", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 3, max: 60 }),
				fc.array(fc.oneof(fc.constant("oldest"), fc.constant("newest"), fc.integer({ min: 1, max: 20 }))),
				(bytes, steps) => {
					const ring = new Ring(bytes);
					const model: number[][] = [];
					const size = () => model.reduce((sum, record) => sum + record.length + RECORD_BYTES, 0);
					let next = 0;
					for (const step of steps) {
						if (typeof step === "number") {
							const record = Array.from({ length: step }, (_, i) => (next + i) & 255);
							next += step;
							const fits = size() + step + RECORD_BYTES <= bytes;
							expect(ring.append(Uint8Array.from(record), step)).toBe(fits);
							if (fits) model.push(record);
						} else if (model.length > 0) {
							if (step === "oldest") {
								ring.dropOldest();
								model.shift();
							} else {
								ring.dropNewest();
								model.pop();
							}
						}
						expect([ring.count, ring.size]).toEqual([model.length, size()]);
						let index = 0;
						expect(records(ring, () => model[index++]!.length)).toEqual(model);
						let place = ring.size;
						for (let i = model.length; i > 0; i -= 1) place = ring.before(place);
						expect(place).toBe(0);
					}
				},
			),
		);
	});

	it("takes integers of four bytes with their sign, across its seam", () => {
		const ring = new Ring(9);
		const record = Uint8Array.from([7, 0xff, 0xff, 0xff, 0xfe]);
		for (let i = 0; i < 9; i += 1) {
			expect(ring.append(record, 5)).toBe(true);
			expect(ring.int32(0, 1)).toBe(-2);
			ring.dropOldest();
			// Moves the seam by three bytes.
			ring.append(record, 1);
			ring.dropOldest();
		}
	});
});
