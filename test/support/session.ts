// A session without a client around it: its state, for tests of the functions over it. Nothing opens or sends by itself.

import { checkFilter } from "../../firmware/mqtt/check.js";
import { type Limits, withDefaults } from "../../firmware/mqtt/limits.js";
import type { ClientOptions } from "../../firmware/mqtt/options.js";
import { Session } from "../../firmware/mqtt/session.js";
import { ONLINE } from "../../firmware/mqtt/todo.js";
import { addFilter as addFilterBytes } from "../../firmware/mqtt/topics.js";
import { takeUint16, takeUtf8, utf8Bytes } from "../../firmware/mqtt/wire.js";
import { ROWS } from "../../firmware/mqtt/words.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";
import { ScriptedSocket } from "./peer.js";

/** Closed, as the constructor leaves it. */
export function makeSession(limits: Partial<Limits> = {}, options: Partial<ClientOptions> = {}): Session {
	const time = new VirtualTime();
	return new Session(withDefaults(limits), {
		clientId: "c",
		cleanSession: false,
		socket: { io: ScriptedSocket },
		timer: { io: time.Timer },
		clock: time.clock,
		random: new SeededRandom(1),
		...options,
	});
}

/** Online and at rest, with a socket that takes `room` bytes. */
export function makeOnline(
	limits: Partial<Limits> = {},
	room = 100_000,
	options: Partial<ClientOptions> = {},
): Session {
	const session = makeSession(limits, options);
	session.phase = ONLINE;
	session.todo = 0;
	session.room = room;
	return session;
}

/** Adds a filter as a client does. */
export function addFilter(session: Session, filter: string, bits: number): number {
	const bytes = utf8Bytes(filter, "topic filter");
	checkFilter(bytes, undefined);
	return addFilterBytes(session, bytes, bits);
}

/** The text with its length in the two bytes before, the two together at `at`. */
export function textWithLength(session: Session, at: number): string {
	return takeUtf8(session.bytes, at + 2, takeUint16(session.bytes, at));
}

/** A copy of the first `count` bytes of the stage; without a count, of what requestPublish() has put there. */
export function staged(session: Session, count = session.staged - session.stageAt): Uint8Array {
	return session.bytes.slice(session.stageAt, session.stageAt + count);
}

/** Bytes that wait in the control lane, and how many may. */
export function laneLength(session: Session): number {
	return session.laneEnd - session.laneAt;
}

export function laneSize(session: Session): number {
	return session.topicsAt * 4 - session.laneAt;
}

/** The entry of the message with this packet id, or 0. */
export function entryOf(session: Session, packetId: number): number {
	const words = session.words;
	const entry = words[ROWS + (packetId % session.rows)]!;
	return entry > 0 && (words[entry + 1]! & 0xffff) === packetId ? entry : 0;
}
