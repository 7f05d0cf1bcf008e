import { expect, it } from "vitest";
import { storm } from "../../support/storm.js";

/** Fewer where the engine is a slow one. */
const STORMS = Number(process.env["STORMS"] ?? 150);

it(`[MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.4.0-1] [MQTT-4.6.0-1] ${STORMS} storms: what is promised holds, whatever the network does`, () => {
	let published = 0;
	let received = 0;
	let reconnects = 0;
	let displaced = 0;
	for (let seed = 1; seed <= STORMS; seed += 1) {
		const run = storm(seed);
		published += run.published;
		received += run.received;
		reconnects += run.reconnects;
		displaced += run.displaced;
	}
	// It was bad weather indeed.
	expect(published).toBeGreaterThan(33 * STORMS);
	expect(received).toBeGreaterThan(33 * STORMS);
	expect(reconnects).toBeGreaterThan(3 * STORMS);
	expect(displaced).toBeGreaterThan(STORMS / 2);
});
