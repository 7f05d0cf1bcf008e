// Conversations that break one statement each, as tests: the checker finds that one, and nothing else.

import { expect, it } from "vitest";
import { type Breach, Conversation } from "./watched.js";

const VERSIONS = ["3.1.1", "5.0"] as const;

/** The id in that version, or nothing. */
export function idOf({ statement }: Breach, version: "3.1.1" | "5.0"): string {
	return typeof statement === "string" ? statement : statement[version === "5.0" ? 1 : 0];
}

export function itFinds(breaches: readonly Breach[]): void {
	for (const version of VERSIONS) {
		const own = breaches.map(breach => ({ ...breach, id: idOf(breach, version) })).filter(({ id }) => id !== "");
		if (own.length === 0) continue;
		it.each(own)(`${version}: [$id] finds $title`, ({ id, run }) => {
			const talk = new Conversation(version);
			run(talk);
			expect(talk.ids, JSON.stringify(talk.found)).toEqual([id]);
			// Somewhere between client and server less can be proven, but nothing else.
			const elsewhere = new Conversation(version, {});
			run(elsewhere);
			expect([[], [id]], JSON.stringify(elsewhere.found)).toContainEqual(elsewhere.ids);
		});
	}
}
