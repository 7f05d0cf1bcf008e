// A hostile server: packets that are almost right, cut anywhere, while the application does what it likes. A seed gives
// the whole case. What must hold: nothing is thrown out of the client, every step comes to an end, the buffer is whole
// and no larger after it, every table can be walked, and a client that was cut off comes back.

import { generate, type Packet, parser } from "mqtt-packet";
import { type Authentication, type Incoming, QOS_1, QOS_2 } from "../../firmware/mqtt/client.js";
import { DEAD, ENDED, entryAfter, firstEntry, STATE_MASK } from "../../firmware/mqtt/outbox.js";
import { properties, USER_PROPERTY } from "../../firmware/mqtt/property.js";
import type { Session } from "../../firmware/mqtt/session.js";
import { ENDED_COUNT, OUTBOX_LIMIT, REQUEST_ID, ROWS } from "../../firmware/mqtt/words.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { bytesOf, Peer } from "../support/peer.js";

/** What one case did. */
export interface Case {
	/** Bytes that the server sent. */
	sent: number;
	/** Messages that the application got. */
	delivered: number;
	/** Links that the client closed. */
	broken: number;
	/** Codes and reasons with which links and messages ended. */
	readonly codes: Set<number>;
}

const TOPICS = [
	"a",
	"a/b",
	"plant/7/line",
	"$SYS/x",
	"größe/😀",
	"a/very/long/topic/that/takes/some/room/in/the/buffer",
];
const FILTERS = ["a", "a/b", "plant/+/line", "#", "$share/g/a/#", "größe/😀"];
/** Values that lengths, ids and properties trip over. */
const EDGES = [0, 1, 2, 4, 0x10, 0x7f, 0x80, 0x81, 0x92, 0xa2, 0xc0, 0xe0, 0xf0, 0xfe, 0xff];

/** Content with anything but one word. */
const MECHANISM: Authentication = {
	method: "M",
	start: () => Uint8Array.of(1),
	next: data => data,
	finish(data) {
		if (data !== undefined && data[0] === 1) throw new Error("no");
	},
};

