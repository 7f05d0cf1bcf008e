import { describe, expect, it } from "vitest";
import { type Happening, type Kind, WatchedBoard } from "../../../host-sim/watch/board.js";

/** A board, what is told of it, and a way to be one. */
function make() {
	const board = new WatchedBoard("b1");
	const told: Happening[] = [];
	const say = (kind: Kind, value: unknown, { retain = false, now = 0 } = {}) => {
		const text = typeof value === "string" ? value : JSON.stringify(value);
		board.handle(kind, Buffer.from(text), retain, now, what => told.push(what));
	};
	const read = (boot: number, seq: number, more: object = {}, now = 0) =>
		say("telemetry", { boot, seq, ...more }, { now });
	/** The names of what was told since the last call. */
	const events = () => told.splice(0).map(({ event }) => event);
	return { board, told, say, read, events };
}

describe("presence", () => {
	it("is told, with what it was and since when; what was retained is told apart", () => {
		const { board, say, told } = make();
		expect(board.presence).toBe("unknown");
		say("status", "online", { retain: true, now: 1000 });
		expect([board.presence, board.since, board.isRetained, board.heard]).toEqual(["online", 1000, true, undefined]);
		say("status", "offline", { now: 2000 });
		expect([board.presence, board.since, board.isRetained, board.heard]).toEqual(["offline", 2000, false, 2000]);
		say("status", "sleeping", { now: 3000 });
		expect(told).toEqual([
			{ event: "presence", device: "b1", presence: "online", was: "unknown", retained: true },
			{ event: "presence", device: "b1", presence: "offline", was: "online", retained: false },
			{ event: "presence", device: "b1", presence: "sleeping", was: "offline", retained: false },
		]);
	});

	it("that is retained and known already is no news; a birth while online is", () => {
		const { board, events, say } = make();
		say("status", "online", { now: 1000 });
		say("status", "online", { retain: true, now: 5000 });
		expect([events(), board.since]).toEqual([["presence"], 1000]);
		say("status", "online", { now: 6000 });
		expect([events(), board.since]).toEqual([["presence"], 6000]);
	});

	it("that is no such word is malformed, and changes nothing", () => {
		const { board, events, say } = make();
		say("status", "online");
		for (const text of ["Online", "online\u001b[2J", "x".repeat(20_000)]) say("status", text);
		expect([events(), board.presence, board.malformed]).toEqual([
			["presence", "malformed", "malformed", "malformed"],
			"online",
			3,
		]);
	});
});

describe("readings", () => {
	it("are numbered: a gap is told when it opens and when it fills", () => {
		const { board, read, told } = make();
		for (const seq of [7, 8, 12]) read(1, seq);
		expect([board.missing, board.readings, board.reading?.seq]).toEqual([3, 3, 12]);
		read(1, 9, { ms: [0, 1, 2] });
		expect([board.missing, board.filled, board.readings, board.reading?.seq]).toEqual([0, 3, 6, 12]);
		read(1, 9);
		expect([board.repeated, board.readings]).toEqual([1, 6]);
		expect(told.filter(({ event }) => event !== "reading")).toEqual([
			{ event: "missing", device: "b1", boot: 1, seq: 9, count: 3 },
			{ event: "filled", device: "b1", boot: 1, seq: 9, count: 3 },
		]);
		expect(told.flatMap(what => (what.event === "reading" ? [what.late] : []))).toEqual([
			false,
			false,
			false,
			true,
			true,
		]);
	});

	it("that are missing are known by the lives and numbers that they have", () => {
		const { board, read } = make();
		for (const seq of [7, 8, 12]) read(1, seq);
		read(2, 3);
		expect(board.gaps).toEqual([
			{ boot: 1, from: 9, to: 12 },
			{ boot: 2, from: 1, to: 3 },
		]);
		read(1, 9, { ms: [0, 1, 2] });
		expect(board.gaps).toEqual([{ boot: 2, from: 1, to: 3 }]);
	});

	it("of a batch: the last is the newest, and all count", () => {
		const { board, read } = make();
		read(1, 5, { time: 1000, ms: [0, 500], temperature: [20, 21] }, 9);
		expect(board.reading).toEqual({
			at: 9,
			boot: 1,
			seq: 6,
			time: 1500,
			isRetained: false,
			values: { temperature: 21 },
		});
		expect(board.readings).toBe(2);
	});

	it("have a rate, which late ones do not raise", () => {
		const { board, read } = make();
		for (let i = 0; i < 5; i += 1) read(1, 10 + 2 * i, {}, i * 1000);
		for (let i = 0; i < 4; i += 1) read(1, 11 + 2 * i, {}, 4000);
		expect(board.perMinute(4000)).toBe(60);
	});

	it("that are retained are shown as such, where there is none yet, and count for nothing", () => {
		const { board, say, told } = make();
		say("telemetry", { boot: 1, seq: 5, temperature: 1 }, { retain: true });
		expect([board.reading?.isRetained, board.readings, board.heard, board.boot]).toEqual([
			true,
			0,
			undefined,
			undefined,
		]);
		expect(told[0]).toMatchObject({ event: "reading", retained: true });
		say("telemetry", { boot: 1, seq: 90 });
		say("telemetry", { boot: 1, seq: 5 }, { retain: true });
		expect([board.reading?.seq, board.missing]).toEqual([90, 0]);
	});
});

