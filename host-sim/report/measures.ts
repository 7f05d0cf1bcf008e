// How long things take for the boards of a run, from what is told of them with the time by the run's own clock: connecting, from
// a publish to its acknowledgement, and from a publish to where arrivals are looked at. That is an observer at a broker
// outside, and the broker itself where it is inside.

import type { ReadingEnd, ReadingName } from "../fleet/ledger.js";
import { Histogram } from "./histogram.js";
import { Series } from "./series.js";

/** Readings of one board that have not both ended and arrived; older ones are forgotten: at QoS 0 many never do. */
const MOST_OPEN = 2048;

interface Open {
	readonly publishedAt: number;
	readonly qos: number;
	hasEnded: boolean;
	hasArrived: boolean;
}

interface Watched {
	dialledAt: number | undefined;
	isOnline: boolean;
	readonly open: Map<string, Open>;
	connections: number;
	mostConnectMs: number;
	mostAcknowledgedMs: number;
	mostArrivedMs: number;
}

/** The longest that a board has waited, in ms; null where it never has. */
export interface Slowest {
	readonly connect: number | null;
	readonly acknowledged: number | null;
	readonly arrived: number | null;
}

export class Measures {
	readonly connect = new Histogram();
	readonly acknowledged = new Histogram();
	readonly arrived = new Histogram();
	readonly series = new Series();
	readonly #boards = new Map<string, Watched>();
	#online = 0;

	/** A connection is begun. */
	handleDial(device: string, nowMs: number): void {
		this.#board(device).dialledAt = nowMs;
	}

	handleOnline(device: string, nowMs: number): void {
		const board = this.#board(device);
		if (board.dialledAt !== undefined) {
			const took = nowMs - board.dialledAt;
			board.dialledAt = undefined;
			board.connections += 1;
			board.mostConnectMs = Math.max(board.mostConnectMs, took);
			this.connect.add(took);
		}
		if (board.isOnline) return;
		board.isOnline = true;
		this.#online += 1;
		this.series.setOnline(nowMs, this.#online);
	}

	/** Its connection has ended, or an attempt at one; or it has no power, or has stopped. */
	handleOffline(device: string, nowMs: number): void {
		const board = this.#board(device);
		if (!board.isOnline) return;
		board.isOnline = false;
		this.#online -= 1;
		this.series.setOnline(nowMs, this.#online);
	}

	handlePublished(device: string, name: ReadingName, qos: number, nowMs: number): void {
		const { open } = this.#board(device);
		this.series.count(nowMs, "published");
		open.set(keyOf(name), { publishedAt: nowMs, qos, hasEnded: false, hasArrived: false });
		if (open.size > MOST_OPEN) open.delete(open.keys().next().value!);
	}

	/** Above QoS 0. Only what is settled has been acknowledged. */
	handleEnd(device: string, name: ReadingName, end: ReadingEnd, nowMs: number): void {
		const board = this.#board(device);
		const open = board.open.get(keyOf(name));
		if (open === undefined) return;
		open.hasEnded = true;
		if (end === "settled") {
			const took = nowMs - open.publishedAt;
			board.mostAcknowledgedMs = Math.max(board.mostAcknowledgedMs, took);
			this.acknowledged.add(took);
			this.series.count(nowMs, "acknowledged");
		}
		if (open.hasArrived || end !== "settled") board.open.delete(keyOf(name));
	}

	/** The first time counts. */
	handleArrived(device: string, name: ReadingName, nowMs: number): void {
		const board = this.#board(device);
		const open = board.open.get(keyOf(name));
		if (open === undefined || open.hasArrived) return;
		const took = nowMs - open.publishedAt;
		open.hasArrived = true;
		board.mostArrivedMs = Math.max(board.mostArrivedMs, took);
		this.arrived.add(took);
		this.series.count(nowMs, "arrived");
		if (open.hasEnded || open.qos === 0) board.open.delete(keyOf(name));
	}

	handleFault(fault: string, nowMs: number): void {
		this.series.mark(nowMs, fault);
	}

	slowest(device: string): Slowest {
		const { connections, mostAcknowledgedMs, mostArrivedMs, mostConnectMs } = this.#board(device);
		return {
			connect: connections === 0 ? null : inMs(mostConnectMs),
			acknowledged: mostAcknowledgedMs < 0 ? null : inMs(mostAcknowledgedMs),
			arrived: mostArrivedMs < 0 ? null : inMs(mostArrivedMs),
		};
	}

	#board(device: string): Watched {
		let board = this.#boards.get(device);
		if (board === undefined) {
			board = {
				dialledAt: undefined,
				isOnline: false,
				open: new Map(),
				connections: 0,
				mostConnectMs: 0,
				mostAcknowledgedMs: -1,
				mostArrivedMs: -1,
			};
			this.#boards.set(device, board);
		}
		return board;
	}
}

function keyOf({ boot, seq }: ReadingName): string {
	return `${boot}.${seq}`;
}

function inMs(milliseconds: number): number {
	return Math.round(milliseconds * 1000) / 1000;
}
