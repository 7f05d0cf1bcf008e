import { expect, it } from "vitest";
import { nodeClock, nodeRandom } from "../../../host-sim/node/clock.js";
import { sleep } from "../../support/mosquitto.js";

it("counts ms in 32 bits, and knows the time of day", async () => {
	const before = nodeClock.now();
	await sleep(30);
	const passed = (nodeClock.now() - before) | 0;
	expect(passed).toBeGreaterThanOrEqual(28);
	expect(passed).toBeLessThan(5000);
	// Read once: between two readings a millisecond may pass.
	const now = nodeClock.now();
	expect(now | 0).toBe(now);
	expect(Math.abs(nodeClock.wall() - Date.now())).toBeLessThan(1000);
});

it("draws 32-bit numbers that are not always the same", () => {
	const drawn = Array.from({ length: 50 }, () => nodeRandom.next());
	for (const number of drawn) {
		expect(Number.isInteger(number)).toBe(true);
		expect(number).toBeGreaterThanOrEqual(0);
		expect(number).toBeLessThan(2 ** 32);
	}
	expect(new Set(drawn).size).toBeGreaterThan(45);
});
