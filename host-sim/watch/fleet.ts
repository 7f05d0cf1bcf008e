// A fleet, as it is known from what its boards say over a broker: what `thimble watch` shows, and any page that wants to. It has no
// sockets, clock or screen: messages and times go in, boards come out. Memory is bounded, whoever publishes what.

import { type Happening, KINDS, type Kind, type Presence, WatchedBoard } from "./board.js";
import { type Filter, type Order, sorted } from "./column.js";

/** What to subscribe to. */
export const FILTERS: readonly string[] = KINDS.map(kind => `thimble/+/${kind}`);

/** As many as a scenario has at most. */
const MOST_BOARDS = 10_000;
/** Bytes, as a board's settings have it; and some. */
const LONGEST_ID = 128;

export interface FleetOptions {
	/** Gets what becomes known. */
	on?(what: Happening, board: WatchedBoard): void;
	/** Boards that are remembered at most; others are counted. Default 10,000. */
	most?: number;
}

export class WatchedFleet {
	/** By their ids as their topics have them. */
	readonly boards = new Map<string, WatchedBoard>();
	/** Messages on topics that are no board's of ours, or of boards beyond what is remembered. */
	passedOver = 0;
	readonly #options: FleetOptions;

	constructor(options: FleetOptions = {}) {
		this.#options = options;
	}

	/** A message has come, at that time in ms. Never throws. */
	handleMessage(topic: string, payload: Uint8Array, isRetained: boolean, now: number): void {
		const [id, kind] = partsOf(topic);
		if (id === undefined || kind === undefined) {
			this.passedOver += 1;
			return;
		}
		const { on } = this.#options;
		let board = this.boards.get(id);
		// Somebody has taken the board's status away: it is gone for good.
		if (kind === "status" && payload.length === 0) {
			this.boards.delete(id);
			if (board !== undefined) on?.({ event: "forgotten", device: board.name }, board);
			return;
		}
		if (board === undefined) {
			if (this.boards.size >= (this.#options.most ?? MOST_BOARDS)) {
				this.passedOver += 1;
				return;
			}
			board = new WatchedBoard(id);
			this.boards.set(id, board);
		}
		const known = board;
		known.handle(kind, payload, isRetained, now, what => on?.(what, known));
	}

	/** The connection has gone: what boards say until it is back is not missing. */
	handleAway(): void {
		for (const board of this.boards.values()) board.doubt();
	}

	/** How many are online, offline, asleep, or have not said. */
	count(): Readonly<Record<Presence, number>> {
		const counts = { online: 0, offline: 0, sleeping: 0, unknown: 0 };
		for (const { presence } of this.boards.values()) counts[presence] += 1;
		return counts;
	}

	/** Those that the filter lets through, in order. */
	select(filter: Filter, order: Order, now: number): WatchedBoard[] {
		return sorted(
			[...this.boards.values()].filter(board => filter(board, now)),
			order,
			now,
		);
	}
}

/** The id and what it is about; undefined where that is not ours. */
function partsOf(topic: string): [id?: string, kind?: Kind | undefined] {
	const first = topic.indexOf("/");
	const second = topic.indexOf("/", first + 1);
	if (second < 0 || topic.slice(0, first) !== "thimble") return [];
	const id = topic.slice(first + 1, second);
	const kind = topic.slice(second + 1);
	return id !== "" && id.length <= LONGEST_ID ? [id, KINDS.find(each => each === kind)] : [];
}
