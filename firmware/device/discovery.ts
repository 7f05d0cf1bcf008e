// A board that Home Assistant finds by itself: one retained message says what the board is, what it measures and by which topics
// (announcement.ts). It goes out once after each start and where a session was lost, which may have been the broker's memory;
// and when Home Assistant starts, at a random moment of some seconds, so that not a whole fleet answers at once.
//
//     <prefix>/device/<deviceId>/config    the announcement, retained, QoS 1; empty takes it back
//     <prefix>/status                      "online": Home Assistant has started
//
// What has been announced is noted in flash, so that it is taken back, once, when it is no longer wanted there: because this was
// switched off, or because prefix or device id have become others.

import type { KeyValue, Timer } from "../io.js";
import { END_REFUSED, END_SETTLED, QOS_1, RETAIN } from "../mqtt/client.js";
import { BAD_OPTION, IN_FLIGHT_FULL, Misuse, OUTBOX_FULL, SOURCE_BUSY } from "../mqtt/error.js";
import { putUtf8, takeUtf8, utf8Length } from "../mqtt/wire.js";
import { CHECK_BYTES, HEAD_BYTES, isWhole, seal } from "../optional/record.js";
import type { Quantity } from "../telemetry/quantity.js";
import type { Agent } from "./agent.js";
import { Announcement, announcedQuantities, type Button, type Diagnostic } from "./announcement.js";
import { isPrefix } from "./config.js";
import type { Duty } from "./duty.js";

export interface DiscoveryOptions {
	/** First level, or levels, of Home Assistant's topics. Default "homeassistant". */
	prefix?: string;
	/** What people call the board. Default: its device id. */
	name?: string;
	/** What its sensors give. Default: all that its readings speak of. */
	quantities?: readonly Quantity[];
	/** What of its own state its diagnostics tell, as sensors. Default: nothing. */
	diagnostics?: readonly Diagnostic[];
	/** Commands that it does, as buttons. Default: none. */
	buttons?: readonly Button[];
	/** False: nothing is announced, and what had been is taken back. Default true. */
	isOn?: boolean;
}

/** What `limits.topicBytes` has to have beside what it has for the agent, with the longest device id and prefix of a setting. */
export const DISCOVERY_TOPIC_BYTES = 256;

const DEFAULT_PREFIX = "homeassistant";
const KEY = "announced";
/** First byte of its record. */
const ANNOUNCED = 0x60;
/** How long after Home Assistant's start boards may take, in ms. */
const SPREAD_MS = 5000;
/** What found no room is tried again after so many ms. */
const RETRY_MS = 1000;

export class Discovery implements Duty {
	/** What the server would not take, as the code or reason of the last time; 0 for nothing. */
	refusedCode = 0;
	readonly #options: DiscoveryOptions;
	#agent: Agent | undefined = undefined;
	#topic = "";
	#handle = 0;
	/** Where something is announced that is no longer wanted; "" for nowhere. */
	#former = "";
	#due = true;
	/** Of what is under way, or 0; and while an announcement is, where its bytes come from. */
	#ticket = 0;
	#source: Announcement | undefined = undefined;
	#timer: Timer | undefined = undefined;

	constructor(options: DiscoveryOptions = {}) {
		this.#options = options;
	}

