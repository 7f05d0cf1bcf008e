// What holds for both versions of MQTT, between our client and each of two others, MQTT.js and paho: through a real
// mosquitto, and through our own broker, which checks our client. Where both ways are the same, one text does for both.
//
// That nothing comes is shown by what comes after it: a message that is published last arrives last.

import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClientOptions, QOS_2, type Source } from "../../firmware/mqtt/client.js";
import { Broker } from "../../host-sim/broker/broker.js";
import type { Violation } from "../../host-sim/checker/checker.js";
import { listen } from "../../host-sim/node/listen.js";
import { Mosquitto, until } from "../support/mosquitto.js";
import { MqttJs } from "../support/mqttjs.js";
import { describeWith } from "../support/need.js";
import { Own } from "../support/own.js";
import { Paho } from "../support/paho.js";
import { type Party, texts } from "../support/party.js";
import { Tap } from "../support/tap.js";

const QOS = [0, 1, 2] as const;
/** Kept for the minute that a test may take. */
const KEPT = { clean: false, sessionExpiry: 60 };

interface Server {
	port: number;
	close(): Promise<void>;
}

function bytesOf(length: number): Buffer {
	return Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

function hash(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

function sourceOf(payload: Buffer): Source {
	return { read: (bytes, at, count, position) => payload.copy(bytes, at, position, position + count) };
}

function matrix(version: 4 | 5, Other: typeof MqttJs | typeof Paho, start: () => Promise<Server>): void {
	let server: Server;
	const parties: Party[] = [];
	const ours = (id: string, options?: Partial<ClientOptions>, port = server.port) => {
		const own = new Own(port, version, `own-${id}`, options);
		parties.push(own);
		return own;
	};
	const theirs = (id: string) => {
		const other = new Other(server.port, version, `other-${id}`);
		parties.push(other);
		return other;
	};
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
		server = await start();
	});

	afterEach(async () => {
		await Promise.all(parties.splice(0).map(party => party.cut()));
	});

	afterAll(() => server?.close());

	it("every pair of QoS, both ways, payloads of all sizes: each once, at the lower QoS of the two", async () => {
		const large = { receive: 18_000, send: 18_000, outbox: 40_000 };
		const { ways } = await pair("pairs", { limits: large });
		const payloads = [0, 1, 300, 17_000].map(bytesOf);
		for (const [from, to] of ways) {
			const root = `pairs/${from.name}`;
			const wanted: string[] = [];
			for (const subscribed of QOS) {
				expect(await to.subscribe(`${root}/${subscribed}/+`, { qos: subscribed })).toBe(subscribed);
				for (const published of QOS)
					for (const payload of payloads) {
						const topic = `${root}/${subscribed}/${published}`;
						await from.publish(topic, payload, { qos: published });
						wanted.push(`${topic} ${Math.min(subscribed, published)} ${payload.length} ${hash(payload)}`);
					}
			}
			await from.publish(`${root}/2/2`, "end", { qos: 2 });
			await until("the last", () => texts(to, root).at(-1) === "end");
			const heard = to.messages
				.slice(0, -1)
				.map(({ payload, qos, topic }) => `${topic} ${qos} ${payload.length} ${hash(payload)}`);
			expect(heard.sort()).toEqual(wanted.sort());
		}
	});

	it("a megabyte each way at every QoS, through buffers of 512 bytes", async () => {
		const { other, own } = await pair("large");
		const payload = bytesOf(1_048_576);
		for (const qos of QOS) {
			const digest = createHash("sha256");
			let [position, spans, isComplete] = [0, 0, false];
			await other.subscribe(`large/up/${qos}`, { qos });
			await own.subscribe(`large/down/${qos}`, { qos, stream: true }, message => {
				expect([message.aborted, message.qos, message.position]).toEqual([false, qos, position]);
				digest.update(message.payload());
				position += message.payloadLength;
				spans += 1;
				isComplete = message.last;
			});
			const up = own.client.publishFrom(
				own.client.topic(`large/up/${qos}`),
				sourceOf(payload),
				payload.length,
				qos << 1,
			);
			await Promise.all([own.settled(up), other.publish(`large/down/${qos}`, payload, { qos })]);
			await until("both", () => isComplete && other.messages.length > qos);
			const got = other.messages[qos]!;
			expect([got.qos, got.payload.length, hash(got.payload)]).toEqual([qos, payload.length, hash(payload)]);
			expect([position, digest.digest("hex")]).toEqual([payload.length, hash(payload)]);
			expect(spans).toBeGreaterThan(2000);
		}
		expect(own.offline).toEqual([]);
	});

	it("[MQTT-4.4.0-1] a megabyte whose link is cut in the middle comes whole after all, both ways", async () => {
		const tap = await Tap.start(server.port);
		try {
			const own = ours("large-cut", {}, tap.port);
			const other = theirs("large-cut");
			await Promise.all([own.connect(KEPT), other.connect()]);
			const payload = bytesOf(1_048_576);
			let [spans, aborted]: [Buffer[], number] = [[], 0];
			const cutInTheMiddle = async () => {
				const before = own.offline.length;
				tap.cutAfter(payload.length / 2);
				await until("offline", () => own.offline.length > before);
				tap.mend();
			};
			await other.subscribe("large-cut/up", { qos: 2 });
			await own.subscribe("large-cut/down", { qos: 2, stream: true }, message => {
				if (message.aborted) {
					aborted += 1;
					spans = [];
				} else spans.push(Buffer.from(message.payload()));
			});
			await Promise.all([cutInTheMiddle(), other.publish("large-cut/down", payload, { qos: 2 })]);
			await until("the way down", () => spans.reduce((sum, { length }) => sum + length, 0) >= payload.length);
			expect([aborted, hash(Buffer.concat(spans))]).toEqual([1, hash(payload)]);

			const up = own.client.publishFrom(own.client.topic("large-cut/up"), sourceOf(payload), payload.length, QOS_2);
			await Promise.all([cutInTheMiddle(), own.settled(up)]);
			await until("the way up", () => other.messages.length > 0);
			expect(other.messages.map(message => hash(message.payload))).toEqual([hash(payload)]);
			expect([aborted, Buffer.concat(spans).length]).toEqual([1, payload.length]);
		} finally {
			await tap.close();
		}
	});

	it("a retained message is kept, replaced, and cleared by an empty one; the flag says that it was kept", async () => {
		const { ways } = await pair("retained");
		for (const [from, to] of ways) {
			const root = `retained/${from.name}`;
			for (const [topic, payload] of [
				["a", "old"],
				["a", "new"],
				["b", "gone"],
				["b", ""],
			])
				await from.publish(`${root}/${topic}`, payload!, { qos: 1, retain: true });
			await to.subscribe(`${root}/#`, { qos: 1 });
			await from.publish(`${root}/a`, "live", { qos: 1, retain: true });
			await from.publish(`${root}/b`, "end", { qos: 1 });
			await until("the last", () => texts(to, root).includes("end"));
			const heard = to.messages.map(({ payload, retain, topic }) => `${topic} ${payload} ${retain}`);
			expect(heard).toEqual([`${root}/a new true`, `${root}/a live false`, `${root}/b end false`]);
		}
	});

	it("[MQTT-3.1.2-8] [MQTT-3.1.2-10] the will of who is cut off, and none after a goodbye", async () => {
		const { ways } = await pair("witness");
		for (const [kind, witness] of ways) {
			const dying = kind.name === "ours" ? ours("dying") : theirs("dying");
			const root = `will/${dying.name}`;
			await witness.subscribe(`${root}/#`, { qos: 2 });
			const will = { payload: "größe", qos: 2, retain: true } as const;
			await dying.connect({ will: { ...will, topic: `${root}/polite` } });
			await dying.disconnect();
			// The same client again: its first connection is over, with all that it may leave behind.
			await dying.connect({ will: { ...will, topic: `${root}/cut` } });
			await dying.cut();
			await until("the will", () => texts(witness, root).length > 0);
			expect(witness.messages.map(({ payload, qos, topic }) => `${topic} ${payload} ${qos}`)).toEqual([
				`${root}/cut größe 2`,
			]);
		}
	});

	it("[MQTT-4.5.0-1] what is published while one is away waits in its session, in order", async () => {
		const { own, other } = await pair("sender");
		for (const [from, away] of [
			[own, theirs("away")],
			[other, ours("away")],
		] as const) {
			const root = `away/${away.name}`;
			expect(await away.connect(KEPT)).toBe(false);
			await away.subscribe(`${root}/+`, { qos: 2 });
			await away.disconnect();
			const wanted = Array.from({ length: 6 }, (_, i) => String(i));
			for (const text of wanted) for (const qos of [1, 2] as const) await from.publish(`${root}/${qos}`, text, { qos });
			expect(texts(away, root)).toEqual([]);
			expect(await away.connect(KEPT)).toBe(true);
			for (const qos of [1, 2] as const) await from.publish(`${root}/${qos}`, "end", { qos });
			// There is an order within each QoS only: these two take a QoS 2 message when it is released.
			for (const qos of [1, 2]) {
				await until("the last", () => texts(away, `${root}/${qos}`).includes("end"));
				expect(texts(away, `${root}/${qos}`)).toEqual([...wanted, "end"]);
			}
			await away.disconnect();
			// One that asks for a new session is not told of the old one.
			expect(await away.connect()).toBe(false);
		}
	});

	it("[MQTT-4.4.0-1] what is lost with a link, messages or their acknowledgements, is made up for: both ways exactly once, in order", async () => {
		const tap = await Tap.start(server.port);
		try {
			const own = ours("tapped", {}, tap.port);
			const other = theirs("tapped");
			await Promise.all([own.connect(KEPT), other.connect()]);
			await own.subscribe("cut/down", { qos: 2 });
			await other.subscribe("cut/up", { qos: 2 });
			const send = (party: Party, topic: string, ...names: string[]) =>
				Promise.all(names.map(name => party.publish(topic, name, { qos: 2 })));
			const cut = async () => {
				tap.cut();
				await until("offline", () => !own.client.isOnline);
			};

			// The server hears nothing of ours any more: neither messages nor acknowledgements.
			tap.swallow("sent");
			const up = [send(own, "cut/up", "1", "2", "3")];
			await send(other, "cut/down", "1", "2", "3");
			await until("what is not acknowledged", () => own.messages.length === 3);
			await cut();
			up.push(send(own, "cut/up", "4", "5", "6"));
			await send(other, "cut/down", "4", "5", "6");
			tap.mend();
			await Promise.all(up);

			// We hear nothing of the server any more: it has our messages, and we do not know.
			const count = () => Buffer.concat(tap.received).length;
			const before = count();
			tap.swallow("received");
			up.push(send(own, "cut/up", "7", "8", "9"));
			await until("a PUBREC for each", () => count() >= before + 12);
			await cut();
			tap.mend();
			await Promise.all(up);

			await Promise.all([send(own, "cut/up", "end"), send(other, "cut/down", "end")]);
			await until("the last", () => [own, other].every(party => texts(party, "cut").includes("end")));
			expect(own.present).toBe(true);
			expect(texts(other, "cut")).toEqual([..."123456789", "end"]);
			expect(texts(own, "cut")).toEqual([..."123456", "end"]);
		} finally {
			await tap.close();
		}
	});

	it("a shared subscription: each message to one of the two", async () => {
		const { own, other } = await pair("worker");
		const publisher = ours("publisher", { limits: { messages: 64, outbox: 8192 } });
		await publisher.connect();
		for (const worker of [own, other]) {
			await worker.subscribe("$share/workers/jobs/+", { qos: 1 });
			await worker.subscribe("done", { qos: 1 });
		}
		const wanted = Array.from({ length: 30 }, (_, i) => String(i));
		await Promise.all(wanted.map(text => publisher.publish(`jobs/${text}`, text, { qos: 1 })));
		await publisher.publish("done", "end", { qos: 1 });
		await until("the end at both", () => [own, other].every(worker => texts(worker, "done").length === 1));
		const shares = [own, other].map(worker => texts(worker, "jobs"));
		expect(shares.flat().sort()).toEqual(wanted.sort());
		expect(Math.min(...shares.map(share => share.length))).toBeGreaterThan(0);
	});
}

/** Ours, which tells what our client breaks. */
function ownBroker(): Promise<Server> {
	const violated = ({ clientId, sentence, statement }: Violation) => {
		if (clientId.startsWith("own")) throw new Error(`${statement}: ${sentence}`);
	};
	return listen(new Broker({ on: { violated } }), 0);
}

for (const [version, name] of [
	[4, "3.1.1"],
	[5, "5.0"],
] as const) {
	describe(`${name} with MQTT.js through our broker`, () => matrix(version, MqttJs, ownBroker));
	describeWith(["paho"], `${name} with paho through our broker`, () => matrix(version, Paho, ownBroker));
	describeWith(["mosquitto"], `${name} with MQTT.js through mosquitto`, () =>
		matrix(version, MqttJs, () => Mosquitto.start()),
	);
	describeWith(["mosquitto", "paho"], `${name} with paho through mosquitto`, () =>
		matrix(version, Paho, () => Mosquitto.start()),
	);
}
