import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	ACK,
	ACK_ARMED,
	arm,
	CONNACK,
	CONNECT,
	DRAIN,
	disarm,
	isArmed,
	KEEP_ALIVE,
	NONE,
	PING,
	pollDeadline,
	RECONNECT,
	RESOLVE,
	SILENCE,
	SOURCE,
	STABLE,
	setKeepAlive,
	start,
	TELL,
	takeExpired,
	takeWaits,
} from "../../../firmware/mqtt/deadline.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import { EARLIER } from "../../../firmware/mqtt/todo.js";
import { WAIT_WORDS, WAITS } from "../../../firmware/mqtt/words.js";
import { makeSession } from "../../support/session.js";

/** All that have expired. */
function takeAll(session: Session): number[] {
	const taken: number[] = [];
	for (let kind = takeExpired(session); kind !== NONE; kind = takeExpired(session)) taken.push(kind);
	return taken;
}

describe("deadlines", () => {
	it("none is missed and none comes early, also across the wrap of the 32-bit clock", () => {
		const step = fc.tuple(
			fc.constantFrom("arm", "disarm", "pass"),
			fc.nat(WAITS - 1),
			fc.integer({ min: 0, max: 5000 }),
		);
		fc.assert(
			fc.property(
				fc.constantFrom(0, 0x7fff_f000, -0x8000_0000, -3000),
				fc.array(step, { maxLength: 80 }),
				(startMs, steps) => {
					const session = makeSession();
					const model = new Map<number, number>();
					let elapsed = 0;
					session.now = startMs;
					for (const [what, kind, ms] of steps) {
						if (what === "arm") {
							arm(session, kind, session.now + ms);
							model.set(kind, elapsed + ms);
						} else if (what === "disarm") {
							disarm(session, kind);
							model.delete(kind);
						} else {
							elapsed += ms;
							session.now = (startMs + elapsed) | 0;
						}
						const due = [...model].filter(([, at]) => at <= elapsed).map(([kind]) => kind);
						const next = (pollDeadline(session) - session.now) | 0;
						if (due.length > 0) expect(next).toBeLessThanOrEqual(0);
						for (const at of model.values()) expect(next).toBeLessThanOrEqual(at - elapsed);
						expect(takeAll(session).sort()).toEqual(due.sort());
						for (const kind of due) model.delete(kind);
						for (let kind = 0; kind < WAITS; kind += 1) expect(isArmed(session, kind)).toBe(model.has(kind));
					}
				},
			),
			{ numRuns: 500 },
		);
	});

	it("a timer that is set anew only for EARLIER, and when it fires, is never late", () => {
		const step = fc.tuple(
			fc.constantFrom("arm", "disarm", "pass"),
			fc.nat(WAITS - 1),
			fc.integer({ min: 0, max: 5000 }),
		);
		fc.assert(
			fc.property(fc.constantFrom(0, 0x7fff_f000, -3000), fc.array(step, { maxLength: 80 }), (startMs, steps) => {
				const session = makeSession();
				const model = new Map<number, number>();
				let elapsed = 0;
				let timerAt = Number.POSITIVE_INFINITY;
				session.now = startMs;
				// As the client does: only an earlier time moves the timer.
				const schedule = () => {
					session.todo &= ~EARLIER;
					timerAt = Math.min(timerAt, elapsed + ((pollDeadline(session) - session.now) | 0));
				};
				for (const [what, kind, ms] of steps) {
					if (what === "arm") {
						arm(session, kind, session.now + ms);
						model.set(kind, elapsed + ms);
					} else if (what === "disarm") {
						disarm(session, kind);
						model.delete(kind);
					} else {
						elapsed += ms;
						session.now = (startMs + elapsed) | 0;
					}
					if ((session.todo & EARLIER) !== 0) schedule();
					if (timerAt <= elapsed) {
						timerAt = Number.POSITIVE_INFINITY;
						for (const kind of takeAll(session)) model.delete(kind);
						schedule();
					}
					for (const at of model.values()) expect(timerAt).toBeLessThanOrEqual(at);
				}
			}),
			{ numRuns: 500 },
		);
	});

	it("with nothing to wait for it sleeps for days", () => {
		const session = makeSession();
		session.now = 0x7fff_ffff;
		expect((pollDeadline(session) - 0x7fff_ffff) | 0).toBe(0x3fff_ffff);
	});

	it("each has a bit and words of its own", () => {
		const kinds = [RESOLVE, CONNECT, CONNACK, PING, ACK, SOURCE, SILENCE, KEEP_ALIVE, STABLE, DRAIN, RECONNECT, TELL];
		expect([...kinds].sort((a, b) => a - b)).toEqual(Array.from({ length: WAITS }, (_, kind) => kind));
		const session = makeSession();
		arm(session, ACK, 1000);
		expect(session.armed).toBe(ACK_ARMED);
		for (const kind of kinds) arm(session, kind, 1000 + kind);
		session.now = 2000;
		expect(takeAll(session).sort((a, b) => a - b)).toEqual(kinds.sort((a, b) => a - b));
		expect(session.armed).toBe(0);
	});
});

