// thimble run with faults before a real broker: the boards and their network in a world in real time, the broker behind it
// outside. What has arrived there is told by an observer of our own, whose connection no fault touches.

import { Feed } from "../desk/feed.js";
import { presentOf, WorldStage } from "../desk/stage.js";
import { tunnel } from "../desk/tunnel.js";
import type { Endpoint } from "../fleet/fleet.js";
import type { Ledger } from "../fleet/ledger.js";
import { type Scenario, UsageError } from "../fleet/scenario.js";
import { Simulation } from "../fleet/simulation.js";
import { FAULTS } from "../fleet/timeline.js";
import { nodeRandom } from "../node/clock.js";
import { Gallery } from "../node/gallery.js";
import type { ObserverOptions } from "../node/observer.js";
import { isPossibleOutside, Outside } from "../node/outside.js";
import { simulatedSigner } from "../node/signature.js";
import { seattle } from "../sensor/air.js";
import { sentence } from "../sentence.js";
import { Commentary } from "./commentary.js";
import { WorldEnding } from "./ending.js";
import { type Destination, describeEndpoint, probeEndpoint } from "./endpoint.js";
import { Gauge } from "./gauge.js";
import { introduction } from "./introduction.js";
import type { LiveOptions } from "./live.js";
import { openPage } from "./page.js";
import { type SecureFlags, secureOptionsOf, socketOf } from "./secure.js";
import { Stop } from "./stop.js";

/** How long stopped boards may take to deliver what is under way, in ms: longer than the usual longest wait for a next attempt. */
const DRAIN_MS = 65_000;
/** How long their goodbyes may be under way after that. */
const GOODBYE_MS = 1000;
/** How long the observer may take to come, in ms; and to see the last readings, from one of them to the next. */
const COME_MS = 5000;
const QUIET_MS = 3000;
const LOOK_MS = 20;

export interface OutsideOptions extends Omit<LiveOptions, "check" | "port"> {
	readonly secure: SecureFlags;
}

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function runOutside(
	scenario: Scenario,
	endpoint: Destination,
	{ json, keeping, page, secure: flags, sights, title }: OutsideOptions,
): Promise<number> {
	checkPossible(scenario);
	const secure = secureOptionsOf(endpoint, flags);
	const socket = socketOf(endpoint, flags);
	await probeEndpoint(endpoint);
	const gauge = new Gauge();
	const stop = new Stop();
	const { host, password, port, userName } = endpoint;
	const credentials = { ...(userName !== undefined && { userName }), ...(password !== undefined && { password }) };
	const wallMs = Date.now();
	keeping.begin(scenario.seed, wallMs);
	const { measures } = keeping;
	const feed = new Feed();
	const recorder = keeping.recorder(feed);
	const outside = new Outside({
		wallMs,
		recorder,
		host,
		port,
		seed: scenario.seed,
		...(secure !== undefined && { secure }),
	});
	const { pace } = outside;
	const commentary = new Commentary({ check: false, json, now: () => simulation?.now ?? 0 });
	const simulation: Simulation = new Simulation(scenario, {
		air: seattle,
		sights,
		signer: simulatedSigner(scenario.seed),
		...(measures !== undefined && { measures }),
		outside: { world: outside.world, credentials, wireBytes: () => outside.bytes },
		troubled: (event, struck) => stage.handleTrouble(event, struck),
		on(event) {
			stage.handleEvent(event);
			commentary.handleEvent(event);
		},
	});
	const { ledger } = simulation;
	const now = () => presentOf(simulation, pace);
	const broker = describeEndpoint(endpoint);
	const stage = new WorldStage({
		title,
		broker: () => ({ url: broker, embedded: false }),
		scenario,
		feed,
		wallMs,
		simulation,
		pace,
		faults: FAULTS.filter(fault => isPossibleOutside({ fault })),
		now,
		carry: tunnel({ host, port, recorder, now, ...(secure !== undefined && { secure }) }),
	});
	const desk = await openPage(stage, page);
	const observer = observerOf({ ...endpoint, socket }, ledger, (topic, payload, qos) =>
		pace.enter(() => simulation.handleArrival(topic, payload, qos)),
	);
	commentary.begin({
		event: { event: "world", seed: scenario.seed, devices: scenario.boards.length, speed: 1, broker },
		lines: introduction(scenario, { endpoint, pace: "in real time" }),
		boards: simulation.fleet.boards,
		desk,
	});
	observer.open();
	await seeFirst(observer, stop);
	const wasEarly = observer.isThere;
	await outside.run({ until: scenario.duration ?? Number.POSITIVE_INFINITY, signal: stop.signal });
	await drain(simulation, outside);
	await seeLast(ledger, observer);
	const unseen = whyUnseen(ledger, observer, wasEarly);
	if (unseen === undefined) simulation.finish();
	await observer.leave();
	await desk?.close();
	await outside.close();
	const ending = new WorldEnding(simulation, {
		keeping,
		commentary,
		gauge,
		clock: "real",
		mostLagMs: pace.mostLagMs,
		unseen,
		// Why TLS has failed is known to who speaks it: boards see a connection that does not come.
		code: observer.wasThere ? 0 : observer.code,
	});
	return ending.tell();
}

