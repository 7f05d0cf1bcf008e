// How a board is doing, as one JSON object: at each connection, and every `diagnostics` seconds. What a board does not know
// is absent. A report is written into bytes that are taken once, so that what watches the memory does not use it up.
//
//     thimble/<deviceId>/diagnostics    {"uptime":86400,"boot":12,"reset":"power","reconnects":3,"ping":41,…}

import type { Memory, Network, Power, Timer } from "../io.js";
import { END_DROPPED } from "../mqtt/client.js";
import { BAD_OPTION, DISPLACED, Misuse } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import { JsonReport } from "../telemetry/json.js";
import type { Reporter } from "../telemetry/reporter.js";
import type { Agent } from "./agent.js";
import type { Duty } from "./duty.js";
import type { Settings } from "./settings.js";

export interface DiagnosticsOptions {
	/** Where `diagnostics` comes from, and what was not taken of the rest. */
	settings: Settings;
	power?: Power;
	memory?: Memory;
	network?: Network;
	/** What counts the writes to flash, such as CountedStore. */
	flash?: { readonly writes: number };
	/** QoS of the reports: 0 (the default) or 1. */
	qos?: number;
}

const FIELDS = Object.freeze([
	"time",
	"uptime",
	"boot",
	"reset",
	"reconnects",
	"offline",
	"ping",
	"rssi",
	"slots",
	"chunks",
	"largest",
	"stack",
	"outbox",
	"unsettled",
	"published",
	"settled",
	"refused",
	"lost",
	"dropped",
	"displaced",
	"fallen",
	"flashWrites",
	"sensorFailures",
	"problems",
] as const);
const TIME = 0;
const UPTIME = 1;
const BOOT = 2;
const RESET = 3;
const RECONNECTS = 4;
const OFFLINE = 5;
const PING = 6;
const RSSI = 7;
const SLOTS = 8;
const CHUNKS = 9;
const LARGEST = 10;
const STACK = 11;
const OUTBOX = 12;
const UNSETTLED = 13;
const PUBLISHED = 14;
const SETTLED = 15;
const REFUSED = 16;
const LOST = 17;
const DROPPED = 18;
const LET_GO = 19;
const FALLEN = 20;
const FLASH_WRITES = 21;
const SENSOR_FAILURES = 22;
const PROBLEMS = 23;

/** Ten digits and a comma for each number, which all are integers of 32 bits but one: the time has some more. */
const VALUE_BYTES = 12;
const TIME_BYTES = 8;
/** A day: how long the timer waits where there are no reports, so that no more than that is ever to be counted. */
const DAY_S = 86_400;

export class Diagnostics implements Duty {
	/** Sensors that failed, as often as they did; who runs them counts. */
	sensorFailures = 0;
	readonly #options: DiagnosticsOptions;
	readonly #flags: number;
	readonly #report: JsonReport;
	/** In quotes; and the names of problems as a list, or nothing. */
	readonly #reset: Uint8Array;
	readonly #problems: Uint8Array;
	#agent: Agent | undefined = undefined;
	#topic = 0;
	#timer: Timer | undefined = undefined;
	/** Since the start: whole seconds, the ms beyond them, and when they were counted. */
	#uptime = 0;
	#restMs = 0;
	#countedMs = 0;
	#offlineCode = 0;
	/** From one report to the next; 0 for none. */
	#everySeconds = 0;
	#displaced = 0;
	#ticket = 0;
	/** A report that found no room, or no connection. */
	#isDue = false;

	constructor(options: DiagnosticsOptions) {
		const { power, qos = 0, settings } = options;
		this.#options = options;
		this.#flags = checked("qos", qos, 0, 1) << 1;
		const names = settings.problems.map(({ name }) => name);
		this.#reset = ascii(power === undefined ? "" : JSON.stringify(power.resetReason));
		this.#problems = ascii(names.length === 0 ? "" : JSON.stringify(names));
		const bytes = FIELDS.length * VALUE_BYTES + TIME_BYTES + this.#reset.length + this.#problems.length;
		this.#report = new JsonReport(FIELDS, bytes);
	}

