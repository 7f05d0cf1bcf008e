// The table of names and filters.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/error.js";
import {
	handleSuback,
	handleUnsuback,
	pollRequest,
	takeAnswered,
} from "../../../firmware/mqtt/session/subscription.js";
import type { Session } from "../../../firmware/mqtt/session.js";
import {
	ANSWERED,
	ASKED,
	addName,
	CODE_SHIFT,
	filterAt,
	filterOptions,
	filterState,
	IN_FLIGHT,
	LEAVING,
	matchExact,
	nameAt,
	nextMatch,
	nextTopic,
	OPTIONS_SHIFT,
	REMOVED,
	removeFilter,
	STANDING,
	STREAMS,
	stateAt,
	UNWANTED,
	WANTED,
} from "../../../firmware/mqtt/topics.js";
import { putUint16 } from "../../../firmware/mqtt/wire.js";
import { OUTBOX_AT, REQUEST_ID, ROWS, TEXT_END } from "../../../firmware/mqtt/words.js";
import { FilterTree } from "../../../host-sim/broker/topic.js";
import { incoming } from "../../support/incoming.js";
import { Peer, utf8 } from "../../support/peer.js";
import { addFilter, makeOnline, makeSession, textWithLength } from "../../support/session.js";

const TOPICS_FULL = 0x14;

const make = (topics = 4, topicBytes = 120) => makeSession({ topics, topicBytes });
const isName = (session: Session, handle: number) => nameAt(session, handle) > 0;
const isFilter = (session: Session, handle: number) => filterState(session, handle) !== 0;
const nextInFlight = (session: Session, handle: number) => nextTopic(session, handle, IN_FLIGHT, IN_FLIGHT);

const codeOf = (state: number) => (state >> CODE_SHIFT) & 0xff;

/** The text of a handle. */
function textOf(session: Session, handle: number): string {
	return textWithLength(session, isName(session, handle) ? nameAt(session, handle) : filterAt(session, handle));
}

/** Lays a name into the receive area as a PUBLISH has it; returns its offset. */
function receive(session: Session, name: string, shift = 0): number {
	const bytes = utf8(name);
	const at = session.receiveAt + 2 + shift;
	session.bytes.fill(0xaa, session.receiveAt, session.stageAt);
	session.bytes.set(bytes, putUint16(session.bytes, at - 2, bytes.length));
	session.packet.topicAt = at;
	session.packet.topicLength = bytes.length;
	return at;
}

/** The handle of the exact filter that equals the name, and the first with wildcards that matches it. */
function find(session: Session, name: string, shift = 0): [number, number] {
	const { length } = utf8(name);
	const at = receive(session, name, shift);
	const exact = matchExact(session, at, length);
	// However they are compared, the bytes received stay what they are.
	expect(textWithLength(session, at - 2)).toBe(name);
	return [exact, nextMatch(session, 0)];
}

/** All handles whose filters have wildcards and match the name. */
function allMatches(session: Session, name: string): number[] {
	receive(session, name);
	const found: number[] = [];
	let handle = 0;
	for (;;) {
		handle = nextMatch(session, handle);
		if (handle === 0) return found;
		found.push(handle);
	}
}

/** As the broker sees it. */
function isMatch(filter: string, name: string): boolean {
	const tree = new FilterTree<true>();
	tree.set(filter, "", true);
	let found = false;
	tree.match(name, () => {
		found = true;
	});
	return found;
}

