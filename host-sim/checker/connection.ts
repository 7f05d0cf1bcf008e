// One connection of a client, both directions of it: which packet may stand where, and what everything else here needs to
// know of it. Each concern keeps its own part: messages, answers, authentication, liveness.

import { Answers } from "./answers.js";
import { Authentication } from "./authentication.js";
import { type Connect, versionOf } from "./connect.js";
import { Liveness } from "./liveness.js";
import { Memory } from "./memory.js";
import { Messages } from "./messages.js";
import { nameOf, type Packet, takePacket } from "./packet.js";
import {
	ASSIGNED_CLIENT_ID,
	AUTHENTICATION_METHOD,
	IDENTIFIER_AVAILABLE,
	MAXIMUM_PACKET_SIZE,
	MAXIMUM_QOS,
	NO_PROPERTIES,
	numberOf,
	type Properties,
	REASON_STRING,
	RECEIVE_MAXIMUM,
	RETAIN_AVAILABLE,
	SERVER_KEEP_ALIVE,
	SESSION_EXPIRY,
	SHARED_AVAILABLE,
	TOPIC_ALIAS_MAXIMUM,
	USER_PROPERTY,
	WILDCARD_AVAILABLE,
} from "./property.js";
import { type Frame, Frames } from "./reader.js";
import type { Rule, Version } from "./statements.js";

export interface Options {
	/** The watcher stands at the client's own socket: it sees all that the client writes, and only what it can read. */
	readonly atClient: boolean;
	readonly keepAliveToleranceMs: number;
	readonly answerMs: number;
	readonly closeMs: number;
}

/** What connections share. */
export interface Watch {
	readonly options: Options;
	/** The memory of that client; a connection that still holds it lets it go. */
	memoryOf(clientId: string): Memory;
	report(connection: Connection, rule: Rule, sentence: string): void;
}

/** What a server allows, as its CONNACK says. */
interface Limits {
	readonly receiveMaximum: number;
	readonly maximumQos: number;
	readonly retains: boolean;
	readonly packetSize: number;
	readonly topicAliasMaximum: number;
	readonly wildcards: boolean;
	readonly identifiers: boolean;
	readonly shares: boolean;
}

const UNKNOWN: Connect = { version: "3.1.1", clientId: "", clean: true, keepAliveMs: 0, properties: NO_PROPERTIES };

/** Packets whose Reason String or User Property has to go where it would make them too large. */
const TOO_LARGE: Readonly<Record<string, readonly [text: Rule, pair: Rule]>> = {
	PUBACK: ["textOfPuback", "pairOfPuback"],
	PUBREC: ["textOfPubrec", "pairOfPubrec"],
	PUBREL: ["textOfPubrel", "pairOfPubrel"],
	PUBCOMP: ["textOfPubcomp", "pairOfPubcomp"],
	DISCONNECT: ["textOfDisconnect", "pairOfDisconnect"],
	AUTH: ["textOfAuth", "pairOfAuth"],
};

export class Connection {
	readonly number: number;
	readonly peer: string;
	now = 0;
	/** What is being judged. */
	packet = "";
	connect: Connect = UNKNOWN;
	memory = new Memory();
	limits: Limits = limitsOf(NO_PROPERTIES);
	/** CONNACK has come, and said yes. */
	isOnline = false;
	/** It said Session Present 1. */
	isResumed = false;
	/** Packets of the server so far. */
	serverIndex = 0;
	readonly messages = new Messages(this);
	readonly answers = new Answers(this);
	readonly #authentication = new Authentication(this);
	readonly #liveness = new Liveness(this);
	readonly #watch: Watch;
	readonly #fromClient = new Frames();
	readonly #fromServer = new Frames();
	#phase: "new" | "open" | "goodbye" | "unreadable" | "ended" = "new";
	/** The last packet of the server that the client has certainly had, and CONNACK's number. */
	#heard = 0;
	#connack = 0;
	/** The client has certainly been told no. */
	#isRefused = false;

	constructor(watch: Watch, number: number, peer: string) {
		this.#watch = watch;
		this.number = number;
		this.peer = peer;
	}

	get version(): Version {
		return this.connect.version;
	}

	get options(): Options {
		return this.#watch.options;
	}

	/** Messages that we know nothing of may be older than what we know, or were lost before they reached us. */
	get isLoose(): boolean {
		return this.isResumed && (!this.options.atClient || this.memory.isPartial);
	}

	/** What is broken by sending something of a former session. */
	get formerRule(): Rule {
		return this.version === "3.1.1" || this.connect.clean ? "cleanReused" : "lostReused";
	}

	breach(rule: Rule, sentence: string): void {
		this.#watch.report(this, rule, sentence);
	}

	/** The client has had the server's packet of that number. */
	knows(index: number): boolean {
		return this.options.atClient || index <= this.#heard;
	}

	handleHeard(index: number): void {
		this.#heard = Math.max(this.#heard, index);
	}

