// What of a log is shown: the lines of those who are chosen, of the packets that are asked for, and which of them belong together. It
// follows the log as it grows, and stands still where it is told to.

import type { Exchange } from "../../inspect/exchange.js";
import type { Line, PacketLine } from "./follow.js";
import type { Lane, Lanes } from "./lanes.js";
import type { Log } from "./log.js";
import { type Group, groupOf } from "./text.js";

export interface Filter {
	readonly lanes: Lanes;
	/** Those that are not shown. */
	readonly hidden: ReadonlySet<Group>;
	/** In the packet's name, its topic or filters, or whose it is; several words have all to be there. */
	readonly text: string;
	/** Of what others than boards are sent, only messages of these boards; absent: all. */
	readonly about?: ReadonlySet<string> | undefined;
}

/** Lines that belong together, along the lane of their client: of an exchange, or of a connection. */
export interface Span {
	readonly exchange: Exchange | undefined;
	readonly lane: Lane;
	/** The rows of its lines, the first first. */
	readonly rows: number[];
	/** Which of those side by side, counted from the lane. */
	readonly track: number;
	/** Its end has been seen. Connections alone. */
	isOver: boolean;
}

/** Side by side; more lie over one another. */
const TRACKS = 4;
/** Spans that are still to end; and for how many rows one is waited for, since some never will. */
const MOST_OPEN = 64;
const MOST_WAITED = 60;

export class Picture {
	rows: Line[] = [];
	/** By the row that they begin in. */
	spans: Span[] = [];
	#log: Log | undefined;
	#filter: Filter | undefined;
	#generation = -1;
	#taken = 0;
	#words: readonly string[] = [];
	readonly #byExchange = new Map<Exchange, Span>();
	readonly #byConnection = new Map<number, Span>();
	/** Those that take up a track, by lane. */
	readonly #open = new Map<Lane, Span[]>();

	/** Takes in what has changed since the last time. True where it is another picture, and no continuation. */
	follow(log: Log, filter: Filter): boolean {
		const isOther = log !== this.#log || filter !== this.#filter || log.generation !== this.#generation;
		if (isOther) {
			this.#log = log;
			this.#filter = filter;
			this.#generation = log.generation;
			this.#words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
			this.#taken = 0;
			this.rows = [];
			this.spans = [];
			this.#byExchange.clear();
			this.#byConnection.clear();
			this.#open.clear();
		}
		const { lines } = log;
		for (; this.#taken < lines.length; this.#taken += 1) this.#take(lines[this.#taken]!, filter);
		return isOther;
	}

	/** Those that are to be seen between these rows. */
	spansIn(from: number, to: number): Span[] {
		return this.spans.filter(({ isOver, exchange, rows }) => {
			if (rows[0]! > to) return false;
			return (exchange === undefined && !isOver) || rows.at(-1)! >= from;
		});
	}

	/** The row of that line, or -1. */
	rowOf(key: number | undefined): number {
		return key === undefined ? -1 : this.rows.findIndex(line => line.key === key);
	}

	#take(line: Line, { about, hidden, lanes }: Filter): void {
		const row = this.rows.length;
		if (line.kind === "gap" || line.kind === "incident") {
			this.rows.push(line);
			return;
		}
		const { client, number } = line.connection;
		const lane = lanes.of(client);
		if (lane === undefined) return;
		const isShown =
			line.kind === "packet"
				? !hidden.has(groupOf(line.summary.name)) && this.#hasWords(line) && isAbout(line, lane, about)
				: !hidden.has("connect") && this.#words.length === 0;
		// The connection stands, whether its lines are shown or not.
		this.#followConnection(line, lane, number, isShown ? row : row - 1);
		if (!isShown) return;
		this.rows.push(line);
		if (line.kind === "packet" && line.exchange !== undefined) this.#followExchange(line.exchange, lane, row);
	}

	#hasWords(line: PacketLine): boolean {
		if (this.#words.length === 0) return true;
		const { filters, id, name, qos, topic } = line.summary;
		const numbers = `${id > 0 ? ` id ${id}` : ""}${name === "PUBLISH" ? ` qos ${qos}` : ""}`;
		const text = `${name} ${topic} ${filters.join(" ")} ${line.connection.client}${numbers}`.toLowerCase();
		return this.#words.every(word => text.includes(word));
	}

	#followConnection(line: Line, lane: Lane, number: number, row: number): void {
		// In a lane of many, connections lie over one another and say nothing.
		if (lane.client === "") return;
		const at = Math.max(0, row);
		const span = this.#byConnection.get(number);
		if (span === undefined) {
			const begun: Span = { exchange: undefined, lane, rows: [at, at], track: 0, isOver: line.kind === "end" };
			this.#byConnection.set(number, begun);
			this.spans.push(begun);
			return;
		}
		span.rows[1] = at;
		if (line.kind === "end") span.isOver = true;
	}

	#followExchange(exchange: Exchange, lane: Lane, row: number): void {
		const span = this.#byExchange.get(exchange);
		if (span !== undefined) {
			span.rows.push(row);
			return;
		}
		const open = (this.#open.get(lane) ?? []).filter(other => this.#goesOn(other, row));
		let track = 0;
		while (track < TRACKS - 1 && open.some(other => other.track === track)) track += 1;
		const begun: Span = { exchange, lane, rows: [row], track, isOver: false };
		this.#byExchange.set(exchange, begun);
		this.spans.push(begun);
		if (this.#goesOn(begun, row)) open.push(begun);
		this.#open.set(lane, open.slice(-MOST_OPEN));
	}

	/** More of it is to come behind that row: later, or in what has been seen already. */
	#goesOn({ exchange, rows }: Span, row: number): boolean {
		const last = exchange!.steps.at(-1)!;
		if (exchange!.state === "open") return row - rows.at(-1)! < MOST_WAITED;
		return last.packet !== this.rows[rows.at(-1)!]!.key && last.atMs >= this.rows[row]!.at;
	}
}

/** A message of one of those boards, with all that belongs to it; or no message. */
function isAbout({ exchange, summary }: PacketLine, lane: Lane, about: Filter["about"]): boolean {
	if (about === undefined || lane.kind === "board" || lane.kind === "boards") return true;
	const topic = exchange?.kind === "message" ? exchange.topic : summary.topic;
	return topic === "" || topic.split("/").some(level => about.has(level));
}
