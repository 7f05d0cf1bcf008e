// thimble run: simulated boards against a broker, the embedded one or any other.

import type { Duplex } from "node:stream";
import type { SocketConstructor } from "../../firmware/io.js";
import { Broker, type BrokerListener } from "../broker/broker.js";
import { Feed } from "../desk/feed.js";
import { Stage } from "../desk/stage.js";
import { tunnel } from "../desk/tunnel.js";
import { Fleet, type FleetEvent, type MakeBoard } from "../fleet/fleet.js";
import { needsWorld, parseDuration, type Scenario, UsageError } from "../fleet/scenario.js";
import { needsWholeBoard } from "../fleet/whole.js";
import { NodeBoard } from "../node/board.js";
import { nodeClock, nodeRandom } from "../node/clock.js";
import { MemoryKeyValue } from "../node/keyvalue.js";
import { carry, type Listener } from "../node/listen.js";
import { NodeResolver } from "../node/resolver.js";
import { TCP } from "../node/tcp.js";
import { NodeTimer } from "../node/timer.js";
import { Recorder, recorded } from "../record/recorder.js";
import { watchedSocket } from "../report/dial.js";
import { Watch } from "../report/watch.js";
import { sentence } from "../sentence.js";
import type { Accept } from "../transport.js";
import { engineBoards } from "../xs/fleet.js";
import { type Destination, describeEndpoint, lookOn, parseEndpoint, probeEndpoint } from "./endpoint.js";
import { Gauge } from "./gauge.js";
import { Keeping } from "./keeping.js";
import { runLive } from "./live.js";
import { observerOf, runOutside, seeFirst, seeLast, whyUnseen } from "./outside.js";
import { openPage, type PageFlags, type PagePlan, pageLines, planPage, refusePage } from "./page.js";
import { serveSomewhere } from "./port.js";
import { describeBoards, scenarioOf } from "./scenario.js";
import { lineScreen, refuseColours, type Screen, tableScreen } from "./screen.js";
import { refuseSecure, type SecureFlags, secureOptionsOf, socketOf } from "./secure.js";
import { Stop } from "./stop.js";
import { parseSpeed, runVirtual } from "./virtual.js";

