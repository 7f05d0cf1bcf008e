// Connections as they are followed, packet by packet: in which version, what a topic alias stands for, which exchange a packet belongs
// to, and whose will it is. It takes what has been seen, in its order, and makes the lines of it.

import { propertyOf, TOPIC_ALIAS } from "../../checker/property.js";
import type { Version } from "../../checker/statements.js";
import { type Dissection, dissect } from "../../inspect/dissect.js";
import { type Exchange, Exchanges, type Mark } from "../../inspect/exchange.js";
import type { Field } from "../../inspect/field.js";
import { dissectStream } from "../../inspect/stream.js";
import type { Summary } from "../../inspect/summary.js";
import type { Ending, Side } from "../../record/recording.js";
import type { Incident } from "../model/desk.js";

/** What has been seen. `order`: a number by which what comes late finds its place; absent where it is never late. */
export type Item = { readonly at: number; readonly order?: number } & (
	| { readonly event: "begin"; readonly connection: number; readonly peer: string }
	| PacketItem
	| {
			readonly event: "end";
			readonly connection: number;
			readonly client?: string | undefined;
			readonly by: Side;
			readonly how: Ending;
	  }
	| { readonly event: "gap"; readonly count: number }
	| { readonly event: "incident"; readonly incident: Incident }
);

interface PacketItem {
	readonly event: "packet";
	readonly connection: number;
	readonly client?: string | undefined;
	readonly from: Side;
	readonly bytes: Uint8Array;
	readonly masked: boolean;
	readonly partial: boolean;
}

/** A connection, as far as it is known; the lines of one share it. */
export interface Connection {
	readonly number: number;
	readonly peer: string;
	/** Who the client is; until that is known, its peer. */
	client: string;
	/** From its CONNECT, from who knows the client, or a guess; undefined before anything has been sent. */
	version: Version | undefined;
	source: "connect" | "known" | "guess";
}

interface Common {
	/** Which line it is, as long as the log has it: never that of another. */
	readonly key: number;
	/** In ms of the log. */
	readonly at: number;
}

export interface PacketLine extends Common {
	readonly kind: "packet";
	readonly connection: Connection;
	readonly fromClient: boolean;
	readonly bytes: Uint8Array;
	readonly version: Version;
	readonly masked: boolean;
	/** No whole packet. */
	readonly partial: boolean;
	/** Its topic stands here also where only an alias stands for it. */
	readonly summary: Summary;
	/** Its topic alias. */
	readonly alias?: string;
	/** Something is wrong with it. */
	readonly isFaulty: boolean;
	/** Absent where it is no whole packet. */
	readonly exchange: Exchange | undefined;
	readonly mark: Mark | undefined;
	/** It is the will of that client. */
	readonly willOf: string | undefined;
}

export interface BeginLine extends Common {
	readonly kind: "begin";
	readonly connection: Connection;
}

export interface EndLine extends Common {
	readonly kind: "end";
	readonly connection: Connection;
	readonly by: Side;
	readonly how: Ending;
	/** The client had a will, and has not taken it back. */
	readonly leavesWill: boolean;
}

/** So many more there were, which nobody has told. */
export interface GapLine extends Common {
	readonly kind: "gap";
	readonly count: number;
}

export interface IncidentLine extends Common {
	readonly kind: "incident";
	readonly incident: Incident;
}

export type Line = PacketLine | BeginLine | EndLine | GapLine | IncidentLine;

/** An item in a log, and what has been read of it, so that it is read but once. */
export interface Kept {
	readonly key: number;
	readonly item: Item;
	reading?: Reading;
}

interface Reading {
	/** In which version it was read. */
	readonly as: Version;
	readonly version: Version;
	readonly summary: Summary;
	readonly alias: string | undefined;
	readonly isFaulty: boolean;
}

interface Will {
	readonly client: string;
	readonly topic: string;
	readonly message: string;
	/** Its connection is over, and it has not been taken back. */
	isDue: boolean;
}

