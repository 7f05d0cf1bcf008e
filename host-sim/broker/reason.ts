// The reason codes that the broker says (5.0 section 2.4), the refusal that carries one, and what is left of them for a
// 3.1.1 client: five return codes of CONNACK.

import type { IConnackPacket, IDisconnectPacket } from "mqtt-packet";

export const SUCCESS = 0x00;
export const NO_MATCHING_SUBSCRIBERS = 0x10;
export const NO_SUBSCRIPTION_EXISTED = 0x11;
export const CONTINUE_AUTHENTICATION = 0x18;
export const AUTHENTICATE_AGAIN = 0x19;
export const UNSPECIFIED_ERROR = 0x80;
export const MALFORMED_PACKET = 0x81;
export const PROTOCOL_ERROR = 0x82;
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
export const CLIENT_ID_NOT_VALID = 0x85;
export const BAD_USER_NAME_OR_PASSWORD = 0x86;
export const NOT_AUTHORIZED = 0x87;
const SERVER_UNAVAILABLE = 0x88;
export const SERVER_BUSY = 0x89;
const BANNED = 0x8a;
export const SERVER_SHUTTING_DOWN = 0x8b;
export const BAD_AUTHENTICATION_METHOD = 0x8c;
export const KEEP_ALIVE_TIMEOUT = 0x8d;
export const SESSION_TAKEN_OVER = 0x8e;
export const TOPIC_FILTER_INVALID = 0x8f;
export const TOPIC_NAME_INVALID = 0x90;
export const PACKET_ID_NOT_FOUND = 0x92;
export const RECEIVE_MAXIMUM_EXCEEDED = 0x93;
export const TOPIC_ALIAS_INVALID = 0x94;
export const PACKET_TOO_LARGE = 0x95;
export const MESSAGE_RATE_TOO_HIGH = 0x96;
export const QUOTA_EXCEEDED = 0x97;
export const ADMINISTRATIVE_ACTION = 0x98;
export const PAYLOAD_FORMAT_INVALID = 0x99;
export const RETAIN_NOT_SUPPORTED = 0x9a;
export const QOS_NOT_SUPPORTED = 0x9b;
export const USE_ANOTHER_SERVER = 0x9c;
export const SERVER_MOVED = 0x9d;
export const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e;
export const MAXIMUM_CONNECT_TIME = 0xa0;
export const SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xa1;
export const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xa2;

/** What may go with a refusal: a text for people, a reference to another server, pairs of the user's own. */
export type RefusalProperties = NonNullable<IDisconnectPacket["properties"]> &
	Pick<NonNullable<IConnackPacket["properties"]>, "serverReference">;

/** Why a connection, or an attempt at one, has to end. */
export class Refusal extends Error {
	readonly reason: number;
	readonly properties: RefusalProperties;

	constructor(reason: number, why: string, properties: RefusalProperties = {}) {
		super(why);
		this.reason = reason;
		this.properties = properties;
	}
}

/** The bytes are no packet. */
export function malformed(why: string): Refusal {
	return new Refusal(MALFORMED_PACKET, `malformed packet: ${why}`);
}

/** A packet, but not one that may come, or not with this in it. */
export function protocolError(why: string): Refusal {
	return new Refusal(PROTOCOL_ERROR, why);
}

/** What a 3.1.1 CONNACK says for the reason; undefined where it has no words, and the connection just ends. */
export function returnCodeOf(reason: number): number | undefined {
	switch (reason) {
		case SUCCESS:
			return 0;
		case UNSUPPORTED_PROTOCOL_VERSION:
			return 1;
		case CLIENT_ID_NOT_VALID:
			return 2;
		case SERVER_UNAVAILABLE:
		case SERVER_BUSY:
		case USE_ANOTHER_SERVER:
		case SERVER_MOVED:
			return 3;
		case BAD_USER_NAME_OR_PASSWORD:
			return 4;
		case NOT_AUTHORIZED:
		case BANNED:
			return 5;
	}
	return undefined;
}
