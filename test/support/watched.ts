// A client and its server, both made of bytes, with the checker between them: for tests of the checker. Packets are put
// together here by hand, since most of them are wrong on purpose, which no codec would do.

import { Checker, type CheckerOptions, type Violation, type Watched } from "../../host-sim/checker/checker.js";

/** A byte, a string with its length before it, or bytes as they are. */
export type Part = number | string | Uint8Array;

export const PUBACK = 0x40;
export const PUBREC = 0x50;
export const PUBREL = 0x62;
export const PUBCOMP = 0x70;

/** What breaks a statement, and nothing else. */
export interface Breach {
	/** One id for both versions, or one for each; empty where the version has none. */
	readonly statement: string | readonly [three: string, five: string];
	readonly title: string;
	readonly run: (talk: Conversation) => void;
}

export function bytes(...parts: Part[]): Uint8Array {
	return Buffer.concat(
		parts.map(part => {
			if (typeof part === "number") return Buffer.of(part);
			if (typeof part !== "string") return part;
			return Buffer.concat([two(Buffer.byteLength(part)), Buffer.from(part)]);
		}),
	);
}

export function two(value: number): Uint8Array {
	return Buffer.of(value >> 8, value & 255);
}

export function four(value: number): Uint8Array {
	const at = Buffer.alloc(4);
	at.writeUInt32BE(value);
	return at;
}

/** Bytes with their length before them, as those of a string that is none. */
export function binary(...values: number[]): Uint8Array {
	return bytes(two(values.length), Buffer.from(values));
}

/** A packet: its first byte, and its body with the remaining length before it. */
export function packet(first: number, ...parts: Part[]): Uint8Array {
	const body = bytes(...parts);
	return bytes(first, varint(body.length), body);
}

export function varint(value: number): Uint8Array {
	const out: number[] = [];
	do {
		out.push((value % 128) | (value > 127 ? 128 : 0));
		value = Math.floor(value / 128);
	} while (value > 0);
	return Buffer.from(out);
}

export interface ConnectParts {
	clientId?: Part;
	clean?: boolean;
	keepAlive?: number;
	/** More of the connect flags. */
	flags?: number;
	properties?: Part;
	/** What follows the client id. */
	more?: readonly Part[];
}

export interface PublishParts {
	dup?: boolean;
	retain?: boolean;
	properties?: Part;
	payload?: string;
}

export class Conversation {
	readonly version: "3.1.1" | "5.0";
	readonly found: Violation[] = [];
	now = 1000;
	readonly #checker: Checker;
	#watched: Watched;
	#before: Watched | undefined;

	constructor(version: "3.1.1" | "5.0", options: Partial<CheckerOptions> = { atClient: true }) {
		this.version = version;
		this.#checker = new Checker({ report: violation => this.found.push(violation), ...options });
		this.#watched = this.#checker.watch("peer");
	}

	get five(): boolean {
		return this.version === "5.0";
	}

	/** Ids of what was found, in order. */
	get ids(): string[] {
		return this.found.map(({ statement }) => statement);
	}

	client(...frames: Uint8Array[]): this {
		for (const frame of frames) this.#watched.handleClientBytes(frame, this.now);
		return this;
	}

	/** On the connection that stood before another() one. */
	clientBefore(...frames: Uint8Array[]): this {
		for (const frame of frames) this.#before!.handleClientBytes(frame, this.now);
		return this;
	}

	server(...frames: Uint8Array[]): this {
		for (const frame of frames) this.#watched.handleServerBytes(frame, this.now);
		return this;
	}

	wait(milliseconds: number): this {
		this.now += milliseconds;
		this.#watched.handleTime(this.now);
		return this;
	}

	/** Time passes, and nobody looks. */
	pass(milliseconds: number): this {
		this.now += milliseconds;
		return this;
	}

	/** The connection ends, and another begins. */
	cut(): this {
		this.#watched.handleEnd(this.now);
		this.#watched = this.#checker.watch("peer");
		return this;
	}

	/** Another connection begins, and this one stands. */
	another(): this {
		this.#before = this.#watched;
		this.#watched = this.#checker.watch("peer");
		return this;
	}

	// Packets of this version; properties are a block without its length.

	block(properties: Part = bytes()): Uint8Array {
		const block = bytes(properties);
		return this.five ? bytes(varint(block.length), block) : bytes();
	}

	connectBytes(parts: ConnectParts = {}): Uint8Array {
		const { clientId = "c", clean = true, keepAlive = 0, flags = 0, properties, more = [] } = parts;
		return packet(
			0x10,
			"MQTT",
			this.five ? 5 : 4,
			(clean ? 2 : 0) | flags,
			two(keepAlive),
			this.block(properties),
			clientId,
			...more,
		);
	}

	connackBytes(present = false, properties?: Part, reason = 0): Uint8Array {
		return packet(0x20, Number(present), reason, this.block(properties));
	}

	publishBytes(topic: Part, qos: number, id = 1, parts: PublishParts = {}): Uint8Array {
		const { dup = false, retain = false, properties, payload = "x" } = parts;
		return packet(
			0x30 | (dup ? 8 : 0) | (qos << 1) | Number(retain),
			topic,
			...(qos > 0 ? [two(id)] : []),
			this.block(properties),
			Buffer.from(payload),
		);
	}

	subscribeBytes(id: number, filters: readonly Part[], options = 0, properties?: Part): Uint8Array {
		return packet(0x82, two(id), this.block(properties), ...filters.flatMap(filter => [filter, options]));
	}

	unsubscribeBytes(id: number, filters: readonly Part[]): Uint8Array {
		return packet(0xa2, two(id), this.block(), ...filters);
	}

	// Whole steps.

	connect(parts: ConnectParts = {}): this {
		return this.client(this.connectBytes(parts));
	}

	/** CONNECT and CONNACK; a session that outlives its connection where `clean` is false. */
	online(parts: ConnectParts & { present?: boolean; limits?: Part } = {}): this {
		const { present = false, limits, ...connect } = parts;
		const properties = connect.properties ?? (connect.clean === false ? bytes(17, four(3600)) : bytes());
		return this.connect({ ...connect, properties }).server(this.connackBytes(present, limits));
	}

	/** The session goes on, over a new connection. */
	resume(parts: { limits?: Part; present?: boolean } = {}): this {
		return this.cut().online({ clean: false, present: true, ...parts });
	}

	publish(topic: Part, qos: number, id?: number, parts?: PublishParts): this {
		return this.client(this.publishBytes(topic, qos, id, parts));
	}

	serverPublish(topic: Part, qos: number, id?: number, parts?: PublishParts): this {
		return this.server(this.publishBytes(topic, qos, id, parts));
	}

	/** An acknowledgement of the client; `more` is a reason and properties. */
	ack(first: number, id: number, ...more: Part[]): this {
		return this.client(packet(first, two(id), ...more));
	}

	serverAck(first: number, id: number, ...more: Part[]): this {
		return this.server(packet(first, two(id), ...more));
	}

	subscribe(id: number, filters: readonly Part[], options?: number, properties?: Part): this {
		return this.client(this.subscribeBytes(id, filters, options, properties));
	}

	unsubscribe(id: number, filters: readonly Part[]): this {
		return this.client(this.unsubscribeBytes(id, filters));
	}

	ping(): this {
		return this.client(packet(0xc0)).server(packet(0xd0));
	}

	disconnect(...more: Part[]): this {
		return this.client(packet(0xe0, ...more));
	}
}
