// Which goals of the lessons have been reached, as this browser remembers it.

const KEY = "thimble.lessons";

export type Progress = Readonly<Record<string, readonly boolean[]>>;

export function storedProgress(): Progress {
	try {
		return progressOf(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
	} catch {
		return {};
	}
}

/** What is none is left out. */
export function progressOf(value: unknown): Progress {
	if (typeof value !== "object" || value === null) return {};
	return Object.fromEntries(
		Object.entries(value).filter(([, goals]) => Array.isArray(goals) && goals.every(each => typeof each === "boolean")),
	);
}

/** With what has been reached now; what was reached before stays so. */
export function withReached(before: Progress, lesson: string, reached: readonly boolean[]): Progress {
	return { ...before, [lesson]: reached.map((isReached, i) => isReached || before[lesson]?.[i] === true) };
}

export function storeProgress(progress: Progress): void {
	try {
		localStorage.setItem(KEY, JSON.stringify(progress));
	} catch {
		// It is known until the page is closed.
	}
}