	begin(agent: Agent): void {
		const { io, deviceId } = agent.options;
		this.#agent = agent;
		this.#topic = agent.client.topic(`thimble/${deviceId}/diagnostics`);
		if (this.#topic < 0) throw new Misuse(BAD_OPTION, "limits: no room for the topic of diagnostics");
		this.#countedMs = io.clock.now();
		this.#timer = new io.timer({ target: this, onTimer });
		this.#options.settings.listen(name => {
			if (name === "diagnostics") this.setRhythm();
		});
		this.setRhythm();
	}

	handleOnline(): void {
		this.report();
	}

	handleOffline(code: number): void {
		this.#offlineCode = code;
	}

	/** One that has waited goes when there may be room. */
	handlePing(): void {
		this.count();
		if (this.#isDue) this.report();
	}

	handleEnd(ticket: number, end: number, code: number): boolean {
		if (end === END_DROPPED && code === DISPLACED) this.#displaced += 1;
		const isOwn = ticket === this.#ticket && ticket !== 0;
		if (isOwn) this.#ticket = 0;
		if (this.#isDue) this.report();
		return isOwn;
	}

	handleStop(): void {
		this.#timer!.close();
		this.#timer = undefined;
	}

	/** @internal */
	handleTimer(): void {
		this.count();
		this.schedule();
		this.report();
	}

	private setRhythm(): void {
		this.#everySeconds = this.#options.settings.number("diagnostics");
		this.schedule();
	}

	private schedule(): void {
		this.#timer?.schedule((this.#everySeconds === 0 ? DAY_S : this.#everySeconds) * 1000);
	}

	/** A clock of 32 bits has gone round after 49 days: what has passed is counted in pieces. */
	private count(): void {
		const now = this.#agent!.options.io.clock.now();
		this.#restMs += (now - this.#countedMs) | 0;
		this.#countedMs = now;
		const seconds = Math.floor(this.#restMs / 1000);
		this.#uptime += seconds;
		this.#restMs -= seconds * 1000;
	}

	/** Publishes one where reports are wanted and there is a connection, now or as soon as there is room. */
	private report(): void {
		const agent = this.#agent!;
		this.#isDue = false;
		if (this.#timer === undefined || this.#everySeconds === 0 || !agent.client.isOnline) return;
		this.#isDue = true;
		if (this.#ticket !== 0) return;
		this.write(agent);
		const ticket = agent.publish(this.#topic, this.#report.bytes, this.#report.length, this.#flags);
		if (ticket < 0) return;
		this.#ticket = ticket;
		this.#isDue = false;
	}

	private write(agent: Agent): void {
		const { flash, memory, network } = this.#options;
		const { client, counts, telemetry } = agent;
		const report = this.#report;
		const wall = agent.options.io.clock.wall();
		this.count();
		report.begin();
		if (wall > 0) report.put(TIME, wall, 0);
		report.put(UPTIME, this.#uptime, 0);
		report.put(BOOT, telemetry.boot, 0);
		if (this.#reset.length > 0) this.putText(RESET, this.#reset);
		report.put(RECONNECTS, counts.reconnects, 0);
		if (this.#offlineCode > 0) report.put(OFFLINE, this.#offlineCode, 0);
		if (client.pingMs >= 0) report.put(PING, client.pingMs, 0);
		this.putKnown(RSSI, network?.rssi);
		this.putKnown(SLOTS, memory?.slots);
		this.putKnown(CHUNKS, memory?.chunks);
		this.putKnown(LARGEST, memory?.largest);
		this.putKnown(STACK, memory?.stack);
		report.put(OUTBOX, client.heldBytes, 0);
		report.put(UNSETTLED, client.unsettled, 0);
		report.put(PUBLISHED, counts.published, 0);
		report.put(SETTLED, counts.settled, 0);
		report.put(REFUSED, counts.refused, 0);
		report.put(LOST, counts.lost, 0);
		report.put(DROPPED, counts.dropped, 0);
		if (this.#displaced > 0) report.put(LET_GO, this.#displaced, 0);
		this.putKnown(FALLEN, (telemetry as Partial<Reporter>).fallen);
		this.putKnown(FLASH_WRITES, flash?.writes);
		report.put(SENSOR_FAILURES, this.sensorFailures + telemetry.sensorErrors, 0);
		if (this.#problems.length > 0) this.putText(PROBLEMS, this.#problems);
		report.end();
	}

	private putKnown(field: number, value: number | undefined): void {
		if (value !== undefined) this.#report.put(field, value, 0);
	}

	private putText(field: number, text: Uint8Array): void {
		const report = this.#report;
		report.name(field);
		for (let i = 0; i < text.length; i += 1) report.byte(text[i]!);
	}
}

Object.freeze(Diagnostics.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Diagnostics).handleTimer();
}

function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}
