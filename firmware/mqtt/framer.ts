// Arbitrary chunks of bytes in, whole packets out: or, of a PUBLISH too large for the receive area, its head and then
// the payload in spans, with the head staying in front so that the topic can be read beside every span.
//
// The area holds [kept head] [unread bytes: start to end] [room]. What arrives while it is empty is read straight into
// it; what arrives behind the beginning of a packet goes by way of the stage.

import type { Socket } from "../io.js";
import type { Arena } from "./arena.js";
import { publishHeadLength } from "./decode.js";
import { BAD_LENGTH, BAD_REMAINING_LENGTH, PACKET_TOO_LARGE } from "./error.js";
import type { Incoming } from "./incoming.js";
import { PUBLISH, TYPE_MASK } from "./packet.js";

// What next() found; a negative number is minus the code of what is wrong.
/** Not enough bytes for anything. */
export const NOTHING = 0;
/** A whole packet, its body from `packet.at` to `packet.stop`. */
export const PACKET = 1;
/** The head of a PUBLISH whose payload comes in spans; `packet.total` is the length of that payload. */
export const HEAD = 2;
/** A span of that payload. */
export const SPAN = 3;

export class Framer {
	/** Payload bytes of the streamed PUBLISH still to come. */
	streamLeft = 0;
	readonly #arena: Arena;
	readonly #bytes: Uint8Array;
	readonly #packet: Incoming;
	#start: number;
	#end: number;
	/** Where unread bytes begin at the earliest: behind a kept head. */
	#floor: number;

	constructor(arena: Arena, packet: Incoming) {
		this.#arena = arena;
		this.#bytes = arena.bytes;
		this.#packet = packet;
		this.#start = this.#end = this.#floor = arena.receiveAt;
	}

	reset(): void {
		this.#start = this.#end = this.#floor = this.#arena.receiveAt;
		this.streamLeft = 0;
	}

	/** Reads up to `count` bytes that wait in the socket; returns how many. To be called after next() said NOTHING. */
	fill(socket: Socket, count: number): number {
		const arena = this.#arena;
		if (this.#start === this.#end && this.#floor === arena.receiveAt) {
			const room = arena.stageAt - arena.receiveAt;
			if (count > room) count = room;
			arena.readToArea(socket, count);
			this.#start = arena.receiveAt;
			this.#end = arena.receiveAt + count;
			return count;
		}
		if (this.#start !== this.#floor) {
			this.#bytes.copyWithin(this.#floor, this.#start, this.#end);
			this.#end -= this.#start - this.#floor;
			this.#start = this.#floor;
		}
		let room = arena.stageAt - this.#end;
		if (room > arena.total - arena.stageAt) room = arena.total - arena.stageAt;
		if (count > room) count = room;
		arena.readToStage(socket, count);
		this.#bytes.copyWithin(this.#end, arena.stageAt, arena.stageAt + count);
		this.#end += count;
		return count;
	}

	/** The next packet or part of one, or NOTHING, or minus an error code. Never looks behind what was read. */
	next(): number {
		if (this.streamLeft > 0) return this.#nextSpan();
		const bytes = this.#bytes;
		const end = this.#end;
		let at = this.#start + 1;
		if (at >= end) return NOTHING;
		const first = bytes[at - 1];
		let remaining = bytes[at];
		at += 1;
		if (remaining > 127) {
			remaining &= 127;
			let shift = 7;
			for (let more = 128; more > 127; shift += 7) {
				if (shift > 21) return -BAD_REMAINING_LENGTH;
				if (at === end) return NOTHING;
				more = bytes[at];
				at += 1;
				// A last byte of 0 adds nothing: that length could have been written in fewer bytes.
				if (more === 0) return -BAD_REMAINING_LENGTH;
				remaining |= (more & 127) << shift;
			}
		}
		const packet = this.#packet;
		const stop = at + remaining;
		packet.first = first;
		packet.at = at;
		packet.stop = stop;
		if (stop > end) return this.#beginLarge(first, at, remaining);
		this.#start = stop;
		return PACKET;
	}

	/** A packet has begun that is not whole yet: will it ever be, in this area? */
	#beginLarge(first: number, at: number, remaining: number): number {
		const { receiveAt, stageAt } = this.#arena;
		const room = stageAt - receiveAt;
		if (at - this.#start + remaining <= room) return NOTHING;
		if ((first & TYPE_MASK) !== PUBLISH) return -PACKET_TOO_LARGE;
		if (at + 2 > this.#end) return NOTHING;
		const head = publishHeadLength(this.#bytes, first, at);
		if (head > remaining) return -BAD_LENGTH;
		// Spans need some room behind the head, and a longer head could not be acknowledged either: its id stands last.
		if (head > room - 16) return -PACKET_TOO_LARGE;
		if (at + head > this.#end) return NOTHING;
		const packet = this.#packet;
		this.#bytes.copyWithin(receiveAt, at, this.#end);
		this.#end -= at - receiveAt;
		packet.at = receiveAt;
		packet.stop = receiveAt + head;
		this.#start = this.#floor = receiveAt + head;
		this.streamLeft = remaining - head;
		return HEAD;
	}

	#nextSpan(): number {
		const packet = this.#packet;
		let length = this.#end - this.#start;
		if (length === 0) return NOTHING;
		if (length > this.streamLeft) length = this.streamLeft;
		packet.position += packet.payloadLength;
		packet.payloadAt = this.#start;
		packet.payloadLength = length;
		this.#start += length;
		this.streamLeft -= length;
		if (this.streamLeft === 0) this.#floor = this.#arena.receiveAt;
		return SPAN;
	}
}

Object.freeze(Framer.prototype);