	begin(agent: Agent): void {
		const { isOn = true, prefix = DEFAULT_PREFIX } = this.#options;
		const { client, options } = agent;
		this.#agent = agent;
		this.#former = announcedTopic(options.io.store);
		if (!isOn) return;
		if (!isPrefix(prefix))
			throw new Misuse(BAD_OPTION, `prefix: expected a topic without +, # and a / at its ends, got "${prefix}"`);
		this.#topic = `${prefix}/device/${options.deviceId}/config`;
		if (this.#former === this.#topic) this.#former = "";
		this.#handle = client.topic(this.#topic);
		// Home Assistant says that it has started where it always does, unless it is told to do so elsewhere.
		const filters = [`${prefix}/status`];
		if (prefix !== DEFAULT_PREFIX) filters.push(`${DEFAULT_PREFIX}/status`);
		const handles = client.subscribe(filters, message => {
			if (message.payloadLength === 6 && message.text() === "online") this.handleBirth();
		});
		if (this.#handle < 0 || handles.some(handle => handle < 0))
			throw new Misuse(BAD_OPTION, "limits: no room for the topics of Home Assistant");
	}

	handleOnline(sessionPresent: boolean): void {
		if (!sessionPresent) this.#due = true;
		this.advance();
	}

	handleEnd(ticket: number, end: number, code: number): boolean {
		const isOurs = ticket === this.#ticket && ticket !== 0;
		if (isOurs) this.handleDone(end, code);
		this.advance();
		return isOurs;
	}

	handleStop(): void {
		this.#timer?.close();
		this.#timer = undefined;
		this.#former = "";
		this.#topic = "";
	}

	/**
	 * Home Assistant has started. What is under way just now will reach it, too: it is retained. So one that tells of an earlier
	 * start, and comes as we subscribe, makes no second announcement.
	 */
	private handleBirth(): void {
		if (this.#ticket === 0) this.wait(this.#agent!.options.io.random.next() % SPREAD_MS);
	}

	/** @internal */
	handleTimer(): void {
		this.#timer!.close();
		this.#timer = undefined;
		this.#due = true;
		this.advance();
	}

	private wait(milliseconds: number): void {
		if (this.#timer !== undefined) return;
		this.#timer = new this.#agent!.options.io.timer({ target: this, onTimer });
		this.#timer.schedule(milliseconds);
	}

	/** Takes back what is no longer wanted; when that has settled, says what is. */
	private advance(): void {
		const agent = this.#agent!;
		if (!this.#due || this.#ticket !== 0 || !agent.client.isOnline) return;
		if (this.#former === "" && this.#topic === "") return;
		const isTakenBack = this.#former !== "";
		let ticket = -agent.refusal(isTakenBack ? this.#former.length : this.#topic.length, 1);
		if (ticket === 0) ticket = isTakenBack ? this.takeBack() : this.announce();
		if (ticket === -OUTBOX_FULL || ticket === -IN_FLIGHT_FULL || ticket === -SOURCE_BUSY) {
			this.wait(RETRY_MS);
			return;
		}
		this.#due = false;
		if (ticket > 0) this.#ticket = ticket;
		else this.handleDone(END_REFUSED, -ticket);
	}

	private announce(): number {
		const { client, options, statusTopic, telemetryTopic } = this.#agent!;
		const { deviceId, io, telemetry } = options;
		const { buttons = [], diagnostics = [], name = "", quantities } = this.#options;
		// Noted before it is out: whenever the power goes, it can be taken back.
		note(io.store, this.#topic);
		this.#source = new Announcement({
			deviceId,
			name: name === "" ? deviceId : name,
			statusTopic,
			telemetryTopic,
			quantities: announcedQuantities(telemetry, quantities),
			diagnostics,
			buttons,
		});
		return client.publishFrom(this.#handle, this.#source, this.#source.length, QOS_1 | RETAIN);
	}

	private takeBack(): number {
		const { client, options } = this.#agent!;
		// A power cut takes it with it, since a later life would take its end for a reading's; flash knows what there is to do.
		const durability = options.session === undefined ? {} : { durability: "ram" as const };
		return client.publish(this.#former, "", { qos: 1, retain: true, ...durability });
	}

	/** What was under way has ended. */
	private handleDone(end: number, code: number): void {
		this.#ticket = 0;
		this.#source = undefined;
		// What is lost or given up is said again, now or on the next connection; what is refused, when there is a reason to.
		if (end !== END_SETTLED && end !== END_REFUSED) this.#due = true;
		if (end === END_REFUSED) this.refusedCode = code;
		if (end === END_SETTLED) this.refusedCode = 0;
		if (this.#former === "" || (end !== END_SETTLED && end !== END_REFUSED)) return;
		if (end === END_SETTLED) note(this.#agent!.options.io.store, "");
		this.#former = "";
		this.#due = this.#topic !== "";
		this.advance();
	}
}

Object.freeze(Discovery.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Discovery).handleTimer();
}

/** Where a board has announced itself, as far as its flash knows, or "". */
export function announcedTopic(store: KeyValue): string {
	try {
		const value = store.read(KEY);
		if (value === undefined) return "";
		const record = new Uint8Array(value);
		if (!isWhole(record) || record[0] !== ANNOUNCED) return "";
		return takeUtf8(record, HEAD_BYTES, record.length - HEAD_BYTES - CHECK_BYTES);
	} catch {
		return "";
	}
}

/** Notes where it has, or with "" that it has nowhere. Flash that takes no write stops no announcement. */
function note(store: KeyValue, topic: string): void {
	if (announcedTopic(store) === topic) return;
	try {
		if (topic === "") {
			store.delete(KEY);
			return;
		}
		const record = new Uint8Array(HEAD_BYTES + utf8Length(topic) + CHECK_BYTES);
		record[0] = ANNOUNCED;
		putUtf8(record, HEAD_BYTES, topic);
		seal(record);
		store.write(KEY, record.buffer as ArrayBuffer);
	} catch {
		// Then nobody will know that there is something to be taken back.
	}
}
