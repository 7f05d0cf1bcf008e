// What a client sends behind CONNECT, without waiting for CONNACK, as the standard allows (section 3.1.4): given to it as
//
//     pipeline: new Pipeline(keyValue)
//
// It saves a round trip each time that a board wakes with something to say. Only messages at QoS 1 and 2 go out so, those that
// fit into the stage with CONNECT, in one write with it, and only where nothing of an earlier connection is in flight: what is behind a CONNECT belongs to the session that this
// CONNECT begins or resumes, whatever Session Present says then; what is older may not, and waits. A message that leaves so is
// under way like any other. Where the server refuses the CONNECT it has processed nothing behind it [MQTT-3.1.4-5], in 5.0
// [MQTT-3.1.4-6]: the message has not been sent, then, and goes out again as a new one. Where there is no answer at all nobody
// knows: it counts as sent, goes out again with DUP, and is lost with its session.
//
// A 5.0 server says in CONNACK what it takes, which is too late here. So there nothing goes ahead before this server has been
// met, and nothing beyond what it said last, which is kept under a key of a KeyValue, where there is one, for a life that
// begins with nothing in RAM. Has it come to take less, it closes the connection; then what it does not take has an end as
// any other message has that waited for it, and the rest goes out behind CONNACK. A QoS 0 message waits for CONNACK: nobody
// could tell it from one that has arrived.

import type { KeyValue } from "../io.js";
import type { HeadStart, Place } from "../mqtt/client.js";
import { ACK, start } from "../mqtt/deadline.js";
import {
	AHEAD,
	AWAITS_PUBACK,
	AWAITS_PUBREC,
	ENTRY_WORDS,
	entryAfter,
	firstEntry,
	LENGTH_MASK,
	QUEUED,
	RELEASED,
	RESEND,
	STATE_MASK,
	STATE_SHIFT,
	STORED,
	STREAMED,
	sizeOf,
} from "../mqtt/outbox.js";
import { ANY_FLAGS, QOS_MASK, RETAIN } from "../mqtt/packet.js";
import { UNSPECIFIED_ERROR } from "../mqtt/reason.js";
import type { Session } from "../mqtt/session.js";
import { putUint16, putUint32, takeUint16, takeUint32, utf8Bytes } from "../mqtt/wire.js";
import { SERVER_MAXIMUM } from "../mqtt/words.js";
import { checkSum } from "./checksum.js";

/** A record: check sum of the place, Receive Maximum, flags that are allowed, Maximum Packet Size; and a check sum of that. */
const MAXIMUM_AT = 4;
const FLAGS_AT = 6;
const LARGEST_AT = 8;
const CHECK_AT = 12;
const RECORD_BYTES = 16;

export class Pipeline implements HeadStart {
	readonly #keyValue: KeyValue | undefined;
	readonly #key: string;
	/** Messages that have left behind this CONNECT, and belong to whatever its answer says; 0 once it has one. */
	#count = 0;
	/** Some of them were in flash. */
	#isDeparted = false;
	/** The last that did was to no avail: it is not tried again until a server has accepted us. */
	#isWary = false;
	/** Which server the attempt goes to, and the record of which server's limits this is; 0 for none. */
	#place = 0;
	readonly #record: Uint8Array;

	/** `keyValue` is where the server's limits outlive a sleep; `key` is another for each client of one KeyValue. */
	constructor(keyValue?: KeyValue, key = "pipeline") {
		this.#keyValue = keyValue;
		this.#key = key;
		this.#record = recordIn(keyValue, key);
	}

	handleOpening(place: Place): void {
		const text = utf8Bytes(`${place.host ?? "localhost"}:${place.port ?? 1883}`);
		this.#place = checkSum(text, text.length);
		this.#count = 0;
		this.#isDeparted = false;
	}

