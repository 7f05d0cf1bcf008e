// What the server says, in one number space: MQTT 5.0 reason codes (section 2.4). The five return codes of a 3.1.1 CONNACK
// map onto their 5.0 equals, so the application sees one set. And the other way round: which reason goes out with a
// DISCONNECT for each of our own codes, and how soon to come back after each kind of failure.

import {
	ALIASES_FULL,
	AUTHENTICATION_FAILED,
	BAD_AUTHENTICATION,
	BAD_CONNACK,
	BAD_PUBLISH_TOPIC,
	BAD_TOPIC_ALIAS,
	CREDENTIALS_TOO_LARGE,
	NO_CREDENTIALS,
	PACKET_TOO_LARGE,
	PROPERTY_NOT_ALLOWED,
	RECEIVE_TABLE_FULL,
	UNEXPECTED_PACKET,
	UNEXPECTED_SESSION,
	ZERO_PACKET_ID,
} from "./error.js";

export const CONTINUE_AUTHENTICATION = 0x18;
export const REAUTHENTICATE = 0x19;
export const UNSPECIFIED_ERROR = 0x80;
export const MALFORMED_PACKET = 0x81;
export const PROTOCOL_ERROR = 0x82;
export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
export const CLIENT_ID_NOT_VALID = 0x85;
export const BAD_USER_NAME_OR_PASSWORD = 0x86;
export const NOT_AUTHORIZED = 0x87;
export const SERVER_UNAVAILABLE = 0x88;
export const BANNED = 0x8a;
export const BAD_AUTHENTICATION_METHOD = 0x8c;
export const SESSION_TAKEN_OVER = 0x8e;
export const PACKET_ID_NOT_FOUND = 0x92;
export const RECEIVE_MAXIMUM_REASON = 0x93;
export const TOPIC_ALIAS_INVALID = 0x94;
export const PACKET_TOO_LARGE_REASON = 0x95;
export const QUOTA_EXCEEDED = 0x97;
export const RETAIN_NOT_SUPPORTED = 0x9a;
export const QOS_NOT_SUPPORTED = 0x9b;
export const USE_ANOTHER_SERVER = 0x9c;
export const SERVER_MOVED = 0x9d;
export const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = 0x9e;
export const SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED = 0xa1;
export const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED = 0xa2;

// Packets that carry reasons, a bit each.
export const OF_CONNACK = 0x100;
/** PUBACK and PUBREC. */
export const OF_PUBACK = 0x200;
/** PUBREL and PUBCOMP. */
export const OF_PUBCOMP = 0x400;
export const OF_SUBACK = 0x800;
export const OF_UNSUBACK = 0x1000;
export const OF_DISCONNECT = 0x2000;
export const OF_AUTH = 0x4000;
/** DISCONNECT of a client (section 3.14.2.1). */
export const OF_GOODBYE = 0x8000;

const ALL_BUT_PUBCOMP = OF_CONNACK | OF_PUBACK | OF_SUBACK | OF_UNSUBACK | OF_DISCONNECT;
const OF_LINK = OF_CONNACK | OF_DISCONNECT;

/** Each reason that a server may send, or a client close with, and the packets that may carry it (section 2.4). */
const REASONS: readonly number[] = Object.freeze([
	0x00 | 0xff00,
	0x01 | OF_SUBACK,
	0x02 | OF_SUBACK,
	0x04 | OF_GOODBYE,
	0x10 | OF_PUBACK,
	0x11 | OF_UNSUBACK,
	0x18 | OF_AUTH,
	0x80 | ALL_BUT_PUBCOMP | OF_GOODBYE,
	0x81 | OF_LINK | OF_GOODBYE,
	0x82 | OF_LINK | OF_GOODBYE,
	0x83 | ALL_BUT_PUBCOMP | OF_GOODBYE,
	0x84 | OF_CONNACK,
	0x85 | OF_CONNACK,
	0x86 | OF_CONNACK,
	0x87 | ALL_BUT_PUBCOMP,
	0x88 | OF_CONNACK,
	0x89 | OF_LINK,
	0x8a | OF_CONNACK,
	0x8b | OF_DISCONNECT,
	0x8c | OF_LINK,
	0x8d | OF_DISCONNECT,
	0x8e | OF_DISCONNECT,
	0x8f | OF_SUBACK | OF_UNSUBACK | OF_DISCONNECT,
	0x90 | OF_CONNACK | OF_PUBACK | OF_DISCONNECT | OF_GOODBYE,
	0x91 | OF_PUBACK | OF_SUBACK | OF_UNSUBACK,
	0x92 | OF_PUBCOMP,
	0x93 | OF_DISCONNECT | OF_GOODBYE,
	0x94 | OF_DISCONNECT | OF_GOODBYE,
	0x95 | OF_LINK | OF_GOODBYE,
	0x96 | OF_DISCONNECT | OF_GOODBYE,
	0x97 | OF_CONNACK | OF_PUBACK | OF_SUBACK | OF_DISCONNECT | OF_GOODBYE,
	0x98 | OF_DISCONNECT | OF_GOODBYE,
	0x99 | OF_CONNACK | OF_PUBACK | OF_DISCONNECT | OF_GOODBYE,
	0x9a | OF_LINK,
	0x9b | OF_LINK,
	0x9c | OF_LINK,
	0x9d | OF_LINK,
	0x9e | OF_SUBACK | OF_DISCONNECT,
	0x9f | OF_LINK,
	0xa0 | OF_DISCONNECT,
	0xa1 | OF_SUBACK | OF_DISCONNECT,
	0xa2 | OF_SUBACK | OF_DISCONNECT,
]);

