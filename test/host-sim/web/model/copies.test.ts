import { expect, it } from "vitest";
import { areEqual, Copies, matches } from "../../../../host-sim/web/model/copies.js";

const told = (topic: string, text: string, retain = false) => ({
	topic,
	retain,
	payload: new TextEncoder().encode(text),
});

it("the same message right behind is a copy, as often as there are subscriptions", () => {
	const copies = new Copies();
	expect(copies.has(told("a", "1"), 2, 0)).toBe(false);
	expect(copies.has(told("a", "1"), 2, 1)).toBe(true);
	expect(copies.has(told("a", "1"), 2, 2)).toBe(false);
	expect(copies.has(told("a", "1"), 2, 3)).toBe(true);
});

it.each([
	["another topic", told("b", "1"), 1],
	["another payload", told("a", "2"), 1],
	["a longer payload", told("a", "11"), 1],
	["another retain flag", told("a", "1", true), 1],
	["a later time", told("a", "1"), 20],
])("%s makes it another message", (_, message, at) => {
	const copies = new Copies();
	copies.has(told("a", "1"), 9, 0);
	expect(copies.has(message, 9, at)).toBe(false);
});

it("bytes are equal or not", () => {
	expect(areEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
	expect(areEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
	expect(areEqual(Uint8Array.of(), Uint8Array.of(0))).toBe(false);
});

it.each([
	["#", "a/b", true],
	["a/#", "a", true],
	["a/#", "ab", false],
	["+/b", "a/b", true],
	["+/b", "/b", true],
	["+", "a/b", false],
	["a/b", "a", false],
	["a", "a/b", false],
	["a/+", "a", false],
	["a/+", "a/", true],
	["#", "$SYS/x", false],
	["+/x", "$SYS/x", false],
	["$SYS/#", "$SYS/x", true],
	["$share/g/a/+", "a/b", true],
	["$share/g/#", "$SYS/x", false],
])("[MQTT-4.7.2-1] %s matches %s: %s", (filter, topic, expected) => expect(matches(filter, topic)).toBe(expected));

it("with one subscription there are no copies", () => {
	const copies = new Copies();
	expect(copies.has(told("a", "1"), 1, 0)).toBe(false);
	expect(copies.has(told("a", "1"), 1, 0)).toBe(false);
});