	handleClientBytes(bytes: Uint8Array, now: number): void {
		this.now = now;
		if (this.#phase === "unreadable" || this.#phase === "ended") return;
		this.#liveness.handleBytes();
		if (!this.#fromClient.push(bytes, frame => this.#handleClientFrame(frame))) {
			this.packet = "";
			this.breach("remainingLength", "a remaining length goes on behind its fourth byte");
			this.#phase = "unreadable";
		}
		this.#check();
	}

	handleServerBytes(bytes: Uint8Array, now: number): void {
		this.now = now;
		if (this.#phase === "unreadable" || this.#phase === "ended") return;
		if (!this.#fromServer.push(bytes, frame => this.#handleServerFrame(frame)))
			this.#liveness.handleFault("remainingLength", "a remaining length goes on behind its fourth byte");
		this.handleTime(now);
	}

	/** From elsewhere silence proves nothing: the link may be dead. */
	handleTime(now: number): void {
		this.now = now;
		if (!this.options.atClient || this.#phase === "unreadable" || this.#phase === "ended") return;
		this.#liveness.checkSilence();
		this.#check();
	}

	handleEnd(now: number): void {
		this.handleTime(now);
		this.leave();
	}

	#check(): void {
		if (this.#phase === "open" && this.isOnline) {
			this.messages.check();
			this.answers.check();
		}
		if (this.#phase === "open") this.#authentication.check();
		this.#liveness.checkClosing();
	}

	/** Lets the client's memory go, as the next connection will find it. What still comes here is no longer judged. */
	leave(): void {
		this.#phase = "ended";
		this.#leaveUnanswered();
		const { memory } = this;
		if (memory.holder !== this.number) return;
		memory.left.clear();
		for (const answer of this.answers.left) memory.left.add(answer);
		for (const alias of this.messages.aliases) memory.aliases.add(alias);
		const isKnown = this.version === "3.1.1" || this.knows(this.#connack);
		memory.handleEnd(this.now, index => this.knows(index), memory.expiryMs === 0 && isKnown);
		// A Session Present of 0 that never arrived: to the client the old session goes on.
		if (memory.expiryMs === 0 && !isKnown) memory.doubtAll();
	}

	/** What has left behind a CONNECT without an answer: the client may take it for sent, or may have had a refusal. */
	#leaveUnanswered(): void {
		const { entries } = this.memory;
		const { clientId } = this.connect;
		if (this.isOnline || this.#isRefused || clientId === "" || entries.size === 0) return;
		const memory = this.#watch.memoryOf(clientId);
		for (const entry of entries.values()) memory.addDoubtful(entry);
	}

	// From the client.

	#handleClientFrame(frame: Frame): void {
		if (this.#phase === "unreadable") return;
		this.packet = nameOf(frame);
		if (this.#phase === "goodbye") {
			this.breach("afterDisconnect", `${this.packet} after DISCONNECT`);
			return;
		}
		if (this.#phase === "new") {
			this.#handleFirst(frame);
			return;
		}
		const packet = takePacket(frame, this.version, true, (rule, sentence) => this.breach(rule, sentence));
		if (packet === undefined) return;
		if (packet.connect !== undefined) {
			this.breach("connectTwice", "a second CONNECT on the same connection");
			return;
		}
		this.#checkSize(packet);
		this.#authentication.handleClient(packet);
		this.#handleClient(packet);
	}

	#handleFirst(frame: Frame): void {
		this.#phase = "unreadable";
		if (this.packet !== "CONNECT") {
			this.breach("connectFirst", `the first packet is ${this.packet}`);
			return;
		}
		// What is broken in CONNECT itself is of the version that it names.
		const version = versionOf(frame.bytes.subarray(frame.body));
		this.connect = { ...UNKNOWN, version };
		const found: [Rule, string][] = [];
		const packet = takePacket(frame, version, true, (rule, sentence) => found.push([rule, sentence]));
		if (packet?.connect !== undefined) {
			this.#phase = "open";
			this.connect = packet.connect;
		}
		for (const [rule, sentence] of found) this.breach(rule, sentence);
	}

	#handleClient(packet: Packet): void {
		switch (packet.name) {
			case "PUBLISH":
				return this.messages.handlePublish(packet, packet.publish!);
			case "PUBREL":
				return this.isOnline ? this.messages.handlePubrel(packet.id) : undefined;
			case "PUBACK":
			case "PUBREC":
			case "PUBCOMP":
				return this.isOnline ? this.answers.handleAnswer(packet) : undefined;
			case "SUBSCRIBE":
			case "UNSUBSCRIBE":
				return this.messages.handleRequest(packet);
			case "DISCONNECT":
				return this.#handleGoodbye(packet);
		}
	}

	#handleGoodbye(packet: Packet): void {
		const asked = numberOf(packet.properties, SESSION_EXPIRY, -1);
		if (asked >= 0) {
			if (asked > 0 && numberOf(this.connect.properties, SESSION_EXPIRY, 0) === 0)
				this.breach("expiryRaised", `a Session Expiry Interval of ${asked}, and CONNECT said 0`);
			else this.memory.expiryMs = expiryMs(asked);
		}
		this.answers.handleDisconnect(packet);
		this.#liveness.handleDisconnect();
		this.#phase = "goodbye";
	}

	#checkSize(packet: Packet): void {
		const { packetSize } = this.limits;
		if (packet.size <= packetSize) return;
		const [text, pair] = TOO_LARGE[packet.name] ?? [];
		const { properties } = packet;
		const rule =
			text !== undefined && properties.has(REASON_STRING)
				? text
				: pair !== undefined && properties.has(USER_PROPERTY)
					? pair
					: "tooLarge";
		this.breach(rule, `${packet.size} bytes, and the server takes ${packetSize}`);
	}

	// From the server.

	/** Takes over the memory of the client id, with what was sent while it was not known which session it is for. */
	#enter(clientId: string): void {
		const { entries } = this.memory;
		this.memory = this.#watch.memoryOf(clientId);
		this.memory.holder = this.number;
		for (const entry of entries.values()) this.memory.add(entry, this.number);
	}

