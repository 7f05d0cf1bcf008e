// thimble run with boards that have sockets of their own: those on the XS engine, and all before a broker outside where nothing
// goes wrong by order.

import type { Duplex } from "node:stream";
import type { SocketConstructor } from "../../firmware/io.js";
import { Broker, type BrokerListener } from "../broker/broker.js";
import { Feed } from "../desk/feed.js";
import { Stage } from "../desk/stage.js";
import { tunnel } from "../desk/tunnel.js";
import { Fleet, type MakeBoard } from "../fleet/fleet.js";
import { type Scenario, UsageError } from "../fleet/scenario.js";
import { needsWholeBoard } from "../fleet/whole.js";
import { NodeBoard } from "../node/board.js";
import { nodeClock, nodeRandom } from "../node/clock.js";
import { MemoryKeyValue } from "../node/keyvalue.js";
import { carry, type Listener } from "../node/listen.js";
import { NodeResolver } from "../node/resolver.js";
import { TCP } from "../node/tcp.js";
import { NodeTimer } from "../node/timer.js";
import { type Recorder, recorded } from "../record/recorder.js";
import { watchedSocket } from "../report/dial.js";
import { Measures } from "../report/measures.js";
import { type Part, partOfReport } from "../report/merged.js";
import { reportOf } from "../report/report.js";
import { latencyLines } from "../report/text.js";
import { Watch } from "../report/watch.js";
import type { Accept } from "../transport.js";
import { engineBoards } from "../xs/fleet.js";
import { Commentary } from "./commentary.js";
import { arePromisesKept, exitCode } from "./ending.js";
import { type Destination, describeEndpoint, probeEndpoint } from "./endpoint.js";
import { Gauge } from "./gauge.js";
import { introduction } from "./introduction.js";
import type { Keeping } from "./keeping.js";
import type { LiveOptions } from "./live.js";
import { observerOf, seeFirst, seeLast, whyUnseen } from "./outside.js";
import { openPage } from "./page.js";
import { serveSomewhere } from "./port.js";
import { arrivalLine } from "./progress.js";
import { type SecureFlags, secureOptionsOf, socketOf } from "./secure.js";
import { type ShardPlan, Shards } from "./shards.js";
import { Stop } from "./stop.js";

export interface SocketsOptions extends LiveOptions {
	/** A broker outside; undefined: one of our own. */
	readonly endpoint: Destination | undefined;
	readonly secure: SecureFlags;
	readonly engine: "node" | "xs";
	/** Of a board on the XS engine, as the command line gave it. */
	readonly heap: unknown;
	/** These boards are a part of a run. */
	readonly shard?: ShardPlan | undefined;
}

/** The broker of a run, and the ways to it. */
interface Found {
	readonly endpoint: Destination;
	/** Where it is one of our own. */
	readonly listener?: Listener;
	/** What there is to say of it. */
	readonly note?: string;
	/** For boards, and for others. */
	readonly socket: SocketConstructor;
	carry(stream: Duplex, peer: string): void;
}

/** The XS engine, with boards on it. */
interface Engine {
	readonly makeBoard: MakeBoard;
	/** The memory of each. */
	readonly heapBytes: number;
	/** What there is to say of them. */
	readonly note: string;
	close(): void;
}

/** Bytes of memory of a board on the XS engine. */
const DEFAULT_HEAP = 32 * 1024;
/** The same of one that does more than take readings. */
const WHOLE_HEAP = 64 * 1024;
/** How long boards may take to deliver what is under way when they are stopped, in ms. */
const DRAIN_MS = 5000;
/** How long their goodbyes may be under way after that, where they are recorded. */
const GOODBYE_MS = 1000;

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function runSockets(scenario: Scenario, options: SocketsOptions): Promise<number> {
	const engine = await engineOf(options, scenario);
	try {
		return await runOn(engine, scenario, options);
	} finally {
		// Else its process would outlive its folder, and complain.
		engine?.close();
	}
}