describe("lives", () => {
	it("begin with a higher boot, from the first reading on, and old ones fill in later", () => {
		const { board, events, read } = make();
		read(3, 50);
		read(3, 52);
		expect(events()).toEqual(["reading", "reading", "missing"]);
		read(4, 3);
		expect(events()).toEqual(["restarted", "reading", "missing"]);
		expect([board.boot, board.restarts, board.missing]).toEqual([4, 1, 3]);
		read(3, 51);
		read(4, 1, { ms: [0, 1] });
		expect([board.boot, board.restarts, board.missing, board.filled, board.reading?.boot]).toEqual([4, 1, 0, 3, 4]);
	});

	it("are told by a report of its own state too, once", () => {
		const { board, events, read, say } = make();
		read(3, 50);
		say("diagnostics", { boot: 4, uptime: 1 });
		read(4, 1);
		say("diagnostics", { boot: 4, uptime: 2 });
		expect(events()).toEqual(["reading", "restarted", "diagnostics", "reading", "diagnostics"]);
		expect([board.restarts, board.missing]).toEqual([1, 0]);
	});

	it("whose flash has forgotten the count begin with a later reading that is numbered anew", () => {
		const { board, read } = make();
		read(57, 100, { time: 1000 });
		read(1, 1, { time: 2000 });
		expect([board.boot, board.restarts, board.reading?.boot]).toEqual([1, 1, 1]);
		read(1, 2, { time: 3000 });
		// Of the life before, with its own time.
		read(57, 99, { time: 900 });
		expect(board.missing).toBe(0);
	});

	it("that cannot count are told apart by time, or by the first number", () => {
		const { board, read } = make();
		for (const seq of [1, 2, 4]) read(0, seq, { time: seq * 1000 });
		read(0, 2, { time: 2000 });
		expect([board.restarts, board.repeated, board.missing]).toEqual([0, 1, 1]);
		read(0, 1, { time: 9000 });
		expect([board.restarts, board.missing, board.reading?.seq]).toEqual([1, 1, 1]);
		const clockless = make();
		for (const seq of [1, 2, 3, 1, 2]) clockless.read(0, seq);
		expect([clockless.board.restarts, clockless.board.repeated]).toEqual([1, 0]);
	});

	it("of one that sleeps are no restarts", () => {
		const { board, events, read, say } = make();
		say("status", "sleeping", { retain: true });
		for (let boot = 1; boot <= 20; boot += 1) read(boot, 1);
		expect([board.restarts, board.missing, board.boot, board.readings]).toEqual([0, 0, 20, 20]);
		expect(new Set(events())).toEqual(new Set(["presence", "reading"]));
	});

	it("in any number take no more memory, and what they miss still counts", () => {
		const { board, read } = make();
		for (let boot = 1; boot <= 100; boot += 1) for (const seq of [1, 3]) read(boot, seq);
		expect([board.missing, board.restarts]).toEqual([100, 99]);
		// Too long ago to be known.
		read(1, 2);
		expect(board.missing).toBe(100);
		read(99, 2);
		expect(board.missing).toBe(99);
	});

	it("go on unseen while nobody listens: that is not missing", () => {
		const { board, read } = make();
		read(1, 1);
		board.doubt();
		read(1, 50);
		expect(board.missing).toBe(0);
		board.doubt();
		read(2, 30);
		expect([board.missing, board.restarts]).toEqual([0, 1]);
		read(2, 32);
		expect(board.missing).toBe(1);
	});
});

describe("the rest", () => {
	it("diagnostics: figures, heap, and an uptime that goes on while it is online", () => {
		const { board, say } = make();
		say("status", "online");
		say(
			"diagnostics",
			{
				uptime: 100,
				boot: 2,
				reset: "po\u0007wer",
				slots: 100,
				chunks: 24,
				rssi: -67,
				ping: "x",
				problems: ["qos", "ssid"],
			},
			{ now: 5000 },
		);
		expect(board.diagnostics).toEqual({
			at: 5000,
			uptime: 100,
			boot: 2,
			reset: "po?wer",
			slots: 100,
			chunks: 24,
			rssi: -67,
			problems: "qos, ssid",
		});
		expect([board.heap, board.uptime(12_500), board.boot]).toEqual([1624, 107, 2]);
		say("status", "offline");
		expect(board.uptime(12_500)).toBe(100);
		say("diagnostics", { uptime: 1, boot: 90 }, { retain: true });
		expect([board.diagnostics?.uptime, board.boot]).toEqual([100, 2]);
	});

	it("answers", () => {
		const { board, say } = make();
		say("answer", { command: "set", id: 7, ok: false, error: "out-of-range" }, { now: 3 });
		expect(board.answer).toEqual({ at: 3, command: "set", ok: false, error: "out-of-range" });
		say("answer", { command: "get", ok: true }, { now: 4 });
		expect(board.answer).toEqual({ at: 4, command: "get", ok: true });
		say("answer", { ok: true });
		expect(board.malformed).toBe(1);
	});

	it("firmware, until its state is taken away", () => {
		const { board, say, told } = make();
		const state = { state: "receiving", running: "1.0.0", version: "1.1.0", issue: 5, at: 50, size: 100 };
		say("update/state", state, { retain: true });
		expect(board.firmware).toEqual({ state: "receiving", running: "1.0.0", version: "1.1.0", bytes: 50, size: 100 });
		say("update/state", "");
		expect([board.firmware, board.malformed]).toEqual([undefined, 0]);
		expect(told.map(what => what.event === "update" && what.retained)).toEqual([true, false]);
		say("update/state", { running: "1.0.0" });
		expect(board.malformed).toBe(1);
	});
});
