// thimble bench: boards that publish to any broker at a rate, and how long things take there.

import { writeFileSync } from "node:fs";
import { parseDuration, UsageError } from "../fleet/scenario.js";
import { LEAST_BYTES, Load, Tally } from "../node/load.js";
import { csvOf } from "../report/csv.js";
import type { Histogram } from "../report/histogram.js";
import { latencyLines } from "../report/text.js";
import { plain, sentence } from "../sentence.js";
import { describeEndpoint, parseTopicUrl, probeEndpoint } from "./endpoint.js";
import { integerOf } from "./flags.js";
import { checkWritable } from "./report.js";
import { socketOf } from "./secure.js";
import { Stop } from "./stop.js";

/** What the command line gave; absent where it did not. */
export interface BenchFlags {
	devices?: unknown;
	rate?: unknown;
	window?: unknown;
	size?: unknown;
	qos?: unknown;
	protocol?: unknown;
	duration?: unknown;
	warmUp?: unknown;
	cafile?: unknown;
	cert?: unknown;
	key?: unknown;
	insecure?: unknown;
	csv?: unknown;
	json?: unknown;
}

/** What it says in the end; times are in ms. */
export interface BenchSummary {
	readonly devices: number;
	/** Messages a second: asked for, or null; and achieved: acknowledged, at QoS 0 sent. */
	readonly targetRate: number | null;
	readonly rate: number;
	readonly durationMs: number;
	readonly published: number;
	readonly acknowledged: number;
	readonly arrived: number;
	/** Of all messages, warm-up too: published and never seen by the subscriber, or seen again. */
	readonly missing: number;
	readonly repeated: number;
	/** Publishes that were refused or lost. */
	readonly failed: number;
	/** Connections that ended, and why the last one did. */
	readonly drops: number;
	readonly lastDrop?: string;
	/** This process, of one core. */
	readonly cpuPercent: number;
}

/** A target that is missed by more than this share is missed. */
const TOLERANCE = 0.05;
const CONNECT_MS = 30_000;
const DRAIN_MS = 10_000;
const CLOSE_MS = 2000;
const SLICE_MS = 1000;
const DRAW_MS = 250;
const MOST_BYTES = 60_000;
const PERCENTILES = ["p50", "p90", "p99", "max"] as const;

/** Returns the exit code: 1 where boards did not come online or the rate was missed. Throws UsageError. */
export async function bench(url: string, flags: BenchFlags): Promise<number> {
	const { endpoint, topic } = parseTopicUrl(url);
	if (topic !== undefined) throw new UsageError("URL: leave the topic out: boards have topics of their own");
	const options = optionsOf(flags);
	const { durationMs, rate, warmUpMs, ...how } = options;
	const path = (value: unknown) => (value === undefined ? undefined : String(value));
	const socket = socketOf(endpoint, {
		cafile: path(flags.cafile),
		cert: path(flags.cert),
		key: path(flags.key),
		insecure: flags.insecure === true,
	});
	if (endpoint.password !== undefined && endpoint.userName === undefined && how.protocolVersion === 4)
		throw new UsageError("URL: a password needs a user name in MQTT 3.1.1");
	const csv = path(flags.csv);
	if (csv !== undefined) checkWritable("--csv", csv);
	await probeEndpoint(endpoint);
	const json = flags.json === true;
	const { signal } = new Stop();
	const load = new Load({ ...endpoint, ...how, socket, ...(rate !== undefined && { rate }) });
	const progress = new BenchProgress(load, json, warmUpMs + durationMs);
	const broker = describeEndpoint(endpoint);
	if (json) print({ event: "bench", broker, ...how, rate: rate ?? null, warmUpMs, durationMs });
	else for (const line of introduction(broker, options)) process.stdout.write(`${line}\n`);
	const areOnline = await load.open(CONNECT_MS, signal);
	if (!areOnline) {
		progress.close();
		await load.close(CLOSE_MS);
		const why = load.code === 0 ? "" : `: ${sentence(load.code)}`;
		console.error(`thimble: ${load.online} of ${how.devices} boards came online${plain(why)}`);
		return 1;
	}
	await load.publish(warmUpMs, signal, () => progress.show());
	const tally = new Tally();
	load.tally = tally;
	const begun = performance.now();
	const cpu = process.cpuUsage();
	const slices = new Slices(load);
	await load.publish(durationMs, signal, () => {
		progress.show();
		slices.show();
	});
	const tookMs = performance.now() - begun;
	const { system, user } = process.cpuUsage(cpu);
	const inTime = { published: tally.published, acknowledged: tally.acknowledged, arrived: tally.arrived };
	slices.close();
	// What is late still counts for the percentiles, but not for the rate.
	await load.drain(DRAIN_MS, signal);
	progress.close();
	const done = how.qos === 0 ? inTime.published : inTime.acknowledged;
	const summary: BenchSummary = {
		devices: how.devices,
		targetRate: rate ?? null,
		rate: Math.round((done * 10_000) / tookMs) / 10,
		durationMs: Math.round(tookMs),
		...inTime,
		missing: load.missing,
		repeated: load.repeated,
		failed: load.failed,
		drops: load.drops,
		...(load.drops > 0 && { lastDrop: sentence(load.code) }),
		cpuPercent: Math.round((user + system) / 10 / tookMs),
	};
	await load.close(CLOSE_MS);
	const latency = latencyOf(load, tally);
	if (json) print({ event: "summary", ...summary, latency, late: load.late.percentiles() });
	else for (const line of summaryLines(summary, load, tally)) process.stdout.write(`${line}\n`);
	if (csv !== undefined) writeFileSync(csv, csvOf([...slices.lines, allLine(summary, load, tally)]));
	if (isMissed(summary)) {
		console.error(`thimble: the rate was missed: ${summary.rate} messages a second in the place of ${rate}`);
		return 1;
	}
	return 0;
}

