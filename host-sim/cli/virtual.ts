// thimble run in virtual time: the boards, their broker and all that goes wrong in one world in this process, as fast as it
// goes or at a pace.

import { type Scenario, UsageError } from "../fleet/scenario.js";
import { Simulation } from "../fleet/simulation.js";
import { simulatedSigner } from "../node/signature.js";
import { seattle } from "../sensor/air.js";
import type { Sights } from "../sensor/belt.js";
import { BEGINNING } from "../world/world.js";
import { Commentary, type CommentaryOptions } from "./commentary.js";
import { WorldEnding } from "./ending.js";
import { Gauge } from "./gauge.js";
import { introduction } from "./introduction.js";
import type { Keeping } from "./keeping.js";
import { Progress } from "./progress.js";
import { Stop } from "./stop.js";

export interface VirtualOptions extends CommentaryOptions {
	/** How many times real time; Infinity: as fast as it goes. */
	readonly speed: number;
	readonly keeping: Keeping;
	/** For boards that see. */
	readonly sights: Sights;
}

/** How long the goodbyes of stopped boards may be under way, where they are recorded, in ms. */
const GOODBYE_MS = 2000;
/** How long a stretch may keep signals and screens waiting, and how often the pace is looked at, in ms. */
const STRETCH_MS = 50;
const PACE_MS = 10;

/** "max", or so many times real time. Throws UsageError. */
export function parseSpeed(value: unknown): number {
	if (value === "max") return Number.POSITIVE_INFINITY;
	const speed = Number(value);
	if (speed >= 0.01 && speed <= 1_000_000) return speed;
	throw new UsageError(`--speed: expected max, or a number from 0.01 to 1000000, got ${value}`);
}

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function runVirtual(
	scenario: Scenario,
	{ check, json, keeping, sights, speed }: VirtualOptions,
): Promise<number> {
	const isMax = speed === Number.POSITIVE_INFINITY;
	const end = scenario.duration ?? Number.POSITIVE_INFINITY;
	if (isMax && end === Number.POSITIVE_INFINITY)
		throw new UsageError("as fast as it goes it would never end: give --until, or --duration");
	keeping.begin(scenario.seed, BEGINNING);
	const { measures } = keeping;
	const gauge = new Gauge();
	const commentary = new Commentary({ check, json, now: () => simulation?.now ?? 0 });
	const simulation: Simulation = new Simulation(scenario, {
		air: seattle,
		sights,
		signer: simulatedSigner(scenario.seed),
		quiet: isMax && !json,
		...(measures !== undefined && { measures }),
		...(keeping.isRecorded && { recorder: keeping.recorder() }),
		on: event => commentary.handleEvent(event),
		...commentary.checks,
	});
	const stop = new Stop();
	commentary.begin({
		event: { event: "world", seed: scenario.seed, devices: scenario.boards.length, speed: isMax ? "max" : speed },
		lines: introduction(scenario, { pace: paceText(speed) }),
		boards: simulation.fleet.boards,
		isFast: isMax,
	});
	const isShown = isMax && !json && process.stdout.isTTY;
	const progress = isShown ? new Progress(process.stdout, end, () => performance.now()) : undefined;
	const started = performance.now();
	const elapsed = () => (performance.now() - started) * speed;
	while (!stop.isDue && simulation.now < end) {
		await stretch(simulation, Math.min(end, Math.floor(elapsed())));
		progress?.show(simulation.now);
	}
	// Without a pace: nobody wants to watch a goodbye.
	await hurry(simulation, simulation.stop());
	const ending = new WorldEnding(simulation, { keeping, commentary, gauge, clock: "virtual" });
	progress?.close();
	// The goodbyes are still on their way; what is summed up and reported is as it is without a recording.
	if (keeping.isRecorded) simulation.advance(simulation.now + GOODBYE_MS);
	return ending.tell();
}

/** Lets the scenario's time pass as fast as it goes, until its boards have stopped, and no longer than until then. */
export async function hurry(simulation: Simulation, until: number): Promise<void> {
	while (!simulation.fleet.isStopped && simulation.now < until) await stretch(simulation, until);
}

/** Lets the scenario's time pass until then, or for a stretch of real time; and lets others have a word. */
async function stretch(simulation: Simulation, until: number): Promise<void> {
	const stretchEnd = performance.now() + STRETCH_MS;
	const { fleet } = simulation;
	simulation.advance(until, () => fleet.isStopped || performance.now() >= stretchEnd);
	const isBehind = simulation.now < until;
	await new Promise<void>(resolve => {
		if (isBehind) setImmediate(resolve);
		else setTimeout(resolve, PACE_MS);
	});
}

function paceText(speed: number): string {
	if (speed === Number.POSITIVE_INFINITY) return "as fast as it goes";
	return speed === 1 ? "in real time" : `at ${speed} times real time`;
}
