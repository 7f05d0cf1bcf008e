// A session in flash: what was published and has not ended, and which QoS 2 messages have been taken, outlive a power cut
// at any moment. It is given to a client as `options.store`, with a KeyValue such as NVS on a board:
//
//     store: new FlashStore(keyValue)
//
// Each message has a key of its own, written once before it leaves; its PUBREC has another, written before PUBREL leaves;
// so no write is over something that is still needed. What was received stands in one record with two keys by turns: a write
// that the power cut tears destroys only the older one. Every record has a format, a length and a check sum: one that is
// torn, or of another format, counts as not written, which is what it was (record.ts). The record of what was received knows
// which subscriptions stand on the server as well, and by which numbers handlers know messages (deliveries.ts).
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
	AWAITS_PUBACK,
	AWAITS_PUBREC,
	append,
	ENDED,
	ENTRY_WORDS,
	entryAfter,
	firstEntry,
	LENGTH_MASK,
	lose,
	QUEUED,
	RELEASED,
	RESEND,
	release,
	remove,
	STATE_MASK,
	STORED,
} from "../mqtt/outbox.js";
import { UNSPECIFIED_ERROR } from "../mqtt/reason.js";
import { acceptedIds, restoreAccepted } from "../mqtt/received.js";
import { isRepublished } from "../mqtt/session/durability.js";
import { END_LOST } from "../mqtt/session/event.js";
import type { Session } from "../mqtt/session.js";
import { UNSENT } from "../mqtt/todo.js";
import { ANSWERED, ASKED, CODE_SHIFT, filterOptions, filterState, STANDING, WANTED } from "../mqtt/topics.js";
import { putUint16, putUint32, takeUint16, takeUint32, takeUtf8, utf8Bytes } from "../mqtt/wire.js";
import { RELEASES } from "../mqtt/words.js";
import { Deliveries } from "./deliveries.js";
import {
	CHECK_BYTES,
	CONNECTION_AT,
	HEAD_BYTES,
	idOf,
	inOrder,
	inTurn,
	isKept,
	isSame,
	isUnkept,
	isWhole,
	MESSAGE,
	NUMBER_AT,
	ORDER_AT,
	orderOf,
	RELEASE,
	rowOf,
	STATE,
	seal,
	subscriptionSum,
} from "./record.js";

/** In the second byte of a message: it was kept before any connection could take it. The state has the session's server there. */
const UNSENT_YET = 1;
/**
 * Of the state, behind that: the count when the session began, how many ids, how long a client id; then how many
 * subscriptions, which firmware before did not keep, nor deliveries, nor NEWER in the first byte.
 */
