import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PUBACK, PUBCOMP, PUBREC, PUBREL, QOS_2 } from "../../../firmware/mqtt/packet.js";
import {
	abandon,
	accept,
	acknowledge,
	begin,
	FINISHED,
	FULL,
	finish,
	hold,
	isLaneFull,
	loseReceived,
	NEW,
	owe,
	oweUnknown,
	pollAcknowledgements,
	pollLane,
	REPEATED,
	rewindReceived,
	UNFINISHED,
	UNKNOWN,
	WITH_APPLICATION,
} from "../../../firmware/mqtt/received.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { HELD, STALLED, WANTS_ACK } from "../../../firmware/mqtt/todo.js";
import { laneLength, laneSize, makeSession, staged } from "../../support/session.js";

function make(received = 4, messages = 8): Session {
	const session = makeSession({ received, messages });
	session.room = 1000;
	return session;
}

const NAMES = new Map([
	[PUBACK, "puback"],
	[PUBREC, "pubrec"],
	[PUBREL, "pubrel"],
]);

/** The acknowledgements at `at`. */
function read(session: Session, at: number, length: number): string[] {
	expect(length % 4).toBe(0);
	return Array.from({ length: length / 4 }, (_, i) => {
		const [first, remaining, high, low] = session.bytes.subarray(at + i * 4, at + i * 4 + 4);
		expect(remaining).toBe(2);
		return `${NAMES.get(first!)} ${(high! << 8) | low!}`;
	});
}

/** What waits in the control lane, which is empty then. */
function takeLane(session: Session): string[] {
	const waiting = read(session, session.laneAt, laneLength(session));
	session.laneEnd = session.laneAt;
	return waiting;
}