/** Whether it was slower than it should be, by more than what is tolerated. */
export function isMissed({ rate, targetRate }: Pick<BenchSummary, "rate" | "targetRate">): boolean {
	return targetRate !== null && rate < targetRate * (1 - TOLERANCE);
}

function optionsOf(flags: BenchFlags) {
	const integer = (name: string, value: unknown, low: number, high: number, usual: number) =>
		value === undefined ? usual : integerOf(String(value), name, low, high);
	const time = (name: string, value: unknown, usual: number) => {
		const ms = value === undefined ? usual : parseDuration(String(value));
		if (ms === undefined) throw new UsageError(`${name}: expected a time such as 500ms, 10s or 2m`);
		return ms;
	};
	const qos = integer("--qos", flags.qos, 0, 2, 1) as 0 | 1 | 2;
	const protocol = flags.protocol === undefined ? "3.1.1" : String(flags.protocol);
	if (protocol !== "3.1.1" && protocol !== "5") throw new UsageError("--protocol: expected 3.1.1 or 5");
	if (qos === 0 && flags.rate === undefined)
		throw new UsageError("--qos 0 has no acknowledgements that would tell when to go on: give --rate too");
	if (qos === 0 && flags.window !== undefined)
		throw new UsageError("--window counts acknowledgements, which --qos 0 has not: leave it out");
	const durationMs = time("--duration", flags.duration, 10_000);
	if (durationMs < 100) throw new UsageError("--duration: expected 100ms at least");
	return {
		devices: integer("--devices", flags.devices, 1, 10_000, 10),
		window: integer("--window", flags.window, 1, 1000, 16),
		bytes: integer("--size", flags.size, LEAST_BYTES, MOST_BYTES, 64),
		qos,
		protocolVersion: protocol === "5" ? (5 as const) : (4 as const),
		durationMs,
		warmUpMs: time("--warm-up", flags.warmUp, 1000),
		...(flags.rate !== undefined && { rate: integer("--rate", flags.rate, 1, 1_000_000, 0) }),
	};
}

function introduction(broker: string, options: ReturnType<typeof optionsOf>): string[] {
	const { bytes, devices, durationMs, protocolVersion, qos, rate, warmUpMs, window } = options;
	const pace = rate === undefined ? "as fast as it goes" : `${rate} a second in all`;
	const underWay = qos === 0 ? "" : `, ${window} under way for each`;
	return [
		`Broker    ${plain(broker)}`,
		`Boards    ${devices}, MQTT ${protocolVersion === 5 ? "5.0" : "3.1.1"}`,
		`Messages  ${bytes} bytes at QoS ${qos}, ${pace}${underWay}`,
		`Time      ${warmUpMs / 1000} s to warm up, ${durationMs / 1000} s measured`,
	];
}

function latencyOf({ connect }: Load, { acknowledge, arrive }: Tally) {
	return {
		connect: connect.percentiles(),
		acknowledged: acknowledge.percentiles(),
		arrived: arrive.percentiles(),
	};
}

