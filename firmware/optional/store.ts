// A session in flash: what was published and has not ended, and which QoS 2 messages have been taken, outlive a power cut
// at any moment. It is given to a client as `options.store`, with a KeyValue such as NVS on a board:
//
//     store: new FlashStore(keyValue)
//
// Each message has a key of its own, written once before it leaves; its PUBREC has another, written before PUBREL leaves;
// so no write is over something that is still needed. What was received stands in one record with two keys by turns: a write
// that the power cut tears destroys only the older one. Every record has a format, a length and a check sum: one that is
// torn, or of another format, counts as not written, which is what it was.
//
// Each write makes its record anew: with a store a message above QoS 0 is not free of garbage, as it is without.
//
// Was a restored message sent before the power went, and in a session that the server still has? Nobody writes that down for
// each, it would cost a write. Connections are counted instead, where something waits for them, and where the server has lost
// the session; a message notes the count. One that was taken offline has never left as long as the count is the same, and is of
// the session if the count has grown since that began. All others count as sent, in the session of their connection.

import type { KeyValue } from "../io.js";
import type { SessionStore } from "../mqtt/client.js";
import { isFive } from "../mqtt/encode.js";
import { BAD_OPTION, Misuse, SESSION_LOST } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import {
	append,
	ENTRY_WORDS,
	end,
	entryAfter,
	firstEntry,
	LENGTH_MASK,
	QUEUED,
	RELEASED,
	RESEND,
	release,
	remove,
	STATE_MASK,
	STORED,
} from "../mqtt/outbox.js";
import { acceptedIds, restoreAccepted } from "../mqtt/received.js";
import { isRepublished } from "../mqtt/session/durability.js";
import { END_LOST } from "../mqtt/session/event.js";
import type { Session } from "../mqtt/session.js";
import { UNSENT } from "../mqtt/todo.js";
import { putUint16, putUint32, takeUint16, takeUint32, takeUtf8, utf8Bytes } from "../mqtt/wire.js";

// First byte of a record: what it is, and in the last bit whether its packets are those of 5.0.
const MESSAGE = 0x10;
const RELEASE = 0x20;
const STATE = 0x30;

/** Where the fields of all records lie. */
const NUMBER_AT = 2;
const ORDER_AT = 4;
const CONNECTION_AT = 8;
const HEAD_BYTES = 12;
const CHECK_BYTES = 4;
/** In the second byte of a message: it was kept before any connection could take it. The state has the session's server there. */
const UNSENT_YET = 1;
/** Of the state, behind that: the count when the session began, how many ids, how long a client id. */
const STATE_BYTES = 8;

export interface FlashStoreOptions {
	/** What the keys begin with. Default "mqtt"; another for each client of one KeyValue. */
	name?: string;
	/** Bytes of `effect`, 0 (the default) to 1,024. */
	effectBytes?: number;
}

export class FlashStore implements SessionStore {
	/**
	 * The application's own: what a handler of QoS 2 messages changes here is kept in one write with the message's packet
	 * id, before PUBREC, and is back after a power cut. So it happens exactly once.
	 */
	readonly effect: Uint8Array;
	/** Records that were torn, foreign, or had no place any more. */
	dropped = 0;
	/** Writes and deletions so far, for who wants to know how flash wears. */
	writes = 0;
	readonly #keyValue: KeyValue;
	readonly #name: string;
	/** Connections, and how many there had been when the session began; the first that we hear of may be to one that stands. */
	#connections = 1;
	#base = 0;
	/** Of the next message, and of the next record of state. */
	#order = 0;
	#turn = 0;
	/** What the record of state said last. */
	#kept = new Uint8Array(0);

	/** Throws Misuse for a name that is too long for NVS. */
	constructor(keyValue: KeyValue, options: FlashStoreOptions = {}) {
		const { name = "mqtt", effectBytes = 0 } = options;
		if (name.length > 9) throw new Misuse(BAD_OPTION, `name: expected at most 9 characters, got "${name}"`);
		this.#keyValue = keyValue;
		this.#name = name;
		this.effect = new Uint8Array(checked("effectBytes", effectBytes, 0, 1024));
	}

