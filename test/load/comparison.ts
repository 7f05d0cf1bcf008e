// The brokers side by side: in each round all of them are started anew, and each thing is measured at one after the other, beginning with
// another one each time. What counts is the median of the rounds, and for ratios the median of the rounds' own, in which the machine was
// as busy for all.

import { sleep } from "../support/mosquitto.js";
import { Contestant, NAMES, type Name } from "./contestant.js";
import { Speaker } from "./speaker.js";
import { Stream } from "./stream.js";

/** Whom the others are measured against. */
const STANDARD: Name = "mosquitto";
/** Connections that are being made at a time. */
const CONNECTING = 50;
/** How long memory may settle, and messages flow before they count: no longer than they are measured. */
const MOST_WARM_MS = 1000;
/** Payloads, in bytes. */
const BYTES = 64;
const MEGABYTE = 1_048_576;

export interface ComparisonOptions {
	readonly rounds: number;
	/** Connections that say nothing. */
	readonly connections: number;
	/** How long each stream is measured. */
	readonly seconds: number;
	/** What it is at, for who waits. */
	readonly told?: (what: string) => void;
}

export type Figures = Readonly<Record<Name, number>>;

/** One thing that is measured. */
export interface Row {
	readonly what: string;
	readonly unit: string;
	/** Of each round. */
	readonly rounds: readonly Figures[];
	readonly medians: Figures;
	/** To mosquitto's. */
	readonly ratios: Figures;
}

export interface Comparison {
	readonly rows: readonly Row[];
	/** Messages that have been lost, and those that came out of order or again, and connections that broke. */
	readonly lost: Figures;
	readonly faults: Figures;
}

/** Streams: at most 200 messages are under way, as many as mosquitto lets out at a time. */
const STREAMS = [1, 20].flatMap(publishers =>
	([0, 1, 2] as const).map(qos => ({ publishers, qos, window: publishers === 1 ? 100 : 8, bytes: BYTES })),
);

export async function compare(options: ComparisonOptions): Promise<Comparison> {
	const warmMs = Math.min(MOST_WARM_MS, options.seconds * 1000);
	const measured = new Map<string, { what: string; unit: string; rounds: Record<Name, number>[] }>();
	const lost = { thimble: 0, mosquitto: 0, aedes: 0 };
	const faults = { thimble: 0, mosquitto: 0, aedes: 0 };
	for (let round = 0; round < options.rounds; round += 1) {
		const put = (name: Name, what: string, unit: string, value: number) => {
			const row = measured.get(what) ?? { what, unit, rounds: [] };
			measured.set(what, row);
			row.rounds[round] ??= { thimble: 0, mosquitto: 0, aedes: 0 };
			row.rounds[round]![name] = value;
		};
		const contestants: Contestant[] = [];
		try {
			for (const i of NAMES.keys()) contestants.push(await Contestant.start(NAMES[(round + i) % NAMES.length]!));
			const each = async (what: string, measure: (contestant: Contestant) => Promise<void>) => {
				for (const contestant of contestants) {
					options.told?.(`round ${round + 1} of ${options.rounds}: ${contestant.name}, ${what}`);
					await measure(contestant);
				}
			};
			await each("connections", contestant =>
				connectAll(contestant, options.connections, warmMs, (...figure) => put(contestant.name, ...figure)),
			);
			for (const { publishers, qos, ...how } of STREAMS) {
				const what = `QoS ${qos}, ${publishers} to 1`;
				await each(what, async contestant => {
					const stream = await Stream.open({ port: contestant.port, publishers, qos, ...how });
					stream.flow();
					await sleep(warmMs);
					const [begun, arrived, cpuMs] = [performance.now(), stream.arrived, contestant.cpuMs];
					await sleep(options.seconds * 1000);
					const count = stream.arrived - arrived;
					put(contestant.name, what, "messages/s", (count * 1000) / (performance.now() - begun));
					put(contestant.name, `${what}: CPU`, "µs/message", ((contestant.cpuMs - cpuMs) * 1000) / count);
					lost[contestant.name] += await stream.drain();
					faults[contestant.name] += stream.faults;
				});
			}
			for (const { memory, name } of contestants) put(name, "memory at most", "MB", memory.most / MEGABYTE);
		} finally {
			for (const contestant of contestants) await contestant.stop();
		}
	}
	const rows = [...measured.values()].map(row => ({
		...row,
		medians: figures(name => median(row.rounds.map(each => each[name]))),
		ratios: figures(name => median(row.rounds.map(each => each[name] / each[STANDARD]))),
	}));
	return { rows, lost, faults };
}

/** As a table for people. */
export function tableOf({ faults, lost, rows }: Comparison): string[] {
	const cells = rows.map(({ medians, ratios, unit, what }) => [
		`${what}, ${unit}`,
		...NAMES.map(name => digits(medians[name])),
		...NAMES.filter(name => name !== STANDARD).map(name => digits(ratios[name])),
	]);
	const head = ["", ...NAMES, ...NAMES.filter(name => name !== STANDARD).map(name => `${name}/${STANDARD}`)];
	const count = (counts: Figures) => NAMES.map(name => String(counts[name]));
	const all = [head, ...cells, ["messages lost", ...count(lost)], ["out of order or again", ...count(faults)]];
	const widths = head.map((_, i) => Math.max(...all.map(line => (line[i] ?? "").length)));
	return all.map(line =>
		line.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]! + 2))).join(""),
	);
}

async function connectAll(
	contestant: Contestant,
	count: number,
	warmMs: number,
	put: (what: string, unit: string, value: number) => void,
): Promise<void> {
	// The code that lets somebody in has run, and is no part of what the connections cost.
	for (let i = 0; i < CONNECTING; i += 1) (await Speaker.open(contestant.port, `load-first-${i}`)).close();
	await sleep(warmMs);
	const before = contestant.memory.now;
	const begun = performance.now();
	const speakers: Speaker[] = [];
	let next = 0;
	const work = async () => {
		while (next < count) {
			next += 1;
			speakers.push(await Speaker.open(contestant.port, `load-idle-${next}`));
		}
	};
	await Promise.all(Array.from({ length: CONNECTING }, work));
	const tookMs = performance.now() - begun;
	await sleep(warmMs);
	const { now } = contestant.memory;
	for (const speaker of speakers) speaker.close();
	await sleep(warmMs);
	put("connecting", "connections/s", (count * 1000) / tookMs);
	put("memory without clients", "MB", before / MEGABYTE);
	put("memory of a connection", "bytes", Math.max(0, now - before) / count);
}

function figures(of: (name: Name) => number): Figures {
	return { thimble: of("thimble"), mosquitto: of("mosquitto"), aedes: of("aedes") };
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const last = sorted.length - 1;
	return (sorted[Math.floor(last / 2)]! + sorted[Math.ceil(last / 2)]!) / 2;
}

function digits(value: number): string {
	return value >= 100 ? Math.round(value).toLocaleString("en-GB") : value.toPrecision(value >= 10 ? 3 : 2);
}