/** What is known of a connection beyond what its lines need. */
interface Followed {
	readonly connection: Connection;
	/** Topics by direction and alias. */
	readonly aliases: Map<string, string>;
	samples: Uint8Array[];
}

/** In which version a client is known to speak, without its CONNECT. */
export type VersionOf = (client: string) => Version | undefined;

const MOST_EXCHANGES = 4000;
/** Packets of a connection whose version nobody has said, by which it is guessed. */
const MOST_SAMPLES = 8;
/** Wills that may still come true. */
const MOST_WILLS = 4000;

export class Follower {
	readonly #versionOf: VersionOf;
	readonly #before: Follower | undefined;
	readonly #exchanges = new Exchanges({ limit: MOST_EXCHANGES });
	readonly #followed = new Map<number, Followed>();
	/** By connection. */
	readonly #wills = new Map<number, Will>();

	/** `before` knows connections whose beginning is no more to be had. */
	constructor(versionOf: VersionOf = () => undefined, before?: Follower) {
		this.#versionOf = versionOf;
		this.#before = before;
	}

	/** The time is so late: what had no answer by now is told to have none. */
	handleTime(atMs: number): void {
		this.#exchanges.handleTime(atMs);
	}

	/** Nothing more comes of that connection. */
	forget(connection: number): void {
		this.#followed.delete(connection);
	}

	lineOf(kept: Kept): Line {
		const { item, key } = kept;
		const { at } = item;
		switch (item.event) {
			case "gap":
				return { kind: "gap", key, at, count: item.count };
			case "incident":
				return { kind: "incident", key, at, incident: item.incident };
			case "begin":
				return { kind: "begin", key, at, connection: this.#of(item.connection, item.peer).connection };
			case "end": {
				const { by, connection: number, how } = item;
				const { connection } = this.#of(number);
				if (item.client !== undefined) connection.client = item.client;
				this.#exchanges.handleEnd(number);
				const will = this.#wills.get(number);
				if (will !== undefined) will.isDue = true;
				return { kind: "end", key, at, connection, by, how, leavesWill: will !== undefined };
			}
			case "packet":
				return this.#packetLine(kept, item);
		}
	}

	#packetLine(kept: Kept, item: PacketItem): PacketLine {
		const { bytes, from, masked, partial } = item;
		const { key } = kept;
		const { at } = kept.item;
		const followed = this.#of(item.connection);
		const { connection } = followed;
		const fromClient = from === "client";
		if (item.client !== undefined) connection.client = item.client;
		const as = this.#versionFor(followed, item);
		if (kept.reading?.as !== as) kept.reading = readingOf(bytes, as, fromClient);
		const { alias, isFaulty, version } = kept.reading;
		const topic = topicOf(kept.reading, from, followed);
		// With the topic that an alias stands for, it is the same message as one that has it in full.
		const summary = { ...kept.reading.summary, topic };
		const line = { kind: "packet" as const, key, at, connection, fromClient, bytes, version, masked, partial };
		const rest = { summary, isFaulty, ...(alias !== undefined && { alias }) };
		if (partial) return { ...line, ...rest, exchange: undefined, mark: undefined, willOf: undefined };
		if (fromClient) this.#followWill(followed, bytes, summary);
		const { client, number } = connection;
		const exchange = this.#exchanges.handlePacket({
			atMs: at,
			client,
			connection: number,
			fromClient,
			packet: key,
			summary,
		});
		const mark = exchange.steps.findLast(step => step.packet === key)?.mark;
		return { ...line, ...rest, exchange, mark, willOf: fromClient ? undefined : this.#willOf(topic, bytes, version) };
	}

	#of(number: number, peer = ""): Followed {
		let followed = this.#followed.get(number);
		if (followed === undefined) {
			const known = this.#before?.knownOf(number);
			followed = {
				connection: known ?? { number, peer, client: peer, version: undefined, source: "guess" },
				aliases: new Map(),
				samples: [],
			};
			this.#followed.set(number, followed);
		}
		return followed;
	}

	/** What a connection is known by, for who reads it once more. */
	knownOf(number: number): Connection | undefined {
		const connection = this.#followed.get(number)?.connection;
		return connection && { ...connection };
	}

	#versionFor(followed: Followed, { bytes, from, partial }: PacketItem): Version {
		const { connection, samples } = followed;
		if (from === "client" && bytes[0]! >> 4 === 1 && !partial) {
			connection.version = dissect(bytes, { version: "3.1.1" }).version;
			connection.source = "connect";
		}
		if (connection.source === "guess" && !partial) {
			const known = this.#versionOf(connection.client);
			if (known !== undefined) {
				connection.version = known;
				connection.source = "known";
			} else if (samples.length < MOST_SAMPLES) {
				samples.push(bytes);
				connection.version = dissectStream(joined(samples)).packets.at(-1)?.version;
			}
		}
		return connection.version ?? "3.1.1";
	}

	#followWill({ connection: { client, number } }: Followed, bytes: Uint8Array, summary: Summary): void {
		const { name, reason, topic } = summary;
		if (name === "CONNECT") {
			const will = willIn(bytes);
			if (will === undefined) return;
			this.#wills.set(number, { ...will, client, isDue: false });
			if (this.#wills.size > MOST_WILLS) this.#wills.delete(this.#wills.keys().next().value!);
		}
		// Any DISCONNECT of 3.1.1 takes the will back; of 5.0, one without the reason 0x04 [MQTT-3.14.4-3].
		if (name === "DISCONNECT" && reason !== 4) this.#wills.delete(number);
		// Who speaks there himself is alive: what comes there from now on is no will of before.
		if (name === "PUBLISH")
			for (const [connection, will] of this.#wills)
				if (will.isDue && will.topic === topic && will.client === client) this.#wills.delete(connection);
	}

	#willOf(topic: string, bytes: Uint8Array, version: Version): string | undefined {
		if (topic === "") return undefined;
		for (const will of this.#wills.values()) {
			if (!will.isDue || will.topic !== topic) continue;
			const payload = dissect(bytes, { version }).fields.find(({ name }) => name === "Payload");
			if (payload?.value === will.message) return will.client;
		}
		return undefined;
	}
}

