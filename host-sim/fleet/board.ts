// One simulated board: the firmware's agent, with the world around it.

import { Agent, type AgentListener, type Collaborators } from "../../firmware/device/agent.js";
import { WeatherSensor } from "../sensor/weather.js";
import type { SeededRandom } from "../world/random.js";

export interface BoardOptions {
	deviceId: string;
	host: string;
	port: number;
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

/** What was measured last, in the units of the telemetry. */
export interface Reading {
	readonly time?: number;
	readonly boot: number;
	readonly seq: number;
	readonly temperature?: number;
	readonly humidity?: number;
	readonly pressure?: number;
}

export class Board {
	readonly deviceId: string;
	readonly agent: Agent;
	/** The last reading, as it was published. */
	reading: Reading | undefined;
	/** Why it is not online, a code of error.ts or reason.ts; 0 while it is, or as long as nothing has gone wrong. */
	offlineCode = 0;
	stopped = false;
	/** All round-trip times measured, in ms. */
	readonly pings: number[] = [];

	/** `on` hears of everything after the board has taken note. */
	constructor(options: BoardOptions, on: AgentListener = {}) {
		this.deviceId = options.deviceId;
		const { random, ...rest } = options;
		// A token as password can be long; CONNECT has to fit.
		const credentials = Buffer.byteLength((options.userName ?? "") + (options.password ?? ""));
		this.agent = new Agent({
			...rest,
			limits: { send: Math.max(512, 256 + credentials) },
			sensors: [new WeatherSensor(options.io.clock, random)],
			on: {
				...on,
				online: sessionPresent => {
					this.offlineCode = 0;
					on.online?.(sessionPresent);
				},
				offline: code => {
					this.offlineCode = code;
					on.offline?.(code);
				},
				ping: milliseconds => {
					this.pings.push(milliseconds);
					on.ping?.(milliseconds);
				},
				reading: (ticket, sequence, json, length) => {
					this.reading = JSON.parse(Buffer.from(json.buffer, json.byteOffset, length).toString());
					on.reading?.(ticket, sequence, json, length);
				},
				stopped: code => {
					this.stopped = true;
					on.stopped?.(code);
				},
			},
		});
	}

	get isOnline(): boolean {
		return this.agent.client.isOnline;
	}
}
