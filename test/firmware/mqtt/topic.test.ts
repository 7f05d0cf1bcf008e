import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasWildcard, isTopicFilter, isTopicName, matches, shareLength } from "../../../firmware/mqtt/topic.js";
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

describe("shared subscriptions", () => {
	const share = (filter: string) => shareLength(utf8(filter), 0, utf8(filter).length);
	const isFilter = (filter: string) => isTopicFilter(utf8(filter), 0, utf8(filter).length);

	it.each([
		["$share/name/a", 12],
		["$share/n/#", 9],
		["$share/n/+/a", 9],
		["$share/été/a", 13],
		["$share/ /a", 9],
		["$share/$share/$share/x/y", 14],
		// The filter behind the name may begin with a slash, and be one.
		["$share/n//", 9],
		["$share/n//a", 9],
	])("[MQTT-4.8.2-1] [MQTT-4.8.2-2] %s is one, its filter begins at %d", (filter, length) => {
		expect([share(filter), isFilter(filter)]).toEqual([length, true]);
	});

	it.each([
		"$share/",
		"$share/n",
		"$share/n/",
		"$share//a",
		"$share//",
		"$share/+/a",
		"$share/#",
		"$share/#/a",
		"$share/n+/a",
		"$share/n#/a",
	])("[MQTT-4.8.2-1] [MQTT-4.8.2-2] %s is not allowed", filter => {
		expect([share(filter), isFilter(filter)]).toEqual([-1, false]);
	});

	it.each(["$share", "$shar", "$shared/n/a", "$SHARE/n/a", "share/n/a", "/$share/n/a", "a/$share/n/a", "$", "+/n/a"])(
		"%s is a filter like any other",
		filter => {
			expect([share(filter), isFilter(filter)]).toEqual([0, true]);
		},
	);

	it("[MQTT-4.7.1-1] [MQTT-4.7.1-2] its filter has the grammar of all filters", () => {
		for (const bad of ["#/a", "a#", "a/#/b", "+a", "a+/b"]) expect(isFilter(`$share/n/${bad}`), bad).toBe(false);
	});

	it("looks at nothing but the bytes given", () => {
		const text = "x$share/name/a/b";
		const bytes = utf8(text);
		for (let length = 0; length < text.length - 1; length += 1)
			expect(shareLength(bytes, 1, length), String(length)).toBe(share(text.slice(1, 1 + length)));
	});

	it("match what their filter matches, in the session's buffer as elsewhere", () => {
		const shareName = fc.stringMatching(/^[a-zé$ ]{1,6}$/u);
		fc.assert(
			fc.property(shareName, filter, name, (shareName, filter, name) => {
				const shared = `$share/${shareName}/${filter}`;
				// A filter may itself begin with "$share/"; behind a name that means nothing.
				const bytes = utf8(`${shared}\0${name}`);
				const plain = utf8(filter);
				if (plain.length === 0 || !isReferenceFilter(filter)) {
					expect(isFilter(shared)).toBe(false);
					return;
				}
				expect(isFilter(shared)).toBe(true);
				const prefix = share(shared);
				expect(prefix).toBe(utf8(`$share/${shareName}/`).length);
				const total = utf8(shared).length;
				expect(matches(bytes, prefix, total - prefix, total + 1, bytes.length - total - 1)).toBe(match(filter, name));
			}),
			{ numRuns: 2000 },
		);
	});
});
