// Light, dark, or as the system has it.

const KEY = "thimble.theme";
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function storedTheme(): Theme {
	try {
		return THEMES.find(theme => theme === localStorage.getItem(KEY)) ?? "auto";
	} catch {
		return "auto";
	}
}

export function showTheme(theme: Theme): void {
	document.documentElement.dataset["theme"] = theme;
	try {
		localStorage.setItem(KEY, theme);
	} catch {
		// It is as it is shown, until the page is closed.
	}
}
