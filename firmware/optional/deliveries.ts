// The numbers by which handlers know QoS 2 messages that come again: see Incoming.deliveryId.
//
// A number is the packet id, and above it how many messages had begun before this one, over all lives. The record of state
// counts those that it knows (taken, or asked about and still open); those that have begun since are in the table of what was
// received. So a record more or less makes no difference: after a power cut the server sends again what it has no PUBREC for,
// in the order in which it first did [MQTT-4.6.0-1], and every message finds as many before it as the first time. A message that
// stays open while a later one is recorded (one that is held, or in spans, when the link goes) has its number in the record.
//
// An id cannot be used again before the record has counted its message, or the session is lost, after which the count goes on
// well above: so no two messages have one number. What a client cannot know it cannot count: a server that loses the session
// and the CONNACK that says so, or that sends in another order after a handler has refused a message.

import { PUBREC } from "../mqtt/packet.js";
import { UNSPECIFIED_ERROR } from "../mqtt/reason.js";
import type { Session } from "../mqtt/session.js";
import { putUint16, putUint32, takeUint16, takeUint32 } from "../mqtt/wire.js";

const DELIVERY_BYTES = 6;
/** A word of the table of what was received begins with the packet id, 0 where it is free. */
const ID_MASK = 0xffff;
/** More messages than can have begun in a session since its last record. */
const LEAP = 0x1000;

export class Deliveries {
	/** Messages that had begun by the last record, and that it knows. */
	#count = 0;
	/** Packet ids of those that it knows, as far as they are not released. */
	#known: number[] = [];
	/** Packet id and count of those that were asked about and are not taken, by turns. */
	#open: number[] = [];

	/** Of a record. */
	get byteLength(): number {
		return 6 + (this.#open.length >> 1) * DELIVERY_BYTES;
	}

	/** The number of the message with the handlers. */
	number(session: Session): number {
		const open = this.#open;
		const { packetId } = session.packet;
		for (let i = 0; i < open.length; i += 2) if (open[i] === packetId) return open[i + 1]! * 0x10000 + packetId;
		const count = this.#count + this.#begun(session, packetId);
		// More than can be open at once are what a broken server has left behind.
		if (open.length >= session.received * 4) open.splice(0, 2);
		open.push(packetId, count);
		return count * 0x10000 + packetId;
	}

	/** A record is to be written in which messages with these ids are taken: they need no number any more. */
	settle(session: Session, taken: readonly number[]): void {
		const before = this.#open;
		const known = [...taken];
		const open: number[] = [];
		for (const id of taken) if (!this.#known.includes(id)) this.#count += 1;
		for (let i = 0; i < before.length; i += 2) {
			const id = before[i]!;
			if (taken.includes(id)) continue;
			if (!this.#known.includes(id)) this.#count += 1;
			// Its id is free for another message as soon as the server knows: it is counted before.
			if (refuses(session, id)) continue;
			open.push(id, before[i + 1]!);
			known.push(id);
		}
		this.#open = open;
		this.#known = known;
	}

	/** The session is lost, and its ids mean nothing any more. */
	lose(): void {
		this.#count = (this.#count + LEAP) >>> 0;
		this.#open = [];
		this.#known = [];
	}

	/** Into a record. Returns the offset behind. */
	put(record: Uint8Array, at: number): number {
		const open = this.#open;
		at = putUint16(record, putUint32(record, at, this.#count), open.length >> 1);
		for (let i = 0; i < open.length; i += 2) at = putUint32(record, putUint16(record, at, open[i]!), open[i + 1]!);
		return at;
	}

	/** Out of the record of an earlier life, in which these were taken. Returns the offset behind. */
	take(record: Uint8Array, at: number, taken: readonly number[]): number {
		this.#count = takeUint32(record, at);
		this.#known = [...taken];
		const stop = at + 6 + takeUint16(record, at + 4) * DELIVERY_BYTES;
		for (at += 6; at < stop; at += DELIVERY_BYTES) {
			this.#open.push(takeUint16(record, at), takeUint32(record, at + 2));
			this.#known.push(takeUint16(record, at));
		}
		return stop;
	}

	/** Messages that have begun since the last record, without that one. */
	#begun(session: Session, packetId: number): number {
		const { received, receivedAt, words } = session;
		let count = 0;
		for (let at = receivedAt; at < receivedAt + received; at += 1) {
			const id = words[at]! & ID_MASK;
			if (id !== 0 && id !== packetId && !this.#known.includes(id)) count += 1;
		}
		return count;
	}
}

Object.freeze(Deliveries.prototype);

/** True where a PUBREC that refuses the message with this packet id is to leave. */
function refuses(session: Session, packetId: number): boolean {
	const { bytes, laneEnd } = session;
	for (let at = session.laneAt; at < laneEnd; at += bytes[at + 1]! + 2) {
		const hasReason = bytes[at] === PUBREC && bytes[at + 1]! > 2;
		if (hasReason && bytes[at + 4]! >= UNSPECIFIED_ERROR && takeUint16(bytes, at + 2) === packetId) return true;
	}
	return false;
}
