// How far a run in virtual time has come, as a line that is written over itself, and what is left to say of it in the end.

import type { OrderSummary } from "../fleet/operator.js";
import type { RecognitionSummary } from "../fleet/recognitions.js";
import type { FlashSummary, WorldSummary } from "../fleet/summary.js";
import type { Cost } from "./gauge.js";

/** How often the line is written, in ms. */
const DRAW_MS = 250;

export class Progress {
	readonly #out: NodeJS.WritableStream;
	readonly #endMs: number;
	readonly #clock: () => number;
	readonly #start: number;
	#drawnAt = Number.NEGATIVE_INFINITY;

	/** `clock` tells the real time in ms. */
	constructor(out: NodeJS.WritableStream, endMs: number, clock: () => number) {
		this.#out = out;
		this.#endMs = endMs;
		this.#clock = clock;
		this.#start = clock();
	}

	/** The scenario's time is now so late. */
	show(simulatedMs: number): void {
		const now = this.#clock();
		if (now - this.#drawnAt < DRAW_MS) return;
		this.#drawnAt = now;
		const done = Math.floor((Math.min(simulatedMs, this.#endMs) / this.#endMs) * 100);
		const rate = Math.round(simulatedMs / Math.max(1, now - this.#start));
		this.#out.write(
			`\r\x1b[2K${String(done).padStart(3)} %  ${timeText(simulatedMs)} of ${timeText(this.#endMs)}  ${grouped(rate)} times real time`,
		);
	}

	/** Wipes the line away. */
	close(): void {
		this.#out.write("\r\x1b[2K");
	}
}

/** A length of time in its two largest units. */
export function timeText(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
	const seconds = Math.round(ms / 1000);
	if (seconds < 3600) return twoUnits(seconds, 60, "min", "s");
	return twoUnits(Math.round(seconds / 60), 60, "h", "min");
}

function twoUnits(small: number, factor: number, large: string, name: string): string {
	const rest = small % factor;
	return `${Math.floor(small / factor)} ${large}${rest === 0 ? "" : ` ${rest} ${name}`}`;
}

/** 1,234,567. */
function grouped(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

function lifeText(years: number): string {
	return years < 1 ? `${Math.round(years * 365)} days` : `${years.toFixed(years < 10 ? 1 : 0)} years`;
}

function flashLine({ boards, entriesPerReading, mostOfABoard, operations, perReading, years }: FlashSummary): string {
	if (boards === 0) return "flash     no board keeps its session there";
	const lasts = years === null ? "" : `; NVS would last ${lifeText(years)}`;
	return `flash     ${operations} writes, ${perReading} a reading, ${mostOfABoard} at most on a board; ${entriesPerReading} entries a reading${lasts}`;
}

function orderLine(orders: OrderSummary): string {
	const { answered, commands, notUpdated, refused, unanswered, updated, updates } = orders;
	return `orders    ${commands} commands: ${answered} done, ${refused} refused, ${unanswered} without an answer; ${updates} updates: ${updated} done, ${notUpdated} not taken`;
}

/** What has arrived at the broker; `unseen`: why nobody can say. */
export function arrivalLine(summary: Partial<WorldSummary>, unseen: string | undefined): string {
	const { arrived, duplicatesQos1, duplicatesQos2, gaps } = summary;
	if (unseen !== undefined) return `broker    what has arrived is not known: ${unseen}`;
	return `broker    ${arrived} readings arrived  gaps ${gaps}  duplicates at QoS 1 ${duplicatesQos1}, at QoS 2 ${duplicatesQos2}`;
}

function recognitionLine({ answers, different, right, rightHere }: RecognitionSummary): string {
	const share = (count: number) => (answers === 0 ? "none" : `${((count / answers) * 100).toFixed(1)} %`);
	return `saw       ${answers} answers: ${share(right)} right, ${share(rightHere)} where the model runs here; ${different} differ`;
}

/** What there is to say of a world, beside what there is of any fleet; `unseen`: why nobody can say what has arrived. */
export function worldLines(summary: WorldSummary, cost: Cost, unseen?: string): string[] {
	const { faults, flash, orders, recognition, simulatedMs, waiting, wireBytes } = summary;
	const kinds = Object.entries(faults).map(([name, count]) => `${name} ${count}`);
	const still = waiting > 0 ? `  ${waiting} still in flash` : "";
	return [
		`simulated ${timeText(simulatedMs)} in ${timeText(cost.wallMs)}, ${cost.ratio} times real time; CPU ${timeText(cost.cpuMs)}; grown by ${grouped(cost.bytesPerBoard)} bytes a board`,
		`${arrivalLine(summary, unseen)}${still}  ${grouped(wireBytes)} bytes on the wire`,
		flashLine(flash),
		`faults    ${kinds.length === 0 ? "none" : kinds.join(", ")}`,
		...(orders === undefined ? [] : [orderLine(orders)]),
		...(recognition === undefined ? [] : [recognitionLine(recognition)]),
	];
}