	restore(session: Session): void {
		const rows = Math.max(this.#restoreState(session), session.rows);
		const messages: Uint8Array[] = [];
		const releases: Uint8Array[] = [];
		for (let row = 1; row < rows; row += 1) {
			const release = this.#read(session, `r${row}`, RELEASE);
			const message = this.#read(session, `m${row}`, MESSAGE);
			// A release without its message is one whose end was cut in two: the server is asked once more. One beside
			// another message is left over.
			if (release !== undefined && (message === undefined || idOf(message) === idOf(release))) releases.push(release);
			else if (message !== undefined) messages.push(message);
			if (release !== undefined && message !== undefined && idOf(message) !== idOf(release)) this.#delete(`r${row}`);
		}
		const packetId = session.packetId;
		for (const record of inOrder(messages)) this.#restoreMessage(session, record);
		for (const record of inOrder(releases)) this.#restoreReleased(session, record);
		session.packetId = packetId;
		if (session.held > 0) session.todo |= UNSENT;
	}

	keepMessage(session: Session, entry: number, isUnsent: boolean): boolean {
		const { bytes, words } = session;
		const length = words[entry]! & LENGTH_MASK;
		const record = this.#record(session, MESSAGE, HEAD_BYTES + length, this.#order);
		const at = (entry + ENTRY_WORDS) << 2;
		if (isUnsent) record[1] = UNSENT_YET;
		putUint16(record, NUMBER_AT, words[entry + 1]! & 0xffff);
		record.set(bytes.subarray(at, at + length), HEAD_BYTES);
		if (!this.#write(`m${rowOf(session, entry)}`, record)) return false;
		this.#order = (this.#order + 1) >>> 0;
		return true;
	}

	keepRelease(session: Session, entry: number, order: number): boolean {
		const record = this.#record(session, RELEASE, HEAD_BYTES, order);
		putUint16(record, NUMBER_AT, session.words[entry + 1]! & 0xffff);
		return this.#write(`r${rowOf(session, entry)}`, record);
	}

	dropMessage(session: Session, entry: number): void {
		const row = rowOf(session, entry);
		// In this order: a PUBREL for nothing is answered, a PUBLISH after its PUBCOMP would be delivered twice.
		this.#delete(`m${row}`);
		if ((session.words[entry]! & STATE_MASK) === RELEASED) this.#delete(`r${row}`);
	}

	keepReceived(session: Session): boolean {
		const ids = acceptedIds(session);
		const client = session.options.clientId === "" ? utf8Bytes(session.clientId) : new Uint8Array(0);
		const record = this.#record(
			session,
			STATE,
			HEAD_BYTES + STATE_BYTES + ids.length * 2 + client.length + this.effect.length,
			0,
		);
		record[1] = session.options.servers?.holder ?? 0;
		putUint16(record, NUMBER_AT, session.rows);
		let at = putUint32(record, HEAD_BYTES, this.#base);
		at = putUint16(record, putUint16(record, at, ids.length), client.length);
		for (const id of ids) at = putUint16(record, at, id);
		record.set(client, at);
		record.set(this.effect, at + client.length);
		// Several acknowledgements leave at once, and some twice.
		if (isSame(record, this.#kept)) return true;
		const kept = record.slice();
		putUint32(record, ORDER_AT, this.#turn + 1);
		if (!this.#write(`s${(this.#turn + 1) & 1}`, record)) return false;
		this.#turn += 1;
		this.#kept = kept;
		return true;
	}

	keepConnection(session: Session, sessionPresent: boolean): boolean {
		let waits = !sessionPresent;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry))
			if ((session.words[entry]! & (STORED | STATE_MASK)) === (STORED | QUEUED)) waits = true;
		if (!sessionPresent) this.#base = this.#connections;
		if (waits) this.#connections += 1;
		return this.keepReceived(session);
	}

	/** The number of rows that messages were kept in. */
	#restoreState(session: Session): number {
		const first = this.#read(session, "s0", STATE);
		const second = this.#read(session, "s1", STATE);
		if (first === undefined && second === undefined) return 0;
		const isSecond = second !== undefined && (first === undefined || orderOf(second) > orderOf(first));
		const record = isSecond ? second : first!;
		this.#turn = orderOf(record);
		this.#connections = takeUint32(record, CONNECTION_AT);
		this.#base = takeUint32(record, HEAD_BYTES);
		// As keepReceived() compares it: a life in which nothing has changed writes nothing.
		this.#kept = record.slice();
		putUint32(this.#kept, ORDER_AT, 0);
		putUint32(this.#kept, record.length - CHECK_BYTES, 0);
		const { servers } = session.options;
		if (servers !== undefined) servers.holder = record[1]!;
		const count = takeUint16(record, HEAD_BYTES + 4);
		const clientLength = takeUint16(record, HEAD_BYTES + 6);
		let at = HEAD_BYTES + STATE_BYTES;
		for (let i = 0; i < count; i += 1) {
			if (!restoreAccepted(session, takeUint16(record, at))) this.dropped += 1;
			at += 2;
		}
		if (session.options.clientId === "" && clientLength > 0) session.clientId = takeUtf8(record, at, clientLength);
		const effect = record.subarray(at + clientLength, record.length - CHECK_BYTES);
		this.effect.set(effect.subarray(0, this.effect.length));
		return takeUint16(record, NUMBER_AT);
	}

	#restoreMessage(session: Session, record: Uint8Array): void {
		const { bytes, words } = session;
		if (orderOf(record) >= this.#order) this.#order = orderOf(record) + 1;
		const length = record.length - HEAD_BYTES - CHECK_BYTES;
		const entry = this.#restoreEntry(session, idOf(record), length);
		if (entry === 0) return;
		bytes.set(record.subarray(HEAD_BYTES, HEAD_BYTES + length), (entry + ENTRY_WORDS) << 2);
		const connection = takeUint32(record, CONNECTION_AT);
		const isUnsent = record[1] === UNSENT_YET;
		const never = isUnsent && connection === this.#connections;
		words[entry] = length | STORED | (never ? QUEUED : RESEND);
		const isLost = connection < this.#base || (connection === this.#base && !isUnsent);
		if (isLost && !isRepublished(session, entry)) this.#lose(session, entry);
	}

	#restoreReleased(session: Session, record: Uint8Array): void {
		const entry = this.#restoreEntry(session, idOf(record), 0);
		if (entry === 0) return;
		session.words[entry] = STORED;
		session.releases = orderOf(record) - 1;
		release(session, entry);
		if (takeUint32(record, CONNECTION_AT) <= this.#base) this.#lose(session, entry);
	}

	/** It was sent in a session that the server has lost: what became of it is unknown. */
	#lose(session: Session, entry: number): void {
		end(session, entry, END_LOST, SESSION_LOST);
	}

	/** An entry with that packet id, or 0 where there is no place for it any more. */
	#restoreEntry(session: Session, packetId: number, length: number): number {
		session.packetId = (packetId - 1) & 0xffff;
		const entry = append(session, length);
		if (entry > 0 && session.packetId === packetId) return entry;
		if (entry > 0) remove(session, entry);
		this.dropped += 1;
		return 0;
	}

	/** A record of that length, and room for its check sum; with what all begin with. */
	#record(session: Session, kind: number, length: number, order: number): Uint8Array {
		const record = new Uint8Array(length + CHECK_BYTES);
		record[0] = kind | isFive(session.options);
		putUint32(record, ORDER_AT, order);
		putUint32(record, CONNECTION_AT, this.#connections);
		return record;
	}

	/** A whole record of that kind, or undefined. */
	#read(session: Session, key: string, kind: number): Uint8Array | undefined {
		let value: ArrayBuffer | undefined;
		try {
			value = this.#keyValue.read(this.#name + key);
		} catch {
			// As if it had never been written.
		}
		if (value === undefined) return undefined;
		const record = new Uint8Array(value);
		const end = record.length - CHECK_BYTES;
		const isWhole = end >= HEAD_BYTES && record[0] === (kind | isFive(session.options));
		if (isWhole && takeUint32(record, end) === checkSum(record, end)) return record;
		this.dropped += 1;
		// The state's is overwritten when its turn comes.
		if (kind !== STATE) this.#delete(key);
		return undefined;
	}

	#write(key: string, record: Uint8Array): boolean {
		const end = record.length - CHECK_BYTES;
		putUint32(record, end, checkSum(record, end));
		this.writes += 1;
		try {
			this.#keyValue.write(this.#name + key, record.buffer as ArrayBuffer);
			return true;
		} catch {
			return false;
		}
	}

	#delete(key: string): void {
		this.writes += 1;
		try {
			this.#keyValue.delete(this.#name + key);
		} catch {
			// Flash that cannot delete is broken: the next life may send once more what had ended, and we cannot help it.
		}
	}
}

Object.freeze(FlashStore.prototype);

/** Where a message is kept: its packet id gives it a row, which no other has as long as it is not settled. */
function rowOf(session: Session, entry: number): number {
	return (session.words[entry + 1]! & 0xffff) % session.rows;
}

function idOf(record: Uint8Array): number {
	return takeUint16(record, NUMBER_AT);
}

function orderOf(record: Uint8Array): number {
	return takeUint32(record, ORDER_AT);
}

function inOrder(records: Uint8Array[]): Uint8Array[] {
	return records.sort((a, b) => orderOf(a) - orderOf(b));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
	return true;
}

/** CRC-32 as Ethernet has it, four bits at a time. */
const CRC = Object.freeze([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

function checkSum(bytes: Uint8Array, end: number): number {
	let sum = -1;
	for (let i = 0; i < end; i += 1) {
		sum ^= bytes[i]!;
		sum = CRC[sum & 15]! ^ (sum >>> 4);
		sum = CRC[sum & 15]! ^ (sum >>> 4);
	}
	return ~sum >>> 0;
}