describe("received", () => {
	it("[MQTT-4.3.3-2] remembers QoS 2 ids like a set of limited size, wherever they land in the table", () => {
		const step = fc.tuple(
			fc.constantFrom("begin", "begin", "finish", "abandon", "lose"),
			fc.integer({ min: 1, max: 24 }),
		);
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 200 }), (capacity, steps) => {
				const session = make(capacity);
				const model = new Set<number>();
				for (const [what, id] of steps) {
					if (what === "begin") {
						const found = begin(session, id);
						if (model.has(id)) expect(found).toBe(REPEATED);
						else if (model.size === capacity) expect(found).toBe(FULL);
						else {
							expect(found).toBe(NEW);
							accept(session, id, QOS_2);
							expect(takeLane(session)).toEqual([`pubrec ${id}`]);
							model.add(id);
						}
					} else if (what === "finish") {
						expect(finish(session, id)).toBe(model.has(id) ? FINISHED : UNKNOWN);
						model.delete(id);
					} else if (what === "abandon") {
						abandon(session, id);
						model.delete(id);
					} else if (id === 1) {
						loseReceived(session);
						model.clear();
					}
				}
			}),
		);
	});

	it("[MQTT-4.6.0-2] lets acknowledgements out in the order of the messages", () => {
		const session = make();
		const first = hold(session, 1, 1);
		begin(session, 2);
		const second = hold(session, 2, 2);
		accept(session, 3, 0);
		pollAcknowledgements(session);
		expect(laneLength(session)).toBe(0);
		expect(acknowledge(session, second, 0)).toBe(true);
		pollAcknowledgements(session);
		expect(laneLength(session)).toBe(0);
		expect(session.todo & HELD).toBe(HELD);
		expect(acknowledge(session, first, 0)).toBe(true);
		pollAcknowledgements(session);
		expect(takeLane(session)).toEqual(["puback 1", "pubrec 2", "puback 3"]);
		expect([session.queued, session.todo & HELD]).toEqual([0, 0]);
		accept(session, 4, 0);
		expect(takeLane(session)).toEqual(["puback 4"]);
	});

	it("[MQTT-4.6.0-2] whatever is held, and in whichever order it is let go", () => {
		const step = fc.record({
			what: fc.constantFrom("hold", "accept", "acknowledge", "poll"),
			qos: fc.constantFrom(1, 2),
			n: fc.nat(20),
			room: fc.integer({ min: 0, max: 20 }),
		});
		fc.assert(
			fc.property(fc.array(step, { maxLength: 100 }), steps => {
				const session = make(5);
				const expected: string[] = [];
				const left: string[] = [];
				const held: number[] = [];
				let id = 0;
				const leave = (room: number) => {
					session.room = room;
					const length = pollLane(session);
					if (length > 0) left.push(...read(session, session.stageAt, length));
				};
				for (const { what, qos, n, room } of steps) {
					if (what === "poll") leave(room);
					else if (what === "acknowledge") {
						const token = held.splice(n % Math.max(1, held.length), 1)[0];
						if (token !== undefined) expect(acknowledge(session, token, 0)).toBe(true);
						pollAcknowledgements(session);
					} else if (session.queued < 5 && laneLength(session) < laneSize(session)) {
						// With room for it, the server's ids are in use one after the other.
						id += 1;
						if (qos === 2 && begin(session, id) !== NEW) {
							id -= 1;
							continue;
						}
						expected.push(`${qos === 2 ? "pubrec" : "puback"} ${id}`);
						if (what === "hold") held.push(hold(session, id, qos));
						else accept(session, id, qos === 2 ? QOS_2 : 0);
						if (qos === 2 && what === "accept" && session.queued === 0) finish(session, id);
					}
				}
				for (const token of held) expect(acknowledge(session, token, 0)).toBe(true);
				pollAcknowledgements(session);
				while (laneLength(session) > 0) leave(1000);
				expect(left).toEqual(expected);
				expect(session.todo & (HELD | WANTS_ACK)).toBe(0);
			}),
			{ numRuns: 300 },
		);
	});

	it("takes a token once, and no token that it did not give", () => {
		const session = make();
		const token = hold(session, 1, 1);
		for (const other of [0, -1, 1, 2, token + 1, token | 0x20000]) expect(acknowledge(session, other, 0)).toBe(false);
		expect(acknowledge(session, token, 0)).toBe(true);
		expect(acknowledge(session, token, 0)).toBe(false);
		pollAcknowledgements(session);
		expect(acknowledge(session, token, 0)).toBe(false);
	});

	it("a QoS 1 token dies with its connection, a QoS 2 token does not", () => {
		const session = make();
		const one = hold(session, 1, 1);
		begin(session, 2);
		const two = hold(session, 2, 2);
		rewindReceived(session);
		expect(acknowledge(session, one, 0)).toBe(false);
		expect(acknowledge(session, two, 0)).toBe(true);
		pollAcknowledgements(session);
		expect(laneLength(session)).toBe(0);
		expect(begin(session, 2)).toBe(REPEATED);
	});

	it("a QoS 2 message that was allowed, and waited behind another, is so on the next connection too", () => {
		const session = make();
		hold(session, 1, 1);
		begin(session, 2);
		accept(session, 2, QOS_2);
		rewindReceived(session);
		expect(session.queued).toBe(0);
		expect(begin(session, 2)).toBe(REPEATED);
		expect(finish(session, 2)).toBe(FINISHED);
		expect(finish(session, 2)).toBe(UNKNOWN);
	});

	it("no token of a session that is gone is good for anything", () => {
		const session = make();
		begin(session, 2);
		const token = hold(session, 2, 2);
		rewindReceived(session);
		loseReceived(session);
		expect(acknowledge(session, token, 0)).toBe(false);
		expect(begin(session, 2)).toBe(NEW);
	});

	it("a message still with the application is neither delivered nor answered when it comes again", () => {
		const session = make();
		begin(session, 2);
		const token = hold(session, 2, 2);
		rewindReceived(session);
		expect(begin(session, 2)).toBe(WITH_APPLICATION);
		// And again, on the same connection: it takes no second place in the order.
		expect(begin(session, 2)).toBe(WITH_APPLICATION);
		expect(session.queued).toBe(1);
		expect(finish(session, 2)).toBe(UNFINISHED);
		expect(acknowledge(session, token, 0)).toBe(true);
		pollAcknowledgements(session);
		expect(takeLane(session)).toEqual(["pubrec 2"]);
		expect(finish(session, 2)).toBe(FINISHED);
		expect(finish(session, 2)).toBe(UNKNOWN);
	});

	it("says when it cannot hold any more", () => {
		const session = make(1);
		expect(hold(session, 1, 1)).toBeGreaterThan(0);
		expect(session.overflow).toBe(false);
		expect(hold(session, 2, 1)).toBe(0);
		expect(session.overflow).toBe(true);
		rewindReceived(session);
		expect(session.overflow).toBe(false);
	});

	it("what is accepted without room to wait is answered when it comes again", () => {
		const session = make(1);
		begin(session, 2);
		hold(session, 1, 1);
		accept(session, 2, QOS_2);
		expect(session.overflow).toBe(true);
		rewindReceived(session);
		expect(begin(session, 2)).toBe(REPEATED);
	});
});

/** Acknowledgements of four bytes that make the lane full: there is no room for one more with a reason. */
function fourByteCapacity(session: Session): number {
	return Math.floor((laneSize(session) - 5) / 4) + 1;
}

