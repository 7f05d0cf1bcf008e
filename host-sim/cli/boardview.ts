// What a person at a terminal looks at, and what keys do to it: the table with its order, filter and selection, or one board. Keys
// go in, lines come out; the terminal is somebody else's.

import { plain } from "../sentence.js";
import type { WatchedBoard } from "../watch/board.js";
import { COLUMN_NAMES, type ColumnName, type Filter, parseFilter } from "../watch/column.js";
import type { WatchedFleet } from "../watch/fleet.js";
import { detailsOf, headOf, layoutOf, rowOf } from "./boardtable.js";
import { cellsOf, fitted } from "./cells.js";
import type { Paint } from "./screen.js";

/** What is no row: the line above, the head, the line below. */
const FRAME_ROWS = 3;
const LONGEST_FILTER = 200;
const HELP = "q quit  / filter  s sort  r reverse  arrows move  enter details";
const DETAILS_HELP = "q quit  escape back  arrows scroll";

export interface ViewOptions {
	readonly fleet: WatchedFleet;
	/** Where the fleet is, as people may see it. */
	readonly url: string;
	/** Has been parsed already. */
	readonly filter: string;
	readonly sort: ColumnName;
	readonly isReversed: boolean;
}

export class BoardView {
	/** What the connection is like, where it is not well. */
	trouble = "";
	readonly #options: ViewOptions;
	#sort: ColumnName;
	#isReversed: boolean;
	#filterText: string;
	#filter: Filter;
	/** What is being typed; undefined for nothing. */
	#typed: string | undefined;
	/** Why what is typed is no filter. */
	#wrong = "";
	#selected: WatchedBoard | undefined;
	/** The first row that is shown. */
	#top = 0;
	#isOpen = false;
	#detailTop = 0;
	#rows = 1;

	constructor(options: ViewOptions) {
		this.#options = options;
		this.#sort = options.sort;
		this.#isReversed = options.isReversed;
		this.#filterText = options.filter;
		this.#filter = filterOf(options.filter);
	}

