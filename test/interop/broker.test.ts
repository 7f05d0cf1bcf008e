// 5.0 between MQTT.js and the in-process broker, over real sockets: what its other tests do in bytes and virtual time.

import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import { afterEach, describe, expect, it } from "vitest";
import { Broker, type BrokerOptions } from "../../host-sim/broker/broker.js";
import { type Listener, listen } from "../../host-sim/node/listen.js";
import { Scram, scramVerifier } from "../../host-sim/security/scram.js";
import { until } from "../support/mosquitto.js";
import { scramFinal } from "../support/scram.js";

const clients: MqttClient[] = [];
let listener: Listener | undefined;
let broker: Broker;

async function start(options: BrokerOptions = {}): Promise<void> {
	broker = new Broker(options);
	listener = await listen(broker, 0);
}

afterEach(async () => {
	for (const client of clients.splice(0)) client.end(true);
	await listener?.close();
});

/** A client, not connected yet, with what it receives. */
function make(clientId: string, options: IClientOptions = {}) {
	const client = connect(`mqtt://127.0.0.1:${listener!.port}`, {
		clientId,
		protocolVersion: 5,
		reconnectPeriod: 0,
		...options,
	});
	clients.push(client);
	const got: string[] = [];
	const packets: IPublishPacket[] = [];
	client.on("message", (topic, payload, packet) => {
		got.push(`${topic} ${payload} q${packet.qos}`);
		packets.push(packet);
	});
	const errors: string[] = [];
	client.on("error", error => errors.push(error.message));
	return { client, got, packets, errors };
}

/** One that is connected. */
async function join(clientId: string, options: IClientOptions = {}) {
	const made = make(clientId, options);
	const connack = await new Promise<{ sessionPresent: boolean; properties?: object }>((resolve, reject) => {
		made.client.once("connect", resolve);
		made.client.once("error", reject);
	});
	return { ...made, connack };
}

const kept = (seconds: number): IClientOptions => ({ clean: false, properties: { sessionExpiryInterval: seconds } });

