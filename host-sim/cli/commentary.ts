// What a run says while it goes, in whatever way boards are run: JSON objects for programs; for people an introduction, a table or
// lines, and a summary.

import type { Violation } from "../checker/checker.js";
import type { Desk } from "../desk/server.js";
import type { Board } from "../fleet/board.js";
import type { SimulationEvent } from "../fleet/simulation.js";
import type { Summary } from "../fleet/summary.js";
import { pageLines } from "./page.js";
import { lineScreen, type Screen, stillScreen, tableScreen } from "./screen.js";

export interface CommentaryOptions {
	readonly json: boolean;
	/** Whether all that boards send is checked against the standard. */
	readonly check: boolean;
	/** What JSON objects have as their time. Default: the time of day. */
	now?(): number;
}

export interface Introduced {
	/** How it begins, for programs. */
	readonly event: object;
	/** The same for people. */
	readonly lines: readonly string[];
	readonly boards: readonly Board[];
	/** Its page, where there is one. */
	readonly desk?: Desk | undefined;
	/** It goes by so fast that there is nothing to see until it is over. */
	readonly isFast?: boolean;
}

export class Commentary {
	readonly json: boolean;
	/** How many statements of the standard were broken; undefined where nobody looks. */
	violations: number | undefined;
	/** For who checks: whom to tell of it; empty where nobody does. */
	readonly checks: { violated?(violation: Violation): void };
	readonly #now: () => number;
	#screen: Screen | undefined;

	constructor({ check, json, now = Date.now }: CommentaryOptions) {
		this.json = json;
		this.violations = check ? 0 : undefined;
		this.checks = check ? { violated: violation => this.#handleViolation(violation) } : {};
		this.#now = now;
	}

	/** The run begins. */
	begin({ boards, desk, event, isFast = false, lines }: Introduced): void {
		if (this.json) {
			this.print(event);
			if (desk !== undefined) this.print({ event: "page", url: desk.url });
			return;
		}
		const makeScreen = isFast ? stillScreen : process.stdout.isTTY ? tableScreen : lineScreen;
		this.#screen = makeScreen(boards, [...pageLines(desk), ...lines], process.stdout);
	}

	handleEvent(event: SimulationEvent): void {
		if (this.json) this.print(event);
		else this.#screen?.show(event);
	}

	/** The run is over. `lines`: what people hear beside the summary. */
	end(event: object, summary: Summary, lines: readonly string[] = []): void {
		if (this.json) {
			this.print({ event: "summary", ...event });
			return;
		}
		this.#screen?.close(summary);
		for (const line of lines) process.stdout.write(`${line}\n`);
	}

	/** For programs. */
	print(event: object): void {
		process.stdout.write(`${JSON.stringify({ time: this.#now(), ...event })}\n`);
	}

	#handleViolation({ clientId, sentence, statement, version }: Violation): void {
		this.violations = (this.violations ?? 0) + 1;
		if (this.json) this.print({ event: "violation", device: clientId, version, statement, sentence });
		else console.error(`${clientId} breaks ${statement} of MQTT ${version}: ${sentence}`);
	}
}
