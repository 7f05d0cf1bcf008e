// What has arrived for a program that reads when it likes: messages in fragments, each shown when the one before it has been
// read to its end. What is read at once is read from the client's own buffer; what is left over is copied.

import type { Incoming } from "../mqtt/client.js";

export type ByteBuffer = ArrayBuffer | ArrayBufferView;

/** The second argument of onReadable; all but `more` only with the first fragment of a message. */
export interface Fragment {
	more: boolean;
	topic?: string;
	QoS?: number;
	byteLength?: number;
	retain?: boolean;
	duplicate?: boolean;
}

interface Unread {
	bytes: Uint8Array;
	at: number;
	left: number;
	readonly fragment: Fragment;
}

export class Fragments {
	readonly #show: (count: number, fragment: Fragment) => void;
	readonly #poke: () => void;
	/** What was shown last, and not read to its end; and what will be shown then. */
	#unread: Unread | undefined = undefined;
	#queue: Unread[] = [];
	/** By which read of the socket, and from where, the last one came. */
	#reads = 0;
	#at = 0;
	#position = 0;

	/** `show` tells the program; `poke` asks for next() and more from the socket, but not now. */
	constructor(show: (count: number, fragment: Fragment) => void, poke: () => void) {
		this.#show = show;
		this.#poke = poke;
	}

	/** The program has not read all that there is. */
	get holds(): boolean {
		return this.#unread !== undefined || this.#queue.length !== 0;
	}

	/** From a handler of the client; `reads` is how often it has read from this socket. */
	take(message: Incoming, reads: number): void {
		const { payloadAt: at, payloadLength: left, position } = message;
		// A message is handed over for every filter that it matches. Of two messages the second lies elsewhere, unless bytes have
		// been read in between.
		if (reads === this.#reads && at === this.#at && position === this.#position) return;
		this.#reads = reads;
		this.#at = at;
		this.#position = position;
		const fragment: Fragment = { more: !message.last };
		if (position === 0) {
			fragment.topic = message.topic;
			fragment.byteLength = message.total;
			fragment.QoS = message.qos;
			fragment.retain = message.retain;
			fragment.duplicate = message.duplicate;
		}
		if (this.holds) this.#queue.push({ bytes: message.payload(), at: 0, left, fragment });
		else this.#tell({ bytes: message.bytes, at, left, fragment });
	}

	/** So many bytes at most, or all, in a buffer of their own; or what fits into the one given, and how many that was. */
	read(wanted: number | ByteBuffer | undefined): ArrayBuffer | number | undefined {
		const unread = this.#unread;
		if (unread === undefined) return undefined;
		const into = typeof wanted === "object" ? bytesOf(wanted) : undefined;
		const most = into?.length ?? (wanted as number | undefined) ?? unread.left;
		if (!(most >= 0)) throw new RangeError(`read: expected a number of bytes, got ${most}`);
		const { at, bytes } = unread;
		const count = Math.min(Math.floor(most), unread.left);
		unread.at += count;
		unread.left -= count;
		if (unread.left === 0) {
			this.#unread = undefined;
			this.#poke();
		}
		if (into === undefined) return bytes.slice(at, at + count).buffer as ArrayBuffer;
		for (let i = 0; i < count; i += 1) into[i] = bytes[at + i]!;
		return count;
	}

	/** Shows what waits, as far as it is read. */
	next(): void {
		while (this.#unread === undefined) {
			const unread = this.#queue.shift();
			if (unread === undefined) return;
			this.#tell(unread);
		}
	}

	/** Another socket counts its reads anew. */
	restart(): void {
		this.#reads = 0;
	}

	clear(): void {
		this.#unread = undefined;
		this.#queue = [];
	}

	#tell(unread: Unread): void {
		this.#unread = unread;
		try {
			this.#show(unread.left, unread.fragment);
		} finally {
			if (unread.left !== 0) {
				// The record, and its bytes, are the next packet's.
				unread.bytes = unread.bytes.slice(unread.at, unread.at + unread.left);
				unread.at = 0;
			} else if (this.#unread === unread) this.#unread = undefined;
		}
	}
}

Object.freeze(Fragments.prototype);

export function bytesOf(data: ByteBuffer | null | undefined): Uint8Array {
	if (data === null || data === undefined) return new Uint8Array(0);
	return ArrayBuffer.isView(data)
		? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
		: new Uint8Array(data);
}
