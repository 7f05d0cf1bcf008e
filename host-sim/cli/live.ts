// thimble run as it is without further words: the boards and their broker in a world at the pace of real time, that broker on a port
// of this machine for whoever wants to look on, and a page that shows it all.

import type { Desk } from "../desk/server.js";
import { liveStage } from "../desk/stage.js";
import { needsWorld, type Scenario } from "../fleet/scenario.js";
import type { Simulation, SimulationEvent } from "../fleet/simulation.js";
import type { Pace } from "../node/pace.js";
import { type Destination, describeEndpoint, lookOn } from "./endpoint.js";
import { Gauge } from "./gauge.js";
import type { Keeping } from "./keeping.js";
import { openPage, type PagePlan, pageLines } from "./page.js";
import { serveSomewhere } from "./port.js";
import { timeText, worldLines } from "./progress.js";
import { describeBoards } from "./scenario.js";
import { lineScreen, type Screen, tableScreen } from "./screen.js";
import { Stop } from "./stop.js";
import { exitCode, timelineText } from "./virtual.js";

export interface LiveOptions {
	readonly json: boolean;
	/** Whether all that boards send is checked against the standard. */
	readonly check: boolean;
	/** Of the embedded broker, as the command line gave it. */
	readonly port: unknown;
	/** The scenario's name, or what is run instead. */
	readonly title: string;
	readonly page: PagePlan | undefined;
	readonly keeping: Keeping;
}

/** How long stopped boards may take in real time to deliver what is under way, in ms; what is left then goes as fast as it can. */
const DRAIN_MS = 5000;
/** How long their goodbyes may be under way after that, in ms of the world. */
const GOODBYE_MS = 2000;
/** How long a stretch may keep signals waiting, in ms. */
const STRETCH_MS = 50;

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function runLive(scenario: Scenario, options: LiveOptions): Promise<number> {
	const { check, json, keeping } = options;
	const { measures } = keeping;
	keeping.begin(scenario.seed, Date.now());
	const gauge = new Gauge();
	let violations = 0;
	let screen: Screen | undefined;
	const where = { url: "" };
	const { served, stage } = liveStage(scenario, {
		title: options.title,
		where,
		put: entry => keeping.put(entry),
		...(measures !== undefined && { measures }),
		on(event: SimulationEvent) {
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
	const { pace, simulation } = stage;
	const { endpoint, listener, note } = await serveSomewhere(served, options.port);
	where.url = describeEndpoint(endpoint);
	const desk = await openPage(stage, options.page).catch(async error => {
		await listener.close();
		throw error;
	});
	const stop = new Stop();
	if (json) {
		print({ event: "broker", url: where.url, embedded: true });
		if (desk !== undefined) print({ event: "page", url: desk.url });
	} else {
		const makeScreen = process.stdout.isTTY ? tableScreen : lineScreen;
		screen = makeScreen(simulation.fleet.boards, introduction(scenario, endpoint, note, desk), process.stdout);
	}
	const halt = new AbortController();
	void stop.when().then(() => halt.abort());
	await pace.run({ until: scenario.duration ?? Number.POSITIVE_INFINITY, signal: halt.signal });
	await drain(simulation, pace);
	const summary = simulation.summary();
	const cost = gauge.read(simulation.now, summary.devices);
	keeping.report({
		clock: "real",
		durationMs: summary.simulatedMs,
		summary,
		boards: simulation.fleet.boards,
		ledger: simulation.ledger.summary(),
		...(check && { violations }),
		memory: cost,
	});
	// The goodbyes are still on their way; what is summed up is as it is without them.
	simulation.advance(simulation.now + GOODBYE_MS);
	await desk?.close();
	await listener.close();
	const mostLagMs = Math.round(pace.mostLagMs);
	const isWhole = keeping.close(json, print, () => {
		if (json) {
			print({ event: "summary", ...summary, ...cost, mostLagMs });
			return;
		}
		screen?.close(summary);
		for (const line of worldLines(summary, cost)) process.stdout.write(`${line}\n`);
	});
	return Math.max(exitCode(summary, violations, simulation.fleet), isWhole ? 0 : 1);
}

/** The boards say goodbye: while those look on who are connected, and where that takes long as fast as it goes. */
async function drain(simulation: Simulation, pace: Pace): Promise<void> {
	const drained = new AbortController();
	const until = simulation.stop();
	const { fleet } = simulation;
	void simulation.whenStopped.then(() => drained.abort());
	await pace.run({ until: simulation.now + DRAIN_MS, signal: drained.signal });
	while (!fleet.isStopped && simulation.now < until) {
		const end = performance.now() + STRETCH_MS;
		simulation.advance(until, () => fleet.isStopped || performance.now() >= end);
		await new Promise<void>(resolve => setImmediate(resolve));
	}
}

function introduction(scenario: Scenario, endpoint: Destination, note: string, desk: Desk | undefined): string[] {
	const { duration, seed } = scenario;
	return [
		...pageLines(desk),
		`Broker    ${describeEndpoint(endpoint)}${note}`,
		...(needsWorld(scenario) ? [`World     virtual, in real time, seed ${seed}, ${timelineText(scenario)}`] : []),
		`Boards    ${describeBoards(scenario)}`,
		lookOn(endpoint),
		duration === undefined ? "Stop      Ctrl-C" : `Stop      after ${timeText(duration)}, or Ctrl-C`,
	];
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
}
