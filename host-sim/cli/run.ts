// thimble run: simulated boards against a broker, the embedded one or any other.

import type { SocketConstructor } from "../../firmware/io.js";
import { Broker } from "../broker/broker.js";
import type { Violation } from "../checker/checker.js";
import { Fleet, type FleetEvent, type MakeBoard } from "../fleet/fleet.js";
import { needsWorld, parseDuration, type Scenario, UsageError } from "../fleet/scenario.js";
import { needsWholeBoard } from "../fleet/whole.js";
import { NodeBoard } from "../node/board.js";
import { nodeClock, nodeRandom } from "../node/clock.js";
import { MemoryKeyValue } from "../node/keyvalue.js";
import { type Listener, listen } from "../node/listen.js";
import { NodeResolver } from "../node/resolver.js";
import { TCP } from "../node/tcp.js";
import { NodeTimer } from "../node/timer.js";
import { type Recorder, recorded } from "../record/recorder.js";
import { sentence } from "../sentence.js";
import type { Accept } from "../transport.js";
import { engineBoards } from "../xs/fleet.js";
import { type Destination, describeEndpoint, lookOn, parseEndpoint, probeEndpoint } from "./endpoint.js";
import { runOutside } from "./outside.js";
import { concluded, Recording, type RecordTo } from "./record.js";
import { describeBoards, scenarioOf } from "./scenario.js";
import { lineScreen, type Screen, tableScreen } from "./screen.js";
import { refuseSecure, type SecureFlags, socketOf } from "./secure.js";
import { Stop } from "./stop.js";
import { parseSpeed, runVirtual } from "./virtual.js";

/** What the command line gave; absent where it did not. */
export interface RunFlags {
	devices?: unknown;
	seed?: unknown;
	broker?: unknown;
	port?: unknown;
	qos?: unknown;
	protocol?: unknown;
	interval?: unknown;
	duration?: unknown;
	homeAssistant?: unknown;
	speed?: unknown;
	until?: unknown;
	engine?: unknown;
	heap?: unknown;
	json?: unknown;
	check?: unknown;
	cafile?: unknown;
	cert?: unknown;
	key?: unknown;
	insecure?: unknown;
	record?: unknown;
}

const LOOPBACK = "127.0.0.1";
const DEFAULT_PORT = 1883;
/** Bytes of memory of a board on the XS engine. */
const DEFAULT_HEAP = 32 * 1024;
/** The same of one that does more than take readings. */
const WHOLE_HEAP = 64 * 1024;
/** How many ports to try where nobody asked for a certain one. */
const PORTS = 100;
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
	const record = recordTo(flags, scenarioName);
	if (flags.broker === undefined) refuseSecure(secureFlags(flags));
	const speed = speedOf(flags, scenario);
	if (speed !== undefined && flags.broker !== undefined) {
		const endpoint = endpointOf(flags);
		// What is asked to be secret is never sent as plain text.
		if (endpoint.path !== undefined)
			throw new UsageError("--broker: faults come over TCP or TLS for now: give a URL with mqtt:// or mqtts://");
		return runOutside(scenario, endpoint, secureFlags(flags), { json, ...(record !== undefined && { record }) });
	}
	if (speed !== undefined)
		return runVirtual(scenario, { speed, json, check: flags.check === true, ...(record !== undefined && { record }) });
	const engine = await engineOf(flags, scenario);
	let violations = 0;
	const recording =
		record === undefined ? undefined : new Recording(record, scenario.seed, Date.now(), performance.now());
	const violated = ({ clientId, sentence, statement, version }: Violation) => {
		violations += 1;
		if (json) print({ event: "violation", device: clientId, version, statement, sentence });
		else console.error(`${clientId} breaks ${statement} of MQTT ${version}: ${sentence}`);
	};
	const { endpoint, listener, note, socket } = await findBroker(flags, violated, recording?.recorder);
	const stop = new Stop();
	let screen: Screen | undefined;
	const show = json ? printEvent : (event: FleetEvent) => screen?.show(event);
	const io = { socket, resolver: NodeResolver, timer: NodeTimer, clock: nodeClock, random: nodeRandom };
	const makeBoard: MakeBoard = engine?.makeBoard ?? ((options, on) => new NodeBoard(options, on));
	const fleet = new Fleet(scenario, endpoint, () => ({ ...io, store: new MemoryKeyValue() }), show, makeBoard);
	if (json) print({ event: "broker", url: describeEndpoint(endpoint), embedded: listener !== undefined });
	else {
		const makeScreen = process.stdout.isTTY ? tableScreen : lineScreen;
		screen = makeScreen(fleet.boards, introduction(endpoint, note, scenario, engine?.note ?? ""), process.stdout);
	}
	fleet.start();
	await stop.when(scenario.duration);
	await fleet.stop(DRAIN_MS);
	// What the boards said last may be under way to the broker.
	await recording?.goodbyes(GOODBYE_MS);
	await listener?.close();
	engine?.close();
	const summary = fleet.summary();
	const sumUp = () => {
		if (json) print({ event: "summary", ...summary });
		screen?.close(summary);
	};
	const isWhole = concluded(recording, json, print, sumUp);
	if (violations > 0 || !isWhole) return 1;
	if (summary.seenOnline > 0) return 0;
	const why = fleet.boards.find(board => board.offlineCode !== 0)?.offlineCode;
	console.error(`thimble: no board ever came online${why === undefined ? "" : `: ${sentence(why)}`}`);
	return 1;
}

