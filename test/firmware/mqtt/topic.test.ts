import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasWildcard, isTopicFilter, isTopicName, matches } from "../../../firmware/mqtt/topic.js";
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

/** The name lies behind the filter, and not at once: so they lie in a session's buffer, too. */
function match(filter: string, name: string): boolean {
	const bytes = utf8(`${filter}\0${name}`);
	const length = utf8(filter).length;
	return matches(bytes, 0, length, length + 1, bytes.length - length - 1);
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

	it("a wildcard is one wherever it stands, and only in the bytes given", () => {
		const has = (text: string, at = 0, length = utf8(text).length) => hasWildcard(utf8(text), at, length);
		expect(["+", "a/#", "a+b", "#x"].map(text => has(text))).toEqual([true, true, true, true]);
		expect(["", "a/b", "é"].map(text => has(text))).toEqual([false, false, false]);
		expect(has("+ab#", 1, 2)).toBe(false);
	});
});