function summaryLines(summary: BenchSummary, load: Load, tally: Tally): string[] {
	const { arrived, cpuPercent, drops, failed, lastDrop, missing, rate, repeated, targetRate } = summary;
	const target = targetRate === null ? "" : ` of ${targetRate}`;
	const { max, p99 } = load.late.percentiles();
	const why = lastDrop === undefined ? "" : ` (the last one: ${plain(lastDrop)})`;
	const late = targetRate === null ? "" : `; left late by ${p99} ms at p99, ${max} ms at most`;
	return [
		"",
		...latencyLines(latencyOf(load, tally)),
		"",
		`rate      ${rate}${target} messages a second${late}`,
		`arrivals  ${arrived} arrived in time, ${missing} missing, ${repeated} again; ${failed} publishes failed, ${drops} connections ended${why}`,
		`CPU       ${cpuPercent} % of one core`,
	];
}

/** What of a CSV's line is percentiles. */
function percentileCells(histogram: Histogram): (number | null)[] {
	const percentiles = histogram.percentiles();
	return PERCENTILES.map(name => percentiles[name]);
}

function allLine({ acknowledged, arrived, durationMs, published }: BenchSummary, load: Load, tally: Tally) {
	const times = [tally.acknowledge, tally.arrive, load.connect].flatMap(percentileCells);
	return ["all", durationMs, published, acknowledged, arrived, ...times];
}

/** A line of CSV for each second. */
class Slices {
	readonly lines: (string | number | null)[][];
	readonly #load: Load;
	#begun = performance.now();
	#count = 0;

	constructor(load: Load) {
		const times = ["ack", "end_to_end", "connect"].flatMap(what => PERCENTILES.map(name => `${what}_${name}_ms`));
		this.lines = [["second", "duration_ms", "published", "acknowledged", "arrived", ...times]];
		this.#load = load;
		load.slice = new Tally();
	}

	/** Time has passed. */
	show(): void {
		if (performance.now() - this.#begun >= SLICE_MS) this.#cut();
	}

	close(): void {
		if (this.#load.slice!.published > 0) this.#cut();
		this.#load.slice = undefined;
	}

	#cut(): void {
		const now = performance.now();
		const { acknowledge, acknowledged, arrive, arrived, published } = this.#load.slice!;
		const times = [acknowledge, arrive].flatMap(percentileCells);
		const none = PERCENTILES.map(() => null);
		this.#count += 1;
		const took = Math.round(now - this.#begun);
		this.lines.push([this.#count, took, published, acknowledged, arrived, ...times, ...none]);
		this.#begun = now;
		this.#load.slice = new Tally();
	}
}

/** How far it has come: a line on a terminal, an event a second in JSON, and else nothing. */
class BenchProgress {
	readonly #load: Load;
	readonly #json: boolean;
	readonly #isShown: boolean;
	readonly #endMs: number;
	#begun: number | undefined;
	#drawnAt = 0;

	constructor(load: Load, json: boolean, endMs: number) {
		this.#load = load;
		this.#json = json;
		this.#isShown = process.stderr.isTTY === true && !json;
		this.#endMs = endMs;
	}

	show(): void {
		const now = performance.now();
		this.#begun ??= now;
		if (now - this.#drawnAt < (this.#json ? SLICE_MS : DRAW_MS)) return;
		this.#drawnAt = now;
		const { online, tally } = this.#load;
		const isMeasured = tally !== undefined;
		const counts = { acknowledged: tally?.acknowledged ?? 0, arrived: tally?.arrived ?? 0 };
		const p99 = tally?.acknowledge.percentiles().p99 ?? null;
		const elapsedMs = Math.round(now - this.#begun);
		if (this.#json)
			print({ event: "progress", elapsedMs, measured: isMeasured, online, ...counts, acknowledgedP99: p99 });
		else if (this.#isShown) {
			const done = Math.min(100, Math.floor((elapsedMs / this.#endMs) * 100));
			const what = isMeasured ? `${counts.acknowledged} acknowledged, p99 ${p99 ?? "–"} ms` : "warming up";
			process.stderr.write(`\r\x1b[2K${String(done).padStart(3)} %  ${online} boards online  ${what}`);
		}
	}

	/** Wipes the line away. */
	close(): void {
		if (this.#isShown) process.stderr.write("\r\x1b[2K");
	}
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify(event)}\n`);
}