async function runOn(engine: Engine | undefined, scenario: Scenario, options: SocketsOptions): Promise<number> {
	const { keeping, page, shard, sights, title } = options;
	// A part of a run has its times to report, whether a file wants them here or not.
	const measures = keeping.measures ?? (shard && new Measures());
	const wallMs = Date.now();
	const originMs = performance.now();
	const now = () => performance.now() - originMs;
	keeping.begin(scenario.seed, wallMs);
	const commentary = new Commentary(options);
	let watch: Watch | undefined;
	const on: BrokerListener = {
		...commentary.checks,
		...(measures !== undefined && {
			published: ({ payload, qos, topic }) => watch?.handleArrival(topic, payload, qos),
		}),
	};
	const feed = new Feed();
	const found = await findBroker(options, on, keeping.recorder(feed, originMs));
	const { endpoint, listener, note = "", socket } = found;
	const broker = { url: describeEndpoint(endpoint), embedded: listener !== undefined };
	const stage = new Stage({
		title,
		broker: () => broker,
		scenario,
		engine: options.engine,
		feed,
		wallMs,
		now,
		carry: found.carry,
	});
	const gauge = measures === undefined ? undefined : new Gauge();
	const io = { socket, resolver: NodeResolver, timer: NodeTimer, clock: nodeClock, random: nodeRandom };
	const makeBoard: MakeBoard = engine?.makeBoard ?? ((options, on) => new NodeBoard(options, on, sights));
	const ioFor = (device: string) => ({
		...io,
		...(measures !== undefined && { socket: watchedSocket(socket, () => watch?.handleDial(device)) }),
		store: new MemoryKeyValue(),
	});
	const fleet = new Fleet(
		scenario,
		endpoint,
		ioFor,
		event => {
			stage.handleEvent(event);
			watch?.handleEvent(event);
			commentary.handleEvent(event);
		},
		makeBoard,
	);
	const shards = shard && new Shards(shard, endpoint, options.secure);
	const desk = await openPage(stage, page).catch(async error => {
		await listener?.close();
		throw error;
	});
	const stop = new Stop();
	commentary.begin({
		event: { event: "broker", ...broker },
		lines: introduction(scenario, { endpoint, brokerNote: note, boardNote: noteOf(engine, shard) }),
		boards: fleet.boards,
		desk,
	});
	if (measures !== undefined) watch = new Watch(fleet.boards, measures, now);
	// A part looks at the readings of its own boards alone: what all parts look at together is each reading once.
	const filters = shards && fleet.boards.map(board => board.telemetryTopic);
	const observer =
		watch !== undefined && listener === undefined
			? observerOf({ ...endpoint, socket }, watch.ledger, (...arrival) => watch?.handleArrival(...arrival), filters)
			: undefined;
	observer?.open();
	if (observer !== undefined) await seeFirst(observer, stop, shard?.waitMs);
	const wasEarly = observer?.isThere !== false;
	if (shards !== undefined) {
		const begins = await shards.gather(stop).catch(async error => {
			await observer?.leave();
			throw error;
		});
		if (!begins) {
			await observer?.leave();
			return calledOff(commentary, fleet);
		}
	}
	const startedMs = now();
	fleet.start();
	await Promise.race([stop.when(scenario.duration), ...(shards === undefined ? [] : [shards.whenStopped])]);
	shards?.stop();
	const durationMs = Math.round(now() - (shards === undefined ? 0 : startedMs));
	await fleet.stop(DRAIN_MS);
	if (watch !== undefined && observer !== undefined) await seeLast(watch.ledger, observer);
	await observer?.leave();
	// What the boards said last may be under way to the broker.
	await keeping.goodbyes(GOODBYE_MS);
	await desk?.close();
	await listener?.close();
	const summary = fleet.summary();
	const { violations } = commentary;
	const unseen = watch && observer && whyUnseen(watch.ledger, observer, wasEarly);
	const seen = unseen === undefined ? watch && { ledger: watch.ledger.summary() } : { unseen };
	if (shards !== undefined) {
		const memory = { ...gauge!.read(durationMs, summary.devices), ...(engine && { heapBytes: engine.heapBytes }) };
		const given = { title: keeping.title, clock: "real", durationMs, summary, boards: fleet.boards, memory } as const;
		const report = reportOf({ ...given, measures: measures!, ...seen });
		const pings = fleet.boards.flatMap(board => board.pings);
		return tellPart(shards, partOfReport(report, measures!, pings), {
			commentary,
			fleet,
			keeping,
			shard: shard!,
		});
	}
	const report =
		gauge &&
		keeping.report({
			clock: "real",
			durationMs,
			summary,
			boards: fleet.boards,
			...seen,
			...(violations !== undefined && { violations }),
			memory: { ...gauge.read(durationMs, summary.devices), ...(engine && { heapBytes: engine.heapBytes }) },
		});
	const isWhole = keeping.close(commentary, () => commentary.end(summary, summary));
	const isWell = arePromisesKept(report?.summary ?? {}) && isWhole && !violations;
	return exitCode(isWell, summary, fleet.boards);
}