describe("table", () => {
	it("gives the same name the same handle, apart from a filter of the same text", () => {
		const session = make();
		const name = addName(session, "a/b");
		expect(addName(session, "a/b")).toBe(name);
		const filter = addFilter(session, "a/b", 1 << OPTIONS_SHIFT);
		expect(filter).not.toBe(name);
		expect(addFilter(session, "a/b", 0)).toBe(filter);
		expect(addName(session, "a/b")).toBe(name);
		expect([
			isName(session, name),
			isFilter(session, name),
			isName(session, filter),
			isFilter(session, filter),
		]).toEqual([true, false, false, true]);
		for (const handle of [0, -1, 3, 5, 1.5, Number.NaN, 4_294_967_297])
			expect([isName(session, handle), isFilter(session, handle)], String(handle)).toEqual([false, false]);
	});

	it("keeps a text as it goes onto the wire: its length before it", () => {
		const session = make();
		const name = nameAt(session, addName(session, "é/😀"));
		const filter = filterAt(session, addFilter(session, "é/😀", 0));
		for (const at of [name, filter]) {
			expect(textWithLength(session, at)).toBe("é/😀");
			expect([...session.bytes.subarray(at, at + 3)]).toEqual([0, 7, 0xc3]);
		}
	});

	it("says when it is full, by rows and by bytes, and still knows what it has", () => {
		const session = make(2, 24);
		const handle = addName(session, "abcd");
		expect(addName(session, "0123456789abcdef")).toBe(-TOPICS_FULL);
		expect(addName(session, "efgh")).toBe(2);
		expect(addName(session, "ijkl")).toBe(-TOPICS_FULL);
		expect(addName(session, "abcd")).toBe(handle);
		// To the last byte; and what it has is found without room to write it down first.
		const tight = make(2, 16);
		expect(addName(tight, "0123456789abcde")).toBe(-TOPICS_FULL);
		expect(addName(tight, "0123456789abcd")).toBe(1);
		expect(addName(tight, "0123456789abcd")).toBe(1);
		expect(addName(tight, "a")).toBe(-TOPICS_FULL);
	});

	it("refuses what is no topic without taking room", () => {
		const session = make(2, 24);
		for (const name of ["a/#", "+", "", "a\0", "\ud800"]) expect(() => addName(session, name)).toThrow(Misuse);
		for (const filter of ["a#", "a/#/b", "", "a\0"]) expect(() => addFilter(session, filter, 0)).toThrow(Misuse);
		expect(addName(session, "abcd")).toBe(1);
		expect(addName(session, "efghijkl")).toBe(2);
	});

	it("writes to no byte but its own", () => {
		const session = make(3, 24);
		const { bytes, receiveAt, topicsAt, words } = session;
		const textEnd = words[TEXT_END]!;
		const textLimit = session.words[OUTBOX_AT]! * 4;
		bytes.fill(0xaa, textLimit, receiveAt);
		bytes.fill(0x55, ROWS * 4, topicsAt * 4);
		const fixed = words.slice(0, ROWS);
		for (const filter of ["01234567", "89abcdef", "x", "0123456789abcdefghijklmnopq"]) addFilter(session, filter, 0);
		for (const name of ["01234567", "x", "y", ""]) find(session, name);
		removeFilter(session, 1);
		addFilter(session, "+/#", 0);
		expect(bytes.subarray(ROWS * 4, topicsAt * 4).every(byte => byte === 0x55)).toBe(true);
		expect(bytes.subarray(textLimit, receiveAt).every(byte => byte === 0xaa)).toBe(true);
		fixed[TEXT_END] = textEnd + 8 + 8;
		expect(words.slice(0, ROWS)).toEqual(fixed);
	});

	it("moves texts up when one goes, and finds the others where they are now", () => {
		const texts = ["a", "ab/", "abcd", "abcde", "x/+", "x/y/#", "été/été", "+", "#", "0123456789", "$q/r", "zz/zz"];
		const exact = texts.filter(text => !/[+#]/.test(text));
		const step = fc.tuple(fc.constantFrom("filter", "filter", "name", "remove"), fc.integer({ min: 0, max: 11 }));
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), steps => {
				const session = make(6, 64);
				const textEnd = session.words[TEXT_END]!;
				const model = new Map<number, { text: string; isName: boolean }>();
				for (const [what, n] of steps) {
					if (what === "remove") {
						// Names stay for good.
						const handle = [...model.keys()].filter(handle => !model.get(handle)!.isName)[n];
						if (handle === undefined) continue;
						removeFilter(session, handle);
						model.delete(handle);
						expect([isName(session, handle), isFilter(session, handle)]).toEqual([false, false]);
					} else {
						const text = texts[n]!;
						const wantsName = what === "name";
						if (wantsName && /[+#]/.test(text)) continue;
						const known = [...model].find(([, kept]) => kept.text === text && kept.isName === wantsName);
						const handle = wantsName ? addName(session, text) : addFilter(session, text, (n % 3) << OPTIONS_SHIFT);
						if (known !== undefined) expect(handle).toBe(known[0]);
						else if (handle > 0) expect(model.has(handle)).toBe(false);
						else {
							expect(handle).toBe(-TOPICS_FULL);
							expect(
								model.size === 6 || session.words[TEXT_END]! + 2 + utf8(text).length > session.words[OUTBOX_AT]! * 4,
							).toBe(true);
						}
						if (handle > 0) model.set(handle, { text, isName: wantsName });
					}
					for (const [handle, kept] of model) {
						expect(textOf(session, handle)).toBe(kept.text);
						expect([isName(session, handle), isFilter(session, handle)]).toEqual([kept.isName, !kept.isName]);
					}
					const filters = [...model].filter(([, { isName }]) => !isName);
					// A message finds its filter, and never a name.
					for (const text of exact) {
						const wanted = filters.find(([, kept]) => kept.text === text)?.[0] ?? 0;
						expect(find(session, text, n % 4)[0], text).toBe(wanted);
					}
					// And all with wildcards, in the order of their handles.
					for (const name of ["a", "x/y/z", "x/y", "$q/r"]) {
						const wanted = filters.filter(([, { text }]) => !exact.includes(text) && isMatch(text, name));
						const handles = wanted.map(([handle]) => handle).sort((a, b) => a - b);
						expect(allMatches(session, name), name).toEqual(handles);
					}
					// No room is lost.
					const size = [...model.values()].reduce((sum, { text }) => sum + ((2 + utf8(text).length + 7) & ~7), 0);
					expect(session.words[TEXT_END]! - textEnd).toBe(size);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("finds exact filters by their bytes, whatever lies around them", () => {
		const session = makeSession({ topics: 6, topicBytes: 200, receive: 64 });
		const handles = ["home/a/1", "home/b/1", "home/a/2", "home/abcde/1", "home/+/1"].map(text =>
			addFilter(session, text, 0),
		);
		for (let shift = 0; shift < 4; shift += 1) {
			expect(find(session, "home/a/1", shift)).toEqual([handles[0], handles[4]]);
			expect(find(session, "home/b/1", shift)).toEqual([handles[1], handles[4]]);
			expect(find(session, "home/a/2", shift)).toEqual([handles[2], 0]);
			expect(find(session, "home/abcde/1", shift)).toEqual([handles[3], handles[4]]);
			expect(find(session, "home/c/1", shift)).toEqual([0, handles[4]]);
			expect(find(session, "home/a/3", shift)).toEqual([0, 0]);
			// The last four bytes alone, and with others before them.
			expect(find(session, "/a/1", shift)).toEqual([0, 0]);
			expect(find(session, "xome/a/1", shift)).toEqual([0, 0]);
			expect(find(session, "abc", shift)).toEqual([0, 0]);
		}
	});

	it("finds what is equal and nothing else, in any characters and of any length", () => {
		// Bytes that other numbers have in their ends, too: DEL, and characters of two to four bytes.
		const text = fc.array(
			fc.constantFrom("a", "b", "/", "\u0001", "\u007f", "\u0080", "ÿ", "\uffff", "😀", "\u{10ffff}"),
			{
				minLength: 1,
				maxLength: 20,
			},
		);
		const texts = fc.array(
			text.map(characters => characters.join("")),
			{ maxLength: 12 },
		);
		fc.assert(
			fc.property(texts, texts, fc.nat(7), (filters, names, shift) => {
				const session = makeSession({ topics: 16, topicBytes: 2000, send: 64 });
				const handles = new Map<string, number>();
				for (const filter of filters) {
					const handle = addFilter(session, filter, 0);
					if (handle > 0) handles.set(filter, handle);
				}
				const shorter = filters.map(filter => [...filter].slice(0, -1).join("")).filter(name => name !== "");
				for (const name of [...filters, ...names, ...shorter]) {
					// No SUBSCRIBE could have asked for what is longer than a write.
					const fits = utf8(name).length + 2 <= 64;
					expect(find(session, name, shift)).toEqual([fits ? (handles.get(name) ?? 0) : 0, 0]);
				}
			}),
			{ numRuns: 500 },
		);
	});

	it.each([1, 2, 5])("comes to an end for any bytes, and matches nobody's row, full or not: %d rows", topics => {
		const session = make(topics);
		// Free rows, names and wildcards have zeros where exact filters have their ends; no server may send these, but might.
		const names = [
			"",
			"\0",
			"\0\0\0\0",
			"\0".repeat(8),
			"abcd\0\0\0\0",
			"ab\0\0\0\0\0\0",
			"\u0004\0\0\0",
			"abcd",
			"a/b/c/d",
		];
		const check = () => {
			for (const name of names) {
				// Whatever the words before all tables are.
				const at = receive(session, name);
				for (let i = 0; i < 16; i += 1) session.bytes[i] = i < utf8(name).length + 2 ? session.bytes[at - 2 + i]! : 0;
				expect(find(session, name)[0], JSON.stringify(name)).toBe(0);
			}
		};
		check();
		addName(session, "abcd");
		check();
		for (const filter of ["+/b/c/d", "a/#", "bcd", "zzzz"]) {
			addFilter(session, filter, 0);
			check();
		}
	});

	it("[MQTT-4.8.2-1] [MQTT-4.8.2-2] takes a message of a shared subscription for one of the filter behind its name", () => {
		const session = make(8, 200);
		const filters = [
			"a/b",
			"$share/one/a/b",
			"$share/two/a/b",
			"$share/one/a/+",
			"a/#",
			"$share/x/$SYS/#",
			"$shared/a/b",
		];
		const handles = filters.map(filter => addFilter(session, filter, 0));
		expect(new Set(handles).size).toBe(filters.length);
		expect(Math.min(...handles)).toBeGreaterThan(0);
		const at = (...indices: number[]) => indices.map(i => handles[i]!).sort((a, b) => a - b);
		const found = (name: string) => [find(session, name)[0], allMatches(session, name)];
		expect(found("a/b")).toEqual([handles[0], at(1, 2, 3, 4)]);
		expect(found("a/c")).toEqual([0, at(3, 4)]);
		expect(found("$SYS/x")).toEqual([0, at(5)]);
		// No such topic: the filter's text is nobody's name.
		expect(found("$share/one/a/b")).toEqual([0, []]);
		expect(found("$shared/a/b")).toEqual([handles[6], []]);
		// One is itself when it is asked for again, and goes without the others.
		expect(addFilter(session, "$share/one/a/b", 1 << OPTIONS_SHIFT)).toBe(handles[1]);
		removeFilter(session, handles[1]!);
		removeFilter(session, handles[4]!);
		expect(found("a/b")).toEqual([handles[0], at(2, 3)]);
		for (const filter of ["$share/one", "$share/one/", "$share//a", "$share/+/a", "$share/a#/b", "$share/"])
			expect(() => addFilter(session, filter, 0), filter).toThrow(Misuse);
		const again = addFilter(session, "$share/one/#", 0);
		expect(found("a/b")).toEqual([handles[0], [...at(2, 3), again].sort((a, b) => a - b)]);
		expect(found("$SYS/x")).toEqual([0, at(5)]);
	});

	it("keeps all six bits of the subscription's options, through any answer", () => {
		const session = make();
		for (const options of [0, 1, 2, 0x04, 0x08, 0x10, 0x20, 0x2e]) {
			const handle = addFilter(session, "a", (options << OPTIONS_SHIFT) | STREAMS);
			const at = stateAt(session, handle);
			for (const code of [0, 2, 0xa2]) {
				session.words[at] = (session.words[at]! & ~(0xff << CODE_SHIFT)) | (code << CODE_SHIFT);
				expect([filterOptions(session.words[at]!), codeOf(session.words[at]!)]).toEqual([options, code]);
			}
		}
	});

	it.each([0, -15_000, -10_000])(
		"[MQTT-4.7.3-1] a message without a topic is nobody's: the clock begins at %d",
		startMs => {
			const peer = new Peer({ startMs }).online();
			peer.told();
			peer.send("3002 0000");
			expect(peer.told()).toEqual(["offline 55"]);
		},
	);

	it("finds each of several filters that match, once", () => {
		const session = make();
		const handles = ["a", "+", "abcd", "#"].map(filter => addFilter(session, filter, 0));
		expect(find(session, "a")).toEqual([handles[0], handles[1]]);
		expect(allMatches(session, "a")).toEqual([handles[1], handles[3]]);
	});

	it("remembers where a subscription stands, and tells each answer once", () => {
		const session = makeOnline();
		const handle = addFilter(session, "a", (2 << OPTIONS_SHIFT) | STREAMS);
		const state = () => filterState(session, handle);
		const answer = (body: string) =>
			incoming(session.words[REQUEST_ID]!.toString(16).padStart(4, "0") + body, 0x90, session);
		expect([state() & STANDING, filterOptions(state()), state() & STREAMS]).toEqual([WANTED, 2, STREAMS]);
		pollRequest(session);
		expect([state() & STANDING, nextInFlight(session, 1)]).toEqual([ASKED, handle]);
		// Asked for again in the meantime: still in flight, wanted anew, and the answer is not that to the new question.
		addFilter(session, "a", 1 << OPTIONS_SHIFT);
		expect([state() & STANDING, nextInFlight(session, 1), filterOptions(state())]).toEqual([WANTED, handle, 1]);
		expect(state() & STREAMS).toBe(0);
		answer("02");
		handleSuback(session);
		expect([state() & STANDING, nextInFlight(session, 1), takeAnswered(session)]).toEqual([WANTED, 0, 0]);
		pollRequest(session);
		answer("80");
		handleSuback(session);
		expect(takeAnswered(session)).toBe(handle);
		expect([state() & STANDING, codeOf(state()), filterOptions(state())]).toEqual([ANSWERED, 0x80, 1]);
		expect(takeAnswered(session)).toBe(0);
		session.words[stateAt(session, handle)] = (state() & ~STANDING) | UNWANTED;
		pollRequest(session);
		expect([state() & STANDING, nextInFlight(session, 1)]).toEqual([LEAVING, handle]);
		answer("");
		handleUnsuback(session);
		expect(takeAnswered(session)).toBe(handle);
		expect([state() & STANDING, codeOf(state())]).toEqual([REMOVED, 0]);
		expect(takeAnswered(session)).toBe(0);
	});
});
