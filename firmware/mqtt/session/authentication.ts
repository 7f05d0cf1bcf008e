// Enhanced authentication of MQTT 5.0 (section 4.12): at CONNECT, and once more on a connection that stands. What is said
// is the mechanism's business; here is the order in which it is said. In the first exchange AUTH packets go to and fro
// between CONNECT and CONNACK, under CONNACK's deadline; in a later one that deadline runs once more, and says that an
// exchange is under way.

import { CONNACK, disarm, isArmed, start } from "../deadline.js";
import { takeAuth } from "../decode.js";
import { authRemaining, connectRemaining, packetLength, putAuth } from "../encode.js";
import { AUTHENTICATION_FAILED, BAD_AUTHENTICATION, OK, UNEXPECTED_PACKET } from "../error.js";
import type { Authentication } from "../options.js";
import { AUTHENTICATION_DATA, AUTHENTICATION_METHOD } from "../property.js";
import { CONTINUE_AUTHENTICATION, REAUTHENTICATE } from "../reason.js";
import type { Session } from "../session.js";
import { ONLINE, WANTS_AUTH } from "../todo.js";
import { AUTH_REASON } from "../words.js";
import { AUTHENTICATED, fail, NOTHING } from "./event.js";

/** The first data of an exchange, for CONNECT or for AUTH: false where the mechanism has none to offer, or too much. */
export function startExchange(session: Session, mechanism: Authentication): boolean {
	try {
		session.exchange = mechanism.start();
	} catch {
		return false;
	}
	const length = session.phase === ONLINE ? authLength(session, mechanism) : packetLength(connectRemaining(session));
	return length <= mostLength(session);
}

/** The application wants to prove itself anew: false where it cannot now. */
export function requestAuthentication(session: Session, mechanism: Authentication): boolean {
	if (session.phase !== ONLINE || isArmed(session, CONNACK) || !startExchange(session, mechanism)) return false;
	session.todo |= WANTS_AUTH;
	start(session, CONNACK);
	session.words[AUTH_REASON] = REAUTHENTICATE;
	return true;
}

/** AUTH into the stage: its length, or -1 where the socket has no room for it. */
export function pollAuth(session: Session): number {
	const mechanism = session.options.authentication!;
	const remaining = authRemaining(session, mechanism);
	const length = packetLength(remaining);
	if (length > session.room) return -1;
	putAuth(session, session.stageAt, mechanism, session.words[AUTH_REASON], remaining);
	session.todo &= ~WANTS_AUTH;
	return length;
}

/** AUTH, which a server may only send where the options have a mechanism [MQTT-4.12.0-6]. */
export function handleAuth(session: Session): number {
	const packet = session.packet;
	const mechanism = session.options.authentication;
	const isOnline = session.phase === ONLINE;
	if (mechanism === undefined || (isOnline && !isArmed(session, CONNACK))) return fail(session, UNEXPECTED_PACKET);
	const code = takeAuth(packet);
	if (code !== OK) return fail(session, code);
	if (packet.reason !== CONTINUE_AUTHENTICATION) {
		// The first exchange ends with CONNACK.
		if (!isOnline || packet.reason !== OK) return fail(session, UNEXPECTED_PACKET);
		const end = finishExchange(session);
		if (end !== OK) return fail(session, end);
		disarm(session, CONNACK);
		return AUTHENTICATED;
	}
	if (packet.property(AUTHENTICATION_METHOD) !== mechanism.method) return fail(session, BAD_AUTHENTICATION);
	try {
		session.exchange = mechanism.next(authenticationData(session));
	} catch {
		return fail(session, AUTHENTICATION_FAILED);
	}
	if (authLength(session, mechanism) > mostLength(session)) return fail(session, AUTHENTICATION_FAILED);
	session.words[AUTH_REASON] = CONTINUE_AUTHENTICATION;
	session.todo |= WANTS_AUTH;
	return NOTHING;
}

/** What the server says with its last packet, which is in the record: OK, or the code of what is wrong. */
export function finishExchange(session: Session): number {
	const mechanism = session.options.authentication;
	session.exchange = undefined;
	// The same method all the way [MQTT-4.12.0-5], and none where we have named none [MQTT-4.12.0-6].
	if (session.packet.property(AUTHENTICATION_METHOD) !== mechanism?.method) return BAD_AUTHENTICATION;
	try {
		mechanism?.finish(authenticationData(session));
	} catch {
		return AUTHENTICATION_FAILED;
	}
	return OK;
}

function authenticationData(session: Session): Uint8Array | undefined {
	return session.packet.property(AUTHENTICATION_DATA) as Uint8Array | undefined;
}

function authLength(session: Session, mechanism: Authentication): number {
	return packetLength(authRemaining(session, mechanism));
}

/** Before CONNACK we know no limit but our own. */
function mostLength(session: Session): number {
	return session.phase === ONLINE ? session.sendLimit : session.total - session.stageAt;
}
