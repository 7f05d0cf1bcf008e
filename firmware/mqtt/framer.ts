// Arbitrary chunks of bytes in, whole packets out: or, of a PUBLISH too large for the receive area, its head and then
// the payload in spans, with the head staying in front so that the topic can be read beside every span.
//
// The area holds [kept head] [unread bytes: start to end] [room]. What arrives while it is empty is read straight into
// it; what arrives behind the beginning of a packet goes by way of the stage.

import type { Socket } from "../io.js";
import { publishHeadLength } from "./decode.js";
import { BAD_LENGTH, BAD_REMAINING_LENGTH, PACKET_TOO_LARGE } from "./error.js";
import { PUBLISH, TYPE_MASK } from "./packet.js";
import type { Session } from "./session.js";

// What next() found; a negative number is minus the code of what is wrong.
/** Not enough bytes for anything. */
export const NOTHING = 0;
/** A whole packet, its body from `packet.at` to `packet.stop`. */
export const PACKET = 1;
/** The head of a PUBLISH whose payload comes in spans; `streamLeft` is the length of that payload. */
export const HEAD = 2;
/** A span of that payload. */
export const SPAN = 3;

/** Forgets what has come: the link is gone. */
export function rewindFramer(session: Session): void {
	session.start = session.end = session.floor = session.receiveAt;
	session.streamLeft = 0;
}

/**
 * Reads up to `count` bytes that wait in the socket; returns how many, or 0 where it is broken. To be called after next()
 * said NOTHING.
 */
export function fill(session: Session, socket: Socket, count: number): number {
	try {
		if (session.start !== session.end || session.floor !== session.receiveAt) return append(session, socket, count);
		if (count > session.stageAt - session.receiveAt) count = session.stageAt - session.receiveAt;
		session.start = session.receiveAt;
		session.end = session.receiveAt + count;
		session.buffer.resize(session.end);
		socket.read(session.area);
		session.buffer.resize(session.total);
	} catch {
		session.buffer.resize(session.total);
		return 0;
	}
	return count;
}

/** The same behind what has to be kept. */
function append(session: Session, socket: Socket, count: number): number {
	const floor = session.floor;
	const start = session.start;
	const stageAt = session.stageAt;
	const kept = session.end - start;
	if (start !== floor) session.bytes.copyWithin(floor, start, session.end);
	session.start = floor;
	session.end = floor + kept;
	count = Math.min(count, stageAt - session.end, session.total - stageAt);
	session.buffer.resize(stageAt + count);
	socket.read(session.stage);
	session.buffer.resize(session.total);
	session.bytes.copyWithin(session.end, stageAt, stageAt + count);
	session.end += count;
	return count;
}

/** The next packet or part of one, or NOTHING, or minus an error code. Never looks behind what was read. */
export function next(session: Session): number {
	if (session.streamLeft > 0) return nextSpan(session);
	let at = session.start + 1;
	if (at >= session.end) return NOTHING;
	session.packet.first = session.bytes[at - 1];
	let remaining = session.bytes[at];
	at += 1;
	if (remaining > 127) {
		remaining &= 127;
		let shift = 7;
		let more = 128;
		while (more > 127) {
			if (shift > 21) return -BAD_REMAINING_LENGTH;
			if (at === session.end) return NOTHING;
			more = session.bytes[at];
			at += 1;
			// A last byte of 0 adds nothing: that length could have been written in fewer bytes.
			if (more === 0) return -BAD_REMAINING_LENGTH;
			remaining |= (more & 127) << shift;
			shift += 7;
		}
	}
	session.packet.at = at;
	at += remaining;
	if (at > session.end) return beginLarge(session, remaining);
	session.packet.stop = session.start = at;
	return PACKET;
}

/** A packet has begun that is not whole yet: will it ever be, in this area? */
function beginLarge(session: Session, remaining: number): number {
	const end = session.end;
	const packet = session.packet;
	const receiveAt = session.receiveAt;
	const at = packet.at;
	const room = session.stageAt - receiveAt;
	const size = at - session.start + remaining;
	if (size <= room) return NOTHING;
	if ((packet.first & TYPE_MASK) !== PUBLISH || size > (session.options.maximumPacketSize ?? size))
		return -PACKET_TOO_LARGE;
	const head = publishHeadLength(packet, end);
	const least = head < 0 ? -head : head;
	if (least > remaining) return -BAD_LENGTH;
	// Spans need some room behind the head, and a longer head could not be acknowledged either: its id stands last.
	if (least > room - 16) return -PACKET_TOO_LARGE;
	if (head < 0 || at + head > end) return NOTHING;
	session.bytes.copyWithin(receiveAt, at, end);
	session.end = end - at + receiveAt;
	packet.at = receiveAt;
	packet.stop = session.start = session.floor = receiveAt + head;
	session.streamLeft = remaining - head;
	return HEAD;
}

function nextSpan(session: Session): number {
	const packet = session.packet;
	let length = session.end - session.start;
	if (length === 0) return NOTHING;
	if (length > session.streamLeft) length = session.streamLeft;
	packet.position += packet.payloadLength;
	packet.payloadAt = session.start;
	packet.payloadLength = length;
	session.start += length;
	session.streamLeft -= length;
	if (session.streamLeft === 0) session.floor = session.receiveAt;
	return SPAN;
}
