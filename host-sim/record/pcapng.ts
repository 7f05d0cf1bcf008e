// Recordings as pcapng, the format of Wireshark's files: blocks with a type, their length in front and behind, and options.
// There is one interface, of Ethernet, whose times are in microseconds; and the names that belong to the addresses.

import { type Entry, type Header, namesIn } from "./recording.js";
import { addressOf, BROKER, TcpConnection } from "./tcp.js";

const SECTION = 0x0a0d_0d0a;
const INTERFACE = 1;
const NAMES = 4;
const PACKET = 6;
const ETHERNET = 1;
/** Longest name, in bytes. */
const MOST_NAME = 255;

// Options.
const COMMENT = 1;
const INTERFACE_NAME = 2;
const APPLICATION = 4;

export class Pcapng {
	#startedAt = 0;
	/** Clients by name, numbered from 1, and how many connections each has had. */
	readonly #clients = new Map<string, { readonly number: number; turns: number }>();
	/** The name of each connection's client. */
	readonly #names: ReadonlyMap<number, string>;
	readonly #connections = new Map<number, TcpConnection>();

	/** The entries are looked at once before, since who connects says who it is only then. */
	constructor(entries: Iterable<Entry>) {
		this.#names = namesIn(entries);
		for (const name of this.#names.values())
			if (!this.#clients.has(name)) this.#clients.set(name, { number: this.#clients.size + 1, turns: 0 });
	}

	/** What the file begins with. */
	begin({ scenario, seed, startedAt, thimble }: Header): Buffer {
		this.#startedAt = startedAt;
		const what = `Recorded by Thimble ${thimble}, ${scenario === undefined ? "" : `scenario ${scenario}, `}seed ${seed}. Addresses are made up; passwords and authentication data are masked.`;
		const section = Buffer.alloc(16);
		section.writeUInt32LE(0x1a2b_3c4d, 0);
		section.writeUInt16LE(1, 4);
		// The section's length is not said.
		section.fill(0xff, 8);
		const link = Buffer.alloc(8);
		link.writeUInt16LE(ETHERNET, 0);
		return Buffer.concat([
			block(SECTION, section, option(COMMENT, what), option(APPLICATION, `Thimble ${thimble}`), END),
			block(INTERFACE, link, option(INTERFACE_NAME, "thimble"), END),
			this.#nameBlock(),
		]);
	}

	/** The frames of one entry. */
	take(entry: Entry): Buffer {
		return Buffer.concat(this.#frames(entry).map(frame => this.#packet(entry.time, frame)));
	}

	#frames(entry: Entry): Uint8Array[] {
		if (entry.event === "begin") {
			const client = this.#clients.get(this.#names.get(entry.connection)!)!;
			const connection = new TcpConnection(client.number, client.turns);
			client.turns += 1;
			this.#connections.set(entry.connection, connection);
			return connection.open();
		}
		const connection = this.#connections.get(entry.connection)!;
		if (entry.event === "packet") return connection.send(entry.from, entry.bytes);
		this.#connections.delete(entry.connection);
		return connection.end(entry.by, entry.how);
	}

	#packet(timeMs: number, frame: Uint8Array): Buffer {
		const micros = BigInt(this.#startedAt) * 1000n + BigInt(Math.round(timeMs * 1000));
		const head = Buffer.alloc(20);
		head.writeUInt32LE(Number(micros >> 32n), 4);
		head.writeUInt32LE(Number(micros & 0xffff_ffffn), 8);
		head.writeUInt32LE(frame.length, 12);
		head.writeUInt32LE(frame.length, 16);
		return block(PACKET, head, padded(frame));
	}

	#nameBlock(): Buffer {
		const records = [nameRecord(BROKER, "broker")];
		for (const [name, { number }] of this.#clients) records.push(nameRecord(addressOf(number), name));
		return block(NAMES, ...records, END);
	}
}

/** End of options, and of names. */
const END = Buffer.alloc(4);

function block(type: number, ...parts: Uint8Array[]): Buffer {
	const body = Buffer.concat(parts);
	const length = body.length + 12;
	const whole = Buffer.alloc(length);
	whole.writeUInt32LE(type, 0);
	whole.writeUInt32LE(length, 4);
	whole.set(body, 8);
	whole.writeUInt32LE(length, length - 4);
	return whole;
}

function option(code: number, text: string): Buffer {
	const value = Buffer.from(text);
	const head = Buffer.alloc(4);
	head.writeUInt16LE(code, 0);
	head.writeUInt16LE(value.length, 2);
	return Buffer.concat([head, padded(value)]);
}

/** An IPv4 address and its name, which ends with a NUL. */
function nameRecord(address: number, name: string): Buffer {
	const text = Buffer.from(name.replaceAll("\0", "?")).subarray(0, MOST_NAME);
	const head = Buffer.alloc(8);
	head.writeUInt16LE(1, 0);
	head.writeUInt16LE(4 + text.length + 1, 2);
	head.writeUInt32BE(address, 4);
	return Buffer.concat([head, padded(Buffer.concat([text, Buffer.alloc(1)]))]);
}

/** To a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
	const whole = new Uint8Array((bytes.length + 3) & ~3);
	whole.set(bytes);
	return whole;
}
