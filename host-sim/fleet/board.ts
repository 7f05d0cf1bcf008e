// One simulated board: what the fleet, the table and the summary know of it, whatever engine runs its firmware.

import type { AgentCounts, AgentListener } from "../../firmware/device/agent.js";
import type { Collaborators } from "../../firmware/io.js";
import { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "../../firmware/mqtt/client.js";
import { utf8Length } from "../../firmware/mqtt/wire.js";
import type { TelemetryOptions } from "../../firmware/telemetry/reporter.js";
import type { Curves } from "../sensor/curve.js";
import type { LinkOptions } from "../world/path.js";
import type { SeededRandom } from "../world/random.js";
import type { Recognition } from "./measuring.js";
import type { Durability } from "./scenario.js";

/** `Io` is what it runs in: what its firmware is given, or the world that it has its machine from. */
export interface BoardOptions<Io = Collaborators> {
	deviceId: string;
	host: string;
	port: number;
	/** Several brokers in order of preference, of which those are the first. Default: that one alone. */
	servers?: readonly { readonly host: string; readonly port: number }[];
	/** 4 for MQTT 3.1.1, 5 for 5.0. */
	protocolVersion: 4 | 5;
	userName?: string;
	password?: string;
	/** From one reading to the next, in ms. */
	intervalMs: number;
	qos: number;
	/** Seconds. */
	keepAlive: number;
	/** Default "ram". */
	durability?: Durability;
	/** What of a reading is worth a report. Default: everything. */
	telemetry?: TelemetryOptions;
	/** Whether it answers commands. Default false. */
	commands?: boolean;
	/** Seconds from one report of how it is doing to the next. Default: none. */
	diagnostics?: number;
	/** Whether it takes new firmware. Default false. */
	updates?: boolean;
	/** In a world: it sleeps between its readings, without power. Default false. */
	sleeps?: boolean;
	/** How the topics of the Home Assistant begin that is to find it. Default: of none. */
	homeAssistant?: string;
	/** It sees, and says which answers are worth a reading, beside what `telemetry` says. Default: it does not. */
	recognition?: Recognition;
	/** What its sensor measures in the place of the weather. Default: nothing. */
	curves?: Curves;
	/** In a world: its way to the network, and how much too fast its clock runs, in millionths. Default: as the world's are. */
	link?: Partial<LinkOptions>;
	driftPpm?: number;
	/** Source of the sensors' noise. */
	random: SeededRandom;
	io: Io;
}

export interface BoardListener extends AgentListener {
	/** The board has restarted by itself, for that reason; `lost` readings were under way. */
	restarted?(reason: string, lost: number): void;
	/** A sensor has failed, so often in a row, and will be tried again. */
	sensorFailed?(name: string, failures: number): void;
	/** A command has asked it to make itself known, for so many seconds. */
	identified?(seconds: number): void;
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
	readonly qos: number;
	/** How its readings ended, over all its restarts. */
	readonly counts: AgentCounts = { published: 0, settled: 0, refused: 0, lost: 0, dropped: 0, reconnects: 0 };
	isOnline = false;
	/** Why it is not online, a code of error.ts or reason.ts; 0 while it is, or as long as nothing has gone wrong. */
	offlineCode = 0;
	stopped = false;
	/** How often it has restarted. */
	restarts = 0;
	/** All round-trip times measured, in ms. */
	readonly pings: number[] = [];
	/** For the agent: takes note, then passes on. */
	protected readonly listener: Required<AgentListener>;
	readonly #on: BoardListener;
	#connections = 0;
	/** The last reading, as it was published; parsed for who asks. */
	#json = new Uint8Array(192);
	#jsonLength = 0;
	#reading: Reading | undefined;

	constructor({ deviceId, qos }: Pick<BoardOptions, "deviceId" | "qos">, on: BoardListener) {
		this.deviceId = deviceId;
		this.qos = qos;
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
				this.#keep(json, length);
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

	/** Whether there is anything to run it. */
	get isPowered(): boolean {
		return true;
	}

	/** The last reading, or undefined. */
	get reading(): Reading | undefined {
		if (this.#jsonLength > 0)
			this.#reading ??= JSON.parse(String.fromCharCode(...this.#json.subarray(0, this.#jsonLength)));
		return this.#reading;
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

	protected handleIdentify(seconds: number): void {
		this.#on.identified?.(seconds);
	}

	/** It has begun anew: what was in its memory is gone; of what was under way, so many readings were in flash. */
	protected handleRestart(reason: string, kept = 0): void {
		const lost = Math.max(0, this.unsettled - kept);
		this.isOnline = false;
		this.restarts += 1;
		this.counts.lost += lost;
		// The power went when a reading had just been written, before anybody was told that it was published.
		this.counts.published += Math.max(0, kept - this.unsettled);
		this.#on.restarted?.(reason, lost);
	}

	protected handleSensorFault(name: string, failures: number): void {
		this.#on.sensorFailed?.(name, failures);
	}

	#keep(json: Uint8Array, length: number): void {
		if (length > this.#json.length) this.#json = new Uint8Array(length);
		this.#json.set(json.subarray(0, length));
		this.#jsonLength = length;
		this.#reading = undefined;
	}
}

/** A token as password can be long; CONNECT has to fit. */
export function sendLimit(userName: string | undefined, password: string | undefined): number {
	return Math.max(512, 256 + utf8Length((userName ?? "") + (password ?? "")));
}
