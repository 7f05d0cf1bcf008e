// Boards of a virtual world and strangers from outside, at a broker on a real port.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../../../firmware/mqtt/client.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import type { Violation } from "../../../host-sim/checker/checker.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import { isPossibleOutside, Outside, type OutsideOptions } from "../../../host-sim/node/outside.js";
import { sentence } from "../../../host-sim/sentence.js";
import { Faults } from "../../../host-sim/world/fault.js";
import { Harbour } from "../../support/harbour.js";
import { until } from "../../support/mosquitto.js";
import { nodeClient } from "../../support/node.js";

let broker: Broker;
let listener: Listener;
let stop: AbortController;
const published: string[] = [];
const outsides: Outside[] = [];

beforeEach(async () => {
	published.length = 0;
	stop = new AbortController();
	broker = new Broker({ on: { published: ({ payload }) => published.push(`${payload}`) } });
	listener = await listen(broker, 0);
});

afterEach(async () => {
	stop.abort();
	for (const outside of outsides.splice(0)) await outside.close();
	await listener.close();
});

function outside(options: Partial<OutsideOptions> = {}): Outside {
	const made = new Outside({ host: "127.0.0.1", port: listener.port, ...options });
	outsides.push(made);
	return made;
}

const QUICK = { backoff: { baseMs: 50, capMs: 100 }, cleanSession: false };

describe("a world whose broker is outside", () => {
	it("its boards publish there, at the pace of real time or faster, with the time of day", async () => {
		const { pace, world } = outside({ speed: 20, link: { slice: 3 } });
		expect(Math.abs(world.time.clock.wall() - Date.now())).toBeLessThan(1000);
		const client = new Client({ clientId: "c", ...world.collaborators("c") });
		client.open();
		world.time.after(1000, () => client.publish("t", "a second later", { qos: 1 }));
		const start = performance.now();
		await pace.run({ until: 2000 });
		expect(performance.now() - start).toBeGreaterThanOrEqual(99);
		// The broker's answers come in real time, however late that is for a world that is faster.
		while (published.length === 0 || client.unsettled > 0) await pace.run({ until: world.time.now + 100 });
		expect([published, client.unsettled]).toEqual([["a second later"], 0]);
		expect(world.broker.sessions.size).toBe(0);
	});

	it("nobody reaches the broker while it is as if stopped, and its sessions are there afterwards", async () => {
		const world = outside();
		void world.run({ signal: stop.signal });
		const online: boolean[] = [];
		const offline: number[] = [];
		const client = new Client({
			clientId: "c",
			...world.world.collaborators("c"),
			...QUICK,
			onOnline: present => online.push(present),
			onOffline: code => offline.push(code),
		});
		world.pace.enter(() => client.open());
		await until("online", () => online.length === 1);
		let end = () => {};
		world.pace.enter(() => {
			end = new Faults(world.world).strikeBroker({ fault: "broker-stop" });
		});
		await until("refused", () => offline.length >= 3);
		world.pace.enter(end);
		await until("online again", () => online.length === 2);
		expect(online).toEqual([false, true]);
	});

	it("its answers come late and twice, whole or not in TCP's pieces; and the checker looks on", async () => {
		const found: Violation[] = [];
		const { pace, world } = outside({ violated: violation => found.push(violation) });
		void pace.run({ signal: stop.signal });
		world.manners = { lateMs: 60, twice: 100, wrong: 0 };
		let subscribed = false;
		const client = new Client({
			clientId: "c",
			...world.collaborators("c"),
			...QUICK,
			onSubscribed: () => (subscribed = true),
		});
		let received = 0;
		client.subscribe("big", () => (received += 1), { qos: 0, stream: true });
		pace.enter(() => client.open());
		await until("subscribed", () => subscribed);
		// One message that comes in many pieces, others that share one.
		broker.publish({ topic: "big", payload: Buffer.alloc(200_000), qos: 0, retain: false });
		const start = performance.now();
		pace.enter(() => {
			for (let i = 0; i < 5; i += 1) client.publish("t", `${i}`, { qos: 2 });
		});
		await until("settled", () => client.unsettled === 0);
		expect(performance.now() - start).toBeGreaterThanOrEqual(119);
		await until("the big one", () => received > 1);
		expect([published.slice(-5), found]).toEqual([["0", "1", "2", "3", "4"], []]);
	});

	it("what is no packet comes as it is, and half of one before the end", async () => {
		const harbour = await Harbour.open();
		const here = outside({ port: harbour.port });
		void here.run({ signal: stop.signal });
		const got: number[] = [];
		let hasEnded = false;
		const Board = here.world.network.socketFor("raw");
		here.pace.enter(() => {
			new Board({
				...here.world.address,
				onReadable(count) {
					const bytes = new Uint8Array(count);
					this.read(bytes);
					got.push(...bytes);
				},
				onError: () => (hasEnded = true),
			});
		});
		await until("the connection", () => harbour.sockets.length === 1);
		const noPacket = [0x20, 0xff, 0xff, 0xff, 0xff, 0x01];
		const half = [0x40, 0x02, 0x00];
		harbour.sockets[0]!.write(Uint8Array.from(noPacket));
		await until("what is no packet", () => got.length === noPacket.length);
		harbour.sockets[0]!.end(Uint8Array.from(half));
		await until("the end", () => hasEnded);
		expect(got).toEqual([...noPacket, ...half]);
		await harbour.close();
	});

	it("the checker and the manners in between let through what becomes of connections", async () => {
		const here = outside({ violated: () => {} });
		void here.run({ signal: stop.signal });
		const offline: number[] = [];
		const client = new Client({
			clientId: "c",
			...here.world.collaborators("c"),
			...QUICK,
			onOffline: code => offline.push(code),
		});
		here.pace.enter(() => client.open());
		await until("online", () => client.isOnline);
		listener.destroy("c");
		await until("cut, and online again", () => offline.length === 1 && client.isOnline);
		await listener.close();
		await until("refused", () => offline.length >= 4);
		// The one is a connection that ended, the other one that never stood.
		expect([sentence(offline[0]!), sentence(offline.at(-1)!)]).toEqual(["connection lost", "connection refused"]);
	});

	it("strangers come in by a port, and what befalls their path befalls them", async () => {
		const here = outside();
		void here.run({ signal: stop.signal });
		const { port } = await here.proxy("stranger");
		const online: boolean[] = [];
		const stranger = nodeClient(port, "stranger", { ...QUICK, onOnline: present => online.push(present) });
		stranger.open();
		await until("online", () => online.length === 1);
		here.pace.enter(() => here.world.link("stranger")!.cut());
		await until("online again", () => online.length === 2);
		stranger.publish("t", "from far away", { qos: 2 });
		await until("settled", () => stranger.unsettled === 0);
		stranger.close();
		expect([online, published]).toEqual([[false, true], ["from far away"]]);
	});

	it("cannot make the broker forget, nor refuse", () => {
		expect(isPossibleOutside({ fault: "broker-forgets" })).toBe(false);
		expect(isPossibleOutside({ fault: "broker-refuses", reason: 0x88 })).toBe(false);
		for (const fault of ["broker-stop", "broker-answers", "cut", "power-cut"] as const)
			expect(isPossibleOutside({ fault })).toBe(true);
	});
});
