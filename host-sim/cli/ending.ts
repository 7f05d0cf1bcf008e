// How a run ends: what became of it is reported and told, and the exit code says whether it is well.

import type { Board } from "../fleet/board.js";
import type { Simulation } from "../fleet/simulation.js";
import { isBroken, type Summary, type WorldSummary } from "../fleet/summary.js";
import { sentence } from "../sentence.js";
import type { Commentary } from "./commentary.js";
import type { Cost, Gauge } from "./gauge.js";
import type { Keeping } from "./keeping.js";
import { timeText, worldLines } from "./progress.js";

export interface WorldEndingOptions {
	readonly keeping: Keeping;
	readonly commentary: Commentary;
	readonly gauge: Gauge;
	readonly clock: "virtual" | "real";
	/** In real time: by how much the world was late at most. */
	readonly mostLagMs?: number;
	/** Why nobody can say what has arrived; undefined where somebody has seen it. */
	readonly unseen?: string | undefined;
	/** The code of why nobody can have come online, where that is known otherwise. */
	readonly code?: number;
}

/** Of a run in a world. */
export class WorldEnding {
	readonly #simulation: Simulation;
	readonly #options: WorldEndingOptions;
	readonly #summary: WorldSummary;
	readonly #cost: Cost;

	/** Sums up what has been until now, and reports it: the world's time may go on, for goodbyes that are still under way. */
	constructor(simulation: Simulation, options: WorldEndingOptions) {
		this.#simulation = simulation;
		this.#options = options;
		this.#summary = simulation.summary();
		this.#cost = options.gauge.read(simulation.now, this.#summary.devices);
		const { clock, commentary, keeping, unseen } = options;
		const { fleet, ledger } = simulation;
		const { violations } = commentary;
		keeping.report({
			clock,
			durationMs: this.#summary.simulatedMs,
			summary: this.#summary,
			boards: fleet.boards,
			...(unseen === undefined ? { ledger: ledger.summary() } : { unseen }),
			...(violations !== undefined && { violations }),
			memory: this.#cost,
		});
	}

	/** The last words. Returns the exit code. */
	tell(): number {
		const { code, commentary, keeping, mostLagMs, unseen } = this.#options;
		const cost = this.#cost;
		const summary = this.#summary;
		const lag = mostLagMs === undefined ? {} : { mostLagMs: Math.round(mostLagMs) };
		const late = mostLagMs === undefined ? [] : [`late      ${timeText(mostLagMs)} at most`];
		const isWhole = keeping.close(commentary, () =>
			commentary.end({ ...(unseen === undefined ? summary : without(summary, unseen)), ...cost, ...lag }, summary, [
				...worldLines(summary, cost, unseen),
				...late,
			]),
		);
		const isWell = arePromisesKept(summary) && isWhole && !commentary.violations;
		return exitCode(isWell, summary, this.#simulation.fleet.boards, code);
	}
}

/** Where one was broken it is told which. */
export function arePromisesKept(summary: Partial<WorldSummary>): boolean {
	if (!isBroken(summary)) return true;
	console.error(`thimble: a promise was broken: ${breach(summary)}`);
	return false;
}

/** Where no board has come online it is told why: `known` is the code of that, where it is known otherwise. */
export function exitCode(isWell: boolean, { seenOnline }: Summary, boards: readonly Board[], known = 0): number {
	if (!isWell) return 1;
	if (seenOnline > 0) return 0;
	const why = known === 0 ? boards.find(board => board.offlineCode !== 0)?.offlineCode : known;
	console.error(`thimble: no board ever came online${why === undefined ? "" : `: ${sentence(why)}`}`);
	return 1;
}

function breach({ duplicatesQos2, gaps, recognition }: Partial<WorldSummary>): string {
	const readings = `${gaps} settled readings have not arrived, ${duplicatesQos2} came twice at QoS 2`;
	if (recognition === undefined || recognition.different === 0) return readings;
	return `${readings}, ${recognition.different} answers are not the model's`;
}

/** The summary without what nobody has seen, and why. */
function without(summary: WorldSummary, unseen: string): object {
	const { arrived: _, duplicatesQos1: __, duplicatesQos2: ___, gaps: ____, ...seen } = summary;
	return { ...seen, unseen };
}