/** The engine that runs the firmware: undefined for Node's own, in this process. */
async function engineOf(flags: RunFlags, { boards }: Scenario) {
	const { engine = "node", heap } = flags;
	if (engine !== "node" && engine !== "xs") throw new UsageError(`--engine: expected node or xs, got ${engine}`);
	if (engine === "node") {
		if (heap !== undefined) throw new UsageError("--heap is for --engine xs: Node's heap has no fixed size");
		return undefined;
	}
	// In what they have in common, all are given what the one that does most takes.
	const usual = boards.some(needsWholeBoard) ? WHOLE_HEAP : DEFAULT_HEAP;
	const bytes = heap === undefined ? usual : heapOf(heap);
	const made = await engineBoards({ heapBytes: bytes }, text => console.error(text));
	return { ...made, note: `, each an XS machine with ${bytes} bytes` };
}

function heapOf(value: unknown): number {
	const match = /^(\d+)(k?)$/i.exec(String(value));
	const bytes = match === null ? 0 : Number(match[1]) * (match[2] === "" ? 1 : 1024);
	if (bytes >= 4096 && bytes <= 1_048_576) return bytes;
	throw new UsageError(`--heap: expected 4k to 1024k, or so many bytes, got ${value}`);
}

function recordTo({ record }: RunFlags, scenario: string | undefined): RecordTo | undefined {
	if (record === undefined) return undefined;
	return { file: String(record), ...(scenario !== undefined && { scenario }) };
}

function checkUntil({ duration, until }: RunFlags): void {
	if (until === undefined) return;
	if (duration !== undefined) throw new UsageError("--until and --duration say the same: give one of them");
	if (parseDuration(String(until)) === undefined)
		throw new UsageError(`--until: expected a duration such as "90m" or "24h", got ${until}`);
}

/** How fast the world goes that this is run in; undefined: on real sockets. */
function speedOf(flags: RunFlags, scenario: Scenario): number | undefined {
	const { broker, engine, port, record, speed, until } = flags;
	if (broker !== undefined && speed !== undefined && parseSpeed(speed) !== 1)
		throw new UsageError("--speed: a broker outside lives in real time: leave --speed out, or --broker");
	// Before a broker outside there is no other time than the real one.
	// What goes to it is seen where the world's network ends.
	const isSeen = record !== undefined && broker !== undefined;
	const isAsked = speed !== undefined || isSeen || (until !== undefined && broker === undefined);
	if (!isAsked && !needsWorld(scenario)) return undefined;
	const why = isAsked
		? `${speed !== undefined ? "--speed" : isSeen ? "--record with --broker" : "--until"} is for virtual time`
		: "what goes wrong in a scenario, its links, clocks and limits of the broker are for virtual time";
	if (port !== undefined && broker === undefined)
		throw new UsageError(`${why}, where no port is opened: leave --port out`);
	if (engine === "xs") throw new UsageError(`${why}, which --engine xs does not have yet: leave one of them out`);
	if (engine !== undefined && engine !== "node") throw new UsageError(`--engine: expected node or xs, got ${engine}`);
	if (flags.heap !== undefined) throw new UsageError("--heap is for --engine xs: Node's heap has no fixed size");
	return isAsked ? parseSpeed(speed ?? (isSeen ? 1 : "max")) : 1;
}

async function findBroker(
	flags: RunFlags,
	violated: (violation: Violation) => void,
	recorder: Recorder | undefined,
): Promise<{ endpoint: Destination; listener?: Listener; note: string; socket: SocketConstructor }> {
	if (flags.broker !== undefined) {
		const endpoint = endpointOf(flags);
		if (endpoint.scheme !== undefined && flags.engine === "xs")
			throw new UsageError("--engine xs: boards there speak plain TCP for now: give a URL with mqtt://");
		const socket = socketOf(endpoint, secureFlags(flags));
		await probeEndpoint(endpoint);
		return { endpoint, note: "", socket };
	}
	const asked = flags.port === undefined ? undefined : portOf(flags.port);
	const broker = new Broker(flags.check === true ? { on: { violated } } : {});
	const listener = await listenSomewhere(broker, asked, recorder);
	const { port } = listener;
	const note = asked === undefined && port !== DEFAULT_PORT ? ` (port ${DEFAULT_PORT} is taken)` : "";
	return { endpoint: { host: LOOPBACK, port }, listener, note, socket: TCP };
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

function portOf(value: unknown): number {
	if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
	throw new UsageError(`--port: expected a whole number from 0 (any free port) to 65535, got ${value}`);
}

async function listenSomewhere(
	broker: Broker,
	asked: number | undefined,
	recorder: Recorder | undefined,
): Promise<Listener> {
	const accept: Accept = (transport, start) => broker.accept(transport, start);
	const now = () => performance.now();
	const options = recorder === undefined ? {} : { accept: recorded(recorder, accept, { now }) };
	for (let port = asked ?? DEFAULT_PORT; ; port += 1) {
		try {
			return await listen(broker, port, LOOPBACK, options);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (asked === undefined && code === "EADDRINUSE" && port < DEFAULT_PORT + PORTS) continue;
			if (code === "EADDRINUSE") throw new UsageError(`port ${port} is taken; choose another with --port`);
			if (code === "EACCES") throw new UsageError(`port ${port} needs more rights; choose one above 1023 with --port`);
			throw error;
		}
	}
}

function introduction(endpoint: Destination, note: string, scenario: Scenario, engine: string): string[] {
	return [
		`Broker    ${describeEndpoint(endpoint)}${note}`,
		`Boards    ${describeBoards(scenario)}${engine}`,
		lookOn(endpoint),
		scenario.duration === undefined ? "Stop      Ctrl-C" : `Stop      after ${scenario.duration} ms, or Ctrl-C`,
	];
}

function printEvent(event: FleetEvent): void {
	print(event);
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify({ time: Date.now(), ...event })}\n`);
}
