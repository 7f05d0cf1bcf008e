// thimble run: simulated boards against a broker, the embedded one or any other.

import { type BoardPlan, needsWorld, parseDuration, type Scenario, UsageError } from "../fleet/scenario.js";
import { parseShard } from "../fleet/shard.js";
import { fashion, sightsOf } from "../sensor/belt.js";
import { type Destination, parseEndpoints } from "./endpoint.js";
import { runJobs } from "./jobs.js";
import { Keeping } from "./keeping.js";
import { runLive } from "./live.js";
import { runOutside } from "./outside.js";
import { hasPage, type PageFlags, planPage, refusePage } from "./page.js";
import { describeBoards, scenarioOf } from "./scenario.js";
import { refuseColours } from "./screen.js";
import { refuseSecure, type SecureFlags } from "./secure.js";
import { planShard, type ShardFlags } from "./shards.js";
import { runSockets } from "./sockets.js";
import { parseSpeed, runVirtual } from "./virtual.js";

/** What the command line gave; absent where it did not. */
export interface RunFlags extends PageFlags, ShardFlags {
	devices?: unknown;
	seed?: unknown;
	broker?: unknown;
	brokerConfig?: unknown;
	port?: unknown;
	qos?: unknown;
	protocol?: unknown;
	interval?: unknown;
	homeAssistant?: unknown;
	diagnostics?: unknown;
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
	model?: unknown;
}

/** How often boards that nobody has described tell a page how they are doing. */
const SHOWN_EVERY = "5s";

/** Runs until its time is over or a signal comes. Returns the exit code; throws UsageError. */
export async function run(scenarioName: string | undefined, flags: RunFlags): Promise<number> {
	const { until = flags.duration } = flags;
	checkUntil(flags);
	const speed = speedOf(flags);
	const endpoint = flags.broker === undefined ? undefined : endpointOf(flags);
	const hasChoice = endpoint?.servers !== undefined;
	const isPart = flags.shard !== undefined || flags.jobs !== undefined;
	const isShown =
		scenarioName === undefined &&
		speed === undefined &&
		flags.engine !== "xs" &&
		!isPart &&
		!hasChoice &&
		hasPage(flags);
	const { diagnostics = isShown ? SHOWN_EVERY : undefined } = flags;
	checkGuarded(flags);
	const whole = scenarioOf(scenarioName, { ...flags, diagnostics, duration: until });
	const part = planShard(flags, whole);
	if (isPart) checkParts(flags, whole);
	if (flags.jobs !== undefined) return runJobs(whole, flags);
	const scenario = part?.scenario ?? whole;
	const json = flags.json === true;
	if (flags.color === false) refuseColours();
	const keeping = new Keeping(flags, scenarioName);
	const check = flags.check === true;
	const sights = flags.model === undefined ? fashion : sightsOf(String(flags.model));
	if (flags.model !== undefined && !scenario.boards.some(isSeeing))
		throw new UsageError("--model is for boards that see: give a scenario with recognition, such as recognition");
	if (flags.broker === undefined) refuseSecure(secureFlags(flags));
	checkEngine(flags, scenario);
	if (speed !== undefined && flags.broker === undefined) {
		refusePage(flags);
		return runVirtual(scenario, { speed, json, check, keeping, sights });
	}
	const page = part === undefined ? planPage(flags) : undefined;
	const title = scenarioName ?? describeBoards(scenario);
	const engine = flags.engine === "xs" ? "xs" : "node";
	const options = { json, check, keeping, port: flags.port, title, page, sights };
	const secure = secureFlags(flags);
	const brokerConfig = flags.brokerConfig === undefined ? undefined : String(flags.brokerConfig);
	if (engine === "node" && endpoint === undefined) return runLive(scenario, { ...options, brokerConfig });
	if (engine === "node" && endpoint !== undefined && part === undefined) {
		const isAsked = speed !== undefined || keeping.isRecorded || needsWorld(scenario);
		if (isAsked && hasChoice)
			throw new UsageError("--broker: faults and --record come before one broker for now: give a URL with one host");
		// What is asked to be secret is never sent as plain text.
		if (isAsked && endpoint.path !== undefined)
			throw new UsageError("--broker: faults come over TCP or TLS for now: give a URL with mqtt:// or mqtts://");
		if (isAsked || (page !== undefined && endpoint.path === undefined && !hasChoice))
			return runOutside(scenario, endpoint, { ...options, secure });
	}
	if (engine === "xs" && hasChoice)
		throw new UsageError("--engine xs: boards there know one broker for now: give a URL with one host");
	if (engine === "xs" && endpoint?.scheme !== undefined)
		throw new UsageError("--engine xs: boards there speak plain TCP for now: give a URL with mqtt://");
	return runSockets(scenario, { ...options, endpoint, secure, engine, heap: flags.heap, shard: part?.plan });
}

/** Throws UsageError for what a run in parts cannot do. */
function checkParts(flags: RunFlags, whole: Scenario): void {
	const name = flags.shard === undefined ? "--jobs" : "--shard";
	if (flags.shard !== undefined && flags.broker === undefined)
		throw new UsageError("--shard: the parts of a run meet at a broker outside: give its --broker, too");
	for (const flag of ["speed", "until", "record", "check"] as const)
		if (flags[flag] !== undefined)
			throw new UsageError(`${name}: a run in parts has no --${flag}: leave one of them out`);
	// No page is what they have anyway.
	if (flags.page !== undefined && flags.page !== false)
		throw new UsageError(`${name}: a run in parts has no --page: leave one of them out`);
	if (flags.shard !== undefined && flags.report !== undefined && parseShard(flags.shard).number !== 1)
		throw new UsageError("--report: the first part writes the report of the whole run: give it there");
	if (needsWorld(whole))
		throw new UsageError(
			`${name}: what goes wrong in a scenario, its links, clocks and limits of the broker are for one process: leave one of them out`,
		);
}

/** Throws UsageError for what does not go with a broker behind a configuration file. */
function checkGuarded(flags: RunFlags): void {
	if (flags.brokerConfig === undefined) return;
	if (flags.broker !== undefined)
		throw new UsageError("--broker-config is for the embedded broker: leave it out, or --broker");
	if (flags.port !== undefined)
		throw new UsageError("--port: the listeners of --broker-config have ports: leave it out");
	if (flags.engine === "xs")
		throw new UsageError(
			"--engine xs: boards there have no users of their own for now: leave it out, or --broker-config",
		);
	for (const flag of ["speed", "until", "jobs"] as const)
		if (flags[flag] !== undefined)
			throw new UsageError(
				`--broker-config is for one process in real time: leave it out, or --${flag}; a scenario may say who may come in its "security"`,
			);
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
	if (engine === "xs" && scenario.boards.some(isSeeing))
		throw new UsageError("--engine xs: boards there see nothing for now: leave recognition out of the scenario");
	if (engine === "xs" && needsWorld(scenario))
		throw new UsageError(
			"what goes wrong in a scenario, its links, clocks and limits of the broker are for virtual time, which --engine xs does not have yet: leave one of them out",
		);
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
	return parseEndpoints(String(broker));
}

function isSeeing({ recognition }: BoardPlan): boolean {
	return recognition !== undefined;
}
