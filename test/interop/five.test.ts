// What only 5.0 has, with a real mosquitto between our client and each of two others, MQTT.js and paho; and what a server
// may say in its CONNACK. Where both ways are the same, one text does for both.
//
// mosquitto counts in whole seconds: an interval of n ends between n and n + 1 seconds later.

import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type ClientOptions, QOS_1 } from "../../firmware/mqtt/client.js";
import { REASON_STRING, SERVER_KEEP_ALIVE } from "../../firmware/mqtt/property.js";
import { answer, Requests } from "../../firmware/optional/requests.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { NodeTimer } from "../../host-sim/node/timer.js";
import { Mosquitto, until } from "../support/mosquitto.js";
import { MqttJs } from "../support/mqttjs.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";
import { Own } from "../support/own.js";
import { Paho } from "../support/paho.js";
import { type Party, texts } from "../support/party.js";
import { packetsOf, Tap } from "../support/tap.js";

const KEPT = { clean: false, sessionExpiry: 60 };

function suite(Other: typeof MqttJs | typeof Paho): void {
	let mosquitto: Mosquitto;
	const parties: Party[] = [];
	const made = <P extends Party>(party: P): P => {
		parties.push(party);
		return party;
	};
	const ours = (id: string, options?: Partial<ClientOptions>, port = mosquitto.port) =>
		made(new Own(port, 5, `own-${id}`, options));
	const theirs = (id: string) => made(new Other(mosquitto.port, 5, `other-${id}`));
	/** A pair that is online, and both ways through it. */
	const pair = async (id: string, options?: Partial<ClientOptions>) => {
		const own = ours(id, options);
		const other = theirs(id);
		await Promise.all([own.connect(), other.connect()]);
		const ways: [from: Party, to: Party][] = [
			[own, other],
			[other, own],
		];
		return { own, other, ways };
	};

	beforeAll(async () => {
		mosquitto = await Mosquitto.start();
	});

	afterEach(async () => {
		await Promise.all(parties.splice(0).map(party => party.cut()));
	});

	afterAll(() => mosquitto?.close());

	it("[MQTT-3.3.2-17] [MQTT-3.3.2-18] properties arrive as they were sent, both ways, at every QoS", async () => {
		const { ways } = await pair("properties");
		const users: [string, string][] = [
			["größe", "😀"],
			["a", "1"],
			["größe", ""],
			["a", "1"],
		];
		const sent = { contentType: "text/plain", responseTopic: "re", correlationData: "00ff", userProperty: users };
		// MQTT.js has one list for each name.
		const userProperty = Other === Paho ? users : [users[0]!, users[2]!, users[1]!, users[3]!];
		for (const [from, to] of ways) {
			const topic = `properties/${from.name}`;
			await to.subscribe(topic, { qos: 2 });
			for (const qos of [0, 1, 2] as const) await from.publish(topic, `m${qos}`, { qos, properties: sent });
			await until("all", () => to.messages.length === 3);
			expect(to.messages.map(({ payload, properties, qos }) => [String(payload), qos, properties])).toEqual(
				[0, 1, 2].map(qos => [`m${qos}`, qos, { ...sent, userProperty }]),
			);
		}
	});

	it("[MQTT-3.1.3-9] a will waits for its delay, and stays away if its client is back before", async () => {
		const { ways } = await pair("witness");
		const both = ways.map(async ([kind, witness]) => {
			const make = kind.name === "ours" ? ours : theirs;
			const root = `delay/${kind.name}`;
			const properties = { contentType: "text/plain", userProperty: [["why", "cut"]] as [string, string][] };
			const will = { topic: `${root}/back`, payload: "gone", qos: 1, delay: 1, properties } as const;
			await witness.subscribe(`${root}/#`, { qos: 1 });
			const [back, gone] = [make("back"), make("gone")];
			await back.connect({ ...KEPT, will });
			await gone.connect({ ...KEPT, will: { ...will, topic: `${root}/gone` } });
			// Who is back in time was cut off first: its will would be the first, too.
			await back.cut();
			expect(await back.connect(KEPT)).toBe(true);
			const since = performance.now();
			await gone.cut();
			await until("the will", () => witness.messages.length > 0);
			expect(performance.now() - since).toBeGreaterThan(990);
			expect(witness.messages.map(({ payload, properties, topic }) => [topic, String(payload), properties])).toEqual([
				[`${root}/gone`, "gone", properties],
			]);
		});
		await Promise.all(both);
	});

	it("[MQTT-3.14.4-3] a goodbye with reason 4 leaves the will, one with reason 0 takes it along", async () => {
		const { ways } = await pair("witness");
		for (const [kind, witness] of ways) {
			const leaving = kind.name === "ours" ? ours("leaving") : theirs("leaving");
			const root = `goodbye/${kind.name}`;
			await witness.subscribe(`${root}/#`, { qos: 1 });
			for (const reason of [0, 4]) {
				await leaving.connect({ will: { topic: `${root}/${reason}`, payload: "will", qos: 1 } });
				await leaving.disconnect({ reason });
			}
			await until("the will", () => witness.messages.length > 0);
			expect(witness.messages.map(({ topic }) => topic)).toEqual([`${root}/4`]);
		}
	});

	it("[MQTT-3.3.2-5] [MQTT-3.3.2-6] sessions and messages live as long as they were given, and not longer", async () => {
		const { ways } = await pair("witness");
		const both = ways.map(async ([kind, witness]) => {
			const make = kind.name === "ours" ? ours : theirs;
			const root = `expiry/${kind.name}`;
			const [away, brief] = [make("expiry-away"), make("expiry-brief")];
			await away.connect(KEPT);
			await away.subscribe(`${root}/#`, { qos: 1 });
			await away.disconnect();
			await witness.publish(`${root}/m`, "short", { qos: 1, properties: { messageExpiryInterval: 1 } });
			await witness.publish(`${root}/m`, "long", { qos: 1, properties: { messageExpiryInterval: 60 } });
			// A will whose delay is longer than the session comes with its end: that is when to look.
			await witness.subscribe(`${root}/will`, { qos: 1 });
			const will = { topic: `${root}/will`, payload: "over", qos: 1, delay: 60 } as const;
			const short = { clean: false, sessionExpiry: 1 };
			expect(await brief.connect(short)).toBe(false);
			await brief.disconnect();
			expect(await brief.connect({ ...short, will })).toBe(true);
			await brief.cut();
			await until("the end of a session", () => witness.messages.length > 0);
			expect(await brief.connect(short)).toBe(false);
			expect(await away.connect(KEPT)).toBe(true);
			await until("what has not expired", () => away.messages.length >= 2);
			const left = away.messages.map(({ payload, properties }) => [String(payload), properties.messageExpiryInterval]);
			expect(left).toEqual([
				["long", expect.toSatisfy((seconds: number) => seconds > 30 && seconds < 60)],
				["over", undefined],
			]);
		});
		await Promise.all(both);
	});

	it("[MQTT-3.1.2-23] a goodbye may say that the session is to end with it", async () => {
		for (const leaving of [ours("leaving"), theirs("leaving")]) {
			expect(await leaving.connect(KEPT)).toBe(false);
			await leaving.disconnect({ sessionExpiry: 30 });
			expect(await leaving.connect(KEPT)).toBe(true);
			await leaving.disconnect({ sessionExpiry: 0 });
			expect(await leaving.connect(KEPT)).toBe(false);
		}
	});

	it("[MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] retain handling: at every subscribe, at the first, never", async () => {
		const { ways } = await pair("handling");
		for (const [from, to] of ways) {
			const root = `handling/${from.name}`;
			for (const retainHandling of [0, 1, 2] as const) {
				const topic = `${root}/${retainHandling}`;
				await from.publish(topic, "kept", { qos: 1, retain: true });
				// At another QoS the second time: MQTT.js leaves out what changes nothing.
				for (const qos of [0, 1] as const) await to.subscribe(topic, { qos, retainHandling });
				await from.publish(topic, "end", { qos: 1 });
				await until("the last", () => texts(to, topic).includes("end"));
				expect(texts(to, topic)).toEqual([...Array(2 - retainHandling).fill("kept"), "end"]);
			}
		}
	});

	it("[MQTT-3.3.1-12] [MQTT-3.3.1-13] [MQTT-3.8.3-3] retain as published, and nothing of one's own", async () => {
		const { ways } = await pair("as-published");
		for (const [from, to] of ways) {
			const root = `as-published/${from.name}`;
			await to.subscribe(`${root}/yes`, { qos: 1, retainAsPublished: true, noLocal: true });
			await to.subscribe(`${root}/no`, { qos: 1 });
			for (const name of ["no", "yes"]) {
				await to.publish(`${root}/${name}`, "own", { qos: 1 });
				await from.publish(`${root}/${name}`, "kept", { qos: 1, retain: true });
				await from.publish(`${root}/${name}`, "end", { qos: 1 });
			}
			await until("the last", () => texts(to, `${root}/yes`).includes("end"));
			const heard = (name: string) =>
				to.messages
					.filter(({ topic }) => topic === `${root}/${name}`)
					.map(({ payload, retain }) => `${payload} ${retain}`);
			expect(heard("no")).toEqual(["own false", "kept false", "end false"]);
			expect(heard("yes")).toEqual(["kept true", "end false"]);
		}
	});

	it("[MQTT-3.3.4-3] messages come with the identifiers of the subscriptions that they are for", async () => {
		const { ways } = await pair("identifiers");
		for (const [from, to] of ways) {
			const root = `identifiers/${from.name}`;
			await to.subscribe(`${root}/+/one`, { qos: 1, identifier: 1 });
			await to.subscribe(`${root}/x/+`, { qos: 1, identifier: 268_435_455 });
			await to.subscribe(`${root}/none`, { qos: 1 });
			for (const topic of ["y/one", "x/two", "x/one", "none"]) await from.publish(`${root}/${topic}`, "m", { qos: 1 });
			await until("the last", () => to.messages.at(-1)?.topic === `${root}/none`);
			// Those that overlap bring one copy with both identifiers or a copy each: the server chooses.
			const identifiers = (topic: string) => [
				...new Set(
					to.messages
						.filter(message => message.topic === `${root}/${topic}`)
						.flatMap(({ properties }) => properties.subscriptionIdentifier ?? []),
				),
			];
			expect(identifiers("y/one")).toEqual([1]);
			expect(identifiers("x/two")).toEqual([268_435_455]);
			expect(identifiers("x/one").sort()).toEqual([1, 268_435_455]);
			expect(identifiers("none")).toEqual([]);
		}
	});

	it("[MQTT-3.3.2-7] [MQTT-3.3.2-12] topic aliases: topics go over the wire once, are told from one another, and are said anew on a new connection", async () => {
		const tap = await Tap.start(mosquitto.port);
		try {
			const { other } = await pair("aliases");
			const own = ours("aliasing", { limits: { aliases: 5 } }, tap.port);
			await own.connect();
			await own.subscribe("aliases/down/+", { qos: 1 });
			await other.subscribe("aliases/up/+", { qos: 1 });
			// Seven topics for five aliases: most messages find theirs, and some topics have to take over another's.
			const numbers = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? i : i >> 4) % 7);
			const handles = numbers.map(n => own.client.topic(`aliases/up/${n}`));
			for (const [i, n] of numbers.entries()) {
				const bytes = Buffer.from(String(i));
				const ticket = own.client.publish(handles[i]!, bytes, bytes.length, (i % 3) << 1);
				await Promise.all([own.settled(ticket), other.publish(`aliases/down/${n}`, bytes, { qos: 1 })]);
			}
			await until("all", () => [own, other].every(({ messages }) => messages.length >= numbers.length));
			for (const [to, root] of [
				[own, "aliases/down"],
				[other, "aliases/up"],
			] as const)
				expect(to.messages.map(({ payload, topic }) => `${topic} ${payload}`)).toEqual(
					numbers.map((n, i) => `${root}/${n} ${i}`),
				);
			const packets = packetsOf(tap.sent);
			// The server may use five as well; mosquitto 2.0.11 uses none.
			expect(packets[0]).toMatchObject({ cmd: "connect", properties: { topicAliasMaximum: 5 } });
			const published = packets.filter(packet => packet.cmd === "publish");
			const aliases = published.map(({ properties }) => properties?.topicAlias);
			expect(new Set(aliases)).toEqual(new Set([1, 2, 3, 4, 5]));
			const full = published.filter(({ topic }) => topic !== "").length;
			expect(full).toBeGreaterThan(7);
			expect(full).toBeLessThan(30);

			tap.cut();
			await until("offline", () => !own.client.isOnline);
			tap.mend();
			await until("online again", () => own.client.isOnline);
			await own.settled(own.client.publish(handles.at(-1)!, Buffer.from("again"), 5, QOS_1));
			const last = packetsOf(tap.sent).findLast(packet => packet.cmd === "publish");
			expect(last).toMatchObject({ topic: `aliases/up/${numbers.at(-1)}`, properties: { topicAlias: 1 } });
		} finally {
			await tap.close();
		}
	});

	it("[MQTT-3.3.2-15] [MQTT-3.3.2-16] our requests, and the answers of another", async () => {
		const { own, other } = await pair("requests");
		const heard: string[] = [];
		await other.subscribe("do/+", { qos: 1 });
		const ambient = { timer: { io: NodeTimer }, clock: nodeClock, random: nodeRandom };
		const requests = new Requests(own.client, { topic: "replies/own", ...ambient });
		for (const name of ["a", "b", "c"])
			requests.request(`do/${name}`, name, reply => heard.push(`${name}: ${reply?.text()}`), { qos: 1 });
		await until("three requests", () => other.messages.length === 3);
		for (const { payload, properties } of other.messages.reverse()) {
			const { correlationData, responseTopic } = properties;
			await other.publish(responseTopic!, `done ${payload}`, {
				qos: 1,
				properties: { correlationData: correlationData! },
			});
		}
		await until("three answers", () => heard.length === 3);
		requests.close();
		expect(heard).toEqual(["c: done c", "b: done b", "a: done a"]);
	});

	it("[MQTT-3.3.2-15] [MQTT-3.3.2-16] the requests of another, and our answers", async () => {
		const { own, other } = await pair("responder");
		await other.subscribe("replies/other", { qos: 1 });
		await own.subscribe("please/+", { qos: 1 }, message => {
			answer(own.client, message, `done ${message.text()}`, { qos: 1 });
		});
		for (const correlationData of ["", "00ff10"])
			await other.publish("please/a", "it", {
				qos: 1,
				properties: { responseTopic: "replies/other", correlationData },
			});
		await other.publish("please/b", "too", { qos: 1, properties: { responseTopic: "replies/other" } });
		await until("three answers", () => other.messages.length === 3);
		expect(other.messages.map(({ payload, properties }) => [String(payload), properties])).toEqual([
			["done it", { correlationData: "" }],
			["done it", { correlationData: "00ff10" }],
			["done too", {}],
		]);
	});
}

