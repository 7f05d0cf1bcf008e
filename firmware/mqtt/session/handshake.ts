// CONNECT and CONNACK, and what a Session Present of 0 or 1 means for what we hold.
//
// And enhanced authentication of MQTT 5.0 (section 4.12): at CONNECT, and once more on a connection that stands. What is said
// is the mechanism's business; here is the order in which it is said. In the first exchange AUTH packets go to and fro
// between CONNECT and CONNACK, under CONNACK's deadline; in a later one that deadline runs once more, and says that an
// exchange is under way.

import { ACK, CONNACK, disarm, isArmed, KEEP_ALIVE, SILENCE, STABLE, start } from "../deadline.js";
import { takeAuth, takeConnack } from "../decode.js";
import {
	asksClean,
	authRemaining,
	connectLength,
	connectRemaining,
	packetLength,
	putAuth,
	putConnect,
} from "../encode.js";
import {
	AUTHENTICATION_FAILED,
	BAD_AUTHENTICATION,
	CREDENTIALS_TOO_LARGE,
	NO_CREDENTIALS,
	OK,
	STORE_FAILED,
	UNEXPECTED_PACKET,
	UNEXPECTED_SESSION,
} from "../error.js";
import type { Authentication, ClientOptions } from "../options.js";
import { nextReleased } from "../outbox.js";
import { PUBREL } from "../packet.js";
import { AUTHENTICATION_DATA, AUTHENTICATION_METHOD } from "../property.js";
import { CONTINUE_AUTHENTICATION, PACKET_TOO_LARGE_REASON, REAUTHENTICATE } from "../reason.js";
import { ACK_MOST, loseReceived, owe } from "../received.js";
import type { Session } from "../session.js";
import { OFFLINE, ONLINE, UNSURE, WANTS_AUTH, WANTS_CONNECT } from "../todo.js";
import { AUTH_REASON, ERROR } from "../words.js";
import { keepConnection } from "./durability.js";
import { AUTHENTICATED, ONLINE as EVENT_ONLINE, fail, NOTHING, RESUMED } from "./event.js";
import { loseMessages } from "./outbound.js";
import { refuseImpossible, takeServerLimits } from "./server.js";
import { resumeSubscriptions } from "./subscription.js";

/**
 * CONNECT into the stage, and what may go behind it: their length, 0 where the socket has no room for it, or -1 where the link has
 * to be closed because of the word ERROR.
 */
export function pollConnect(session: Session): number {
	let userName: string | Uint8Array | undefined;
	let password: string | Uint8Array | undefined;
	let remaining = 0;
	try {
		userName = credential(session.options, session.options.userName);
		password = credential(session.options, session.options.password);
		remaining = connectRemaining(session, userName as string | undefined, password);
	} catch {
		session.words[ERROR] = NO_CREDENTIALS;
		return -1;
	}
	const length = packetLength(remaining);
	if (length > mostLength(session)) {
		// Where a server has named us, the next CONNECT goes without the name: that may be what is too long.
		session.clientId = session.options.clientId;
		session.words[ERROR] = CREDENTIALS_TOO_LARGE;
		return -1;
	}
	if (length > session.room) return 0;
	putConnect(session, session.stageAt, remaining, userName, password);
	session.todo &= ~WANTS_CONNECT;
	// What it said is for nobody's eyes any longer.
	session.exchange = undefined;
	return session.options.pipeline === undefined ? length : session.options.pipeline.append(session, length);
}

/** As the options say it, or as a function there makes it now. Throws where that makes none. */
function credential(
	options: ClientOptions,
	value: ClientOptions["userName"] | ClientOptions["password"],
): string | Uint8Array | undefined {
	if (typeof value !== "function") return value;
	const made = value.call(options);
	if (typeof made !== "string" && !(made instanceof Uint8Array)) throw NO_CREDENTIALS;
	return made;
}

export function handleConnack(session: Session): number {
	let code = takeConnack(session.packet);
	if (code !== OK) return fail(session, code);
	const sessionPresent = session.packet.position === 1;
	// We asked for a clean session: a server that has kept one is out of step with us [MQTT-3.2.2-1], [MQTT-3.2.2-4].
	if (sessionPresent && asksClean(session.options)) return fail(session, UNEXPECTED_SESSION);
	code = finishExchange(session);
	if (code !== OK) return fail(session, code);
	takeServerLimits(session);
	session.options.pipeline?.handleAccepted(session);
	if (session.largest < ACK_MOST) {
		// We could not even acknowledge [MQTT-3.2.2-15]. But it has accepted us, perhaps with a new session.
		session.todo |= UNSURE;
		return fail(session, PACKET_TOO_LARGE_REASON);
	}
	if (!sessionPresent) loseReceived(session);
	session.options.servers?.handleAccepted(session);
	// That the session is lost is kept first: a cut among what follows must not leave messages that seem to be of this one.
	const isKept = keepConnection(session, sessionPresent);
	if (!sessionPresent) {
		// The standard leaves it to the client (3.1.1 section 3.2.2.2) what to do with state that the server lost. To
		// send it again could deliver a QoS 2 message twice, so it ends, and the application is told. What has left behind this
		// CONNECT is of the new session.
		loseMessages(session);
	}
	if (!isKept) return fail(session, STORE_FAILED);
	session.phase = ONLINE;
	session.todo &= ~OFFLINE;
	disarm(session, CONNACK);
	start(session, STABLE);
	start(session, KEEP_ALIVE);
	start(session, SILENCE);
	// PUBREL again, with the old ids [MQTT-4.4.0-1], in the order of the PUBREC packets [MQTT-4.6.0-4].
	for (let entry = nextReleased(session, 0); entry !== 0; entry = nextReleased(session, entry)) {
		owe(session, PUBREL, session.words[entry + 1] & 0xffff);
		session.words[entry + 2] = session.now;
		start(session, ACK);
	}
	refuseImpossible(session);
	resumeSubscriptions(session, sessionPresent, (session.todo & UNSURE) !== 0);
	session.todo &= ~UNSURE;
	return sessionPresent ? RESUMED : EVENT_ONLINE;
}

/** The first data of an exchange, for CONNECT or for AUTH: false where the mechanism has none to offer, or too much. */
export function startExchange(session: Session, mechanism: Authentication): boolean {
	try {
		session.exchange = mechanism.start();
	} catch {
		return false;
	}
	const length = session.phase === ONLINE ? authLength(session, mechanism) : connectLength(session);
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

/** AUTH into the stage: its length, or 0 where the socket has no room for it. */
export function pollAuth(session: Session): number {
	const mechanism = session.options.authentication!;
	const remaining = authRemaining(session, mechanism);
	const length = packetLength(remaining);
	if (length > session.room) return 0;
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
function finishExchange(session: Session): number {
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
