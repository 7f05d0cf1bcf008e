// Client and broker in virtual time, over a network that slices, delays and breaks.

import { describe, expect, it } from "vitest";
import { QOS_1, QOS_2 } from "../../../firmware/mqtt/client.js";
import { TestWorld } from "../../support/world.js";

/** A run with faults from that seed: what the broker saw, and how each publish ended. */
function storm(seed: number): { sent: number; log: string[]; ends: string[]; received: string[] } {
	const world = new TestWorld({ seed, link: { slice: 5, latencyMs: 15 } });
	const ends: string[] = [];
	const received: string[] = [];
	const subscriber = world.client("sub", { cleanSession: false });
	subscriber.subscribe("t/#", message => received.push(`${message.topic} ${message.text()}`), { qos: 2 });
	subscriber.open();
	const publisher = world.client("pub", {
		cleanSession: false,
		onPublishEnd: (ticket, end, code) => ends.push(`${ticket} ${end} ${code}`),
	});
	publisher.open();
	world.time.run(500);
	let sent = 0;
	for (let i = 0; i < 200 && sent < 60; i += 1) {
		const ticket = publisher.publish(`t/${i % 3}`, String(sent), { qos: 2 });
		if (ticket > 0) sent += 1;
		world.time.run(world.random.between(1, 120));
		if (world.random.next() % 12 === 0) {
			const { links } = world.network;
			links[world.random.next() % Math.max(1, links.length)]?.cut();
		}
	}
	world.time.run(400_000);
	return { sent, log: world.told(), ends, received };
}

describe("a simulated network", () => {
	it("[MQTT-4.3.3-1] [MQTT-4.3.3-2] QoS 2 end to end through cuts and slices: every message exactly once, in order per topic", () => {
		for (let seed = 1; seed <= 25; seed += 1) {
			const { sent, ends, received } = storm(seed);
			expect(sent).toBeGreaterThan(20);
			expect(ends.length).toBe(sent);
			expect(ends.every(end => end.endsWith(" 0 0"))).toBe(true);
			for (const topic of ["t/0", "t/1", "t/2"]) {
				const numbers = received.filter(line => line.startsWith(topic)).map(line => Number(line.slice(4)));
				expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
			}
			expect(received.map(line => Number(line.slice(4))).sort((a, b) => a - b)).toEqual(
				Array.from({ length: sent }, (_, i) => i),
			);
		}
	});

	it("repeats exactly from the same seed, and differs from another", () => {
		expect(storm(3)).toEqual(storm(3));
		expect(storm(3)).not.toEqual(storm(4));
	});

	it("resolves names, and refuses where nobody listens", () => {
		const world = new TestWorld();
		const told: string[] = [];
		const client = world.client("c", {
			host: "elsewhere",
			onOffline: code => told.push(code.toString(16)),
			onOnline: () => told.push("online"),
			backoff: { baseMs: 100, capMs: 100 },
		});
		client.open();
		world.time.run(50);
		expect(new Set(told)).toEqual(new Set(["30"]));
		world.network.setName("elsewhere", "10.0.0.9");
		world.time.run(250);
		expect(told).toContain("32");
		world.network.setName("elsewhere", "10.0.0.1");
		world.time.run(500);
		expect(told.at(-1)).toBe("online");
	});

	it("a link that hangs is found by both ends, each with its own clock", () => {
		const world = new TestWorld();
		const told: string[] = [];
		const client = world.client("c", {
			keepAlive: 10,
			will: { topic: "will", payload: "gone" },
			onOffline: code => told.push(`${code.toString(16)} at ${Math.round(world.time.now / 1000)}`),
		});
		client.open();
		world.time.run(1000);
		world.link("c").hang();
		world.time.run(18_500);
		expect(told).toEqual(["35 at 19"]);
		expect(world.told().filter(line => line.startsWith("publish will"))).toEqual(["publish will gone"]);
	});

	it("the board's send buffer fills up, and nothing is lost", () => {
		const world = new TestWorld({ link: { sendBuffer: 40, latencyMs: 5 } });
		const client = world.client("c", { limits: { outbox: 4000, send: 64 } });
		client.open();
		world.time.run(100);
		const topic = client.topic("t");
		const payload = new Uint8Array(500).fill(0x41);
		for (const flags of [QOS_1, QOS_2, QOS_1]) expect(client.publish(topic, payload, 500, flags)).toBeGreaterThan(0);
		world.time.run(5000);
		expect(client.unsettled).toBe(0);
		expect(world.told().filter(line => line.startsWith("publish t AAAA")).length).toBe(3);
	});
});