	append(session: Session, length: number): number {
		if (!this.#mayBegin(session)) return length;
		const { bytes, options, stageAt, words } = session;
		const room = Math.min(session.room, session.total - stageAt);
		let to = length;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
			const head = words[entry]!;
			if ((head & STATE_MASK) !== QUEUED) continue;
			const size = head & LENGTH_MASK;
			const from = (entry + ENTRY_WORDS) << 2;
			const qos = bytes[from]! & QOS_MASK;
			if (size > room - to || !this.#isTaken(session, head, qos | (bytes[from]! & RETAIN))) break;
			if ((head & STORED) !== 0) {
				// Flash has to know before it leaves.
				if (!options.store!.keepDeparture(session, !this.#isDeparted)) break;
				this.#isDeparted = true;
			}
			bytes.copyWithin(stageAt + to, from, from + size);
			to += size;
			words[entry] = (head & ~STATE_MASK) | (qos << STATE_SHIFT);
			words[entry + 2] = session.now;
			session.unsent = entry + sizeOf(head);
			this.#count += 1;
		}
		if (this.#count > 0) start(session, ACK);
		return to;
	}

	handleAccepted(session: Session): void {
		this.#count = 0;
		this.#isWary = false;
		if (session.packet.five === 0) return;
		const record = new Uint8Array(RECORD_BYTES);
		putUint32(record, 0, this.#place);
		putUint16(record, MAXIMUM_AT, session.words[SERVER_MAXIMUM]!);
		record[FLAGS_AT] = session.allowedFlags & ANY_FLAGS;
		putUint32(record, LARGEST_AT, session.largest);
		putUint32(record, CHECK_AT, checkSum(record, CHECK_AT));
		let isNew = false;
		for (let i = 0; i < RECORD_BYTES; i += 1) if (record[i] !== this.#record[i]) isNew = true;
		if (!isNew) return;
		this.#record.set(record);
		try {
			this.#keyValue?.write(this.#key, record.buffer);
		} catch {
			// The next life has to wait for CONNACK once more.
		}
	}

	handleUnanswered(session: Session, code: number): void {
		if (this.#count === 0) return;
		this.#count = 0;
		this.#isWary = true;
		if (code < UNSPECIFIED_ERROR) return;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
			const head = session.words[entry]!;
			const state = head & STATE_MASK;
			// It has not left, but it goes before what goes FIRST from now on, and no policy may let go of it.
			if (state === AWAITS_PUBACK || state === AWAITS_PUBREC)
				session.words[entry] = (head & ~STATE_MASK) | QUEUED | AHEAD;
		}
		if (this.#isDeparted) session.options.store!.keepReturn(session);
	}

	#mayBegin(session: Session): boolean {
		const { authentication, servers } = session.options;
		// Behind a CONNECT with a method nothing but AUTH may come [MQTT-3.1.2-30].
		if (this.#isWary || authentication !== undefined || servers?.startsClean === true) return false;
		if (session.packet.five !== 0 && takeUint32(this.#record, 0) !== this.#place) return false;
		for (let entry = firstEntry(session); entry !== 0; entry = entryAfter(session, entry)) {
			const state = session.words[entry]! & STATE_MASK;
			if (state === RESEND || state === RELEASED) return false;
		}
		return true;
	}

	/** Whether it may go ahead, as far as we know what the server takes: an entry that begins so, with those flags. */
	#isTaken(session: Session, head: number, flags: number): boolean {
		if ((head & STREAMED) !== 0 || flags <= RETAIN) return false;
		if (session.packet.five === 0) return true;
		const record = this.#record;
		if (this.#count >= takeUint16(record, MAXIMUM_AT) || ((record[FLAGS_AT]! >> flags) & 1) === 0) return false;
		return (head & LENGTH_MASK) <= takeUint32(record, LARGEST_AT);
	}
}

Object.freeze(Pipeline.prototype);

/** What was kept of a server, or nothing: all zeros. */
function recordIn(keyValue: KeyValue | undefined, key: string): Uint8Array {
	try {
		const bytes = new Uint8Array(keyValue?.read(key) ?? new ArrayBuffer(0));
		if (bytes.length === RECORD_BYTES && takeUint32(bytes, CHECK_AT) === checkSum(bytes, CHECK_AT))
			return bytes.slice();
	} catch {
		// As if it had never been written.
	}
	return new Uint8Array(RECORD_BYTES);
}
