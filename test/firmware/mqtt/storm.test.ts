import { expect, it } from "vitest";
import { storm } from "../../support/storm.js";

it("[MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.4.0-1] [MQTT-4.6.0-1] 150 storms: what is promised holds, whatever the network does", () => {
	let published = 0;
	let received = 0;
	let reconnects = 0;
	for (let seed = 1; seed <= 150; seed += 1) {
		const run = storm(seed);
		published += run.published;
		received += run.received;
		reconnects += run.reconnects;
	}
	// It was bad weather indeed.
	expect(published).toBeGreaterThan(5000);
	expect(received).toBeGreaterThan(5000);
	expect(reconnects).toBeGreaterThan(500);
});