function readingOf(bytes: Uint8Array, as: Version, fromClient: boolean): Reading {
	const { faults, fields, summary, version } = dissect(bytes, { version: as, fromClient });
	const alias = summary.name === "PUBLISH" && version === "5.0" ? aliasIn(fields) : undefined;
	return { as, version, summary, alias, isFaulty: faults.length > 0 };
}

function topicOf({ alias, summary }: Reading, from: Side, { aliases }: Followed): string {
	if (alias === undefined) return summary.topic;
	const key = `${from} ${alias}`;
	if (summary.topic !== "") aliases.set(key, summary.topic);
	return aliases.get(key) ?? "";
}

const ALIAS_NAME = propertyOf(TOPIC_ALIAS)![0];

function aliasIn(fields: readonly Field[]): string | undefined {
	const header = fields.find(({ name }) => name === "Variable header")?.fields;
	const properties = header?.find(({ name }) => name === "Properties")?.fields;
	return properties?.find(({ name }) => name === ALIAS_NAME)?.value;
}

function willIn(bytes: Uint8Array): Pick<Will, "topic" | "message"> | undefined {
	const { fields }: Dissection = dissect(bytes, { version: "3.1.1" });
	const payload = fields.find(({ name }) => name === "Payload")?.fields ?? [];
	const textOf = (...names: readonly string[]) => payload.find(({ name }) => names.includes(name))?.value;
	const topic = textOf("Will Topic");
	const message = textOf("Will Payload", "Will Message");
	return topic === undefined || message === undefined ? undefined : { topic, message };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}
