// What boards have read since the page is here, as far as there is room for it. Of a few boards there is room for hours; of a
// thousand, for less: but those that somebody looks at are kept for as long as can be.

import type { Fleet, Session } from "../model/session.js";
import { Series } from "./series.js";

/** Readings of a board that are kept at most, at least, and of all boards together. */
const MOST = 7200;
const LEAST = 60;
const MOST_OF_ALL = 600_000;

export class History {
	/** By the ids of the boards. */
	readonly #series = new Map<string, Series>();
	readonly #preferred = new Set<string>();
	readonly #wall: () => number;
	#watched: Fleet["watched"];

	/** `wall` is the time of day, in ms since 1970. */
	constructor(fleet: Fleet, wall: () => number) {
		this.#wall = wall;
		this.#watched = fleet.watched;
		fleet.listen((what, { id }) => {
			// It is another broker, with other boards.
			if (this.#watched !== fleet.watched) this.#series.clear();
			this.#watched = fleet.watched;
			// When a reading was taken that somebody has retained, nobody knows.
			if (what.event === "reading" && !what.retained) this.#open(id).take(what, this.now);
			else if (what.event === "missing") this.#series.get(id)?.tellMissing(what.boot, what.seq);
			else if (what.event === "forgotten") this.#series.delete(id);
		});
	}

	/** The time of day, as boards have it. */
	get now(): number {
		return this.#wall();
	}

	of(id: string): Series | undefined {
		return this.#series.get(id);
	}

	/** Somebody looks at these, and at no others any more. */
	prefer(ids: readonly string[]): void {
		this.#preferred.clear();
		for (const id of ids) this.#preferred.add(id);
	}

	#open(id: string): Series {
		let series = this.#series.get(id);
		if (series === undefined) {
			series = new Series(MOST);
			this.#series.set(id, series);
		}
		const share = Math.max(LEAST, Math.min(MOST, Math.floor(MOST_OF_ALL / this.#series.size)));
		series.limit = this.#preferred.has(id) ? MOST : share;
		return series;
	}
}

const histories = new WeakMap<Session, History>();

/** That of a session, which begins with the first call. */
export function historyOf(session: Session): History {
	const { desk, fleet } = session;
	let history = histories.get(session);
	if (history === undefined) {
		history = new History(fleet, () =>
			desk.hello === undefined ? Date.now() : desk.hello.wall + (desk.now - desk.hello.now),
		);
		histories.set(session, history);
	}
	return history;
}
