// One simulated board: what the fleet, the table and the summary know of it, whatever engine runs its firmware.

import { Agent, type AgentCounts, type AgentListener, type Collaborators } from "../../firmware/device/agent.js";
import { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "../../firmware/mqtt/client.js";
import { WeatherSensor } from "../sensor/weather.js";
import type { SeededRandom } from "../world/random.js";

export interface BoardOptions {
	deviceId: string;
	host: string;
	port: number;
	/** 4 for MQTT 3.1.1, 5 for 5.0. */
	protocolVersion: 4 | 5;
	userName?: string;
	password?: string;
	/** From one reading to the next, in ms. */
	intervalMs: number;
	qos: number;
	/** Seconds. */
	keepAlive: number;
	/** Source of the sensors' noise. */
	random: SeededRandom;
	io: Collaborators;
}

export interface BoardListener extends AgentListener {
	/** The board has restarted by itself, for that reason; `lost` readings were under way. */
	restarted?(reason: string, lost: number): void;
}

/** What was measured last, in the units of the telemetry. */
export interface Reading {
	readonly time?: number;
	readonly boot: number;
	readonly seq: number;
	readonly temperature?: number;
	readonly humidity?: number;
	readonly pressure?: number;
}

/** A board's state, from what its agent tells. */
export abstract class Board {
	readonly deviceId: string;
	readonly telemetryTopic: string;
	/** How its readings ended, over all its restarts. */
	readonly counts: AgentCounts = { published: 0, settled: 0, refused: 0, lost: 0, dropped: 0, reconnects: 0 };
	/** The last reading, as it was published. */
	reading: Reading | undefined;
	isOnline = false;
	/** Why it is not online, a code of error.ts or reason.ts; 0 while it is, or as long as nothing has gone wrong. */
	offlineCode = 0;
	stopped = false;
	/** How often it has restarted by itself. */
	restarts = 0;
	/** All round-trip times measured, in ms. */
	readonly pings: number[] = [];
	/** For the agent: takes note, then passes on. */
	protected readonly listener: Required<AgentListener>;
	readonly #on: BoardListener;
	#connections = 0;

	constructor(deviceId: string, on: BoardListener) {
		this.deviceId = deviceId;
		this.telemetryTopic = `thimble/${deviceId}/telemetry`;
		this.#on = on;
		this.listener = {
			online: sessionPresent => {
				this.isOnline = true;
				this.offlineCode = 0;
				this.#connections += 1;
				this.counts.reconnects = this.#connections - 1;
				on.online?.(sessionPresent);
			},
			offline: code => {
				this.isOnline = false;
				this.offlineCode = code;
				on.offline?.(code);
			},
			ping: milliseconds => {
				this.pings.push(milliseconds);
				on.ping?.(milliseconds);
			},
			reading: (ticket, sequence, json, length) => {
				this.reading = JSON.parse(Buffer.from(json.buffer, json.byteOffset, length).toString());
				this.counts.published += 1;
				if (ticket < 0) this.counts.refused += 1;
				else if (ticket === 0) this.counts.settled += 1;
				on.reading?.(ticket, sequence, json, length);
			},
			end: (ticket, end, code) => {
				const counts = this.counts;
				if (end === END_SETTLED) counts.settled += 1;
				else if (end === END_REFUSED) counts.refused += 1;
				else if (end === END_LOST) counts.lost += 1;
				else if (end === END_DROPPED) counts.dropped += 1;
				on.end?.(ticket, end, code);
			},
			stopped: code => {
				this.stopped = true;
				this.isOnline = false;
				on.stopped?.(code);
			},
		};
	}

	/** Readings that have not ended. */
	get unsettled(): number {
		const { published, settled, refused, lost, dropped } = this.counts;
		return published - settled - refused - lost - dropped;
	}

	/** Round-trip time of the last PINGREQ in ms, or undefined. */
	get pingMs(): number | undefined {
		return this.pings.at(-1);
	}

	abstract start(): void;
	/** Says goodbye, drains for so long at most, and stops. */
	abstract stop(drainMs: number): void;

	/** It has begun anew: what was in its memory is gone. */
	protected handleRestart(reason: string): void {
		const lost = this.unsettled;
		this.isOnline = false;
		this.restarts += 1;
		this.counts.lost += lost;
		this.#on.restarted?.(reason, lost);
	}
}

/** A token as password can be long; CONNECT has to fit. */
export function sendLimit(userName: string | undefined, password: string | undefined): number {
	return Math.max(512, 256 + Buffer.byteLength((userName ?? "") + (password ?? "")));
}

/** A board whose firmware runs on Node's own engine, in this process. */
export class NodeBoard extends Board {
	readonly #agent: Agent;

	/** `on` hears of everything after the board has taken note. Throws Misuse. */
	constructor(options: BoardOptions, on: BoardListener = {}) {
		super(options.deviceId, on);
		const { random, ...rest } = options;
		this.#agent = new Agent({
			...rest,
			limits: { send: sendLimit(options.userName, options.password) },
			sensors: [new WeatherSensor(options.io.clock, random)],
			on: this.listener,
		});
	}

	override start(): void {
		this.#agent.start();
	}

	override stop(drainMs: number): void {
		this.#agent.stop(drainMs);
	}
}
