// The layout of the one buffer, and how it is cut so that a socket sees just the bytes meant.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Socket } from "../../../firmware/io.js";
import { aliasWords } from "../../../firmware/mqtt/aliases.js";
import { fill } from "../../../firmware/mqtt/framer.js";
import { type Limits, withDefaults } from "../../../firmware/mqtt/limits.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { CLOSED, OFFLINE } from "../../../firmware/mqtt/todo.js";
import { TOPIC_COLUMNS } from "../../../firmware/mqtt/topics.js";
import {
	ERROR,
	OUTBOX_AT,
	OUTBOX_LIMIT,
	PING_MS,
	ROWS,
	TEXT_END,
	WAIT_WORDS,
	WAITS,
} from "../../../firmware/mqtt/words.js";
import { laneLength, laneSize, makeSession } from "../../support/session.js";

const limits = fc.record(
	{
		receive: fc.integer({ min: 64, max: 2000 }),
		send: fc.integer({ min: 64, max: 2000 }),
		outbox: fc.integer({ min: 64, max: 2000 }),
		messages: fc.integer({ min: 1, max: 1024 }),
		received: fc.integer({ min: 1, max: 1024 }),
		topics: fc.integer({ min: 1, max: 1024 }),
		topicBytes: fc.integer({ min: 16, max: 2000 }),
		aliases: fc.constantFrom(0, 1, 100),
		aliasBytes: fc.integer({ min: 0, max: 300 }),
	},
	{ requiredKeys: [] },
);

/** Every area of a session that has just been made: where it begins, how many bytes it should have, and its alignment. */
function areasOf(session: Session, given: Limits): [string, number, number, number][] {
	return [
		["deadlines", 0, WAITS * 4, 4],
		["waits", WAITS * 4, WAIT_WORDS * 4, 4],
		["numbers", PING_MS * 4, (ROWS - PING_MS) * 4, 4],
		["packet ids", ROWS * 4, (given.messages + 1) * 4, 4],
		["received", session.receivedAt * 4, given.received * 2 * 4, 4],
		["aliases", (session.receivedAt + given.received * 2) * 4, aliasWords(given) * 4, 4],
		["lane", session.laneAt, laneSize(session), 4],
		["topics", session.topicsAt * 4, (given.topics + 1) * TOPIC_COLUMNS * 4, 4],
		["texts", session.words[TEXT_END]!, given.topicBytes, 8],
		["outbox", session.words[OUTBOX_AT]! * 4, given.outbox, 8],
		["receive", session.receiveAt, given.receive, 8],
		["stage", session.stageAt, given.send, 8],
	];
}

/** As the client does. */
function write(session: Session, socket: Socket, count: number): number {
	session.buffer.resize(session.stageAt + count);
	const room = socket.write(session.stage);
	session.buffer.resize(session.total);
	return room;
}

/** All that lies in front of the two areas that come and go. */
function whatLasts(session: Session): Uint8Array {
	return new Uint8Array(session.buffer, 0, session.receiveAt);
}

