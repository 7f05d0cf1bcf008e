// The grammar of topic names and filters (section 4.7), and of shared subscriptions (5.0 section 4.8.2), by statement.

import type { Breach } from "./reader.js";
import type { Rule } from "./statements.js";

/** `wildcard` is the rule that a wildcard in this name breaks. */
export function checkTopicName(name: string, what: string, wildcard: Rule, breach: Breach): void {
	if (name.length === 0) breach("emptyTopic", `${what} is empty`);
	if (/[+#]/.test(name)) breach(wildcard, `${what} ${JSON.stringify(name)} has a wildcard`);
}

export function isShared(filter: string): boolean {
	return filter.startsWith("$share/");
}

export function hasWildcard(filter: string): boolean {
	return /[+#]/.test(filter);
}

/** Shares are of 5.0; to 3.1.1 the name is a level like any other. */
export function checkTopicFilter(filter: string, withShares: boolean, breach: Breach): void {
	const what = JSON.stringify(filter);
	if (filter.length === 0) {
		breach("emptyTopic", "a topic filter is empty");
		return;
	}
	let levels = filter.split("/");
	if (withShares && isShared(filter)) {
		const name = levels[1]!;
		if (name === "") breach("shareName", `${what} has an empty ShareName`);
		if (hasWildcard(name)) breach("shareFilter", `the ShareName of ${what} has a wildcard`);
		levels = levels.slice(2);
		if (levels.join("/") === "") {
			breach("shareFilter", `${what} has no topic filter behind its ShareName`);
			return;
		}
	}
	if (levels.some((level, i) => level.includes("#") && (level !== "#" || i < levels.length - 1)))
		breach("hash", `${what} has a # that is not a level of its own at the end`);
	if (levels.some(level => level.includes("+") && level !== "+"))
		breach("plus", `${what} has a + that is not a level of its own`);
}
