// What the session tells the client after a packet, or after time has passed.

import type { Session } from "../session.js";
import { ERROR } from "../words.js";

export const NOTHING = 0;
/** A message: to the handlers, then finishDelivery(). */
export const DELIVER = 1;
/** A span of one: likewise, and finishDelivery() after the last. */
export const DELIVER_SPAN = 12;
/** The publish `packet.packetId` is settled. */
export const SETTLED = 2;
/** CONNACK accepted us, and the server knows nothing of us. */
export const ONLINE = 3;
/** CONNACK accepted us, and the server remembers our session. */
export const RESUMED = 9;
/** Filters were answered: see takeAnswered(). */
export const ANSWERED = 4;
/** The link has to be closed because of the word ERROR. */
export const FAILED = 5;
/** The server has closed the connection because of the word ERROR: nothing is sent any more. */
export const DISCONNECTED = 10;
/** It is time to connect. */
export const OPEN = 6;
/** drain() ran out of time. */
export const DRAIN_EXPIRED = 7;
/** AUTH: the server is content, and so is our mechanism. */
export const AUTHENTICATED = 11;
/** PINGRESP: the word PING_MS is new. */
export const PONG = 8;

// How a publish ends: exactly one of these.
/** At QoS 0 the socket took it; above, the server has it for good. */
export const END_SETTLED = 0;
/** The server refused it, with a reason. */
export const END_REFUSED = 1;
/** Its session ended first, so what became of it is unknown; the code says how the session ended. */
export const END_LOST = 2;
/** It was given up here and may never have left; the code says why. */
export const END_DROPPED = 3;

/** For `return fail(session, code)`. */
export function fail(session: Session, code: number): number {
	session.words[ERROR] = code;
	return FAILED;
}
