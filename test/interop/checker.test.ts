// The checker on real sockets: what MQTT.js is known to break is found by its id, and our own client breaks nothing,
// before our broker and before mosquitto.

import { createServer, type Server } from "node:net";
import { connect, type IClientOptions } from "mqtt";
import { type IConnackPacket, parser, writeToStream } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Broker } from "../../host-sim/broker/broker.js";
import { Checker, type Violation } from "../../host-sim/checker/checker.js";
import { type Listener, listen } from "../../host-sim/node/listen.js";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";
import { WatchingProxy } from "../support/proxy.js";

const found: Violation[] = [];
const ids = () => [...new Set(found.map(({ statement }) => statement))].sort();
const checker = (closeMs = 10_000) => new Checker({ report: violation => found.push(violation), closeMs });

beforeEach(() => {
	found.length = 0;
});

/** True once, for the first bytes that begin a PUBLISH. */
function atFirstPublish(): (bytes: Uint8Array) => boolean {
	let isDone = false;
	return bytes => {
		const isPublish = bytes[0]! >> 4 === 3;
		const cuts = isPublish && !isDone;
		isDone ||= isPublish;
		return cuts;
	};
}

describe("before our broker, at 3.1.1,", () => {
	let broker: Listener;
	let proxy: WatchingProxy;

	beforeEach(async () => {
		broker = await listen(new Broker(), 0);
		proxy = await WatchingProxy.start(broker.port, checker());
	});

	afterEach(async () => {
		await proxy.close();
		await broker.close();
	});

	it("[MQTT-3.3.1-1] MQTT.js sends a message again without DUP", async () => {
		proxy.cuts = atFirstPublish();
		const client = connect(`mqtt://127.0.0.1:${proxy.port}`, { clientId: "js", clean: false, reconnectPeriod: 20 });
		await client.publishAsync("a", "x", { qos: 1 });
		await client.endAsync();
		expect(ids()).toEqual(["MQTT-3.3.1-1"]);
		expect(found[0]).toMatchObject({ version: "3.1.1", clientId: "js", connection: 2, packet: "PUBLISH" });
	});

	it("our client breaks nothing, with a cut in between", async () => {
		proxy.cuts = atFirstPublish();
		let received = 0;
		const client = nodeClient(proxy.port, "ours", { cleanSession: false });
		client.subscribe("a", () => (received += 1), { qos: 2 });
		client.open();
		for (let i = 0; i < 20; i += 1) await until("room", () => client.publish("a", `${i}`, { qos: 1 + (i % 2) }) > 0);
		await until("all", () => received >= 20 && client.unsettled === 0);
		client.close();
		await sleep(50);
		expect(found).toEqual([]);
	});
});

/** A 5.0 server that says `connack`, and then only what it has to: it answers SUBSCRIBE, and sends `then`. */
function serve(connack: IConnackPacket, then?: Buffer): Promise<Server & { port: number }> {
	const server = createServer(socket => {
		const codec = parser({ protocolVersion: 5 });
		socket.on("error", () => socket.destroy());
		codec.on("packet", ({ cmd }) => {
			if (cmd !== "connect") return;
			writeToStream(connack, socket, { protocolVersion: 5 });
			if (then !== undefined) socket.write(then);
		});
		codec.on("error", () => {});
		socket.on("data", bytes => codec.parse(bytes));
	});
	return new Promise(resolve => {
		server.listen(0, "127.0.0.1", () =>
			resolve(Object.assign(server, { port: (server.address() as { port: number }).port })),
		);
	});
}

const CONNACK: IConnackPacket = { cmd: "connack", reasonCode: 0, sessionPresent: false };

describe("before a server of 5.0 that allows little", () => {
	const withClient = async (
		server: Server & { port: number },
		options: IClientOptions,
		run: (client: ReturnType<typeof connect>) => Promise<void>,
		watcher = checker(),
	) => {
		const proxy = await WatchingProxy.start(server.port, watcher);
		const client = connect(`mqtt://127.0.0.1:${proxy.port}`, {
			protocolVersion: 5,
			clientId: "js",
			reconnectPeriod: 0,
			...options,
		});
		client.on("error", () => {});
		try {
			await until("connected", () => client.connected);
			await run(client);
		} finally {
			await client.endAsync(true);
			await proxy.close();
			await new Promise(resolve => server.close(resolve));
		}
	};

	it("[MQTT-3.3.4-7] [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15] MQTT.js heeds nothing of it", async () => {
		const properties = { receiveMaximum: 2, maximumQoS: 1, retainAvailable: false, maximumPacketSize: 100 };
		await withClient(await serve({ ...CONNACK, properties }), {}, async client => {
			for (let i = 0; i < 3; i += 1) client.publish("a", "x", { qos: 1 });
			await until("too many", () => found.length === 1);
			client.publish("a", "x", { qos: 2 });
			client.publish("a", "x", { retain: true });
			client.publish("a", "x".repeat(200));
			await until("all of it", () => ids().length === 4);
		});
		expect(ids()).toEqual(["MQTT-3.2.2-11", "MQTT-3.2.2-14", "MQTT-3.2.2-15", "MQTT-3.3.4-7"]);
	});

	it("[MQTT-4.13.2-1] MQTT.js stays after a topic that is no UTF-8", async () => {
		const illFormed = Buffer.of(0x30, 0x05, 0x00, 0x02, 0xc0, 0xaf, 0x00);
		await withClient(
			await serve(CONNACK, illFormed),
			{},
			async client => {
				await sleep(150);
				client.publish("a", "x");
				await until("it is seen", () => found.length > 0);
			},
			checker(100),
		);
		expect(ids()).toEqual(["MQTT-4.13.2-1"]);
	});

	it("[MQTT-3.2.2-4] MQTT.js takes a Session Present after a clean start", async () => {
		await withClient(
			await serve({ ...CONNACK, sessionPresent: true }),
			{ clean: true },
			async client => {
				await sleep(150);
				client.publish("a", "x");
				await until("it is seen", () => found.length > 0);
			},
			checker(100),
		);
		expect(ids()).toEqual(["MQTT-3.2.2-4"]);
	});
});

describeWith(["mosquitto"], "before a mosquitto that allows little", () => {
	it("our client breaks nothing at 5.0, with a cut in between", async () => {
		const mosquitto = await Mosquitto.start(["max_qos 1", "max_inflight_messages 2", "max_keepalive 40"]);
		const proxy = await WatchingProxy.start(mosquitto.port, checker());
		const client = nodeClient(proxy.port, "ours", {
			protocolVersion: 5,
			cleanSession: false,
			sessionExpiry: 60,
			limits: { messages: 8 },
		});
		let received = 0;
		try {
			proxy.cuts = atFirstPublish();
			client.subscribe("a", () => (received += 1), { qos: 1 });
			client.open();
			await until("online", () => client.isOnline);
			for (let i = 0; i < 20; i += 1) await until("room", () => client.publish("a", `${i}`, { qos: 1 }) > 0);
			await until("all", () => received >= 20 && client.unsettled === 0);
		} finally {
			client.close();
			await sleep(50);
			await proxy.close();
			await mosquitto.close();
		}
		expect(found).toEqual([]);
	});
});
