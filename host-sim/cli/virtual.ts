// thimble run in virtual time: the boards, their broker and all that goes wrong in one world in this process, as fast as it
// goes or at a pace.

import { type Scenario, UsageError } from "../fleet/scenario.js";
import { Simulation, type SimulationEvent } from "../fleet/simulation.js";
import { isBroken, type WorldSummary } from "../fleet/summary.js";
import { simulatedSigner } from "../node/signature.js";
import { Recorder } from "../record/recorder.js";
import { seattle } from "../sensor/air.js";
import { sentence } from "../sentence.js";
import { BEGINNING } from "../world/world.js";
import { Gauge } from "./gauge.js";
import type { Keeping } from "./keeping.js";
import { Progress, timeText, worldLines } from "./progress.js";
import { describeBoards } from "./scenario.js";
import { lineScreen, type Screen, summaryLine, tableScreen } from "./screen.js";
import { Stop } from "./stop.js";

export interface VirtualOptions {
	/** How many times real time; Infinity: as fast as it goes. */
	readonly speed: number;
	readonly json: boolean;
	/** Whether all that boards send is checked against the standard. */
	readonly check: boolean;
	readonly keeping: Keeping;
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
export async function runVirtual(scenario: Scenario, { check, json, keeping, speed }: VirtualOptions): Promise<number> {
	const isMax = speed === Number.POSITIVE_INFINITY;
	const end = scenario.duration ?? Number.POSITIVE_INFINITY;
	if (isMax && end === Number.POSITIVE_INFINITY)
		throw new UsageError("as fast as it goes it would never end: give --until, or --duration");
	keeping.begin(scenario.seed, BEGINNING);
	const { measures } = keeping;
	const recorder = keeping.isRecorded ? new Recorder({ put: entry => keeping.put(entry) }) : undefined;
	const gauge = new Gauge();
	let violations = 0;
	let screen: Screen | undefined;
	const print = (event: object) =>
		process.stdout.write(`${JSON.stringify({ time: simulation?.now ?? 0, ...event })}\n`);
	const simulation: Simulation = new Simulation(scenario, {
		air: seattle,
		signer: simulatedSigner(scenario.seed),
		quiet: isMax && !json,
		...(measures !== undefined && { measures }),
		...(recorder !== undefined && { recorder }),
		on: (event: SimulationEvent) => {
			if (json) print(event);
			else screen?.show(event);
		},
		...(check && {
			violated({ clientId, sentence, statement, version }) {
				violations += 1;
				if (json) print({ event: "violation", device: clientId, version, statement, sentence });
				else console.error(`${clientId} breaks ${statement} of MQTT ${version}: ${sentence}`);
			},
		}),
	});
	const stop = new Stop();
	const intro = introduction(scenario, speed);
	let progress: Progress | undefined;
	if (json)
		print({ event: "world", seed: scenario.seed, devices: scenario.boards.length, speed: isMax ? "max" : speed });
	else if (isMax) {
		for (const line of intro) process.stdout.write(`${line}\n`);
		if (process.stdout.isTTY) progress = new Progress(process.stdout, end, () => performance.now());
	} else {
		const makeScreen = process.stdout.isTTY ? tableScreen : lineScreen;
		screen = makeScreen(simulation.fleet.boards, intro, process.stdout);
	}
	const started = performance.now();
	const elapsed = () => (performance.now() - started) * speed;
	while (!stop.isDue && simulation.now < end) {
		await stretch(simulation, Math.min(end, Math.floor(elapsed())));
		progress?.show(simulation.now);
	}
	// Without a pace: nobody wants to watch a goodbye.
	const until = simulation.stop();
	while (!simulation.fleet.isStopped && simulation.now < until) await stretch(simulation, until);
	const summary = simulation.summary();
	const cost = gauge.read(simulation.now, summary.devices);
	progress?.close();
	keeping.report({
		clock: "virtual",
		durationMs: summary.simulatedMs,
		summary,
		boards: simulation.fleet.boards,
		ledger: simulation.ledger.summary(),
		...(check && { violations }),
		memory: cost,
	});
	// The goodbyes are still on their way; what is summed up and reported is as it is without a recording.
	if (recorder !== undefined) simulation.advance(simulation.now + GOODBYE_MS);
	const isWhole = keeping.close(json, print, () => {
		if (json) {
			print({ event: "summary", ...summary, ...cost });
			return;
		}
		if (screen === undefined) process.stdout.write(`${summaryLine(summary)}\n`);
		else screen.close(summary);
		for (const line of worldLines(summary, cost)) process.stdout.write(`${line}\n`);
	});
	return Math.max(exitCode(summary, violations, simulation.fleet), isWhole ? 0 : 1);
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

function introduction(scenario: Scenario, speed: number): string[] {
	const { duration, seed } = scenario;
	const isMax = speed === Number.POSITIVE_INFINITY;
	const pace = isMax ? "as fast as it goes" : speed === 1 ? "in real time" : `at ${speed} times real time`;
	return [
		`World     virtual, ${pace}, seed ${seed}, ${timelineText(scenario)}`,
		`Boards    ${describeBoards(scenario)}`,
		duration === undefined ? "Stop      Ctrl-C" : `Stop      after ${timeText(duration)} of the scenario, or Ctrl-C`,
	];
}

/** How many faults there will be, in a few words. */
export function timelineText({ orders, timeline }: Scenario): string {
	const faults = timeline.length === 0 ? "no" : timeline.length;
	const told = orders.length === 0 ? "" : `, ${orders.length} ${orders.length === 1 ? "order" : "orders"}`;
	return `${faults} ${timeline.length === 1 ? "fault" : "faults"}${told} in its timeline`;
}

/** Of a run in a world; what was wrong is told. `known`: the code of why nobody can have come online, or 0. */
export function exitCode(
	summary: WorldSummary,
	violations: number,
	{ boards }: Simulation["fleet"],
	known = 0,
): number {
	if (isBroken(summary))
		console.error(
			`thimble: a promise was broken: ${summary.gaps} settled readings have not arrived, ${summary.duplicatesQos2} came twice at QoS 2`,
		);
	if (isBroken(summary) || violations > 0) return 1;
	if (summary.seenOnline > 0) return 0;
	const why = known === 0 ? boards.find(board => board.offlineCode !== 0)?.offlineCode : known;
	console.error(`thimble: no board ever came online${why === undefined ? "" : `: ${sentence(why)}`}`);
	return 1;
}
