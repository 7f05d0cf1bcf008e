// The messages that a program publishes, whole or piece by piece. What fits into the outbox goes there when it is whole; a
// larger one is streamed as it comes, one at a time.

import type { Client, Source } from "../mqtt/client.js";
import type { Limits } from "../mqtt/limits.js";
import { takeUtf8 } from "../mqtt/wire.js";
import { type ByteBuffer, bytesOf } from "./fragments.js";

export interface Item {
	topic: string | ByteBuffer;
	QoS?: number;
}

export interface WriteOptions {
	operation?: number;
	id?: number;
	topic?: string | ByteBuffer;
	QoS?: number;
	retain?: boolean | number;
	duplicate?: boolean;
	byteLength?: number;
	items?: readonly Item[];
}

/** What a message costs in the outbox beside its payload: head, bookkeeping, and a usual topic. */
const OVERHEAD = 64;
/** Bytes of a streamed message that wait for the socket. */
const PIECES = 2048;

/** A message that the program has begun to write. */
interface Unwritten {
	readonly pieces: Pieces;
	readonly options: WriteOptions;
	/** The client takes the pieces as they come; else it gets the message when it is whole. */
	readonly streams: boolean;
}

/** A message above QoS 0 under way, with the id by which the program knows it. */
export interface Sent {
	readonly ticket: number;
	readonly id: number;
	readonly QoS: number;
}

export class Messages {
	readonly #client: Client;
	readonly #limits: Limits;
	readonly #poke: () => void;
	/** The message whose last piece the program has not written. */
	#unwritten: Unwritten | undefined = undefined;
	/** The client streams a message, the one with this ticket. */
	#streamTicket = 0;
	#sent: Sent[] = [];

	/** `poke` is told when there may be room again, but must not write. */
	constructor(client: Client, limits: Limits, poke: () => void) {
		this.#client = client;
		this.#limits = limits;
		this.#poke = poke;
	}

	/** A message has begun whose last piece has not been written. */
	get isOpen(): boolean {
		return this.#unwritten !== undefined;
	}

	/** Bytes that may be written now. */
	get room(): number {
		const unwritten = this.#unwritten;
		// What is large has to wait for the end of another that is, and nobody knows how large the next one will be.
		if (unwritten === undefined) return this.#streamTicket === 0 ? this.#free() : 0;
		const { pieces, streams } = unwritten;
		return streams ? Math.min(pieces.left, PIECES - pieces.waiting) : pieces.left;
	}

	/** A message, or its first piece. Throws where there is no room, and nothing was taken. */
	write(data: Uint8Array, options: WriteOptions): void {
		const total = options.byteLength ?? data.length;
		if (!Number.isInteger(total) || total < data.length) throw new Error("byteLength: less than there is");
		if (options.topic === undefined) throw new Error("topic required");
		const streams = total > this.#limits.outbox - OVERHEAD;
		if (streams ? this.#streamTicket !== 0 || data.length > PIECES : total > this.#free()) throw new Error("overflow");
		if (total === data.length && !streams) {
			this.#publish(data, options);
			return;
		}
		const pieces = new Pieces(total, this.#poke);
		if (streams) this.#stream(pieces, options);
		const unwritten = { pieces, options, streams };
		this.#unwritten = unwritten;
		this.#add(unwritten, data);
	}

	/** The next piece of the message that is open. Likewise. */
	writePiece(data: Uint8Array): void {
		if (this.#unwritten === undefined) throw new Error("no message is open");
		this.#add(this.#unwritten, data);
	}

	#add({ options, pieces, streams }: Unwritten, data: Uint8Array): void {
		if (data.length > this.room) throw new Error("overflow");
		pieces.write(data);
		if (pieces.left === 0) this.#unwritten = undefined;
		if (streams) this.#client.resume();
		else if (pieces.left === 0) {
			const whole = new Uint8Array(pieces.total);
			pieces.read(whole, 0, whole.length, 0);
			this.#publish(whole, options);
		}
	}

	#publish(payload: Uint8Array, { QoS = 0, id, retain, topic }: WriteOptions): void {
		const ticket = this.#client.publish(textOf(topic!), payload, { qos: QoS, retain: Boolean(retain) });
		if (ticket < 0) throw problem("overflow", -ticket);
		if (QoS !== 0) this.#sent.push({ ticket, id: id ?? ticket, QoS });
	}

	#stream(pieces: Pieces, { QoS = 0, id, retain, topic }: WriteOptions): void {
		const handle = this.#client.topic(textOf(topic!));
		if (handle < 0) throw problem("overflow", -handle);
		const ticket = this.#client.publishFrom(handle, pieces, pieces.total, (QoS << 1) | (retain ? 1 : 0));
		if (ticket < 0) throw problem("overflow", -ticket);
		this.#streamTicket = ticket;
		if (QoS !== 0) this.#sent.push({ ticket, id: id ?? ticket, QoS });
	}

