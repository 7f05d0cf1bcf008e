// A real broker that goes away and comes back, and real tools beside our boards.

import { expect, it } from "vitest";
import { Mosquitto, sleep, spawnClient, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";

describeWith(["mosquitto", "mosquitto_sub"], "mosquitto", () => {
	it("[MQTT-4.4.0-1] [MQTT-4.3.3-1] sessions survive its restarts: QoS 2 through five of them, each message exactly once, in order", async () => {
		const mosquitto = await Mosquitto.start();
		const received: number[] = [];
		const ends: string[] = [];
		const subscriber = nodeClient(mosquitto.port, "sub", { cleanSession: false });
		subscriber.subscribe("n", message => received.push(Number(message.text())), { qos: 2 });
		let answered = false;
		const publisher = nodeClient(mosquitto.port, "pub", {
			cleanSession: false,
			onPublishEnd: (_ticket, end, code) => ends.push(`${end} ${code}`),
			onOnline: () => {
				answered = true;
			},
		});
		try {
			subscriber.open();
			publisher.open();
			await until("online", () => answered && subscriber.isOnline);
			await sleep(200);
			let sent = 0;
			for (let restart = 0; restart < 5; restart += 1) {
				const goal = sent + 40;
				while (sent < goal) {
					if (publisher.publish("n", String(sent), { qos: 2 }) > 0) sent += 1;
					else await sleep(2);
					if (sent === goal - 20) {
						await mosquitto.down();
						await mosquitto.up();
					}
				}
			}
			await until("all to arrive", () => received.length >= sent && publisher.unsettled === 0, 25_000);
			await sleep(300);
			expect(received).toEqual(Array.from({ length: sent }, (_, i) => i));
			expect(new Set(ends)).toEqual(new Set(["0 0"]));
			expect(ends.length).toBe(sent);
		} finally {
			publisher.close();
			subscriber.close();
			await mosquitto.close();
		}
	});

	it("messages for who is away wait in its session, over a restart", async () => {
		const mosquitto = await Mosquitto.start();
		let granted = -1;
		const again = nodeClient(mosquitto.port, "away", { cleanSession: false });
		const received: string[] = [];
		try {
			const asked = nodeClient(mosquitto.port, "away", {
				cleanSession: false,
				onSubscribed: (_handle, code) => (granted = code),
			});
			asked.subscribe("w", () => {}, { qos: 1 });
			asked.open();
			await until("granted", () => granted === 1);
			asked.close();
			const publisher = nodeClient(mosquitto.port, "p");
			publisher.open();
			await until("online", () => publisher.isOnline);
			for (const text of ["1", "2", "3"]) publisher.publish("w", text, { qos: 1 });
			await until("settled", () => publisher.unsettled === 0);
			publisher.close();
			await mosquitto.down();
			await mosquitto.up();
			again.subscribe("w", message => received.push(message.text()!), { qos: 1 });
			again.open();
			await until("three messages", () => received.length >= 3);
			expect(received).toEqual(["1", "2", "3"]);
		} finally {
			again.close();
			await mosquitto.close();
		}
	});

	it("mosquitto_sub reads what we publish, in UTF-8 topics too", async () => {
		const mosquitto = await Mosquitto.start();
		const { lines, child } = spawnClient("mosquitto_sub", [
			"-p",
			String(mosquitto.port),
			"-t",
			"#",
			"-v",
			"-q",
			"2",
			"-C",
			"3",
			"-d",
		]);
		const client = nodeClient(mosquitto.port, "c");
		try {
			await until("its SUBACK", () => lines.some(line => line.includes("Subscribed")));
			client.open();
			await until("online", () => client.isOnline);
			client.publish("grüße/😀", "hello", { qos: 0 });
			client.publish("a", "one", { qos: 1 });
			client.publish("b", "two", { qos: 2 });
			await until("three lines", () => child.exitCode !== null);
			expect(lines.filter(line => /^(grüße|a |b )/.test(line))).toEqual(["grüße/😀 hello", "a one", "b two"]);
		} finally {
			child.kill();
			client.close();
			await mosquitto.close();
		}
	});
});
