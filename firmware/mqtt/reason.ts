// What the server says, in one number space: MQTT 5.0 reason codes. The five return codes of a 3.1.1 CONNACK map onto
// their 5.0 equals, so the application sees one set. And how soon to come back after each kind of failure.

import { UNEXPECTED_SESSION } from "./error.js";

export const UNSUPPORTED_PROTOCOL_VERSION = 0x84;
export const CLIENT_ID_NOT_VALID = 0x85;
export const BAD_USER_NAME_OR_PASSWORD = 0x86;
export const NOT_AUTHORIZED = 0x87;
export const SERVER_UNAVAILABLE = 0x88;

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

/**
 * True where hurrying back cannot help: a person has to change something first (credentials, a client id), or the peer
 * breaks the protocol and will break it again. A board never gives up, it comes back slowly.
 */
export function retrySlowly(code: number): boolean {
	switch (code) {
		case UNSUPPORTED_PROTOCOL_VERSION:
		case CLIENT_ID_NOT_VALID:
		case BAD_USER_NAME_OR_PASSWORD:
		case NOT_AUTHORIZED:
		case UNEXPECTED_SESSION:
			return true;
	}
	return false;
}
