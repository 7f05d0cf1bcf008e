// The table of boards without its pictures: which boards it has, in which order, by what they are filtered, and what all of them
// come to. A thousand boards are sorted a few times a second; what is in sight of them can be shown as often as anybody likes.

import type { Cast, Trouble } from "../../desk/protocol.js";
import type { Presence } from "../../watch/board.js";
import { WatchedBoard } from "../../watch/board.js";
import { type Filter, sortedBy } from "../../watch/column.js";
import { COLUMNS, type Column, columnOf, extraColumns, type FleetColumnName, isTelling, valueIn } from "./columns.js";
import { filterOf, type Wrong } from "./filter.js";

/** From one sorting to the next at least, in ms. */
const SORT_MS = 250;

export interface Order {
	readonly by: FleetColumnName;
	readonly isReversed: boolean;
}

export interface Totals extends Readonly<Record<Presence, number>> {
	readonly boards: number;
	/** Readings. */
	readonly perMinute: number;
	readonly missing: number;
}

/** What the table is about, at some moment. */
export interface Scene {
	/** By their ids. */
	readonly boards: ReadonlyMap<string, WatchedBoard>;
	/** What the simulator says of those that it has made; empty where the page is at another broker. */
	readonly casts: readonly Cast[];
	readonly troubles: Iterable<Trouble>;
}

export class FleetTable {
	order: Order = { by: "board", isReversed: false };
	/** As it was typed. */
	filterText = "";
	/** Why that is no filter: then the last one that was one holds. */
	wrong: Wrong | undefined;
	/** Those that the filter lets through, in order. */
	rows: readonly WatchedBoard[] = [];
	/** Those in which some board has said something. */
	columns: readonly Column[] = [columnOf("board"), columnOf("state")];
	totals: Totals = { boards: 0, online: 0, offline: 0, sleeping: 0, unknown: 0, perMinute: 0, missing: 0 };
	/** By board: the names of what goes wrong with it; of the broker's under "". */
	troubles: ReadonlyMap<string, readonly string[]> = new Map();
	casts: ReadonlyMap<string, Cast> = new Map();
	readonly extras = extraColumns(() => this);
	#filter: Filter = () => true;
	readonly #told = new Set<FleetColumnName>(["board", "state"]);
	/** Boards that are known to be there, and have not said anything. */
	readonly #silent = new Map<string, WatchedBoard>();
	#castList: readonly Cast[] = [];
	#sortedAt = Number.NEGATIVE_INFINITY;

	/** By that column; or the other way round, where it is that already. */
	sortBy(by: FleetColumnName): void {
		const { isText } = columnOf(by);
		this.order =
			this.order.by === by ? { by, isReversed: !this.order.isReversed } : { by, isReversed: isText !== true };
		this.#sortedAt = Number.NEGATIVE_INFINITY;
	}

	filter(text: string): void {
		this.filterText = text;
		const filter = filterOf(text, this.extras);
		this.wrong = typeof filter === "function" ? undefined : filter;
		if (typeof filter !== "function") return;
		this.#filter = filter;
		this.#sortedAt = Number.NEGATIVE_INFINITY;
	}

	/** Another fleet: what the last one had said decides nothing any more. */
	forget(): void {
		this.#told.clear();
		this.#told.add("board").add("state");
		this.#sortedAt = Number.NEGATIVE_INFINITY;
	}

	/** Sorts and counts, if that was long enough ago. Tells whether it did. */
	refresh(scene: Scene, now: number): boolean {
		if (now - this.#sortedAt < SORT_MS) return false;
		this.#sortedAt = now;
		this.#takeTroubles(scene.troubles);
		this.#takeCasts(scene.casts);
		const boards = this.#boardsOf(scene);
		this.#count(boards, now);
		for (const column of COLUMNS)
			if (
				!this.#told.has(column.name) &&
				boards.some(board => isTelling(column, this.valueOf(board, column.name, now)))
			)
				this.#told.add(column.name);
		this.columns = COLUMNS.filter(({ name }) => this.#told.has(name));
		const { by, isReversed } = this.order;
		const chosen = boards.filter(board => this.#filter(board, now));
		this.rows = sortedBy(chosen, board => this.valueOf(board, by, now), isReversed);
		return true;
	}

	/** One that is known, or is to be there. */
	find(id: string, scene: Scene): WatchedBoard | undefined {
		return scene.boards.get(id) ?? this.#silent.get(id);
	}

	valueOf(board: WatchedBoard, name: FleetColumnName, now: number) {
		return valueIn(board, name, this.extras, now);
	}

	#boardsOf({ boards, casts }: Scene): WatchedBoard[] {
		const all = [...boards.values()];
		for (const { device } of casts) {
			if (boards.has(device)) continue;
			let silent = this.#silent.get(device);
			if (silent === undefined) {
				silent = new WatchedBoard(device);
				this.#silent.set(device, silent);
			}
			all.push(silent);
		}
		return all;
	}

	#takeCasts(casts: readonly Cast[]): void {
		if (casts === this.#castList) return;
		this.#castList = casts;
		this.casts = new Map(casts.map(cast => [cast.device, cast]));
		this.#silent.clear();
	}

	#takeTroubles(troubles: Iterable<Trouble>): void {
		const byBoard = new Map<string, string[]>();
		for (const { device = "", fault } of troubles) {
			const known = byBoard.get(device);
			if (known === undefined) byBoard.set(device, [fault]);
			else if (!known.includes(fault)) known.push(fault);
		}
		this.troubles = byBoard;
	}

	#count(boards: readonly WatchedBoard[], now: number): void {
		const counts = { online: 0, offline: 0, sleeping: 0, unknown: 0 };
		let perMinute = 0;
		let missing = 0;
		for (const board of boards) {
			counts[board.presence] += 1;
			perMinute += board.perMinute(now) ?? 0;
			missing += board.missing;
		}
		this.totals = { ...counts, boards: boards.length, perMinute, missing };
	}
}
