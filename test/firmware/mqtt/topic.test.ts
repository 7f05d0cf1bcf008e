import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import {
	ANSWERED,
	ASKED,
	isTopicFilter,
	isTopicName,
	matches,
	REMOVED,
	Topics,
	topicWords,
	WANTED,
} from "../../../firmware/mqtt/topic.js";
import { FilterTree, isTopicFilter as isReferenceFilter } from "../../../host-sim/broker/topic.js";
import { utf8 } from "../../support/peer.js";

const level = fc.constantFrom("", "a", "b", "ab", "$a", "é");
const name = fc
	.array(level, { minLength: 1, maxLength: 4 })
	.map(levels => levels.join("/"))
	.filter(name => name !== "");
const filter = fc
	.array(fc.oneof(level, fc.constantFrom("+", "#", "a+", "#b")), { minLength: 1, maxLength: 4 })
	.map(levels => levels.join("/"))
	.filter(filter => filter !== "");

function match(filter: string, name: string): boolean {
	const bytes = utf8(filter + name);
	const length = utf8(filter).length;
	return matches(bytes, 0, length, length, bytes.length - length);
}

describe("matching", () => {
	it.each([
		// Section 4.7.1.2
		["sport/tennis/player1/#", "sport/tennis/player1", true],
		["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
		["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
		["sport/#", "sport", true],
		["#", "sport/tennis", true],
		// Section 4.7.1.3
		["sport/tennis/+", "sport/tennis/player1", true],
		["sport/tennis/+", "sport/tennis/player1/ranking", false],
		["sport/+", "sport", false],
		["sport/+", "sport/", true],
		["+/+", "/finance", true],
		["/+", "/finance", true],
		["+", "/finance", false],
		// Section 4.7.2
		["#", "$SYS/x", false],
		["+/monitor/Clients", "$SYS/monitor/Clients", false],
		["$SYS/#", "$SYS/x", true],
		["$SYS/monitor/+", "$SYS/monitor/Clients", true],
		// Section 4.7.3
		["accounts", "Accounts", false],
		["/a", "a", false],
		["a/b", "a", false],
		["a", "a/b", false],
		["a/#", "ab", false],
		["a/+/c", "a//c", true],
	])("[MQTT-4.7.1-2] [MQTT-4.7.1-3] [MQTT-4.7.2-1] %s matches %s: %s", (filter, name, expected) => {
		expect(match(filter, name)).toBe(expected);
	});

	it("agrees with the broker's matcher, which was written apart", () => {
		fc.assert(
			fc.property(filter, name, (filter, name) => {
				const bytes = utf8(filter);
				const valid = isTopicFilter(bytes, 0, bytes.length);
				expect(valid).toBe(isReferenceFilter(filter));
				if (!valid) return;
				const tree = new FilterTree<true>();
				tree.set(filter, "", true);
				let found = false;
				tree.match(name, () => {
					found = true;
				});
				expect(match(filter, name)).toBe(found);
			}),
			{ numRuns: 5000 },
		);
	});

	it("[MQTT-3.3.2-2] [MQTT-4.7.3-1] names have a character and no wildcard", () => {
		const valid = (name: string) => isTopicName(utf8(name), 0, utf8(name).length);
		expect(["", "+", "a/#", "a\0"].map(valid)).toEqual([false, false, false, false]);
		expect(["a", "/", "a b", "$x", "é"].map(valid)).toEqual([true, true, true, true, true]);
	});
});

describe("table", () => {
	const make = (topics = 4, topicBytes = 120) =>
		new Topics(new Arena(topicWords(topics, topicBytes), 64, 64), topics, topicBytes);

	it("gives the same name the same handle, apart from a filter of the same text", () => {
		const topics = make();
		const name = topics.addName("a/b");
		expect(topics.addName("a/b")).toBe(name);
		const filter = topics.addFilter("a/b", 1, false);
		expect(filter).not.toBe(name);
		expect([
			topics.nameAt(name) > 0,
			topics.isFilter(name),
			topics.nameAt(filter) > 0,
			topics.isFilter(filter),
		]).toEqual([true, false, false, true]);
		expect([0, -1, 5, 1.5].map(handle => topics.nameAt(handle) > 0)).toEqual([false, false, false, false]);
	});

	it("says when it is full, by rows and by bytes, and still knows what it has", () => {
		const topics = make(2, 24);
		const handle = topics.addName("abcd");
		expect(topics.addName("0123456789abcdef")).toBe(-0x14);
		expect(topics.addName("efgh")).toBe(2);
		expect(topics.addName("ijkl")).toBe(-0x14);
		expect(topics.addName("abcd")).toBe(handle);
	});

	it("refuses what is no topic without taking room", () => {
		const topics = make(2, 24);
		expect(() => topics.addName("a/#")).toThrow(Misuse);
		expect(() => topics.addFilter("a#", 0, false)).toThrow(Misuse);
		expect(topics.addName("abcd")).toBe(1);
	});

	it("moves texts up when one goes, and finds the others where they are now", () => {
		fc.assert(
			fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 11 })), { maxLength: 60 }), steps => {
				const topics = make(6, 160);
				const model = new Map<number, string>();
				for (const [add, n] of steps) {
					if (add) {
						const text = [
							"a",
							"ab/",
							"abcd",
							"abcde",
							"x/+",
							"x/y/#",
							"été/été",
							"+",
							"#",
							"0123456789",
							"$q/r",
							"zz/zz",
						][n]!;
						const handle = topics.addFilter(text, n % 3, n % 2 === 0);
						if (handle > 0) model.set(handle, text);
						else expect(handle).toBe(-0x14);
					} else {
						const handle = [...model.keys()][n];
						if (handle === undefined) continue;
						topics.remove(handle);
						model.delete(handle);
					}
					for (const [handle, text] of model) expect(topics.text(handle)).toBe(text);
					expect(topics.wildcards).toBe(
						[...model.values()].filter(text => text.length < 4 || /[+#]/.test(text)).length,
					);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("finds exact filters by their bytes, whatever lies around them", () => {
		const arena = new Arena(topicWords(6, 200), 64, 64);
		const topics = new Topics(arena, 6, 200);
		const handles = ["home/a/1", "home/b/1", "home/a/2", "home/abcde/1", "home/+/1"].map(text =>
			topics.addFilter(text, 0, false),
		);
		const find = (name: string, shift: number) => {
			const at = arena.receiveAt + shift;
			arena.bytes.fill(0xaa, arena.receiveAt, arena.stageAt);
			arena.bytes.set(utf8(name), at);
			return [topics.matchExact(at, utf8(name).length), topics.nextMatch(1, at, utf8(name).length)];
		};
		for (let shift = 0; shift < 4; shift += 1) {
			expect(find("home/a/1", shift)).toEqual([handles[0], handles[4]]);
			expect(find("home/a/2", shift)).toEqual([handles[2], 0]);
			expect(find("home/abcde/1", shift)).toEqual([handles[3], handles[4]]);
			expect(find("home/c/1", shift)).toEqual([-1, handles[4]]);
			expect(find("abc", shift)).toEqual([-1, 0]);
		}
	});

	it("remembers where a subscription stands, and tells each answer once", () => {
		const topics = make();
		const handle = topics.addFilter("a", 2, true);
		expect([topics.standing(handle), topics.qos(handle), topics.streams(handle)]).toEqual([WANTED, 2, true]);
		topics.setStanding(handle, ASKED);
		topics.setInFlight(handle, true);
		expect(topics.nextInFlight(1)).toBe(handle);
		// Asked for again in the meantime: still in flight, wanted anew.
		topics.addFilter("a", 1, false);
		expect([topics.standing(handle), topics.nextInFlight(1), topics.qos(handle)]).toEqual([WANTED, handle, 1]);
		topics.setInFlight(handle, false);
		topics.setAnswer(handle, ANSWERED, 0x80);
		expect(topics.takeAnswered()).toBe(handle);
		expect(topics.answer(handle)).toBe(0x80);
		expect(topics.takeAnswered()).toBe(0);
		topics.setAnswer(handle, REMOVED, 0);
		expect(topics.takeAnswered()).toBe(handle);
	});
});