/** Throws UsageError where the scenario wants something of the broker that is its own affair. */
function checkPossible({ broker, security, timeline }: Scenario): void {
	for (const [i, { fault }] of timeline.entries())
		if (!isPossibleOutside(fault))
			throw new UsageError(
				`timeline[${i}].fault: a broker outside cannot be made to have ${fault.fault}: leave it out, or --broker`,
			);
	if (security !== undefined)
		throw new UsageError("security: who may come to a broker outside is its own affair: leave it out, or --broker");
	if (Object.keys(broker).length > 0)
		throw new UsageError("broker: what a broker outside allows is its own affair: leave it out, or --broker");
}

/** Everybody's readings, also of boards that nobody has told us of. */
const ALL_READINGS = ["thimble/+/telemetry"];

/** It has a name that nobody else has: the broker keeps its session while it is away. */
export function observerOf(
	endpoint: Endpoint & Pick<ObserverOptions, "socket">,
	ledger: Ledger,
	taken: (topic: string, payload: Uint8Array, qos: number) => void,
	filters: readonly string[] = ALL_READINGS,
): Gallery {
	return new Gallery({
		...endpoint,
		clientId: `thimble-observer-${nodeRandom.next().toString(16)}`,
		filters,
		qos: 2,
		taken({ bytes, payloadAt, payloadLength, qos, topic }) {
			taken(topic, bytes.subarray(payloadAt, payloadAt + payloadLength), qos);
		},
		there: remembered => ledger.handleBack(remembered),
		away: () => ledger.handleDown(),
	});
}

/** The boards say goodbye, and the last of it reaches the broker. */
async function drain(simulation: Simulation, outside: Outside): Promise<void> {
	const drained = new AbortController();
	// Where no board has ever been online, no other attempt will do it.
	const until = simulation.stop(simulation.fleet.summary().seenOnline === 0 ? GOODBYE_MS : DRAIN_MS);
	void simulation.whenStopped.then(() => drained.abort());
	await outside.run({ until, signal: drained.signal });
	await outside.run({ until: simulation.now + GOODBYE_MS });
}

/** It is there before anything can arrive, where it can be there at all. */
export async function seeFirst(observer: Gallery, stop: Stop, mostMs = COME_MS): Promise<void> {
	await waitFor(mostMs, () => stop.isDue || observer.isThere || observer.isRefused);
}

/** What is settled may still be on its way to the observer. */
export async function seeLast(ledger: Ledger, observer: Gallery): Promise<void> {
	for (let count = -1; ledger.summary().missing.length > 0 && count !== ledger.summary().arrived; ) {
		count = ledger.summary().arrived;
		await waitFor(QUIET_MS, () => ledger.summary().missing.length === 0 || observer.isRefused);
	}
}

/** Why nobody can say what has arrived; undefined where the observer has seen it. `wasEarly`: it was there before the boards began. */
export function whyUnseen(
	ledger: Ledger,
	{ code, isRefused, wasThere }: Gallery,
	wasEarly: boolean,
): string | undefined {
	if (isRefused) return `the broker refuses our observer's subscription (${sentence(code)})`;
	if (!wasThere) return `our observer did not come online${code === 0 ? "" : ` (${sentence(code)})`}`;
	if (!wasEarly) return "our observer came online when the boards had begun";
	const { arrived, missing, unannounced } = ledger.summary();
	// A broker may grant a subscription and show nothing, where its rules forbid it.
	if (missing.length > 0 && arrived + unannounced === 0) return "the broker has shown nothing at all to our observer";
	return undefined;
}

async function waitFor(mostMs: number, done: () => boolean): Promise<void> {
	const end = performance.now() + mostMs;
	while (!done() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, LOOK_MS));
}
