// What boards have seen since the page is here, board by board, as far as there is room for it.

import { cleaned } from "../../watch/payload.js";
import { Live } from "../live.js";
import type { Message } from "../model/link.js";
import type { Fleet, Session } from "../model/session.js";
import { type Result, resultOf } from "./result.js";

/** Boards that are remembered; answers of a board at most, at least, and of all of them together. */
const MOST_BOARDS = 2000;
const MOST = 40;
const LEAST = 5;
const MOST_OF_ALL = 20_000;
const FILTER = "thimble/+/telemetry";

const names = new Intl.Collator("en", { numeric: true });

export interface SeeingBoard {
	/** As its topics have it. */
	readonly id: string;
	/** As people may see it. */
	readonly name: string;
	/** The newest first. There is one, at least. */
	readonly results: Result[];
}

type Listener = (board: SeeingBoard, result: Result) => void;

export class Recognitions extends Live {
	/** In the order of their names. */
	readonly boards: SeeingBoard[] = [];
	readonly #byId = new Map<string, SeeingBoard>();
	readonly #fleet: Fleet;
	readonly #wall: () => number;
	readonly #listeners = new Set<Listener>();
	#watched: Fleet["watched"];

	/** `wall` is the time of day, in ms since 1970. */
	constructor(fleet: Fleet, wall: () => number) {
		super();
		this.#fleet = fleet;
		this.#wall = wall;
		this.#watched = fleet.watched;
		fleet.listen(({ event }, { id }) => {
			const board = this.#byId.get(id);
			if (event !== "forgotten" || board === undefined) return;
			this.#byId.delete(id);
			this.boards.splice(this.boards.indexOf(board), 1);
			this.changed();
		});
	}

	of(id: string): SeeingBoard | undefined {
		return this.#byId.get(id);
	}

	/** A reading has come. */
	handleMessage({ payload, retain, topic }: Pick<Message, "payload" | "retain" | "topic">): void {
		this.#followFleet();
		// Boards do not retain what they have seen: whose it is, and of when, nobody knows.
		const result = retain ? undefined : resultOf(payload, this.#wall());
		const board = result && this.#open(topic.split("/")[1]!);
		if (result === undefined || board === undefined || !insert(board.results, result)) return;
		const share = Math.floor(MOST_OF_ALL / this.boards.length);
		board.results.length = Math.min(board.results.length, Math.max(LEAST, Math.min(MOST, share)));
		for (const listener of this.#listeners) listener(board, result);
		this.changed();
	}

	/** `listener` gets each result once, in the order in which they come. Returns what ends that. */
	listen(listener: Listener): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Where it is another broker, it has other boards. */
	#followFleet(): void {
		if (this.#watched === this.#fleet.watched) return;
		this.#watched = this.#fleet.watched;
		this.#byId.clear();
		this.boards.length = 0;
	}

	#open(id: string): SeeingBoard | undefined {
		const known = this.#byId.get(id);
		if (known !== undefined || this.boards.length >= MOST_BOARDS) return known;
		const board = { id, name: cleaned(id), results: [] };
		this.#byId.set(id, board);
		let [from, to] = [0, this.boards.length];
		while (from < to) {
			const middle = (from + to) >> 1;
			if (names.compare(this.boards[middle]!.name, board.name) > 0) to = middle;
			else from = middle + 1;
		}
		this.boards.splice(from, 0, board);
		return board;
	}
}

/** At its place; false where it is there already. */
function insert(results: Result[], result: Result): boolean {
	if (results.some(each => each.boot === result.boot && each.seq === result.seq && each.crc === result.crc))
		return false;
	const at = results.findIndex(each => isAfter(result, each));
	results.splice(at < 0 ? results.length : at, 0, result);
	return true;
}

/** By the board's clock; its count of starts may begin anew where flash has forgotten. */
function isAfter(a: Result, b: Result): boolean {
	if (a.time !== undefined && b.time !== undefined && a.time !== b.time) return a.time > b.time;
	return a.boot === b.boot ? a.seq > b.seq : a.boot > b.boot;
}

const all = new WeakMap<Session, Recognitions>();

/** Those of a session, which begin with the first call. */
export function recognitionsOf(session: Session): Recognitions {
	let recognitions = all.get(session);
	if (recognitions === undefined) {
		const { desk, fleet, link } = session;
		const made = new Recognitions(fleet, () =>
			desk.hello === undefined ? Date.now() : desk.hello.wall + (desk.now - desk.hello.now),
		);
		link.subscribe(FILTER, message => made.handleMessage(message));
		all.set(session, made);
		recognitions = made;
	}
	return recognitions;
}