	#handleServerFrame(frame: Frame): void {
		this.serverIndex += 1;
		if (this.#phase === "new") return;
		const fault = (rule: Rule, sentence: string) => this.#liveness.handleFault(rule, `${nameOf(frame)}: ${sentence}`);
		const packet = takePacket(frame, this.version, false, fault);
		if (packet === undefined) return;
		if (!this.isOnline && packet.name !== "CONNACK" && !["AUTH", "DISCONNECT"].includes(packet.name))
			fault("connectFirst", `${packet.name} before CONNACK`);
		switch (packet.name) {
			case "CONNACK":
				if (this.isOnline) return fault("connectTwice", "a second CONNACK");
				this.#isRefused = packet.reason !== 0 && this.options.atClient;
				return packet.reason === 0 ? this.#handleConnack(packet) : undefined;
			case "PUBLISH":
				return this.answers.handlePublish(packet);
			case "PUBACK":
				return this.messages.handlePuback(packet);
			case "PUBREC":
				return this.messages.handlePubrec(packet);
			case "PUBREL":
				return this.answers.handlePubrel(packet);
			case "PUBCOMP":
				return this.messages.handlePubcomp(packet);
			case "SUBACK":
			case "UNSUBACK":
				return this.messages.handleGrant(packet);
			case "AUTH":
				return this.#authentication.handleServer(packet);
		}
	}

	#handleConnack(packet: Packet): void {
		const { properties } = packet;
		const { connect } = this;
		this.#connack = this.serverIndex;
		const assigned = properties.get(ASSIGNED_CLIENT_ID);
		if (connect.clientId !== "") this.#enter(connect.clientId);
		else if (typeof assigned === "string") this.#enter(assigned);
		const { memory } = this;
		this.isOnline = true;
		this.isResumed = packet.sessionPresent && !connect.clean;
		if (packet.sessionPresent && (connect.clean || memory.isGone))
			this.#liveness.handleFault("stateless", "Session Present 1, to a client that has no session");
		if (this.isResumed) {
			if (memory.endedAt === 0 && memory.isNew(this.number)) memory.isPartial = true;
			memory.resume(this.now);
		} else if (this.version === "3.1.1" && !connect.clean) {
			// 3.1.1 leaves it to the client what to do with state that the server has lost (section 3.2.2.2).
			memory.doubtAll();
			memory.received.clear();
		} else memory.forget(this.number);
		memory.isGone = false;
		const asked = numberOf(connect.properties, SESSION_EXPIRY, 0);
		if (this.version === "3.1.1") memory.expiryMs = connect.clean ? 0 : Number.POSITIVE_INFINITY;
		else memory.expiryMs = expiryMs(numberOf(properties, SESSION_EXPIRY, asked));
		this.limits = limitsOf(properties);
		const serverKeepAlive = numberOf(properties, SERVER_KEEP_ALIVE, -1);
		if (serverKeepAlive >= 0) this.#liveness.start(serverKeepAlive * 1000, true);
		else this.#liveness.start(connect.keepAliveMs, false);
		this.messages.handleConnack();
		if (properties.get(AUTHENTICATION_METHOD) !== this.#authentication.method && this.version === "5.0")
			this.#liveness.handleFault("authMethod", "CONNACK has not the Authentication Method of CONNECT");
	}
}

function limitsOf(properties: Properties): Limits {
	return {
		receiveMaximum: numberOf(properties, RECEIVE_MAXIMUM, 65_535),
		maximumQos: numberOf(properties, MAXIMUM_QOS, 2),
		retains: numberOf(properties, RETAIN_AVAILABLE, 1) === 1,
		packetSize: numberOf(properties, MAXIMUM_PACKET_SIZE, Number.POSITIVE_INFINITY),
		topicAliasMaximum: numberOf(properties, TOPIC_ALIAS_MAXIMUM, 0),
		wildcards: numberOf(properties, WILDCARD_AVAILABLE, 1) === 1,
		identifiers: numberOf(properties, IDENTIFIER_AVAILABLE, 1) === 1,
		shares: numberOf(properties, SHARED_AVAILABLE, 1) === 1,
	};
}

/** An interval of the largest number is for ever. */
function expiryMs(seconds: number): number {
	return seconds === 0xffff_ffff ? Number.POSITIVE_INFINITY : seconds * 1000;
}