/** Throws an Error that names the seed and what did not hold. */
export function fuzz(seed: number): Case {
	const random = new SeededRandom(seed);
	const chance = (percent: number) => random.between(1, 100) <= percent;
	const pick = <T>(list: readonly T[]): T => list[random.between(0, list.length - 1)]!;
	const version = chance(60) ? 5 : 4;
	const authenticates = version === 5 && chance(20);
	const result: Case = { sent: 0, delivered: 0, broken: 0, codes: new Set() };
	const held: number[] = [];

	/** mqtt-packet, which hears what the client hears on one connection. */
	function listen() {
		const parse = parser({ protocolVersion: version });
		const state = { parse, heard: [] as string[], next: 0, failed: false, connection: peer.sockets.length };
		const aliases = new Map<number, string>();
		parse.on("packet", packet => {
			if (packet.cmd !== "publish") return;
			const alias = packet.properties?.topicAlias;
			const topic = packet.topic || aliases.get(alias ?? 0);
			if (alias !== undefined && topic !== undefined) aliases.set(alias, topic);
			state.heard.push(`${topic} ${Buffer.from(packet.payload as Buffer).toString("hex")}`);
		});
		parse.on("error", () => {
			state.failed = true;
		});
		return state;
	}

	/** What the server sends; the codec may throw where it should tell. */
	function deliver(bytes: Buffer): void {
		if (codec.connection !== peer.sockets.length) codec = listen();
		if (!codec.failed) {
			try {
				codec.parse.parse(bytes);
			} catch {
				codec.failed = true;
			}
		}
		peer.socket.deliver(bytes);
	}

	/** What a handler has seen: thrown there, the client would only report it. */
	let found: string | undefined;
	function wrong(what: string): void {
		found ??= what;
	}

	function onMessage(message: Incoming): void {
		result.delivered += 1;
		if (message.payloadLength < 0 || message.payloadAt + message.payloadLength > session.end)
			wrong("payload outside what has come");
		if (!/^[^+#\0]+$/.test(message.topic)) wrong(`topic "${message.topic}"`);
		if (message.propertiesStop > message.payloadAt) wrong("properties past the payload");
		if (message.payloadLength === message.total && !message.aborted) {
			// Whatever both of us accept means the same: the codec has read these bytes before the client has.
			const told = `${message.topic} ${Buffer.from(message.payload()).toString("hex")}`;
			const at = codec.heard.indexOf(told, codec.next);
			if (at < 0 && !codec.failed) wrong(`delivered "${told}", which the codec has not seen`);
			if (at >= 0) codec.next = at;
		}
		message.text();
		if (version === 5) message.userProperties();
		if (message.last && !message.aborted && chance(20)) held.push(message.hold());
		if (chance(10)) act(true);
	}

	const peer = new Peer({
		protocolVersion: version,
		cleanSession: chance(20),
		random: random.fork("client"),
		limits: {
			receive: random.between(64, 300),
			send: random.between(120, 300),
			outbox: random.between(128, 600),
			messages: random.between(1, 8),
			received: random.between(1, 6),
			aliases: pick([0, 1, 3]),
			aliasBytes: random.between(0, 100),
		},
		...(authenticates && { authentication: MECHANISM }),
		timeouts: { ackMs: 5000, pingMs: 2000 },
		backoff: { baseMs: 10, capMs: 50, slowMs: 100 },
		onMessage,
		onError: (_code, error) => {
			if (error !== undefined) wrong(String(error));
		},
		onOffline: code => {
			result.broken += 1;
			result.codes.add(code);
			if (chance(10)) act(true);
		},
		onPublishEnd: (_ticket, _end, code) => {
			result.codes.add(code);
			if (chance(10)) act(true);
		},
	});
	let codec = listen();
	const session = (peer.client as unknown as { session: Session }).session;
	const size = session.buffer.byteLength;

	/** The application does something: whatever it is, it is no misuse. */
	function act(fromCallback: boolean): void {
		const qos = pick([0, 1, 2]);
		const block: { properties?: Uint8Array } =
			version === 5 && chance(30) ? { properties: properties([USER_PROPERTY, "k", "v".repeat(pick([1, 9, 90]))]) } : {};
		switch (random.between(1, 9)) {
			case 1:
			case 2:
				peer.client.publish(pick(TOPICS), "x".repeat(random.between(0, 60)), { qos, retain: chance(20), ...block });
				break;
			case 3:
				peer.client.subscribe(pick(FILTERS), onMessage, { qos, stream: chance(50) });
				break;
			case 4:
				if (held.length > 0) {
					const token = held.splice(random.between(0, held.length - 1), 1)[0]!;
					if (version === 4) peer.client.acknowledge(token);
					else peer.client.acknowledge(token, pick([0, 0, 0x80, 0x97]), block.properties);
				}
				break;
			case 5:
				peer.client.ping();
				break;
			case 6: {
				const length = random.between(0, 400);
				const topic = peer.client.topic(pick(TOPICS));
				const source = {
					read: (_bytes: Uint8Array, _at: number, count: number) => random.between(chance(5) ? -1 : 0, count),
				};
				if (topic > 0) peer.client.publishFrom(topic, source, length, pick([0, QOS_1, QOS_2]));
				break;
			}
			case 7:
				// The event loop calls the client, never the client's own callback.
				if (!fromCallback) peer.socket.allow(random.between(0, 400));
				break;
			case 8: {
				const topic = peer.client.topic(pick(TOPICS));
				if (topic > 0)
					peer.client.publish(topic, new Uint8Array(pick([0, 5, 100])), undefined, pick([0, QOS_1, QOS_2]));
				if (authenticates && chance(30)) peer.client.authenticate();
				break;
			}
			case 9:
				// The socket has broken, and says so when it is written to.
				if (chance(20))
					peer.socket.write = () => {
						throw new Error("broken");
					};
		}
	}

	const method = { authenticationMethod: "M" };
	const connack = (): Packet => ({
		cmd: "connack",
		sessionPresent: chance(50),
		returnCode: 0,
		reasonCode: 0,
		...(version === 5 && {
			properties: {
				...(chance(50) && { topicAliasMaximum: random.between(0, 4) }),
				...(chance(20) && { receiveMaximum: random.between(1, 9) }),
				...(chance(20) && { maximumPacketSize: random.between(20, 200) }),
				...((authenticates || chance(1)) && method),
			},
		}),
	});

	/** Something that a server may send; ids are often those that the client waits for. */
	function packet(good: boolean): Buffer {
		const id = chance(70) ? session.packetId : random.between(0, 20);
		const messageId = chance(50) ? id || 1 : random.between(1, 8);
		const reasonCode = version === 5 && chance(30) ? pick([0, 0x10, 0x80, 0x87, 0x92, 0x97]) : 0;
		const more = version === 5 && chance(30) ? { properties: { reasonString: "why", userProperties: { a: "b" } } } : {};
		const publish = (): Packet => ({
			cmd: "publish",
			topic: version === 5 && chance(20) ? "" : pick(TOPICS),
			payload: Buffer.alloc(chance(20) ? random.between(0, 500) : random.between(0, 30), "p"),
			qos: pick([0, 1, 2] as const),
			messageId: random.between(1, 9),
			dup: chance(20),
			retain: chance(20),
			...(version === 5 &&
				chance(40) && {
					properties: {
						...(chance(70) && { topicAlias: chance(95) ? 1 + random.between(0, 1) : 4 }),
						messageExpiryInterval: 5,
						contentType: "t",
						correlationData: Buffer.of(1),
						userProperties: { k: "v" },
					},
				}),
		});
		const granted = session.words[REQUEST_ID]! === 0 ? [0] : [pick([0, 1, 2, 0x80])];
		const packets: (() => Packet)[] = [
			publish,
			publish,
			publish,
			() => ({ cmd: pick(["puback", "pubrec", "pubrel", "pubcomp"] as const), messageId, reasonCode, ...more }),
			() => ({ cmd: pick(["puback", "pubrec", "pubrel", "pubcomp"] as const), messageId, reasonCode }),
			() => ({ cmd: "suback", messageId: session.words[REQUEST_ID]! || messageId, granted }),
			() => ({
				cmd: "unsuback",
				messageId: session.words[REQUEST_ID]! || messageId,
				granted: version === 5 ? [0] : [],
			}),
			() => ({ cmd: "pingresp" }),
			connack,
		];
		const authenticationData = Buffer.of(random.between(1, 20));
		if (authenticates)
			packets.push(() => ({ cmd: "auth", reasonCode: pick([0, 0x18]), properties: { ...method, authenticationData } }));
		if (version === 5) packets.push(() => ({ cmd: "disconnect", reasonCode: pick([0, 0x8b, 0x8e]), ...more }));
		const made = good ? publish() : pick(packets)();
		if (made.cmd === "publish" && made.qos === 0) made.dup = false;
		return Buffer.from(generate(made, { protocolVersion: version }));
	}

	/** Nothing, or a few bytes changed, cut out, put in or said twice. */
	function mutate(bytes: Buffer): Buffer {
		if (chance(60)) return bytes;
		let changed = bytes;
		for (let i = random.between(1, 3); i > 0; i -= 1) {
			const at = random.between(0, Math.max(0, changed.length - 1));
			const value = chance(50) ? pick(EDGES) : random.between(0, 255);
			const rest = changed.subarray(at);
			switch (random.between(1, 5)) {
				case 1:
					changed = Buffer.concat([changed.subarray(0, at), Buffer.of(value), rest.subarray(1)]);
					break;
				case 2:
					changed = Buffer.concat([changed.subarray(0, at), rest.subarray(random.between(1, 4))]);
					break;
				case 3:
					changed = Buffer.concat([changed.subarray(0, at), Buffer.alloc(random.between(1, 4), value), rest]);
					break;
				case 4:
					changed = Buffer.concat([changed, rest]);
					break;
				case 5:
					if (changed.length > 1) {
						changed = Buffer.from(changed);
						changed[1] = value;
					}
			}
		}
		return changed;
	}

	function check(): void {
		if (found !== undefined) throw new Error(found);
		if (session.buffer.byteLength !== size) throw new Error("the buffer is not whole");
		if (session.start > session.end || session.end > session.stageAt)
			throw new Error("unread bytes outside their area");
		if (session.laneEnd < session.laneAt || session.laneEnd > session.topicsAt << 2)
			throw new Error("lane outside its area");
		let live = 0;
		let ended = 0;
		let steps = 0;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
			steps += 1;
			if (steps > 1000 || entry >= session.words[OUTBOX_LIMIT]!) throw new Error("the outbox cannot be walked");
			const state = session.words[entry]! & STATE_MASK;
			if (state === DEAD) continue;
			live += 1;
			if (state === ENDED) ended += 1;
			const id = session.words[entry + 1]! & 0xffff;
			if (session.words[ROWS + (id % session.rows)] !== entry) throw new Error(`nothing points to message ${id}`);
		}
		if (live !== session.held || ended !== session.words[ENDED_COUNT]!) throw new Error("miscounted messages");
	}

	try {
		peer.client.open();
		for (let turn = 0; turn < 30; turn += 1) {
			const before = peer.sockets.length;
			if (before === 0 || peer.socket.closed) {
				if (!peer.time.runUntil(() => peer.sockets.length > before)) throw new Error("it does not come back");
				peer.socket.allow(chance(80) ? 2000 : random.between(0, 200));
				if (chance(90)) deliver(bytesOf(connack(), version));
			}
			if (chance(50)) act(false);
			check();
			if (chance(10)) peer.socket.allow(0);
			const count = chance(70) ? 1 : random.between(2, 20);
			// Most of it soon closes the link: what needs more than one packet wants some peace.
			const good = chance(30);
			const packets = Buffer.concat(Array.from({ length: count }, () => packet(good)));
			const bytes = good ? packets : mutate(packets);
			result.sent += bytes.length;
			for (let at = 0; at < bytes.length; ) {
				const count = chance(50) ? bytes.length : random.between(1, 20);
				deliver(bytes.subarray(at, at + count));
				at += count;
				check();
			}
			if (chance(30)) peer.socket.allow(random.between(0, 1000));
			if (chance(30)) peer.time.run(random.between(0, 3000));
			check();
		}
		peer.client.close();
		check();
		return result;
	} catch (error) {
		throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
	}
}