const STATE_BYTES = 10;
const OLD_STATE_BYTES = 8;
const NEWER = 2;
/** A subscription is a check sum and what was granted. */
const SUBSCRIPTION_BYTES = 5;
/** Of subscription options: retained messages are not sent for a subscription that stands. */
const RETAIN_HANDLING = 0x30;

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
	/** The highest count that a message says which had not left, and the count before the last CONNECT with some behind it. */
	#newest = 0;
	#before = 0;
	/** Of the next message, and of the next record of state. */
	#order = 0;
	#turn = 0;
	/** What the record of state said last. */
	#kept = new Uint8Array(0);
	/** Subscriptions that stand on the server: check sum and granted code, by turns. */
	#granted: number[] = [];
	readonly #deliveries = new Deliveries();

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
		for (const record of inTurn(releases)) this.#restoreReleased(session, record);
		session.packetId = packetId;
		if (session.held > 0) session.todo |= UNSENT;
	}

	keepMessage(session: Session, entry: number, isUnsent: boolean): boolean {
		const { bytes, words } = session;
		const length = words[entry]! & LENGTH_MASK;
		const order = this.#place(session, entry);
		if (order < 0) return false;
		const record = this.#record(session, MESSAGE, HEAD_BYTES + length, order);
		const at = (entry + ENTRY_WORDS) << 2;
		if (isUnsent) record[1] = UNSENT_YET;
		putUint16(record, NUMBER_AT, words[entry + 1]! & 0xffff);
		record.set(bytes.subarray(at, at + length), HEAD_BYTES);
		if (!this.#write(`m${rowOf(session, entry)}`, record)) return false;
		if (order >= this.#order) this.#order = (order + 1) >>> 0;
		if (isUnsent) this.#newest = Math.max(this.#newest, this.#connections);
		return true;
	}

	/**
	 * The order of a message's record: as it lies in the outbox, whenever it is written [MQTT-4.6.0-1]. What lies before it
	 * there and is in RAM only as yet has its numbers left free. Below 0 where flash does not say what comes behind.
	 */
	#place(session: Session, entry: number): number {
		let free = 1;
		for (let at = entryAfter(session, entry); at !== 0; at = entryAfter(session, at)) {
			if (isKept(session, at)) {
				const record = this.#read(session, `m${rowOf(session, at)}`, MESSAGE);
				return record === undefined ? -1 : orderOf(record) - free;
			}
			if (isUnkept(session, at)) free += 1;
		}
		free = 0;
		for (let at = firstEntry(session); at !== entry; at = entryAfter(session, at)) if (isUnkept(session, at)) free += 1;
		return this.#order + free;
	}

	keepRelease(session: Session, entry: number, order: number): boolean {
		const record = this.#record(session, RELEASE, HEAD_BYTES, order);
		putUint16(record, NUMBER_AT, session.words[entry + 1]! & 0xffff);
		return this.#write(`r${rowOf(session, entry)}`, record);
	}

	dropMessage(session: Session, entry: number): void {
		const row = rowOf(session, entry);
		const state = session.words[entry]! & STATE_MASK;
		// In this order: a PUBREL for nothing is answered, a PUBLISH after its PUBCOMP would be delivered twice.
		this.#delete(`m${row}`);
		// Of one that was lost with its session nobody knows how far it was.
		if (state === RELEASED || (state === ENDED && this.#has(`r${row}`))) this.#delete(`r${row}`);
	}

	keepReceived(session: Session): boolean {
		const ids = acceptedIds(session);
		const granted = this.#granted;
		const deliveries = this.#deliveries;
		deliveries.settle(session, ids);
		const client = session.options.clientId === "" ? utf8Bytes(session.clientId) : new Uint8Array(0);
		const record = this.#record(
			session,
			STATE,
			HEAD_BYTES +
				STATE_BYTES +
				ids.length * 2 +
				client.length +
				(granted.length >> 1) * SUBSCRIPTION_BYTES +
				deliveries.byteLength +
				this.effect.length,
			0,
		);
		record[1] = session.options.servers?.holder ?? 0;
		record[0]! |= NEWER;
		putUint16(record, NUMBER_AT, session.rows);
		let at = putUint32(record, HEAD_BYTES, this.#base);
		at = putUint16(record, putUint16(record, at, ids.length), client.length);
		at = putUint16(record, at, granted.length >> 1);
		for (const id of ids) at = putUint16(record, at, id);
		record.set(client, at);
		at += client.length;
		for (let i = 0; i < granted.length; i += 2) {
			at = putUint32(record, at, granted[i]!);
			record[at] = granted[i + 1]!;
			at += 1;
		}
		record.set(this.effect, deliveries.put(record, at));
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
		let before = this.#connections;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
			const state = session.words[entry]! & (STORED | STATE_MASK);
			if (state === (STORED | QUEUED)) waits = true;
			// It has left behind this CONNECT, and is of this session.
			if (state === (STORED | AWAITS_PUBACK) || state === (STORED | AWAITS_PUBREC)) before = this.#before;
		}
		if (!sessionPresent) {
			this.#base = before;
			this.#granted = [];
			this.#deliveries.lose();
		}
		if (waits) this.#count();
		return this.keepReceived(session);
	}

	keepDeparture(session: Session, isFirst: boolean): boolean {
		const before = this.#connections;
		if (isFirst) this.#before = before;
		if (this.#newest >= before) this.#count();
		// Where nothing waits under this count, flash has it, unless it did not take it for the last connection.
		if (this.keepReceived(session)) return true;
		this.#connections = before;
		return false;
	}

	keepReturn(session: Session): void {
		this.#connections = this.#before;
		// Where that cannot be kept they count as sent in the next life.
		this.keepReceived(session);
	}

	/** One more connection; a count that went back must not come again for messages that have noted it. */
	#count(): void {
		this.#connections = Math.max(this.#connections, this.#newest) + 1;
	}

	/**
	 * Those that have been granted as they are declared, and those that are asked for just as they were granted before. All
	 * others are forgotten before the server is told to change anything.
	 */
	keepSubscriptions(session: Session): boolean {
		const granted: number[] = [];
		for (let handle = 1; handle <= session.topics; handle += 1) {
			const state = filterState(session, handle);
			if ((filterOptions(state) & RETAIN_HANDLING) === 0) continue;
			const standing = state & STANDING;
			let code = (state >> CODE_SHIFT) & 0xff;
			if (standing === WANTED || standing === ASKED) code = this.grantedBefore(session, handle);
			else if (standing !== ANSWERED || code >= UNSPECIFIED_ERROR) code = -1;
			if (code >= 0) granted.push(subscriptionSum(session, handle), code);
		}
		if (isSame(granted, this.#granted)) return true;
		this.#granted = granted;
		return this.keepReceived(session);
	}

	grantedBefore(session: Session, handle: number): number {
		const granted = this.#granted;
		if (granted.length === 0) return -1;
		const sum = subscriptionSum(session, handle);
		for (let i = 0; i < granted.length; i += 2) if (granted[i] === sum) return granted[i + 1]!;
		return -1;
	}

	deliveryId(session: Session): number {
		return this.#deliveries.number(session);
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
		const isNewer = (record[0]! & NEWER) !== 0;
		let at = HEAD_BYTES + (isNewer ? STATE_BYTES : OLD_STATE_BYTES);
		const taken: number[] = [];
		for (let i = 0; i < count; i += 1) {
			const id = takeUint16(record, at);
			if (restoreAccepted(session, id)) taken.push(id);
			else this.dropped += 1;
			at += 2;
		}
		if (session.options.clientId === "" && clientLength > 0) session.clientId = takeUtf8(record, at, clientLength);
		at += clientLength;
		if (isNewer) {
			for (let left = takeUint16(record, HEAD_BYTES + 8); left > 0; left -= 1) {
				this.#granted.push(takeUint32(record, at), record[at + 4]!);
				at += SUBSCRIPTION_BYTES;
			}
			at = this.#deliveries.take(record, at, taken);
		}
		const effect = record.subarray(at, record.length - CHECK_BYTES);
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
		if (isUnsent) this.#newest = Math.max(this.#newest, connection);
		const never = isUnsent && connection === this.#connections;
		words[entry] = length | STORED | (never ? QUEUED : RESEND);
		const isLost = connection < this.#base || (connection === this.#base && !isUnsent);
		if (isLost && !isRepublished(session, entry)) lose(session, entry, END_LOST, SESSION_LOST);
	}

	#restoreReleased(session: Session, record: Uint8Array): void {
		const entry = this.#restoreEntry(session, idOf(record), 0);
		if (entry === 0) return;
		session.words[entry] = STORED;
		session.words[RELEASES] = orderOf(record) - 1;
		release(session, entry);
		if (takeUint32(record, CONNECTION_AT) <= this.#base) lose(session, entry, END_LOST, SESSION_LOST);
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
		const first = kind === STATE ? record[0]! & ~NEWER : record[0];
		if (first === (kind | isFive(session.options)) && isWhole(record)) return record;
		this.dropped += 1;
		// The state's is overwritten when its turn comes.
		if (kind !== STATE) this.#delete(key);
		return undefined;
	}

	#has(key: string): boolean {
		try {
			return this.#keyValue.read(this.#name + key) !== undefined;
		} catch {
			return false;
		}
	}

	#write(key: string, record: Uint8Array): boolean {
		seal(record);
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
