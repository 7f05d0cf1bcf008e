import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Frames } from "../../../host-sim/broker/frames.js";
import { hex } from "../../support/peer.js";

describe("frames", () => {
	it("are the same however the bytes arrive", () => {
		const packets = [
			"100d 0004 4d515454 04 02 0000 0001 61",
			"c0 00",
			"32 07 0001 61 0005 6869",
			"82 06 0001 0001 61 00",
			"e0 00",
		].map(hex);
		const bytes = Buffer.concat(packets);
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), places => {
				const frames = new Frames();
				const found: Buffer[] = [];
				const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
				for (let i = 1; i < cuts.length; i += 1)
					frames.push(bytes.subarray(cuts[i - 1], cuts[i]), frame => found.push(Buffer.from(frame)));
				expect(found).toEqual(packets);
			}),
		);
	});

	it("arbitrary bytes end in frames, in waiting, or in an Error with a reason", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
				try {
					new Frames().push(bytes, () => {});
				} catch (error) {
					expect(error).toBeInstanceOf(Error);
					expect((error as Error).message.length).toBeGreaterThan(3);
				}
			}),
			{ numRuns: 5000 },
		);
	});

	it("a packet larger than anything a board sends is refused before it is waited for", () => {
		expect(() => new Frames().push(hex("30 ffffff7f"), () => {})).toThrow("packet too large");
	});
});