describe("session", () => {
	it("has an area for each table, sized by the limits, one behind the other and nothing between", () => {
		fc.assert(
			fc.property(limits, given => {
				const session = makeSession(given);
				let end = 0;
				for (const [name, at, size, unit] of areasOf(session, withDefaults(given))) {
					expect(at, name).toBe(Math.ceil(end / unit) * unit);
					end = at + size;
				}
				expect([session.total, session.buffer.byteLength, session.buffer.maxByteLength]).toEqual([end, end, end]);
				expect(session.words[OUTBOX_LIMIT]! * 4).toBe(session.receiveAt);
				// All of the messages' PUBREL packets have a place in the lane, and some acknowledgements beside.
				expect(laneSize(session)).toBeGreaterThan(withDefaults(given).messages * 4);
				expect([session.area.byteOffset, session.area.length]).toEqual([session.receiveAt, end - session.receiveAt]);
				expect([session.stage.byteOffset, session.stage.length]).toEqual([session.stageAt, end - session.stageAt]);
				for (const view of [session.bytes, session.words, session.doubles])
					expect([view.buffer, view.byteOffset, view.byteLength]).toEqual([session.buffer, 0, end]);
			}),
		);
	});

	it("begins empty: closed, offline, with nothing received, held or to be sent", () => {
		const session = makeSession();
		expect([session.phase, session.todo]).toEqual([CLOSED, OFFLINE]);
		expect([session.held, session.queued, laneLength(session), session.streamLeft, session.staged]).toEqual([
			0, 0, 0, 0, 0,
		]);
		expect([session.unsent, session.outboxEnd]).toEqual([session.words[OUTBOX_AT]!, session.words[OUTBOX_AT]!]);
		expect([session.start, session.end, session.floor]).toEqual(Array(3).fill(session.receiveAt));
		expect(session.words[PING_MS]).toBe(-1);
		// But for where things lie, and the row of packet ids that no message may have.
		for (const word of [PING_MS, TEXT_END, OUTBOX_AT, OUTBOX_LIMIT]) session.words[word] = 0;
		expect(session.words.findIndex(word => word !== 0)).toBe(ROWS);
		expect(session.words.findLastIndex(word => word !== 0)).toBe(ROWS);
		expect([session.packet.bytes, session.words[ERROR]!]).toEqual([session.bytes, 0]);
	});

	it("begins its packet ids where chance says, in their range", () => {
		for (const chance of [0, 1, 65_535, 65_536, 0xffff_ffff]) {
			const { packetId } = makeSession({}, { random: { next: () => chance } });
			expect(packetId).toBe(chance % 65_536);
		}
	});

	it("shows a socket exactly the bytes meant, in one view that is always the same", () => {
		const session = makeSession({ receive: 64, send: 64 });
		const views = new Set<Uint8Array>();
		const lengths: number[] = [];
		const socket: Socket = {
			read(view) {
				views.add(view);
				lengths.push(view.length);
				view.fill(7);
			},
			write(view) {
				views.add(view);
				lengths.push(view.length);
				return 1;
			},
			close() {},
		};
		const lasting = whatLasts(session);
		lasting.fill(0xff);
		// Into the empty receive area; then behind what is there, by way of the stage.
		expect(fill(session, socket, 5)).toBe(5);
		expect(fill(session, socket, 32)).toBe(32);
		expect(write(session, socket, 3)).toBe(1);
		expect(lengths).toEqual([5, 32, 3]);
		expect(views.size).toBe(2);
		expect([...session.bytes.subarray(session.receiveAt, session.receiveAt + 38)]).toEqual([...Array(37).fill(7), 0]);
		// What lasts lies in front, and no cut touches it.
		expect(lasting.every(byte => byte === 0xff)).toBe(true);
	});

	it("what lasts survives any cut, and so does what was received where only the stage is cut", () => {
		fc.assert(
			fc.property(limits, fc.array(fc.nat(), { maxLength: 10 }), (given, cuts) => {
				const session = makeSession(given);
				const { buffer, receiveAt, stageAt, total } = session;
				for (let at = 0; at < total; at += 1) session.bytes[at] = at * 31;
				const before = session.bytes.slice();
				// Compared at once: element by element takes seconds.
				const isAsBefore = (end: number) =>
					Buffer.compare(session.bytes.subarray(0, end), before.subarray(0, end)) === 0;
				for (const cut of cuts) {
					buffer.resize(stageAt + (cut % (total - stageAt + 1)));
					buffer.resize(total);
					expect(isAsBefore(stageAt)).toBe(true);
				}
				buffer.resize(receiveAt);
				expect([session.area.length, session.bytes.length]).toEqual([0, receiveAt]);
				buffer.resize(total);
				expect(isAsBefore(receiveAt)).toBe(true);
				expect(session.bytes.subarray(receiveAt).every(byte => byte === 0)).toBe(true);
			}),
		);
	});

	it("is whole again after a socket that throws", () => {
		const socket: Socket = {
			read() {
				throw new Error("no");
			},
			write() {
				throw new Error("no");
			},
			close() {},
		};
		const expectWhole = (session: Session) => {
			expect(session.buffer.byteLength).toBe(session.total);
			expect([session.area.length, session.stage.length]).toEqual([
				session.total - session.receiveAt,
				session.total - session.stageAt,
			]);
			expect(whatLasts(session).every(byte => byte === 0xff)).toBe(true);
		};
		const session = makeSession();
		whatLasts(session).fill(0xff);
		// Whether there is something in the receive area already or not.
		for (const received of [0, 1]) {
			session.end = session.receiveAt + received;
			expect(fill(session, socket, 1)).toBe(0);
			expectWhole(session);
		}
		expect(() => write(session, socket, 1)).toThrow("no");
		expect(session.buffer.byteLength).toBe(session.stageAt + 1);
		// As the client does.
		session.buffer.resize(session.total);
		expectWhole(session);
	});
});
