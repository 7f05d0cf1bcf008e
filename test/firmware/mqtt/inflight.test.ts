import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { Inflight, inflightWords } from "../../../firmware/mqtt/inflight.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

describe("packet ids", () => {
	it("[MQTT-2.3.1-1] [MQTT-2.3.1-2] [MQTT-2.3.1-4] are 1 to 65,535, never two at once, and requests have their own row", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(), (messages, seed) => {
				const arena = new Arena(inflightWords(messages), 64, 64);
				const random = new SeededRandom(seed);
				const inflight = new Inflight(arena, messages, random);
				const inUse: number[] = [];
				for (let i = 0; i < 300; i += 1) {
					if (inUse.length > 0 && (inflight.isFull || random.next() % 2 === 0)) {
						const [id] = inUse.splice(random.next() % inUse.length, 1);
						inflight.free(id!);
						expect(inflight.find(id!)).toBe(0);
					} else {
						const id = inflight.take(1000 + i);
						expect(id).toBeGreaterThan(0);
						expect(id).toBeLessThan(65_536);
						expect(inUse).not.toContain(id);
						expect(inflight.find(id)).toBe(1000 + i);
						inUse.push(id);
					}
					const request = inflight.takeRequestId();
					expect(request).toBeGreaterThan(0);
					expect(request).toBeLessThan(65_536);
					expect(inUse).not.toContain(request);
				}
				expect(inflight.held).toBe(inUse.length);
			}),
			{ numRuns: 200 },
		);
	});
});
