// What is typed above the table, in the words of watch/column.ts: a filter, or which of its words is none, and why. The sentence is
// the page's, since it speaks two languages.

import { type Columns, type Filter, parseFilter } from "../../watch/column.js";

export interface Wrong {
	readonly word: string;
	/** There is no such column, or a number is expected behind it. */
	readonly why: "column" | "number";
}

export function filterOf(text: string, extras: Columns): Filter | Wrong {
	const filter = parseFilter(text, extras);
	if (typeof filter !== "string") return filter;
	const word = text
		.toLowerCase()
		.split(/\s+/)
		.find(each => typeof parseFilter(each, extras) === "string")!;
	const name = /^[a-z]+/.exec(word)![0];
	const isColumn = typeof parseFilter(`${name}:x`, extras) !== "string";
	return { word: isColumn ? word : name, why: isColumn ? "number" : "column" };
}