/** What there is to say of the boards. */
function noteOf(engine: Engine | undefined, plan: ShardPlan | undefined): string {
	const part = plan === undefined ? "" : `, part ${plan.shard.number} of ${plan.shard.count} of the run ${plan.run}`;
	return `${engine?.note ?? ""}${part}`;
}

/** Somebody has asked for the end before all were there. */
function calledOff(commentary: Commentary, fleet: Fleet): number {
	const summary = fleet.summary();
	commentary.end(summary, summary);
	return 1;
}

/** The last words of a part; the first part's are those of the whole run. Returns the exit code, which is the whole's. */
async function tellPart(
	shards: Shards,
	part: Part,
	{ commentary, fleet, keeping, shard }: { commentary: Commentary; fleet: Fleet; keeping: Keeping; shard: ShardPlan },
): Promise<number> {
	const own = part.report.summary;
	if (shard.shard.number !== 1) commentary.end({ ...own, part: shard.shard.number, parts: shard.shard.count }, own);
	return shards.conclude(part, (whole, missing) => {
		const { latency, summary, unseen } = whole;
		keeping.write(whole);
		const lines = [arrivalLine(summary, unseen), ...latencyLines(latency), ...missing];
		const said = { ...summary, parts: shard.shard.count, missing, ...(unseen !== undefined && { unseen }), latency };
		const isWhole = keeping.close(commentary, () => commentary.end(said, summary, lines));
		const isWell = arePromisesKept(summary) && isWhole && missing.length === 0;
		return exitCode(isWell, summary, fleet.boards);
	});
}

/** The engine that runs the firmware: undefined for Node's own, in this process. */
async function engineOf({ engine, heap }: SocketsOptions, { boards }: Scenario): Promise<Engine | undefined> {
	if (engine !== "xs") return undefined;
	// In what they have in common, all are given what the one that does most takes.
	const usual = boards.some(needsWholeBoard) ? WHOLE_HEAP : DEFAULT_HEAP;
	const heapBytes = heap === undefined ? usual : heapOf(heap);
	const made = await engineBoards({ heapBytes }, text => console.error(text));
	return { ...made, heapBytes, note: `, each an XS machine with ${heapBytes} bytes` };
}

function heapOf(value: unknown): number {
	const match = /^(\d+)(k?)$/i.exec(String(value));
	const bytes = match === null ? 0 : Number(match[1]) * (match[2] === "" ? 1 : 1024);
	if (bytes >= 4096 && bytes <= 1_048_576) return bytes;
	throw new UsageError(`--heap: expected 4k to 1024k, or so many bytes, got ${value}`);
}

async function findBroker(
	{ endpoint, port: asked, secure: flags }: SocketsOptions,
	on: BrokerListener,
	recorder: Recorder,
): Promise<Found> {
	if (endpoint !== undefined) {
		const socket = socketOf(endpoint, flags);
		const secure = secureOptionsOf(endpoint, flags);
		await probeEndpoint(endpoint);
		const { host, path, port } = endpoint;
		const far = { host, port, ...(path !== undefined && { path }), ...(secure !== undefined && { secure }) };
		return { endpoint, socket, carry: tunnel({ ...far, recorder }) };
	}
	const broker = new Broker({ on });
	const direct: Accept = (transport, start) => broker.accept(transport, start);
	const accept = recorded(recorder, direct, { now: () => performance.now() });
	const found = await serveSomewhere(broker, asked, { accept });
	return { ...found, socket: TCP, carry: (stream, peer) => carry(stream, peer, accept) };
}