/** What the command line gave; absent where it did not. */
export interface RunFlags extends PageFlags {
	devices?: unknown;
	seed?: unknown;
	broker?: unknown;
	port?: unknown;
	qos?: unknown;
	protocol?: unknown;
	interval?: unknown;
	homeAssistant?: unknown;
	speed?: unknown;
	until?: unknown;
	engine?: unknown;
	heap?: unknown;
	color?: unknown;
	report?: unknown;
	check?: unknown;
	cafile?: unknown;
	cert?: unknown;
	key?: unknown;
	insecure?: unknown;
	record?: unknown;
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
export async function run(scenarioName: string | undefined, flags: RunFlags): Promise<number> {
	const { until = flags.duration } = flags;
	checkUntil(flags);
	const scenario = scenarioOf(scenarioName, { ...flags, duration: until });
	const json = flags.json === true;
	if (flags.color === false) refuseColours();
	const keeping = new Keeping(flags, scenarioName);
	const check = flags.check === true;
	if (flags.broker === undefined) refuseSecure(secureFlags(flags));
	const speed = speedOf(flags);
	checkEngine(flags, scenario);
	if (speed !== undefined && flags.broker === undefined) {
		refusePage(flags);
		return runVirtual(scenario, { speed, json, check, keeping });
	}
	const page = planPage(flags);
	const title = scenarioName ?? describeBoards(scenario);
	if (flags.engine !== "xs" && flags.broker === undefined)
		return runLive(scenario, { json, check, keeping, port: flags.port, title, page });
	if (flags.engine !== "xs") {
		const endpoint = endpointOf(flags);
		const isAsked = speed !== undefined || keeping.isRecorded || needsWorld(scenario);
		// What is asked to be secret is never sent as plain text.
		if (isAsked && endpoint.path !== undefined)
			throw new UsageError("--broker: faults come over TCP or TLS for now: give a URL with mqtt:// or mqtts://");
		if (isAsked || (page !== undefined && endpoint.path === undefined))
			return runOutside(scenario, endpoint, { secure: secureFlags(flags), json, keeping, title, page });
	}
	return runSockets(scenario, flags, keeping, title, page);
}

/** Boards that have sockets of their own. */
async function runSockets(
	scenario: Scenario,
	flags: RunFlags,
	keeping: Keeping,
	title: string,
	page: PagePlan | undefined,
): Promise<number> {
	const json = flags.json === true;
	const check = flags.check === true;
	const engine = await engineOf(flags, scenario);
	const wallMs = Date.now();
	const originMs = performance.now();
	keeping.begin(scenario.seed, wallMs);
	const { measures } = keeping;
	let violations = 0;
	let watch: Watch | undefined;
	const on: BrokerListener = {
		...(check && {
			violated({ clientId, sentence, statement, version }) {
				violations += 1;
				if (json) print({ event: "violation", device: clientId, version, statement, sentence });
				else console.error(`${clientId} breaks ${statement} of MQTT ${version}: ${sentence}`);
			},
		}),
		...(measures !== undefined && {
			published: ({ payload, qos, topic }) => watch?.handleArrival(topic, payload, qos),
		}),
	};
	const feed = new Feed();
	const recorder = new Recorder({
		originMs,
		put(entry) {
			keeping.put(entry);
			feed.put(entry);
		},
	});
	const { bring, endpoint, listener, note, socket } = await findBroker(flags, on, recorder);
	const now = () => performance.now() - originMs;
	const stage = new Stage({
		title,
		broker: () => ({ url: describeEndpoint(endpoint), embedded: listener !== undefined }),
		scenario,
		...(flags.engine === "xs" && { engine: "xs" }),
		feed,
		wallMs,
		now,
		carry: bring,
	});
	const gauge = measures === undefined ? undefined : new Gauge();
	let screen: Screen | undefined;
	const show = (event: FleetEvent) => {
		stage.handleEvent(event);
		watch?.handleEvent(event);
		if (json) print(event);
		else screen?.show(event);
	};
	const io = { socket, resolver: NodeResolver, timer: NodeTimer, clock: nodeClock, random: nodeRandom };
	const makeBoard: MakeBoard = engine?.makeBoard ?? ((options, on) => new NodeBoard(options, on));
	const ioFor = (device: string) => ({
		...io,
		...(measures !== undefined && { socket: watchedSocket(socket, () => watch?.handleDial(device)) }),
		store: new MemoryKeyValue(),
	});
	const fleet = new Fleet(scenario, endpoint, ioFor, show, makeBoard);
	const desk = await openPage(stage, page).catch(async error => {
		await listener?.close();
		engine?.close();
		throw error;
	});
	const stop = new Stop();
	if (json) {
		print({ event: "broker", url: describeEndpoint(endpoint), embedded: listener !== undefined });
		if (desk !== undefined) print({ event: "page", url: desk.url });
	} else {
		const makeScreen = process.stdout.isTTY ? tableScreen : lineScreen;
		const intro = introduction(endpoint, note, scenario, engine?.note ?? "");
		screen = makeScreen(fleet.boards, [...pageLines(desk), ...intro], process.stdout);
	}
	if (measures !== undefined) watch = new Watch(fleet.boards, measures, now);
	const observer =
		watch !== undefined && listener === undefined
			? observerOf({ ...endpoint, socket }, watch.ledger, (...arrival) => watch?.handleArrival(...arrival))
			: undefined;
	observer?.open();
	if (observer !== undefined) await seeFirst(observer, stop);
	fleet.start();
	await stop.when(scenario.duration);
	const durationMs = Math.round(now());
	await fleet.stop(DRAIN_MS);
	if (watch !== undefined && observer !== undefined) await seeLast(watch.ledger, observer);
	await observer?.leave();
	// What the boards said last may be under way to the broker.
	await keeping.goodbyes(GOODBYE_MS);
	await desk?.close();
	await listener?.close();
	engine?.close();
	const summary = fleet.summary();
	if (watch !== undefined) {
		const { ledger } = watch;
		const unseen = observer && whyUnseen(ledger, observer);
		const heapBytes = engine?.heapBytes;
		keeping.report({
			clock: "real",
			durationMs,
			summary,
			boards: fleet.boards,
			...(unseen === undefined ? { ledger: ledger.summary() } : { unseen }),
			...(check && { violations }),
			memory: { ...gauge!.read(durationMs, summary.devices), ...(heapBytes !== undefined && { heapBytes }) },
		});
	}
	const isWhole = keeping.close(json, print, () => {
		if (json) print({ event: "summary", ...summary });
		screen?.close(summary);
	});
	if (violations > 0 || !isWhole) return 1;
	if (summary.seenOnline > 0) return 0;
	const why = fleet.boards.find(board => board.offlineCode !== 0)?.offlineCode;
	console.error(`thimble: no board ever came online${why === undefined ? "" : `: ${sentence(why)}`}`);
	return 1;
}

/** The engine that runs the firmware: undefined for Node's own, in this process. */
async function engineOf(flags: RunFlags, { boards }: Scenario) {
	const { engine, heap } = flags;
	if (engine !== "xs") return undefined;
	// In what they have in common, all are given what the one that does most takes.
	const usual = boards.some(needsWholeBoard) ? WHOLE_HEAP : DEFAULT_HEAP;
	const bytes = heap === undefined ? usual : heapOf(heap);
	const made = await engineBoards({ heapBytes: bytes }, text => console.error(text));
	return { ...made, heapBytes: bytes, note: `, each an XS machine with ${bytes} bytes` };
}

function heapOf(value: unknown): number {
	const match = /^(\d+)(k?)$/i.exec(String(value));
	const bytes = match === null ? 0 : Number(match[1]) * (match[2] === "" ? 1 : 1024);
	if (bytes >= 4096 && bytes <= 1_048_576) return bytes;
	throw new UsageError(`--heap: expected 4k to 1024k, or so many bytes, got ${value}`);
}

function checkUntil({ duration, until }: RunFlags): void {
	if (until === undefined) return;
	if (duration !== undefined) throw new UsageError("--until and --duration say the same: give one of them");
	if (parseDuration(String(until)) === undefined)
		throw new UsageError(`--until: expected a duration such as "90m" or "24h", got ${until}`);
}

/** How fast the world goes that this is run in; undefined: where nobody says so. */
function speedOf({ broker, engine, port, record, speed, until }: RunFlags): number | undefined {
	if (broker !== undefined && speed !== undefined && parseSpeed(speed) !== 1)
		throw new UsageError("--speed: a broker outside lives in real time: leave --speed out, or --broker");
	// Before a broker outside there is no other time than the real one.
	const isAsked = speed !== undefined || (until !== undefined && broker === undefined);
	// What goes to a broker outside is seen where the world's network ends.
	const isSeen = record !== undefined && broker !== undefined;
	if (!isAsked && !isSeen) return undefined;
	const name = speed !== undefined ? "--speed" : isSeen ? "--record with --broker" : "--until";
	if (isAsked && port !== undefined && broker === undefined)
		throw new UsageError(`${name} is for virtual time, where no port is opened: leave --port out`);
	if (engine === "xs")
		throw new UsageError(`${name} is for virtual time, which --engine xs does not have yet: leave one of them out`);
	return parseSpeed(speed ?? (isSeen ? 1 : "max"));
}

/** Throws UsageError where there is no such engine, or it cannot do what is asked for. */
function checkEngine({ engine = "node", heap }: RunFlags, scenario: Scenario): void {
	if (engine !== "node" && engine !== "xs") throw new UsageError(`--engine: expected node or xs, got ${engine}`);
	if (engine === "node" && heap !== undefined)
		throw new UsageError("--heap is for --engine xs: Node's heap has no fixed size");
	if (engine === "xs" && needsWorld(scenario))
		throw new UsageError(
			"what goes wrong in a scenario, its links, clocks and limits of the broker are for virtual time, which --engine xs does not have yet: leave one of them out",
		);
}

async function findBroker(
	flags: RunFlags,
	on: BrokerListener,
	recorder: Recorder,
): Promise<{
	endpoint: Destination;
	listener?: Listener;
	note: string;
	socket: SocketConstructor;
	bring(stream: Duplex, peer: string): void;
}> {
	if (flags.broker !== undefined) {
		const endpoint = endpointOf(flags);
		if (endpoint.scheme !== undefined && flags.engine === "xs")
			throw new UsageError("--engine xs: boards there speak plain TCP for now: give a URL with mqtt://");
		const socket = socketOf(endpoint, secureFlags(flags));
		await probeEndpoint(endpoint);
		const secure = secureOptionsOf(endpoint, secureFlags(flags));
		const { host, path, port } = endpoint;
		const far = { host, port, ...(path !== undefined && { path }), ...(secure !== undefined && { secure }) };
		return { endpoint, note: "", socket, bring: tunnel({ ...far, recorder }) };
	}
	const broker = new Broker({ on });
	const direct: Accept = (transport, start) => broker.accept(transport, start);
	const accept = recorded(recorder, direct, { now: () => performance.now() });
	const found = await serveSomewhere(broker, flags.port, { accept });
	return { ...found, socket: TCP, bring: (stream, peer) => carry(stream, peer, accept) };
}

function secureFlags({ cafile, cert, insecure, key }: RunFlags): SecureFlags {
	const path = (value: unknown) => (value === undefined ? undefined : String(value));
	return { cafile: path(cafile), cert: path(cert), key: path(key), insecure: insecure === true };
}

/** A broker outside. */
function endpointOf({ broker, check, port }: RunFlags): Destination {
	if (port !== undefined)
		throw new UsageError("--port is for the embedded broker; with --broker the port belongs into the URL");
	if (check === true) throw new UsageError("--check is for the embedded broker: leave --broker out");
	return parseEndpoint(String(broker));
}

function introduction(endpoint: Destination, note: string, scenario: Scenario, engine: string): string[] {
	return [
		`Broker    ${describeEndpoint(endpoint)}${note}`,
		`Boards    ${describeBoards(scenario)}${engine}`,
		lookOn(endpoint),
		scenario.duration === undefined ? "Stop      Ctrl-C" : `Stop      after ${scenario.duration} ms, or Ctrl-C`,
	];
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
}
