// Where a section of the standard is on OASIS's pages: their anchors are numbered in the order of the headings, so the
// headings in their order are all that it takes. 3.1.1 has anchors down to the third level, 5.0 for all.

import type { Version } from "../checker/statements.js";

interface Page {
	readonly url: string;
	/** The number of the first heading's anchor. */
	readonly first: number;
	/** Each heading from there on. */
	readonly headings: readonly string[];
}

/** "2:4" stands for 2.1 to 2.4 behind heading 2, and so on: most headings have just numbered children. */
const THREE = `1.5:3 1.6 2 2.1 2.2:3 2.3:1 2.4 3 3.1:4 3.2:3 3.3:5 3.4:4 3.5:4 3.6:4 3.7:4 3.8:4 3.9:3 3.10:4 3.11:3 3.12:4
 3.13:3 3.14:4 4`;
const FIVE = `1.5:7 1.6 1.7 1.8:2 2 2.1:4 2.2 2.2.1 2.2.2:2 2.3 2.4 3 3.1 3.1.1 3.1.2:10 3.1.2.11:10 3.1.2.12 3.1.3 3.1.3.1
 3.1.3.2:8 3.1.3.3 3.1.3.4 3.1.3.5 3.1.3.6 3.1.4 3.2 3.2.1 3.2.2 3.2.2.1:1 3.2.2.2 3.2.2.3:18 3.2.3 3.3 3.3.1:4 3.3.2
 3.3.2.1 3.3.2.2 3.3.2.3:9 3.3.3 3.3.4 ${[4, 5, 6, 7].map(n => `3.${n} 3.${n}.1 3.${n}.2 3.${n}.2.1 3.${n}.2.2:3 3.${n}.3 3.${n}.4`).join(" ")}
 3.8 3.8.1 3.8.2 3.8.2.1:3 3.8.3:1 3.8.4 3.9 3.9.1 3.9.2 3.9.2.1:3 3.9.3 3.10 3.10.1 3.10.2 3.10.2.1:2 3.10.3 3.10.4 3.11
 3.11.1 3.11.2 3.11.2.1:3 3.11.3 3.12:4 3.13:4 3.14 3.14.1 3.14.2 3.14.2.1 3.14.2.2:5 3.14.3 3.14.4 3.15 3.15.1 3.15.2
 3.15.2.1 3.15.2.2:5 3.15.3 3.15.4 4 4.1:2 4.2 4.3:3 4.4 4.5 4.6 4.7 4.7.1:3 4.7.2 4.7.3 4.8:2 4.9 4.10:2 4.11 4.12:1
 4.13:2`;

const PAGES: Readonly<Record<Version, Page>> = {
	"3.1.1": {
		url: "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc",
		first: 398_718_013,
		headings: headingsOf(THREE),
	},
	"5.0": {
		url: "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html#_Toc",
		first: 3_901_006,
		headings: headingsOf(FIVE),
	},
};

function headingsOf(text: string): string[] {
	return text.split(/\s+/).flatMap(word => {
		const [heading, children] = word.split(":");
		return [heading!, ...Array.from({ length: Number(children ?? 0) }, (_, i) => `${heading}.${i + 1}`)];
	});
}

/** The page and the anchor of "3.1.2.3", or of the nearest section around it that has one. */
export function linkOf(section: string, version: Version): string {
	const { first, headings, url } = PAGES[version];
	const levels = section.split(".");
	for (let depth = levels.length; depth > 0; depth -= 1) {
		const at = headings.indexOf(levels.slice(0, depth).join("."));
		if (at >= 0) return `${url}${first + at}`;
	}
	return url.slice(0, url.indexOf("#"));
}
