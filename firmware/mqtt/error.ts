// Our own failure codes: one byte says what failed and who said so. The broker's reason codes (reason.ts) share the
// number space from 0x80 up, so one integer carries either.

export const OK = 0x00;

// 01-0F: misuse. Thrown at the call, never later.
export const BAD_OPTION = 0x01;
export const BAD_STATE = 0x02;
export const BAD_TOPIC_NAME = 0x03;
export const BAD_TOPIC_FILTER = 0x04;
export const BAD_HANDLE = 0x05;
export const BAD_PAYLOAD = 0x06;
export const BAD_FLAGS = 0x07;
/** A callback of the application threw. */
export const APPLICATION_THREW = 0x0f;

// 10-2F: our limits. publish() and subscribe() return them negated; nothing was accepted and nothing was spent.
/** The outbox has no room for these bytes until something settles. */
export const OUTBOX_FULL = 0x10;
/** `limits.messages` publishes are unsettled already. */
export const IN_FLIGHT_FULL = 0x11;
/** It would not fit into the outbox even if that were empty. */
export const TOO_LARGE = 0x12;
/** QoS 0 is not kept while there is no connection. */
export const OFFLINE = 0x13;
/** `limits.topics` or `limits.topicBytes` is used up. */
export const TOPICS_FULL = 0x14;
/** One streamed publish at a time. */
export const SOURCE_BUSY = 0x15;
/** The peer has more unfinished QoS 2 (or held) messages open than `limits.received`; the link was closed. */
export const RECEIVE_TABLE_FULL = 0x16;
/** A message larger than the receive buffer met no streaming handler: skipped, and acknowledged all the same. */
export const MESSAGE_SKIPPED = 0x17;
/** drain() ran out of time. */
export const DRAIN_TIMEOUT = 0x18;
/** close() came before the message was settled. */
export const CLOSED = 0x19;
/** The server kept no session, so what became of the message is unknown. */
export const SESSION_LOST = 0x1a;
/** The source of a streamed publish failed. */
export const SOURCE_FAILED = 0x1b;
/** The store could not keep the message, or what was received. */
export const STORE_FAILED = 0x1d;
/** It had not left, and a policy has let it go for a later message. */
export const DISPLACED = 0x1e;
/** The topics of the server's aliases need more than `limits.aliasBytes`: from now on we allow none. */
export const ALIASES_FULL = 0x1c;

// 30-4F: the link.
export const RESOLVE_FAILED = 0x30;
export const RESOLVE_TIMEOUT = 0x31;
export const CONNECT_FAILED = 0x32;
export const CONNECT_TIMEOUT = 0x33;
export const CONNACK_TIMEOUT = 0x34;
export const PING_TIMEOUT = 0x35;
export const SILENCE = 0x36;
export const ACK_TIMEOUT = 0x37;
export const LINK_LOST = 0x38;
export const SOURCE_TIMEOUT = 0x39;
/** Our authentication mechanism has given the exchange up: the server has not proved who it is. */
export const AUTHENTICATION_FAILED = 0x3a;
/** Left a server that served us well, to try one that is preferred. */
export const RETURNING = 0x3b;
/** A function that makes credentials has made none for this CONNECT: it had none, threw, or MQTT cannot carry what it made. */
export const NO_CREDENTIALS = 0x3c;
/** With the credentials that a function has made CONNECT is longer than `limits.send`. */
export const CREDENTIALS_TOO_LARGE = 0x3d;

// 40-4F: what only a socket can know; it gives onError an object with such a `code`.
/** No TLS came about: the server does not speak it, or none that we do. */
export const TLS_FAILED = 0x40;
// More exactly, as sockets tell it: 0x41 the certificate has expired (or our clock is wrong), 0x42 nobody whom we trust has signed
// it, 0x43 it is for another name, 0x44 the server wants one of ours, or another, 0x45 nobody there speaks MQTT over WebSocket.

// 50-6F: the peer broke the protocol. The connection is closed and nothing of the packet is delivered.
export const BAD_REMAINING_LENGTH = 0x50;
export const RESERVED_FLAGS = 0x51;
export const RESERVED_QOS = 0x52;
export const ZERO_PACKET_ID = 0x53;
/** A topic name that is no UTF-8, or holds U+0000. */
export const BAD_STRING = 0x54;
export const BAD_PUBLISH_TOPIC = 0x55;
export const BAD_LENGTH = 0x56;
export const UNEXPECTED_PACKET = 0x57;
export const BAD_CONNACK = 0x58;
export const UNEXPECTED_SESSION = 0x59;
export const BAD_SUBACK = 0x5a;
export const PACKET_TOO_LARGE = 0x5b;
/** A property that is unknown, has no place in its packet, or is ill-formed. */
export const BAD_PROPERTY = 0x5c;
/** A property that stands twice, or has a value that it may not have. */
export const PROPERTY_NOT_ALLOWED = 0x5d;
export const BAD_TOPIC_ALIAS = 0x5e;
/** A reason code that its packet cannot have. */
export const BAD_REASON = 0x5f;
/** An Authentication Method that is missing, or another than ours, or that nobody has asked for. */
export const BAD_AUTHENTICATION = 0x61;

/** Misuse: what the caller did wrong, in a few words and as a `code` from 0x01 to 0x0F. */
export class Misuse extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

Object.freeze(Misuse.prototype);
