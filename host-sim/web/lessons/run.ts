// A lesson under way: what of it has been seen so far.

import { Live } from "../live.js";
import type { Line } from "../packets/follow.js";
import type { Log } from "../packets/log.js";
import { Goal, type Sight } from "./goal.js";
import type { GoalText } from "./lesson.js";

export class LessonRun extends Live {
	readonly #goals: readonly Goal[];
	readonly #log: Log;
	readonly #page: string;
	readonly #leave: () => void;
	/** The last line that was looked at. */
	#key = 0;

	/** `page` is the page's client id. */
	constructor(goals: readonly GoalText[], log: Log, page: string) {
		super();
		this.#goals = goals.map(({ see }) => new Goal(see));
		this.#log = log;
		this.#page = page;
		this.#leave = log.watch(() => this.#look());
	}

	/** Which goals have been reached. */
	get reached(): boolean[] {
		return this.#goals.map(goal => goal.isReached);
	}

	/** Somebody has opened a packet of that name. */
	handleOpen(name: string): void {
		this.#handle({ open: name });
	}

	close(): void {
		this.#leave();
	}

	#look(): void {
		for (const line of this.#log.lines) {
			if (line.key <= this.#key) continue;
			const sight = this.#sightOf(line);
			if (sight !== undefined) this.#handle(sight);
		}
		this.#key = this.#log.lines.reduce((most, { key }) => Math.max(most, key), this.#key);
	}

	#handle(sight: Sight): void {
		const isReached = this.#goals.map(goal => goal.handle(sight));
		if (isReached.includes(true)) this.changed();
	}

	#sightOf(line: Line): Sight | undefined {
		if (line.kind === "incident") {
			const { incident } = line;
			const fault =
				incident.event === "trouble"
					? incident.trouble.fault
					: incident.event === "mended"
						? incident.fault
						: undefined;
			return { incident: incident.event, fault };
		}
		if (line.kind !== "packet" || line.partial) return undefined;
		const { connection, fromClient, summary } = line;
		// CONNECT says itself whose it is.
		const client = summary.clientId || connection.client;
		return { packet: summary, fromClient, party: client === this.#page ? "page" : "board" };
	}
}
