// thimble run as it is without further words: the boards and their broker in a world at the pace of real time, that broker on a port
// of this machine for whoever wants to look on, and a page that shows it all.

import type { BrokerOptions } from "../broker/broker.js";
import { type Live, liveStage } from "../desk/stage.js";
import { needsWorld, type Scenario } from "../fleet/scenario.js";
import type { Simulation } from "../fleet/simulation.js";
import type { Pace } from "../node/pace.js";
import type { Sights } from "../sensor/belt.js";
import { Commentary, type CommentaryOptions } from "./commentary.js";
import { WorldEnding } from "./ending.js";
import { describeEndpoint } from "./endpoint.js";
import { Gauge } from "./gauge.js";
import { introduction } from "./introduction.js";
import type { Keeping } from "./keeping.js";
import { openPage, type PagePlan } from "./page.js";
import { serveSomewhere } from "./port.js";
import { Stop } from "./stop.js";
import { hurry } from "./virtual.js";

export interface LiveOptions extends CommentaryOptions {
	/** Of the embedded broker, as the command line gave it. */
	readonly port: unknown;
	/** A file that says who may come to it, by which ports; absent: everybody of this machine, or as the scenario has it. */
	readonly brokerConfig?: string | undefined;
	/** The scenario's name, or what is run instead. */
	readonly title: string;
	readonly page: PagePlan | undefined;
	readonly keeping: Keeping;
	/** For boards that see. */
	readonly sights: Sights;
}

/** How long stopped boards may take in real time to deliver what is under way, in ms; what is left then goes as fast as it can. */
const DRAIN_MS = 5000;
/** How long their goodbyes may be under way after that, in ms of the world. */
const GOODBYE_MS = 2000;

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function runLive(scenario: Scenario, options: LiveOptions): Promise<number> {
	const { keeping, sights, title } = options;
	const { measures } = keeping;
	keeping.begin(scenario.seed, Date.now());
	const gauge = new Gauge();
	const commentary = new Commentary(options);
	const where = { url: "" };
	const make = (broker: BrokerOptions) =>
		liveStage(scenario, {
			title,
			where,
			broker,
			sights,
			put: entry => keeping.put(entry),
			...(measures !== undefined && { measures }),
			on: event => commentary.handleEvent(event),
			...commentary.checks,
		});
	const { endpoint, listener, live, note, urls } = await serve(make, options);
	const { stage } = live;
	const { pace, simulation } = stage;
	where.url = describeEndpoint(endpoint);
	const desk = await openPage(stage, options.page).catch(async error => {
		await listener.close();
		throw error;
	});
	const { signal } = new Stop();
	commentary.begin({
		event: { event: "broker", url: where.url, embedded: true, ...(urls.length > 1 && { urls }) },
		lines: introduction(scenario, {
			endpoint,
			brokerNote: note,
			isSecured: simulation.roster !== undefined,
			...(needsWorld(scenario) && { pace: "in real time" }),
		}),
		boards: simulation.fleet.boards,
		desk,
	});
	await pace.run({ until: scenario.duration ?? Number.POSITIVE_INFINITY, signal });
	await drain(simulation, pace);
	const { mostLagMs } = pace;
	const ending = new WorldEnding(simulation, { keeping, commentary, gauge, clock: "real", mostLagMs });
	// The goodbyes are still on their way; what is summed up is as it is without them.
	simulation.advance(simulation.now + GOODBYE_MS);
	await desk?.close();
	await listener.close();
	return ending.tell();
}

/** The run, and the ports of its broker. */
async function serve(make: (broker: BrokerOptions) => Live, { brokerConfig, port }: LiveOptions) {
	// What a configuration needs is loaded for it alone.
	if (brokerConfig !== undefined) return (await import("./service.js")).serveGuarded(brokerConfig, make);
	const live = make({});
	return { live, urls: [], ...(await serveSomewhere(live.served, port)) };
}

/** The boards say goodbye: while those look on who are connected, and where that takes long as fast as it goes. */
async function drain(simulation: Simulation, pace: Pace): Promise<void> {
	const drained = new AbortController();
	const until = simulation.stop();
	void simulation.whenStopped.then(() => drained.abort());
	await pace.run({ until: simulation.now + DRAIN_MS, signal: drained.signal });
	await hurry(simulation, until);
}
