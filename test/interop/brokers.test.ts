// Our client and MQTT.js, each at one end, through our broker and through mosquitto, at both versions: every pair of QoS,
// retained messages, wills, large payloads.

import { connect, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientOptions } from "../../firmware/mqtt/client.js";
import { Broker } from "../../host-sim/broker/broker.js";
import { listen } from "../../host-sim/node/listen.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { Mosquitto, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";

function suite(protocolVersion: 4 | 5, start: () => Promise<{ port: number; close(): Promise<void> }>): void {
	let broker: { port: number; close(): Promise<void> };
	let peer: MqttClient;
	const heard: string[] = [];
	const join = (clientId: string, options: Partial<ClientOptions> = {}) =>
		nodeClient(broker.port, clientId, { protocolVersion, ...options });

	beforeAll(async () => {
		broker = await start();
		peer = connect(`mqtt://127.0.0.1:${broker.port}`, { clientId: "peer", protocolVersion });
		peer.on("message", (topic, payload, packet) =>
			heard.push(`${topic} ${payload} q${packet.qos} r${Number(packet.retain)}`),
		);
		await new Promise<void>((resolve, reject) => {
			peer.once("connect", () => resolve());
			peer.once("error", reject);
		});
	});

	afterAll(async () => {
		await peer?.endAsync(true);
		await broker?.close();
	});

	it("every pair of QoS, both ways, exactly as often as promised", async () => {
		const received: string[] = [];
		const ends: number[] = [];
		const client = join("pairs", { onPublishEnd: (_ticket, end) => ends.push(end) });
		client.open();
		for (const qos of [0, 1, 2])
			client.subscribe(`down/${qos}`, message => received.push(`${message.topic} ${message.text()} q${message.qos}`), {
				qos,
			});
		await peer.subscribeAsync({ "up/0": { qos: 0 }, "up/1": { qos: 1 }, "up/2": { qos: 2 } });
		await until("online", () => client.isOnline);
		for (const sub of [0, 1, 2])
			for (const pub of [0, 1, 2] as const) {
				await until("room", () => client.publish(`up/${sub}`, `${pub}`, { qos: pub }) >= 0);
				await peer.publishAsync(`down/${sub}`, `${pub}`, { qos: pub });
			}
		await until("18 messages", () => heard.filter(line => line.startsWith("up/")).length >= 9 && received.length >= 9);
		const pairs = (prefix: string) =>
			[0, 1, 2].flatMap(sub => [0, 1, 2].map(pub => `${prefix}/${sub} ${pub} q${Math.min(sub, pub)}`)).sort();
		expect(
			heard
				.filter(line => line.startsWith("up/"))
				.map(line => line.replace(" r0", ""))
				.sort(),
		).toEqual(pairs("up"));
		expect(received.sort()).toEqual(pairs("down"));
		await until("all settled", () => client.unsettled === 0);
		expect(ends.every(end => end === 0)).toBe(true);
		client.close();
	});

	it("retained messages, and their clearing by an empty one", async () => {
		const client = join("retain");
		const seen: string[] = [];
		client.open();
		await until("online", () => client.isOnline);
		client.publish("keep/a", "1", { qos: 1, retain: true });
		client.publish("keep/b", "2", { qos: 1, retain: true });
		client.publish("keep/a", "", { qos: 1, retain: true });
		await until("settled", () => client.unsettled === 0);
		client.subscribe("keep/#", message => seen.push(`${message.topic} ${message.text()} ${message.retain}`), {
			qos: 1,
		});
		await until("the retained one", () => seen.length > 0);
		expect(seen).toEqual(["keep/b 2 true"]);
		client.close();
	});

	it("[MQTT-3.1.2-8] the will when the socket is cut, and none after a goodbye", async () => {
		await peer.subscribeAsync("will/#", { qos: 1 });
		const sockets: { destroy(): void }[] = [];
		class Cuttable extends TCP {
			constructor(options: ConstructorParameters<typeof TCP>[0]) {
				super(options);
				sockets.push({ destroy: () => this.close() });
			}
		}
		const dying = join("dying", {
			will: { topic: "will/dying", payload: "gone", qos: 1 },
			socket: { io: Cuttable },
		});
		dying.open();
		await until("online", () => dying.isOnline);
		dying.close(false);
		await until("the will", () => heard.includes("will/dying gone q1 r0"));
		const polite = join("polite", { will: { topic: "will/polite", payload: "gone", qos: 1 } });
		polite.open();
		await until("online", () => polite.isOnline);
		polite.close();
		const last = join("last", { will: { topic: "will/last", payload: "gone", qos: 1 } });
		last.open();
		await until("online", () => last.isOnline);
		last.close(false);
		await until("the last will", () => heard.includes("will/last gone q1 r0"));
		expect(heard.some(line => line.startsWith("will/polite"))).toBe(false);
	});

	it("payloads far larger than the buffers, streamed both ways, byte for byte", async () => {
		const size = 200_000;
		const client = join("large");
		let position = 0;
		let wrong = 0;
		let complete = false;
		client.subscribe(
			"large/down",
			message => {
				if (message.position !== position) wrong += 1;
				for (let i = 0; i < message.payloadLength; i += 1)
					if (message.bytes[message.payloadAt + i] !== ((position + i) & 0xff)) wrong += 1;
				position += message.payloadLength;
				complete = message.last;
			},
			{ qos: 2, stream: true },
		);
		client.open();
		const got: Buffer[] = [];
		await peer.subscribeAsync("large/up", { qos: 2 });
		peer.on("message", (topic, payload) => {
			if (topic === "large/up") got.push(payload);
		});
		await until("online", () => client.isOnline);
		const source = {
			read(bytes: Uint8Array, at: number, count: number, from: number) {
				for (let i = 0; i < count; i += 1) bytes[at + i] = (from + i) & 0xff;
				return count;
			},
		};
		client.publishFrom(client.topic("large/up"), source, size, 4);
		const payload = Buffer.from(Array.from({ length: size }, (_, i) => i & 0xff));
		await peer.publishAsync("large/down", payload, { qos: 2 });
		await until("both", () => complete && got.length > 0);
		expect([position, wrong]).toEqual([size, 0]);
		expect(got[0]!.equals(payload)).toBe(true);
		client.close();
	});
}

for (const [version, name] of [
	[4, "3.1.1"],
	[5, "5.0"],
] as const) {
	describe(`${name} through the in-process broker`, () => {
		suite(version, () => listen(new Broker(), 0));
	});

	describeWith(["mosquitto"], `${name} through mosquitto`, () => {
		suite(version, () => Mosquitto.start());
	});
}