	/** Bytes of a message that the outbox has room for. */
	#free(): number {
		if (this.#client.unsettled >= this.#limits.messages) return 0;
		return Math.max(this.#limits.outbox - this.#client.heldBytes - OVERHEAD, 0);
	}

	/** A message has ended: the one of the program's, if the program knows of it. */
	handleEnd(ticket: number): Sent | undefined {
		if (ticket === this.#streamTicket) this.#streamTicket = 0;
		this.#poke();
		const sent = this.#sent.find(each => each.ticket === ticket);
		this.#sent = this.#sent.filter(each => each !== sent);
		return sent;
	}

	/** The connection has gone: of a message that is not complete, and will not be, nothing more leaves. */
	abandon(): void {
		this.#unwritten?.pieces.abandon();
		this.#unwritten = undefined;
	}
}

Object.freeze(Messages.prototype);

/** A message in pieces, and the source that the client streams it from. What is taken is gone: it is sent once at most. */
class Pieces implements Source {
	readonly total: number;
	readonly #poke: () => void;
	#pieces: Uint8Array[] = [];
	#written = 0;
	#taken = 0;
	#isAbandoned = false;

	/** `poke` is told when there is room again, but must not write. */
	constructor(total: number, poke: () => void) {
		this.total = total;
		this.#poke = poke;
	}

	/** Bytes of the message that have not been written. */
	get left(): number {
		return this.total - this.#written;
	}

	/** Bytes that wait to be taken. */
	get waiting(): number {
		return this.#written - this.#taken;
	}

	/** A copy of these bytes is the next piece. */
	write(data: Uint8Array): void {
		if (data.length !== 0) this.#pieces.push(data.slice());
		this.#written += data.length;
	}

	/** As Source.read. */
	read(bytes: Uint8Array, at: number, count: number, position: number): number {
		if (this.#isAbandoned || position !== this.#taken) throw new Error("the message is not kept");
		let taken = 0;
		for (let piece = this.#pieces[0]; piece !== undefined && taken < count; piece = this.#pieces[0]) {
			const most = Math.min(piece.length, count - taken);
			bytes.set(piece.subarray(0, most), at + taken);
			taken += most;
			if (most === piece.length) this.#pieces.shift();
			else this.#pieces[0] = piece.subarray(most);
		}
		this.#taken += taken;
		if (taken !== 0) this.#poke();
		return taken;
	}

	/** The rest will never come: the client gives the message up. */
	abandon(): void {
		this.#isAbandoned = true;
		this.#pieces = [];
	}
}

export function textOf(text: string | ByteBuffer): string {
	if (typeof text === "string") return text;
	const bytes = bytesOf(text);
	return takeUtf8(bytes, 0, bytes.length);
}

export function problem(message: string, code: number): Error {
	const error: Error & { code?: number } = new Error(`${message}: 0x${code.toString(16)}`);
	error.code = code;
	return error;
}