describe("MQTT.js at 5.0", () => {
	it("every pair of QoS, with properties, through aliases both ways", async () => {
		const aliased = new Set<number>();
		await start({
			on: {
				received: (_id, packet) => {
					if (packet.cmd === "publish" && packet.topic === "") aliased.add(packet.properties!.topicAlias!);
				},
			},
		});
		const s = await join("s", { properties: { topicAliasMaximum: 2 } });
		const p = await join("p", { autoAssignTopicAlias: true });
		// MQTT.js 5.16 hands on a QoS 2 message that came by alias without its topic: those go to one that takes no alias.
		const twos = await join("twos");
		for (const sub of [0, 1] as const) await s.client.subscribeAsync(`t/${sub}`, { qos: sub });
		await twos.client.subscribeAsync("t/2", { qos: 2 });
		const expected: string[] = [];
		for (let round = 0; round < 3; round += 1)
			for (const sub of [0, 1, 2])
				for (const pub of [0, 1, 2] as const) {
					await p.client.publishAsync(`t/${sub}`, `${round}${pub}`, {
						qos: pub,
						properties: { contentType: "c", userProperties: { a: ["1", "2"] }, correlationData: Buffer.of(0, 255) },
					});
					expected.push(`t/${sub} ${round}${pub} q${Math.min(sub, pub)}`);
				}
		await until("all of them", () => s.got.length + twos.got.length >= expected.length);
		expect([...s.got, ...twos.got].sort()).toEqual(expected.sort());
		expect(s.packets.filter(({ properties }) => properties?.topicAlias !== undefined).length).toBe(s.packets.length);
		expect(aliased.size).toBe(3);
		expect(s.packets[0]!.properties).toMatchObject({ contentType: "c", correlationData: Buffer.of(0, 255) });
		expect(JSON.stringify(s.packets.at(-1)!.properties?.userProperties)).toBe('{"a":["1","2"]}');
	});

	it("a session is resumed while its interval lasts, with what came in the meantime and did not expire", async () => {
		await start();
		const first = await join("s", kept(100));
		await first.client.subscribeAsync("t", { qos: 2 });
		listener!.destroy("s");
		await until("it is gone", () => broker.connectionOf("s") === undefined);
		const p = await join("p");
		await p.client.publishAsync("t", "short", { qos: 1, properties: { messageExpiryInterval: 1 } });
		await p.client.publishAsync("t", "long", { qos: 2, properties: { messageExpiryInterval: 100 } });
		const since = performance.now();
		await until("a second has passed", () => performance.now() - since > 1300);
		const again = await join("s", kept(100));
		expect(again.connack.sessionPresent).toBe(true);
		await until("what waited", () => again.got.length > 0);
		expect(again.got).toEqual(["t long q2"]);
		expect(again.packets[0]!.properties?.messageExpiryInterval).toBeLessThan(100);
		// DISCONNECT ends it.
		await again.client.endAsync(false, { reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
		await until("it is forgotten", () => !broker.sessions.has("s"));
		expect((await join("s", kept(100))).connack.sessionPresent).toBe(false);
	});

	it("a will waits for its delay, and is not published if the client is back", async () => {
		await start();
		const watcher = await join("w");
		await watcher.client.subscribeAsync("will/#", { qos: 1 });
		const dying = (name: string) =>
			join(name, {
				...kept(100),
				will: {
					topic: `will/${name}`,
					payload: Buffer.from("gone"),
					qos: 1,
					retain: false,
					properties: { willDelayInterval: 1 },
				},
			});
		await dying("a");
		await dying("b");
		const before = performance.now();
		for (const name of ["a", "b"]) listener!.destroy(name);
		await until(
			"both are gone",
			() => broker.connectionOf("a") === undefined && broker.connectionOf("b") === undefined,
		);
		await dying("b");
		await until("the will", () => watcher.got.length > 0);
		expect(performance.now() - before).toBeGreaterThan(900);
		expect(watcher.got).toEqual(["will/a gone q1"]);
	});

	it("shared subscriptions divide the messages, identifiers come with them", async () => {
		await start();
		const members = await Promise.all(["a", "b"].map(name => join(name)));
		for (const { client } of members)
			await client.subscribeAsync("$share/g/t/+", { qos: 1, properties: { subscriptionIdentifier: 7 } });
		const all = await join("all");
		await all.client.subscribeAsync("t/#", { qos: 0, properties: { subscriptionIdentifier: 1 } });
		await all.client.subscribeAsync("t/+", { qos: 1, nl: true, properties: { subscriptionIdentifier: 2 } });
		const p = await join("p");
		for (let i = 0; i < 10; i += 1) await p.client.publishAsync("t/x", String(i), { qos: 1 });
		await until("all of them", () => all.got.length === 10 && members.every(({ got }) => got.length === 5));
		expect(members[0]!.packets.every(({ properties }) => properties?.subscriptionIdentifier === 7)).toBe(true);
		expect([...(all.packets[0]!.properties!.subscriptionIdentifier as number[])].sort()).toEqual([1, 2]);
		await all.client.publishAsync("t/x", "mine", { qos: 1 });
		await until("its own, for the one that is not local", () => all.got.length === 11);
		expect(all.packets[10]!.properties?.subscriptionIdentifier).toBe(1);
	});

	it("limits are told, and a server says why it ends the connection", async () => {
		await start({ limits: { maximumQos: 1, serverKeepAlive: 30, receiveMaximum: 4 } });
		const { client, connack } = await join("c");
		expect(connack.properties).toMatchObject({ maximumQoS: 1, serverKeepAlive: 30, receiveMaximum: 4 });
		const told = new Promise<object>(resolve => client.once("disconnect", resolve));
		broker.disconnect("c", 0x9d, { serverReference: "other:1883", reasonString: "moved" });
		expect(await told).toMatchObject({
			reasonCode: 0x9d,
			properties: { serverReference: "other:1883", reasonString: "moved" },
		});
	});

	it("SCRAM-SHA-256 lets in who knows the password, and nobody else", async () => {
		await start({ users: {}, authenticators: [new Scram({ ann: scramVerifier("secret") })] });
		const bare = "n=ann,r=fyko+d2lbbFgONRv9qkxdawL";
		const join = (clientId: string, password: string) => {
			const made = make(clientId, {
				properties: {
					authenticationMethod: "SCRAM-SHA-256",
					authenticationData: Buffer.from(`n,,${bare}`),
				},
			});
			let signature = "";
			made.client.handleAuth = (packet, callback) => {
				const final = scramFinal(password, bare, String(packet.properties!.authenticationData));
				signature = final.signature;
				callback(undefined, {
					cmd: "auth",
					reasonCode: 0x18,
					properties: { authenticationMethod: "SCRAM-SHA-256", authenticationData: Buffer.from(final.text) },
				});
			};
			const connack = new Promise<{ properties?: { authenticationData?: Buffer } }>(resolve =>
				made.client.once("connect", resolve),
			);
			return { ...made, connack, signature: () => signature };
		};
		const good = join("good", "secret");
		const { properties } = await good.connack;
		expect(String(properties?.authenticationData)).toBe(`v=${good.signature()}`);
		const bad = join("bad", "guess");
		await until("it is refused", () => bad.errors.length > 0);
		expect(bad.errors).toEqual(["Connection refused: Not authorized"]);
		expect([...broker.sessions.keys()]).toEqual(["good"]);
	});
});
