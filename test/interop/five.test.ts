// 5.0 with a real mosquitto between our client and MQTT.js: what travels beside a payload, and what a server may say.

import { connect, type MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClientOptions } from "../../firmware/mqtt/client.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	properties,
	REASON_STRING,
	RESPONSE_TOPIC,
	SERVER_KEEP_ALIVE,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../firmware/mqtt/property.js";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";

describeWith(["mosquitto"], "5.0 through mosquitto", () => {
	let mosquitto: Mosquitto;
	let peer: MqttClient;
	const five = (clientId: string, options: Partial<ClientOptions> = {}) =>
		nodeClient(mosquitto.port, clientId, { protocolVersion: 5, ...options });

	beforeAll(async () => {
		mosquitto = await Mosquitto.start(["max_keepalive 40", "max_packet_size 20000"]);
		peer = connect(`mqtt://127.0.0.1:${mosquitto.port}`, { clientId: "peer", protocolVersion: 5 });
		await new Promise<void>((resolve, reject) => {
			peer.once("connect", () => resolve());
			peer.once("error", reject);
		});
	});

	afterAll(async () => {
		await peer?.endAsync(true);
		await mosquitto?.close();
	});

	it("properties arrive as they were sent, both ways, at every QoS", async () => {
		const received: unknown[] = [];
		const heard: unknown[] = [];
		const ends: string[] = [];
		const client = five("properties", { onPublishEnd: (_ticket, end, code) => ends.push(`${end} ${code}`) });
		let granted = 0;
		client.subscribe(
			"down",
			message =>
				received.push([
					message.qos,
					message.text(),
					message.property(CONTENT_TYPE),
					message.property(RESPONSE_TOPIC),
					message.property(CORRELATION_DATA),
					message.userProperties(),
				]),
			{ qos: 2 },
		);
		client.open();
		await peer.subscribeAsync("up", { qos: 2 });
		const listen = (_topic: string, payload: Buffer, packet: { qos: number; properties?: object }) =>
			heard.push([packet.qos, String(payload), packet.properties]);
		peer.on("message", listen);
		await until("online", () => client.isOnline);
		await sleep(100);
		const block = properties(
			[CONTENT_TYPE, "text/plain"],
			[RESPONSE_TOPIC, "re"],
			[CORRELATION_DATA, Uint8Array.of(0, 255)],
			[USER_PROPERTY, "größe", "😀"],
		);
		for (const qos of [0, 1, 2] as const) {
			granted = client.publish("up", `m${qos}`, { qos, properties: block });
			expect(granted).toBeGreaterThanOrEqual(0);
			await peer.publishAsync("down", `m${qos}`, {
				qos,
				properties: {
					contentType: "text/plain",
					responseTopic: "re",
					correlationData: Buffer.of(0, 255),
					userProperties: { größe: "😀" },
				},
			});
		}
		await until("all", () => received.length >= 3 && heard.length >= 3 && client.unsettled === 0);
		peer.off("message", listen);
		expect(received).toEqual(
			[0, 1, 2].map(qos => [qos, `m${qos}`, "text/plain", "re", Uint8Array.of(0, 255), [["größe", "😀"]]]),
		);
		expect(heard).toEqual(
			[0, 1, 2].map(qos => [
				qos,
				`m${qos}`,
				expect.objectContaining({
					contentType: "text/plain",
					responseTopic: "re",
					correlationData: Buffer.of(0, 255),
					userProperties: { größe: "😀" },
				}),
			]),
		);
		expect(new Set(ends)).toEqual(new Set(["0 0"]));
		client.close();
	});

	it("[MQTT-3.2.2-21] its keep-alive, a client id of its making, and a packet larger than it takes", async () => {
		const said: unknown[] = [];
		const client = five("", {
			keepAlive: 60,
			onOnline: () => said.push(client.packet.property(SERVER_KEEP_ALIVE)),
		});
		client.open();
		await until("online", () => client.isOnline);
		expect(said).toEqual([40]);
		expect(client.publishFrom(client.topic("large"), { read: () => 0 }, 30_000)).toBe(-0x95);
		client.close();
	});

	it("[MQTT-4.8.2-4] a shared subscription: each message to one of the two", async () => {
		const received: string[] = [];
		let granted = 0;
		const workers = ["w1", "w2"].map(id => {
			const worker = five(id, { onSubscribed: () => (granted += 1) });
			worker.subscribe("$share/g/work/+", message => received.push(`${id} ${message.text()}`), { qos: 1 });
			worker.open();
			return worker;
		});
		await until("both", () => granted === 2);
		for (let i = 0; i < 20; i += 1) await peer.publishAsync(`work/${i}`, String(i), { qos: 1 });
		await until("20", () => received.length >= 20);
		await sleep(200);
		expect(received.map(line => Number(line.slice(3))).sort((a, b) => a - b)).toEqual(
			Array.from({ length: 20 }, (_, i) => i),
		);
		expect(new Set(received.map(line => line.slice(0, 2)))).toEqual(new Set(["w1", "w2"]));
		for (const worker of workers) worker.close();
	});

	it("a will waits for its delay, and stays away if we are back before it", async () => {
		const wills: string[] = [];
		await peer.subscribeAsync("will/#", { qos: 1 });
		const listen = (topic: string, payload: Buffer) => wills.push(`${topic} ${payload}`);
		peer.on("message", listen);
		const dying = (id: string, delay: number) =>
			five(id, {
				cleanSession: false,
				sessionExpiry: 60,
				will: { topic: `will/${id}`, payload: "gone", qos: 1, properties: properties([WILL_DELAY_INTERVAL, delay]) },
			});
		const gone = dying("gone", 1);
		const back = dying("back", 2);
		for (const client of [gone, back]) {
			client.open();
			await until("online", () => client.isOnline);
			client.close(false);
		}
		await sleep(300);
		expect(wills).toEqual([]);
		const again = dying("back", 2);
		let present: boolean | undefined;
		const resumed = five("back", {
			cleanSession: false,
			onOnline: sessionPresent => {
				present = sessionPresent;
			},
		});
		resumed.open();
		await until("resumed", () => present !== undefined);
		expect(present).toBe(true);
		await until("the will", () => wills.length >= 1);
		await sleep(1500);
		expect(wills).toEqual(["will/gone gone"]);
		peer.off("message", listen);
		resumed.close();
		expect(again.isOnline).toBe(false);
	});

	it("a message that has expired does not arrive", async () => {
		const received: string[] = [];
		const options = { cleanSession: false, sessionExpiry: 60 };
		let granted = -1;
		const away = five("expiry", { ...options, onSubscribed: (_handle, code) => (granted = code) });
		away.subscribe("e", () => {}, { qos: 1 });
		away.open();
		await until("granted", () => granted === 1);
		away.close();
		const publisher = five("publisher");
		publisher.open();
		await until("online", () => publisher.isOnline);
		publisher.publish("e", "short", { qos: 1, properties: properties([MESSAGE_EXPIRY_INTERVAL, 1]) });
		publisher.publish("e", "long", { qos: 1, properties: properties([MESSAGE_EXPIRY_INTERVAL, 60]) });
		await until("settled", () => publisher.unsettled === 0);
		publisher.close();
		await sleep(1600);
		const again = five("expiry", options);
		again.subscribe("e", message => received.push(`${message.text()} ${Number(message.property(2)) < 60}`), { qos: 1 });
		again.open();
		await until("a message", () => received.length >= 1);
		await sleep(200);
		expect(received).toEqual(["long true"]);
		again.close();
	});
});