/** The lengths that deadlines have with these options. */
function waitsOf(options: Partial<ClientOptions>): Record<string, number> {
	const session = makeSession({}, options);
	takeWaits(session);
	return waits(session);
}

function waits(session: Session): Record<string, number> {
	const of = (kind: number) => session.words[WAITS + kind]!;
	return {
		resolveMs: of(RESOLVE),
		connectMs: of(CONNECT),
		connackMs: of(CONNACK),
		pingMs: of(PING),
		ackMs: of(ACK),
		sourceMs: of(SOURCE),
		silenceMs: of(SILENCE),
		idleMs: of(KEEP_ALIVE),
		stableMs: of(STABLE),
	};
}

describe("waits", () => {
	it("have the documented defaults", () => {
		const defaults = {
			resolveMs: 10_000,
			connectMs: 15_000,
			connackMs: 10_000,
			pingMs: 10_000,
			ackMs: 20_000,
			sourceMs: 10_000,
			silenceMs: 100_000,
			idleMs: 52_500,
			stableMs: 30_000,
		};
		expect(waitsOf({})).toEqual(defaults);
		expect(waitsOf({ keepAlive: 60, timeouts: {}, backoff: {} })).toEqual(defaults);
		expect(Object.keys(defaults).length).toBe(WAIT_WORDS);
	});

	it("are the application's where it has said so", () => {
		const timeouts = {
			resolveMs: 1,
			connectMs: 2,
			connackMs: 3,
			pingMs: 4,
			ackMs: 5,
			sourceMs: 6,
			silenceMs: 7,
		};
		expect(waitsOf({ timeouts, backoff: { stableMs: 8 }, keepAlive: 65_535 })).toEqual({
			...timeouts,
			stableMs: 8,
			idleMs: 65_535_000 - 8_191_875,
		});
	});

	it("[MQTT-3.1.2-23] let no PINGREQ wait for longer than a keep-alive, and are off without one", () => {
		expect(waitsOf({ timeouts: { pingMs: 60_000 }, keepAlive: 4 })).toMatchObject({
			pingMs: 4000,
			idleMs: 3500,
			silenceMs: 10_000,
		});
		expect(waitsOf({ keepAlive: 0 })).toMatchObject({ idleMs: 0, silenceMs: 0, pingMs: 10_000 });
		expect(waitsOf({ keepAlive: 0, timeouts: { silenceMs: 5000 } })["silenceMs"]).toBe(5000);
	});

	it("[MQTT-3.1.2-21] [MQTT-3.2.2-21] follow the server's keep-alive, on that connection and no other", () => {
		const session = makeSession({}, { keepAlive: 60, timeouts: { pingMs: 7000 } });
		takeWaits(session);
		const ours = waits(session);
		expect(ours).toMatchObject({ pingMs: 7000, idleMs: 52_500, silenceMs: 97_000 });
		// Shorter, longer, shorter than a PINGREQ may wait, and none.
		for (const [seconds, wanted] of [
			[8, { pingMs: 7000, idleMs: 7000, silenceMs: 19_000 }],
			[600, { pingMs: 7000, idleMs: 525_000, silenceMs: 907_000 }],
			[1, { pingMs: 1000, idleMs: 875, silenceMs: 2500 }],
			[65_535, { pingMs: 7000, idleMs: 65_535_000 - 8_191_875, silenceMs: 98_302_500 + 7000 }],
			[0, { pingMs: 7000, idleMs: 0, silenceMs: 0 }],
		] as const) {
			setKeepAlive(session, seconds);
			expect(waits(session)).toEqual({ ...ours, ...wanted });
		}
		setKeepAlive(session, -1);
		expect(waits(session)).toEqual(ours);
		// Silence is the application's where it has said so, whatever the server wants.
		const own = makeSession({}, { keepAlive: 0, timeouts: { silenceMs: 5000 } });
		takeWaits(own);
		setKeepAlive(own, 10);
		expect(waits(own)).toMatchObject({ pingMs: 10_000, idleMs: 8750, silenceMs: 5000 });
	});

	it("refuse what is no time", () => {
		for (const timeouts of [
			{ ackMs: 0 },
			{ connectMs: -1 },
			{ resolveMs: 1.5 },
			{ silenceMs: Number.POSITIVE_INFINITY },
		])
			expect(() => waitsOf({ timeouts })).toThrow(Misuse);
		expect(() => waitsOf({ backoff: { stableMs: -1 } })).toThrow(Misuse);
	});

	it("begin when their deadline is started, and one that is off never does", () => {
		const session = makeSession({}, { keepAlive: 0 });
		takeWaits(session);
		session.now = 0x7fff_ffff;
		for (const kind of [KEEP_ALIVE, SILENCE]) {
			start(session, kind);
			expect(isArmed(session, kind)).toBe(false);
		}
		start(session, ACK);
		expect((pollDeadline(session) - session.now) | 0).toBe(20_000);
		session.now = (session.now + 19_999) | 0;
		expect(takeExpired(session)).toBe(NONE);
		session.now = (session.now + 1) | 0;
		expect(takeExpired(session)).toBe(ACK);
	});
});