/** True for a reason that such a packet may carry. */
export function isReason(reason: number, packet: number): boolean {
	for (let i = 0; i < REASONS.length; i += 1) if ((REASONS[i] & 0xff) === reason) return (REASONS[i] & packet) !== 0;
	return false;
}

/** The reason for return code 1 to 5 of a 3.1.1 CONNACK, or 0 for a code the standard does not know [MQTT-3.2.2-6]. */
export function reasonOfReturnCode(code: number): number {
	switch (code) {
		case 1:
			return UNSUPPORTED_PROTOCOL_VERSION;
		case 2:
			return CLIENT_ID_NOT_VALID;
		case 3:
			return SERVER_UNAVAILABLE;
		case 4:
			return BAD_USER_NAME_OR_PASSWORD;
		case 5:
			return NOT_AUTHORIZED;
	}
	return 0;
}

/** What a DISCONNECT says when the connection is closed because of this code of ours; 0 where nothing is to be said. */
export function reasonOfError(code: number): number {
	switch (code) {
		case RECEIVE_TABLE_FULL:
			return RECEIVE_MAXIMUM_REASON;
		case PACKET_TOO_LARGE:
			return PACKET_TOO_LARGE_REASON;
		case BAD_TOPIC_ALIAS:
			return TOPIC_ALIAS_INVALID;
		case ALIASES_FULL:
			return QUOTA_EXCEEDED;
		case AUTHENTICATION_FAILED:
			return UNSPECIFIED_ERROR;
		case BAD_AUTHENTICATION:
		case UNEXPECTED_PACKET:
		case UNEXPECTED_SESSION:
		case PROPERTY_NOT_ALLOWED:
		case BAD_PUBLISH_TOPIC:
		case BAD_CONNACK:
		case ZERO_PACKET_ID:
			return PROTOCOL_ERROR;
	}
	// The peer broke the protocol in some other way: what it sent is malformed. All else it knows, or cannot hear.
	return code >= 0x50 && code < 0x70 ? MALFORMED_PACKET : 0;
}

/**
 * True where hurrying back cannot help: a person has to change something first (credentials, a client id), somebody else
 * has our place, or the peer breaks the protocol and will break it again. A board never gives up, it comes back slowly.
 */
export function retrySlowly(code: number): boolean {
	switch (code) {
		case UNSUPPORTED_PROTOCOL_VERSION:
		case CLIENT_ID_NOT_VALID:
		case BAD_USER_NAME_OR_PASSWORD:
		case NOT_AUTHORIZED:
		case BANNED:
		case BAD_AUTHENTICATION_METHOD:
		case SESSION_TAKEN_OVER:
		case PACKET_TOO_LARGE_REASON:
		case QUOTA_EXCEEDED:
		case RETAIN_NOT_SUPPORTED:
		case QOS_NOT_SUPPORTED:
		case USE_ANOTHER_SERVER:
		case SERVER_MOVED:
		case UNEXPECTED_SESSION:
		case AUTHENTICATION_FAILED:
		case BAD_AUTHENTICATION:
		case NO_CREDENTIALS:
		case CREDENTIALS_TOO_LARGE:
			return true;
	}
	// A certificate that is for somebody else; not one that has expired, since that may be our clock, which soon is set.
	return code >= 0x42 && code <= 0x44;
}