describeWith(["mosquitto"], "a mosquitto that allows less", () => {
	it("[MQTT-3.2.2-11] [MQTT-3.3.4-7] QoS, retain and how many at once: no packet of ours breaks a rule", async () => {
		const mosquitto = await Mosquitto.start(["max_qos 1", "retain_available false", "max_inflight_messages 2"]);
		const ends: string[] = [];
		const codes: number[] = [];
		const client = nodeClient(mosquitto.port, "limited", {
			protocolVersion: 5,
			limits: { messages: 8 },
			onPublishEnd: (_ticket, end, code) => ends.push(`${end} ${code}`),
			onOffline: code => codes.push(code),
		});
		try {
			const topic = client.topic("t");
			// Before anything is known of the server.
			client.publish(topic, Uint8Array.of(1), 1, 4);
			client.open();
			await until("online", () => client.isOnline);
			expect(ends).toEqual([`1 ${0x9b}`]);
			expect(client.publish(topic, Uint8Array.of(1), 1, 4)).toBe(-0x9b);
			expect(client.publish(topic, Uint8Array.of(1), 1, 3)).toBe(-0x9a);
			for (let i = 0; i < 8; i += 1) expect(client.publish(topic, Uint8Array.of(i), 1, 2)).toBeGreaterThan(0);
			await until("settled", () => client.unsettled === 0);
			expect(ends.slice(1).every(end => end === "0 0" || end === "0 16")).toBe(true);
			expect(ends).toHaveLength(9);
			expect(codes).toEqual([]);
			expect(client.packet.property(REASON_STRING)).toBeUndefined();
		} finally {
			client.close();
			await mosquitto.close();
		}
	});
});
