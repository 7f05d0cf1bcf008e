// What takes longer than `npm test` may: `npm run soak`. SOAK_SEEDS and SOAK_RESTARTS set how much. What a run gave is
// recorded in RESULTS.md beside this file.

import { expect, it } from "vitest";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";
import { storm } from "../support/storm.js";

const SEEDS = Number(process.env["SOAK_SEEDS"] ?? 20_000);
const RESTARTS = Number(process.env["SOAK_RESTARTS"] ?? 20);

it(`${SEEDS} storms`, { timeout: 3_600_000 }, () => {
	const total = { published: 0, received: 0, reconnects: 0, displaced: 0 };
	for (let seed = 1; seed <= SEEDS; seed += 1) {
		const run = storm(seed);
		total.published += run.published;
		total.received += run.received;
		total.reconnects += run.reconnects;
		total.displaced += run.displaced;
	}
	console.log(`${SEEDS} storms: ${JSON.stringify(total)}`);
});

describeWith(["mosquitto"], "mosquitto", () => {
	it(`${RESTARTS} restarts under load at QoS 2: nothing lost, nothing twice, nothing out of order`, {
		timeout: 3_600_000,
	}, async () => {
		const mosquitto = await Mosquitto.start();
		const received: number[] = [];
		const ends: number[] = [];
		let subscribed = false;
		const subscriber = nodeClient(mosquitto.port, "sub", {
			cleanSession: false,
			// As many as this mosquitto has under way at once: in 3.1.1 a client cannot tell it to send fewer.
			limits: { received: 200 },
			onSubscribed: () => (subscribed = true),
		});
		subscriber.subscribe("n", message => received.push(Number(message.text())), { qos: 2 });
		const publisher = nodeClient(mosquitto.port, "pub", {
			cleanSession: false,
			onPublishEnd: (_ticket, end) => ends.push(end),
		});
		subscriber.open();
		publisher.open();
		await until("both online", () => subscribed && publisher.isOnline);
		// A session that has never stood cannot be resumed: let it be written down.
		await sleep(200);
		let sent = 0;
		for (let restart = 0; restart < RESTARTS; restart += 1) {
			for (const goal = sent + 300; sent < goal; ) {
				if (publisher.publish("n", String(sent), { qos: 2 }) > 0) sent += 1;
				else await sleep(1);
			}
			await mosquitto.down();
			await mosquitto.up();
		}
		await until("all to arrive", () => received.length >= sent && publisher.unsettled === 0, 60_000);
		await sleep(500);
		publisher.close();
		subscriber.close();
		await mosquitto.close();
		expect(received).toEqual(Array.from({ length: sent }, (_, i) => i));
		expect(ends.every(end => end === 0)).toBe(true);
		console.log(`${RESTARTS} restarts: ${sent} messages`);
	});
});