	/** A key was pressed. False where that ends it all. */
	handleKey(key: string, now: number): boolean {
		if (key === "interrupt") return false;
		if (this.#typed !== undefined) {
			this.#handleTyped(key, this.#typed);
			return true;
		}
		if (key === "q") return false;
		if (this.#isOpen) this.#handleDetailKey(key);
		else this.#handleTableKey(key, now);
		return true;
	}

	/** As many lines as there are rows at most, none wider than `columns`. */
	lines(columns: number, rows: number, now: number, paint: Paint): string[] {
		this.#rows = Math.max(1, rows - FRAME_ROWS);
		const body = this.#isOpen ? this.#details(now) : this.#table(columns, now, paint);
		const lines = [this.#title(columns, paint), ...body];
		while (lines.length < rows - 1) lines.push("");
		return [...lines.slice(0, Math.max(0, rows - 1)), this.#footer(paint)].map(line => fitted(line, columns));
	}

	#title(columns: number, paint: Paint): string {
		const { fleet, url } = this.#options;
		const { offline, online, sleeping, unknown } = fleet.count();
		const parts = [`${online} online`, `${offline} offline`];
		if (sleeping > 0) parts.push(`${sleeping} sleeping`);
		if (unknown > 0) parts.push(`${unknown} unknown`);
		const text = `${fleet.boards.size} boards: ${parts.join(", ")}`;
		if (this.trouble !== "") return `${text}  ${paint(this.trouble, "red")}`;
		return cellsOf(text) + cellsOf(url) + 2 <= columns ? `${text}  ${paint(url, "dim")}` : text;
	}

	#table(columns: number, now: number, paint: Paint): string[] {
		const boards = this.#boards(now);
		const at = this.#place(boards);
		if (at < this.#top) this.#top = at;
		if (at >= this.#top + this.#rows) this.#top = at - this.#rows + 1;
		this.#top = Math.max(0, Math.min(this.#top, boards.length - this.#rows));
		const layout = layoutOf(boards, columns);
		const shown = boards.slice(this.#top, this.#top + this.#rows);
		return [
			paint(headOf(layout, this.#sort, this.#isReversed), "dim"),
			...shown.map((board, i) => rowOf(board, layout, this.#top + i === at, now, paint)),
		];
	}

	#details(now: number): string[] {
		const lines = detailsOf(this.#selected!, now);
		const rows = this.#rows + 1;
		this.#detailTop = Math.max(0, Math.min(this.#detailTop, lines.length - rows));
		return lines.slice(this.#detailTop, this.#detailTop + rows);
	}

	#footer(paint: Paint): string {
		if (this.#typed !== undefined)
			return `/${this.#typed}_${this.#wrong === "" ? "" : `  ${paint(this.#wrong, "red")}`}`;
		if (this.#isOpen) return paint(DETAILS_HELP, "dim");
		const filter = this.#filterText === "" ? "" : `filter ${plain(this.#filterText)}  `;
		return `${filter}${paint(HELP, "dim")}`;
	}

	#handleTyped(key: string, typed: string): void {
		if (key === "enter") {
			if (this.#wrong === "") this.#typed = undefined;
			return;
		}
		if (key === "escape") {
			this.#typed = undefined;
			this.#wrong = "";
			this.#filterText = "";
			this.#filter = filterOf("");
			return;
		}
		const characters = [...typed];
		if (key === "backspace") characters.pop();
		else if (key === "erase") characters.length = 0;
		else if ([...key].length === 1 && characters.length < LONGEST_FILTER) characters.push(key);
		this.#typed = characters.join("");
		const filter = parseFilter(this.#typed);
		this.#wrong = typeof filter === "string" ? filter : "";
		if (typeof filter === "string") return;
		this.#filter = filter;
		this.#filterText = this.#typed;
	}

	#handleDetailKey(key: string): void {
		if (key === "escape" || key === "enter" || key === "left") this.#isOpen = false;
		else if (key === "up") this.#detailTop -= 1;
		else if (key === "down") this.#detailTop += 1;
		else if (key === "page-up" || key === "home") this.#detailTop = 0;
		else if (key === "page-down" || key === "end") this.#detailTop += this.#rows;
	}

	#handleTableKey(key: string, now: number): void {
		if (key === "/") this.#typed = this.#filterText;
		else if (key === "s") this.#sort = COLUMN_NAMES[(COLUMN_NAMES.indexOf(this.#sort) + 1) % COLUMN_NAMES.length]!;
		else if (key === "r") this.#isReversed = !this.#isReversed;
		else if (key === "enter" || key === "right") this.#open(now);
		else if (key === "up") this.#move(-1, now);
		else if (key === "down") this.#move(1, now);
		else if (key === "page-up") this.#move(-this.#rows, now);
		else if (key === "page-down") this.#move(this.#rows, now);
		else if (key === "home") this.#move(Number.NEGATIVE_INFINITY, now);
		else if (key === "end") this.#move(Number.POSITIVE_INFINITY, now);
	}

	#open(now: number): void {
		const boards = this.#boards(now);
		this.#selected = boards[this.#place(boards)];
		this.#isOpen = this.#selected !== undefined;
		this.#detailTop = 0;
	}

	#move(by: number, now: number): void {
		const boards = this.#boards(now);
		this.#selected = boards[Math.max(0, Math.min(this.#place(boards) + by, boards.length - 1))];
	}

	#boards(now: number): WatchedBoard[] {
		return this.#options.fleet.select(this.#filter, { by: this.#sort, isReversed: this.#isReversed }, now);
	}

	/** Where the selected board is; the first one where nobody has selected any, or it is gone. */
	#place(boards: readonly WatchedBoard[]): number {
		return this.#selected === undefined ? 0 : Math.max(0, boards.indexOf(this.#selected));
	}
}

function filterOf(text: string): Filter {
	const filter = parseFilter(text);
	return typeof filter === "string" ? () => true : filter;
}