describe("lane", () => {
	it("gives acknowledgements out in order, as many as fit, around its end", () => {
		const session = make(4, 1);
		const { stageAt } = session;
		const capacity = fourByteCapacity(session);
		for (let round = 0; round < 5; round += 1) {
			const ids = Array.from({ length: capacity }, (_, i) => round * 300 + i + 1);
			for (const [i, id] of ids.entries()) {
				expect(session.todo & STALLED).toBe(0);
				owe(session, PUBACK, id);
				expect(laneLength(session)).toBe((i + 1) * 4);
			}
			// A full lane stops the reading; whoever reads goes on when there is room.
			expect(session.todo & (WANTS_ACK | STALLED)).toBe(WANTS_ACK | STALLED);
			session.todo &= ~STALLED;
			session.room = 11;
			expect(pollLane(session)).toBe(8);
			expect(read(session, stageAt, 8)).toEqual([`puback ${ids[0]}`, `puback ${ids[1]}`]);
			session.room = 3;
			expect(pollLane(session)).toBe(0);
			session.room = 4;
			expect(pollLane(session)).toBe(4);
			expect(read(session, stageAt, 4)).toEqual([`puback ${ids[2]}`]);
			expect(session.todo & WANTS_ACK).toBe(WANTS_ACK);
			session.room = 1000;
			const rest = pollLane(session);
			expect(read(session, stageAt, rest)).toEqual(ids.slice(3).map(id => `puback ${id}`));
			expect([laneLength(session), session.todo & WANTS_ACK]).toEqual([0, 0]);
		}
		owe(session, PUBREL, 65_535);
		rewindReceived(session);
		expect(laneLength(session)).toBe(0);
	});

	it("is no wider than the stage", () => {
		const session = makeSession({ messages: 20, send: 64 });
		session.room = 1000;
		for (let id = 1; id <= 20; id += 1) owe(session, PUBREL, id);
		expect(pollLane(session)).toBe(64);
		expect(read(session, session.stageAt, 64).at(-1)).toBe("pubrel 16");
		expect(pollLane(session)).toBe(16);
		expect(read(session, session.stageAt, 16)[0]).toBe("pubrel 17");
	});

	it("writes to no byte but its own, and lets what waits behind it in as soon as there is room", () => {
		const session = make(20, 1);
		const capacity = fourByteCapacity(session);
		const before = session.bytes[session.laneAt - 1];
		session.bytes[session.laneAt + laneSize(session)] = 0xaa;
		const token = hold(session, 1, 1);
		for (let id = 2; id <= capacity + 3; id += 1) accept(session, id, 0);
		acknowledge(session, token, 0);
		pollAcknowledgements(session);
		expect([laneLength(session), session.queued]).toEqual([capacity * 4, 3]);
		session.room = 8;
		expect(pollLane(session)).toBe(8);
		expect(read(session, session.stageAt, 8)).toEqual(["puback 1", "puback 2"]);
		expect([laneLength(session), session.queued]).toEqual([capacity * 4, 1]);
		session.room = 1000;
		expect(read(session, session.stageAt, pollLane(session)).length).toBe(capacity);
		expect(read(session, session.stageAt, pollLane(session))).toEqual([`puback ${capacity + 3}`]);
		expect(session.todo & WANTS_ACK).toBe(0);
		expect([session.bytes[session.laneAt - 1], session.bytes[session.laneAt + laneSize(session)]]).toEqual([
			before,
			0xaa,
		]);
	});

	it("[MQTT-3.6.2-1] [MQTT-3.7.2-1] 5.0 says that it knows nothing of an id, 3.1.1 cannot", () => {
		for (const protocolVersion of [4, 5] as const) {
			const session = makeSession({}, { protocolVersion });
			session.room = 1000;
			oweUnknown(session, PUBREL, 0x1234);
			owe(session, PUBACK, 1);
			oweUnknown(session, PUBCOMP, 0xffff);
			const sent = Buffer.from(staged(session, pollLane(session))).toString("hex");
			expect(sent).toBe(protocolVersion === 5 ? "6203123492400200017003ffff92" : "62021234400200017002ffff");
			expect(session.todo & WANTS_ACK).toBe(0);
		}
	});

	it("takes acknowledgements of four and five bytes until it is full, and gives out whole ones only", () => {
		const step = fc.record({ known: fc.boolean(), id: fc.integer({ min: 1, max: 65_535 }) });
		const rooms = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 10 });
		fc.assert(
			fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), rooms, (steps, rooms) => {
				const session = makeSession({ messages: 1, send: 64 }, { protocolVersion: 5 });
				const end = session.laneAt + laneSize(session);
				session.bytes.fill(0xaa, end, end + 8);
				const expected: string[] = [];
				const left: string[] = [];
				let n = 0;
				const leave = () => {
					session.room = rooms[n++ % rooms.length]! + (n > 1000 ? 9 : 0);
					const length = pollLane(session);
					expect(length).toBeLessThanOrEqual(session.room);
					for (let at = session.stageAt; at < session.stageAt + length; ) {
						const size = session.bytes[at + 1]! + 2;
						left.push(Buffer.from(session.bytes.slice(at, at + size)).toString("hex"));
						at += size;
					}
				};
				for (const { known, id } of steps) {
					while (isLaneFull(session)) {
						expect(session.todo & (WANTS_ACK | STALLED)).toBe(WANTS_ACK | STALLED);
						leave();
					}
					session.todo &= ~STALLED;
					(known ? owe : oweUnknown)(session, PUBCOMP, id);
					expected.push(`${known ? "7002" : "7003"}${id.toString(16).padStart(4, "0")}${known ? "" : "92"}`);
					expect(session.laneEnd).toBeLessThanOrEqual(end);
					expect((session.todo & STALLED) !== 0).toBe(isLaneFull(session));
				}
				while (laneLength(session) > 0) leave();
				expect(left).toEqual(expected);
				expect([...session.bytes.subarray(end, end + 8)]).toEqual(new Array(8).fill(0xaa));
			}),
			{ numRuns: 200 },
		);
	});
});