describeWith(["mosquitto"], "5.0 with MQTT.js through mosquitto", () => suite(MqttJs));
describeWith(["mosquitto", "paho"], "5.0 with paho through mosquitto", () => suite(Paho));

describeWith(["mosquitto"], "a mosquitto that allows less", () => {
	const parties: Party[] = [];
	let mosquitto: Mosquitto;
	const begin = async (...settings: string[]) => {
		mosquitto = await Mosquitto.start(settings);
	};

	afterEach(async () => {
		await Promise.all(parties.splice(0).map(party => party.cut()));
		await mosquitto.close();
	});

	it("[MQTT-3.2.2-21] its keep-alive, a client id of its making, and a packet larger than it takes", async () => {
		await begin("max_keepalive 40", "max_packet_size 20000");
		const said: unknown[] = [];
		const client = nodeClient(mosquitto.port, "", {
			protocolVersion: 5,
			keepAlive: 60,
			onOnline: () => said.push(client.packet.property(SERVER_KEEP_ALIVE)),
		});
		client.open();
		await until("online", () => client.isOnline);
		expect(said).toEqual([40]);
		expect(client.publishFrom(client.topic("large"), { read: () => 0 }, 30_000)).toBe(-0x95);
		client.close();
	});

	it("[MQTT-3.2.2-11] QoS and retain: no packet of ours breaks a rule", async () => {
		await begin("max_qos 1", "retain_available false");
		const ends: string[] = [];
		const codes: number[] = [];
		const client = nodeClient(mosquitto.port, "limited", {
			protocolVersion: 5,
			onPublishEnd: (_ticket, end, code) => ends.push(`${end} ${code}`),
			onOffline: code => codes.push(code),
		});
		const topic = client.topic("t");
		// Before anything is known of the server.
		client.publish(topic, Uint8Array.of(1), 1, 4);
		client.open();
		await until("online", () => client.isOnline);
		expect(ends).toEqual([`1 ${0x9b}`]);
		expect(client.publish(topic, Uint8Array.of(1), 1, 4)).toBe(-0x9b);
		expect(client.publish(topic, Uint8Array.of(1), 1, 3)).toBe(-0x9a);
		expect(codes).toEqual([]);
		expect(client.packet.property(REASON_STRING)).toBeUndefined();
		client.close();
	});

	it("[MQTT-3.3.4-7] [MQTT-4.6.0-1] one message at a time: bursts of ours settle in order", async () => {
		await begin("max_inflight_messages 1");
		const tap = await Tap.start(mosquitto.port);
		const own = new Own(tap.port, 5, "burst", { limits: { messages: 16 } });
		parties.push(own);
		await own.connect();
		await own.subscribe("burst/+", { qos: 2 });
		const settled: number[] = [];
		const numbers = Array.from({ length: 16 }, (_, i) => i);
		await Promise.all(
			numbers.map(async i => {
				await own.publish(`burst/${(i % 2) + 1}`, String(i), { qos: i % 2 === 0 ? 1 : 2 });
				settled.push(i);
			}),
		);
		expect(settled).toEqual(numbers);
		await until("all", () => own.messages.length >= 16);
		expect(own.messages.map(({ payload }) => Number(String(payload)))).toEqual(numbers);
		expect(packetsOf(tap.received)[0]).toMatchObject({ cmd: "connack", properties: { receiveMaximum: 1 } });
		// One message too many, and it would have been 0x93.
		expect(own.offline).toEqual([]);
		await tap.close();
	});
});
