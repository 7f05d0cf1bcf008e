// The one record that every inbound packet is decoded into, and that handlers get to see. It is used again for the next
// packet: what is to be kept must be copied before the handler returns.

import { BAD_STATE, Misuse } from "./error.js";
import { DUP, QOS_MASK, RETAIN } from "./packet.js";
import { SUBSCRIPTION_IDENTIFIER, takeIntegers, takeProperty, takeUserProperties } from "./property.js";
import { hold } from "./received.js";
import type { Session } from "./session.js";
import { isUtf8, takeUtf8 } from "./wire.js";

/** A value of `token`: nothing that could be held is with the handlers. */
export const NOT_DELIVERED = -1;

export class Incoming {
	/** The buffer that all offsets here point into. Only the spans named below are the handler's to read. */
	readonly bytes: Uint8Array;
	/** First byte of the fixed header. */
	first = 0;
	/** Where the packet's body starts and stops. */
	at = 0;
	stop = 0;
	topicAt = 0;
	topicLength = 0;
	/** The payload, or this span of it, as offset and length in `bytes`. */
	payloadAt = 0;
	payloadLength = 0;
	/** Where this span begins within the payload: 0 unless the message is streamed. */
	position = 0;
	/** Length of the whole payload in bytes. */
	total = 0;
	packetId = 0;
	/** 5.0: the reason code of an acknowledgement, CONNACK or DISCONNECT; 0 for success, and in 3.1.1. */
	reason = 0;
	/** 5.0: where the packet's properties start and stop; the two are equal where it has none. */
	propertiesAt = 0;
	propertiesStop = 0;
	/** 1 where the connection speaks 5.0, 0 for 3.1.1. */
	five = 0;
	/** Handle of the exact filter that the topic equals, or 0. */
	route = 0;
	/** The token given out by hold(), 0, or NOT_DELIVERED. */
	token = NOT_DELIVERED;
	/** True where a streamed message ended in the middle: forget the spans so far. The server will send it again. */
	aborted = false;
	private readonly session: Session;

	constructor(session: Session) {
		this.bytes = session.bytes;
		this.session = session;
	}

	/** 0, 1 or 2. */
	get qos(): number {
		return (this.first & QOS_MASK) >> 1;
	}

	/** True where the server kept this message and sends it because of a new subscription. */
	get retain(): boolean {
		return (this.first & RETAIN) !== 0;
	}

	/** True where the server says that it may have sent this packet before. At QoS 1 the message may then be a repeat. */
	get duplicate(): boolean {
		return (this.first & DUP) !== 0;
	}

	/** True for the last span of a message, and so for every message that came whole. */
	get last(): boolean {
		return this.position + this.payloadLength === this.total;
	}

	/** The topic name as a string. Allocates. */
	get topic(): string {
		return takeUtf8(this.bytes, this.topicAt, this.topicLength);
	}

	/** The payload (or span) as a string, or undefined where it is not UTF-8 or holds U+0000. Allocates. */
	text(): string | undefined {
		if (!isUtf8(this.bytes, this.payloadAt, this.payloadLength)) return undefined;
		return takeUtf8(this.bytes, this.payloadAt, this.payloadLength);
	}

	/**
	 * 5.0: the packet's property with this id (property.ts) as a number, a string or bytes, or undefined. For a user
	 * property, its name. Allocates.
	 */
	property(id: number): number | string | Uint8Array | undefined {
		return takeProperty(this.bytes, this.propertiesAt, this.propertiesStop, id);
	}

	/** 5.0: the packet's user properties, name and value each, in their order. Allocates. */
	userProperties(): [name: string, value: string][] {
		return takeUserProperties(this.bytes, this.propertiesAt, this.propertiesStop);
	}

	/** 5.0: the identifiers of our subscriptions that this message is for, as far as they have one. Allocates. */
	subscriptionIdentifiers(): number[] {
		return takeIntegers(this.bytes, this.propertiesAt, this.propertiesStop, SUBSCRIPTION_IDENTIFIER);
	}

	/** A copy of the payload (or span). Allocates. */
	payload(): Uint8Array {
		return this.bytes.slice(this.payloadAt, this.payloadAt + this.payloadLength);
	}

	/**
	 * With a store, of a message of QoS 2: a number that no other message has had or will have, below 2^53, and that is the
	 * same when this one comes again because of a power cut, or of a link that went, before it was acknowledged. By it an
	 * effect that lives elsewhere than in flash knows that it has happened. 0 at QoS 0 and 1, where the server may send a
	 * message again in a way that nobody can tell, and without a store. Ask in the handler.
	 */
	get deliveryId(): number {
		return this.qos === 2 ? (this.session.options.store?.deliveryId(this.session) ?? 0) : 0;
	}

	/**
	 * Asks for manual acknowledgement of this message: call it in the handler (for a message in spans, at the last one),
	 * and `client.acknowledge(token)` once the message is safe. Returns the token, or 0 where there is nothing to
	 * acknowledge (QoS 0) or no room to remember it (`limits.received`; the link is then closed, and the server sends the
	 * message again later). Throws Misuse outside the handler, or before the last span.
	 */
	hold(): number {
		if (this.token === NOT_DELIVERED || !this.last)
			throw new Misuse(BAD_STATE, "hold: not with a handler, or not whole");
		if (this.token === 0 && this.packetId !== 0) this.token = hold(this.session, this.packetId, this.qos);
		return this.token;
	}
}

Object.freeze(Incoming.prototype);
