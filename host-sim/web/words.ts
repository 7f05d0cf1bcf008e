// The page's two languages. Each part of the page has its own words beside it, as `{ en, zh }`, which the compiler holds to be alike.

import { Live, useLive } from "./live.js";

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];
export type Words<Text> = Readonly<Record<Language, Text>>;

const KEY = "thimble.language";

/** What the page is told in. */
class Tongue extends Live {
	language: Language = languageOf(stored(), globalThis.navigator?.languages ?? []);

	set(language: Language): void {
		this.language = language;
		document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
		try {
			localStorage.setItem(KEY, language);
		} catch {
			// A browser that keeps nothing shows what it is told to, until it is closed.
		}
		this.changed();
	}
}

/** What was chosen; or else the first of those that the browser prefers. */
export function languageOf(chosen: string | null, preferred: readonly string[]): Language {
	for (const each of [chosen, ...preferred]) {
		const language = LANGUAGES.find(name => each?.toLowerCase().split("-")[0] === name);
		if (language !== undefined) return language;
	}
	return "en";
}

function stored(): string | null {
	try {
		return globalThis.localStorage?.getItem(KEY) ?? null;
	} catch {
		return null;
	}
}

export const tongue = new Tongue();

/** The words of that part in the language of now; the component is shown anew in another. */
export function useWords<Text>(words: Words<Text>): Text {
	useLive(tongue);
	return words[tongue.language];
}
