// A recorded connection as TCP over IPv4 over Ethernet, as a machine between client and broker could have seen it: handshake,
// data with the right sequence numbers and check sums, FIN or RST. Addresses are made up: the broker is 10.0.0.1, and each
// client has one of its own.

import type { Ending, Side } from "./recording.js";

/** What a segment of Ethernet's 1500 bytes can carry. */
const MOST_DATA = 1460;
/** The broker's address. */
export const BROKER = 0x0a00_0001;
const CLIENTS = 0x0a01_0000;
const BROKER_PORT = 1883;
/** Ports that systems give to who connects, from here on. */
const FIRST_PORT = 49_152;
const PORTS = 16_384;
const WINDOW = 65_535;

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;

/** Maximum segment size 1460; window scale 7, so that no amount of data under way fills a window. */
const SYN_OPTIONS = Uint8Array.of(2, 4, MOST_DATA >> 8, MOST_DATA & 255, 1, 3, 3, 7);

/** The address of the client with this number, from 1. */
export function addressOf(client: number): number {
	return CLIENTS + client;
}

export class TcpConnection {
	readonly #address: number;
	readonly #port: number;
	/** Sequence numbers of what each side sends next. */
	readonly #next: Record<Side, number>;
	#frames = 0;

	/** `client`: whose number it is, from 1; `turn`: how many connections it had before. */
	constructor(client: number, turn: number) {
		this.#address = addressOf(client);
		this.#port = FIRST_PORT + (turn % PORTS);
		this.#next = { client: start(client, turn, 1), broker: start(client, turn, 2) };
	}

	/** The three frames of a handshake. */
	open(): Uint8Array[] {
		const { client, broker } = this.#next;
		const frames = [this.#frame("client", SYN, SYN_OPTIONS)];
		this.#next.client = (client + 1) >>> 0;
		frames.push(this.#frame("broker", SYN | ACK, SYN_OPTIONS));
		this.#next.broker = (broker + 1) >>> 0;
		frames.push(this.#frame("client", ACK));
		return frames;
	}

	/** These bytes, in as many frames as it takes. */
	send(from: Side, bytes: Uint8Array): Uint8Array[] {
		const frames: Uint8Array[] = [];
		for (let at = 0; at < bytes.length; at += MOST_DATA) {
			const data = bytes.subarray(at, at + MOST_DATA);
			const isLast = at + data.length === bytes.length;
			frames.push(this.#frame(from, isLast ? PSH | ACK : ACK, NONE, data));
			this.#next[from] = (this.#next[from] + data.length) >>> 0;
		}
		return frames;
	}

	/** A goodbye of both sides, or a reset. */
	end(by: Side, how: Ending): Uint8Array[] {
		if (how === "reset") return [this.#frame(by, RST | ACK)];
		const other = by === "client" ? "broker" : "client";
		const frames: Uint8Array[] = [];
		for (const side of [by, other] as const) {
			frames.push(this.#frame(side, FIN | ACK));
			this.#next[side] = (this.#next[side] + 1) >>> 0;
		}
		frames.push(this.#frame(by, ACK));
		return frames;
	}

	#frame(from: Side, flags: number, options: Uint8Array = NONE, data: Uint8Array = NONE): Uint8Array {
		const isClient = from === "client";
		const [source, target] = isClient ? [this.#address, BROKER] : [BROKER, this.#address];
		const header = 20 + options.length;
		const frame = Buffer.alloc(14 + 20 + header + data.length);
		// Ethernet: addresses of those that nobody has sold, and what follows.
		putStation(frame, 0, target);
		putStation(frame, 6, source);
		frame.writeUInt16BE(0x0800, 12);
		// IPv4: a header of 20 bytes, no fragments, 64 hops, TCP.
		this.#frames += 1;
		frame[14] = 0x45;
		frame.writeUInt16BE(frame.length - 14, 16);
		frame.writeUInt16BE(this.#frames & 0xffff, 18);
		frame.writeUInt16BE(0x4000, 20);
		frame[22] = 64;
		frame[23] = 6;
		frame.writeUInt32BE(source, 26);
		frame.writeUInt32BE(target, 30);
		frame.writeUInt16BE(sumOf(frame, 14, 34, 0), 24);
		// TCP.
		const [ours, theirs] = isClient ? [this.#next.client, this.#next.broker] : [this.#next.broker, this.#next.client];
		frame.writeUInt16BE(isClient ? this.#port : BROKER_PORT, 34);
		frame.writeUInt16BE(isClient ? BROKER_PORT : this.#port, 36);
		frame.writeUInt32BE(ours, 38);
		if ((flags & ACK) !== 0) frame.writeUInt32BE(theirs, 42);
		frame[46] = (header / 4) << 4;
		frame[47] = flags;
		frame.writeUInt16BE(WINDOW, 48);
		frame.set(options, 54);
		frame.set(data, 34 + header);
		// Its check sum is over both addresses, the protocol and the length as well.
		const pseudo = (source >>> 16) + (source & 0xffff) + (target >>> 16) + (target & 0xffff) + 6 + header + data.length;
		frame.writeUInt16BE(sumOf(frame, 34, frame.length, pseudo), 50);
		return frame;
	}
}

const NONE = new Uint8Array(0);

/** Where a side begins to count: elsewhere for each connection, and the same each time. */
function start(client: number, turn: number, side: number): number {
	return Math.imul(Math.imul(client, 0x9e37_79b1) ^ Math.imul(turn + 1, 0x85eb_ca6b) ^ side, 0xc2b2_ae35) >>> 0;
}

/** A locally administered address that ends with the one of IP. */
function putStation(frame: Buffer, at: number, address: number): void {
	frame[at] = 2;
	frame.writeUInt32BE(address, at + 2);
}

/** The Internet's check sum, with what is in it already. */
function sumOf(frame: Buffer, at: number, stop: number, begun: number): number {
	let sum = begun;
	for (; at + 1 < stop; at += 2) sum += frame.readUInt16BE(at);
	if (at < stop) sum += frame[at]! * 256;
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	return ~sum & 0xffff;
}
