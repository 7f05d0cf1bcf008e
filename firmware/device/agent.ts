// What a board does all day: it says that it is there, publishes readings, and says goodbye. The same code on a board,
// on the desktop and in a virtual world.
//
//     thimble/<deviceId>/status     "online" (birth) or "offline" (will, and goodbye), retained, QoS 1; the goodbye of a board that
//                                   sleeps is "sleeping" (nap.ts)
//     thimble/<deviceId>/telemetry  readings as JSON, see telemetry.ts and reporter.ts

import type { Collaborators, Sensor, Timer } from "../io.js";
import {
	Client,
	type ClientOptions,
	END_DROPPED,
	END_LOST,
	END_REFUSED,
	END_SETTLED,
	FIRST,
	type HeadStart,
	type Limits,
	type OverflowPolicy,
	QOS_1,
	RETAIN,
	type ServerChoice,
	type SessionStore,
} from "../mqtt/client.js";
import { BAD_OPTION, IN_FLIGHT_FULL, Misuse, OK, OUTBOX_FULL } from "../mqtt/error.js";
import { checked, DEFAULT_LIMITS } from "../mqtt/limits.js";
import type { TelemetryOptions } from "../telemetry/reporter.js";
import type { Readings } from "../telemetry/telemetry.js";
import { countBoot } from "./boot.js";
import type { Duty } from "./duty.js";
import { mayWait, readingsOf } from "./reporting.js";

export interface AgentOptions {
	/** Client id and part of the topics: 1 to 64 letters, digits, `-` and `_`. */
	deviceId: string;
	sensors: readonly Sensor[];
	/** Default "localhost". */
	host?: string;
	/** Default 1883. */
	port?: number;
	/** Several servers in order of preference, instead of `host` and `port`: firmware/optional/servers.ts. */
	servers?: ServerChoice;
	/** 4 (the default) for MQTT 3.1.1, 5 for 5.0. */
	protocolVersion?: 4 | 5;
	/** As the client's: a function makes one for each attempt. */
	userName?: NonNullable<ClientOptions["userName"]>;
	password?: NonNullable<ClientOptions["password"]>;
	/** Seconds. Default 60. */
	keepAlive?: number;
	/** From one reading to the next, in ms, 10 to 86,400,000. Default 1,000. */
	intervalMs?: number;
	/** What of a reading is worth a report, how many go into one message, and where they wait. Default: each says everything. */
	telemetry?: TelemetryOptions;
	/** What makes its readings in the place of its sensors, such as a Recognizer. */
	readings?: Readings & { boot: number };
	/** QoS of readings: 0, 1 (the default) or 2. */
	qos?: number;
	/**
	 * At least two messages. One place, and the bytes that it takes, are kept for birth and goodbye: a reading that would
	 * take them is refused, unless `whenFull` has a policy, which makes room for them.
	 */
	limits?: Partial<Limits>;
	/** As the client's: what happens to readings that find no room. */
	whenFull?: OverflowPolicy;
	/** As the client's: what becomes of readings at QoS 0 while there is no connection. */
	qos0WhileOffline?: "refuse" | "keep";
	/** As the client's: messages that go out behind CONNECT, before the server has answered. */
	pipeline?: HeadStart;
	/** As the client's: what becomes of QoS 1 messages under way whose session the server has lost. */
	onSessionLost?: "report" | "republish";
	/** What its status says when it has said goodbye. Default "offline", which it says as well when it has gone without. */
	goodbye?: "offline" | "sleeping";
	/** Where readings under way outlive a power cut, such as FlashStore of firmware/optional/store.ts. Default: nowhere. */
	session?: SessionStore;
	/** Which of them, and from when on: as in ClientOptions. */
	durability?: "flash" | "flash-when-offline";
	/** What else it does, beside its readings and its status, in the order in which they are told of things. */
	duties?: readonly Duty[];
	io: Collaborators;
	on?: AgentListener;
}

/** What a board has to tell, for who looks on. All optional; nothing may be kept of `json` but a copy. */
export interface AgentListener {
	online?(sessionPresent: boolean): void;
	/** The code of error.ts or reason.ts that ended the connection or the attempt. */
	offline?(code: number): void;
	/** The round-trip time of a PINGREQ, in ms. */
	ping?(milliseconds: number): void;
	/**
	 * A reading was published: its ticket (the packet id at QoS 1 and 2, 0 for gone at QoS 0), or minus an error code. Where
	 * `telemetry` makes batches, that is several, of which `sequence` is the first; those that wait are told when they leave.
	 */
	reading?(ticket: number, sequence: number, json: Uint8Array, length: number): void;
	/** A reading's publish has ended: END_SETTLED, END_REFUSED, END_LOST or END_DROPPED. */
	end?(ticket: number, end: number, code: number): void;
	/** Drained (code 0) or not, closed; nothing follows. */
	stopped?(code: number): void;
}

/** How many readings ended how; published = settled + refused + lost + dropped + those still under way. */
export interface AgentCounts {
	published: number;
	settled: number;
	/** Refused by the server, or by our own limits before they left. */
	refused: number;
	lost: number;
	dropped: number;
	/** Connections after the first one. */
	reconnects: number;
}

/** Options that the client has under the same names. */
const PASSED_ON = Object.freeze([
	"host",
	"port",
	"servers",
	"protocolVersion",
	"userName",
	"password",
	"keepAlive",
	"limits",
	"whenFull",
	"qos0WhileOffline",
	"pipeline",
	"onSessionLost",
	"durability",
] as const);
/** Length of "online". */
const ONLINE_BYTES = 6;
/** What an outbox needs at most for a reading and the goodbye, beside the topics, the reading itself and the goodbye's word. */
const OUTBOX_BYTES = 47;
/** From one measurement of the round-trip time to the next. */
const PING_MS = 30_000;

export class Agent {
	readonly counts: AgentCounts = { published: 0, settled: 0, refused: 0, lost: 0, dropped: 0, reconnects: 0 };
	readonly telemetry: Readings;
	readonly client: Client;
	readonly telemetryTopic: string;
	readonly statusTopic: string;
	readonly options: AgentOptions;
	/** What has to be free in the outbox for a reading, beside its own length. */
	readonly #spareBytes: number;
	#intervalMs: number;
	readonly #flags: number;
	readonly #statusHandle: number;
	readonly #telemetryHandle: number;
	/** "online" and the goodbye, one behind the other. */
	readonly #status: Uint8Array;
	#timer: Timer | undefined = undefined;
	#nextMs = 0;
	#pingMs = 0;
	#connections = 0;
	/** Tickets of the birth and the goodbye under way, so that their ends are not taken for readings'; 0 for none. */
	#birthTicket = 0;
	#goodbyeTicket = 0;
	#birthDue = false;
	#goodbyeDue = false;
	#stopping = false;
	#closing = false;
	#drainCode = 0;

	/** Throws Misuse where an option is wrong. */
	constructor(options: AgentOptions) {
		const { deviceId, goodbye = "offline", io } = options;
		if (!isDeviceId(deviceId))
			throw new Misuse(BAD_OPTION, `deviceId: expected 1 to 64 letters, digits, - and _, got "${deviceId}"`);
		this.options = options;
		checked("limits.messages", options.limits?.messages ?? DEFAULT_LIMITS.messages, 2, 1024);
		this.#intervalMs = checked("intervalMs", options.intervalMs ?? 1000, 10, 86_400_000);
		this.#flags = checked("qos", options.qos ?? 1, 0, 2) << 1;
		this.statusTopic = `thimble/${deviceId}/status`;
		this.telemetryTopic = `thimble/${deviceId}/telemetry`;
		this.#spareBytes = OUTBOX_BYTES + goodbye.length + this.statusTopic.length + this.telemetryTopic.length;
		this.#status = ascii(`online${goodbye}`);
		this.client = new Client(this.clientOptions());
		this.#statusHandle = this.client.topic(this.statusTopic);
		this.#telemetryHandle = this.client.topic(this.telemetryTopic);
		if (this.#statusHandle < 0 || this.#telemetryHandle < 0)
			throw new Misuse(BAD_OPTION, "limits: no room for the topics of status and telemetry");
		const outbox = (options.limits?.outbox ?? DEFAULT_LIMITS.outbox) - this.#spareBytes;
		this.telemetry = readingsOf(options, countBoot(io.store), this.#intervalMs, outbox);
		for (const duty of options.duties ?? []) duty.begin(this);
	}

	/** From one reading to the next, in ms. */
	get intervalMs(): number {
		return this.#intervalMs;
	}

	/** Another rhythm, from the next reading on. Throws Misuse beyond 10 to 86,400,000. */
	set intervalMs(milliseconds: number) {
		this.#intervalMs = checked("intervalMs", milliseconds, 10, 86_400_000);
		if (this.#timer === undefined || this.#stopping) return;
		this.#nextMs = (this.options.io.clock.now() + milliseconds) | 0;
		this.#timer.schedule(milliseconds);
	}

	/** Takes a reading now, beside those of its rhythm. False where nothing came of it: no sensor, no room, or no news. */
	sample(): boolean {
		return !this.#stopping && (this.telemetry.read() || this.telemetry.gather()) && this.publishReading(1);
	}

	/**
	 * Publishes for a duty: as Client.publish(), but never into the place that is kept for birth and goodbye. Returns the ticket,
	 * whose end the duties are told of, 0 for gone at QoS 0, or minus an error code.
	 */
	publish(topic: number, bytes: Uint8Array, length: number, flags: number): number {
		const code = this.refusal(length, 1);
		return code === OK ? this.client.publish(topic, bytes, length, flags) : -code;
	}

	/** Connects, and takes the first reading within an interval: boards that start together do not publish together. */
	start(): void {
		const { timer: BoardTimer, clock, random } = this.options.io;
		this.client.open();
		this.#timer = new BoardTimer({ target: this, onTimer });
		const first = random.next() % this.#intervalMs;
		this.#nextMs = (clock.now() + first) | 0;
		this.#timer.schedule(first);
	}

	/** Says goodbye, waits up to `drainMs` for what is under way, and closes; then calls `on.stopped`. */
	stop(drainMs: number): void {
		if (this.#stopping || this.#timer === undefined) return;
		this.#stopping = true;
		this.#timer.close();
		for (const duty of this.options.duties ?? []) duty.handleStop?.();
		if (this.telemetry.gather()) this.publishReading(1);
		this.#birthDue = false;
		this.#goodbyeDue = true;
		this.publishStatus();
		this.client.drain(drainMs);
	}

	/** @internal */
	handleClosed(): void {
		this.options.on?.stopped?.(this.#drainCode);
	}

	/** @internal */
	handleTimer(): void {
		const now = this.options.io.clock.now();
		// Counted from when it was due, so that readings keep their rhythm; what a long pause has missed stays missed.
		this.#nextMs = (this.#nextMs + this.#intervalMs) | 0;
		if (((this.#nextMs - now) | 0) <= 0) this.#nextMs = (now + this.#intervalMs) | 0;
		this.#timer!.schedule((this.#nextMs - now) | 0);
		if (((now - this.#pingMs) | 0) >= PING_MS) this.#ping(now);
		if (!this.telemetry.read() || this.publishReading(1)) this.handleRoom();
	}

	/** There may be room for readings that wait: live ones go first, and the next of them has to find a place, too. @internal */
	handleRoom(): void {
		while (!this.#stopping && this.client.isOnline && this.telemetry.pollWaiting()) if (!this.publishReading(2)) return;
	}

	/** Acknowledgements keep the connection alive; this is to know how long a round trip takes. */
	#ping(now: number): void {
		this.#pingMs = now;
		this.client.ping();
	}

	/** Publishes what telemetry has, if there is room for as many messages like it. False where it was refused. */
	private publishReading(messages: number): boolean {
		const { report, sequence } = this.telemetry;
		const counts = this.counts;
		let ticket = -this.refusal(report.length, messages);
		if (ticket === OK) ticket = this.client.publish(this.#telemetryHandle, report.bytes, report.length, this.#flags);
		if (this.telemetry.handleTicket(ticket, mayWait(-ticket))) return false;
		counts.published += 1;
		if (ticket < 0) counts.refused += 1;
		else if (ticket === 0) counts.settled += 1;
		this.options.on?.reading?.(ticket, sequence, report.bytes, report.length);
		return ticket >= 0;
	}

	/** The code of what so many readings of that length would leave no room of for the status, or OK. @internal */
	refusal(length: number, messages: number): number {
		const { client } = this;
		const { limits, whenFull } = this.options;
		// A policy lets readings go for it, but not for one that has waited. And at QoS 0, with nothing before it, a reading
		// takes no room; one that has waited needs none but its own where nothing else is under way.
		if ((whenFull !== undefined && messages === 1) || (this.#flags === 0 && client.isOnline && client.unsettled === 0))
			return OK;
		if (messages > 1 && client.unsettled === 0) messages = 1;
		if (client.unsettled + messages >= (limits?.messages ?? DEFAULT_LIMITS.messages)) return IN_FLIGHT_FULL;
		const free = (limits?.outbox ?? DEFAULT_LIMITS.outbox) - client.heldBytes;
		return messages * (length + this.#spareBytes) > free ? OUTBOX_FULL : OK;
	}

	/** Publishes the birth or goodbye that is due, if there is room; every end of a publish makes some. */
	private publishStatus(): void {
		if (!this.#birthDue && !this.#goodbyeDue) return;
		const goodbye = this.#goodbyeDue;
		const at = goodbye ? ONLINE_BYTES : 0;
		const length = goodbye ? this.#status.length - ONLINE_BYTES : ONLINE_BYTES;
		const ticket = this.client.publish(this.#statusHandle, this.#status, length, QOS_1 | RETAIN | FIRST, at);
		if (ticket < 0) return;
		if (goodbye) this.#goodbyeTicket = ticket;
		else this.#birthTicket = ticket;
		this.#birthDue = false;
		this.#goodbyeDue = false;
	}

	/** @internal */
	handleOnline(sessionPresent: boolean): void {
		this.#connections += 1;
		this.counts.reconnects = this.#connections - 1;
		// The will may have spoken since the last birth, whatever the session remembers. A birth that is still under way
		// will be sent again by the client.
		this.#birthDue = !this.#stopping && this.#birthTicket === 0;
		this.publishStatus();
		if (!this.#stopping) this.#ping(this.options.io.clock.now());
		if (this.options.duties !== undefined) this.tellOnline(sessionPresent);
		this.options.on?.online?.(sessionPresent);
	}

	/** @internal */
	handleEnd(ticket: number, end: number, code: number): void {
		if (ticket === this.#goodbyeTicket) {
			this.#goodbyeTicket = 0;
			this.#goodbyeDue = end !== END_SETTLED;
		} else if (ticket === this.#birthTicket) {
			this.#birthTicket = 0;
			this.#birthDue = end !== END_SETTLED && !this.#stopping;
		} else if (this.options.duties === undefined || !this.isDutys(ticket, end, code)) this.countEnd(ticket, end, code);
		if (!this.#closing) this.publishStatus();
		this.handleRoom();
	}

	/** Closes. Where the goodbye has not arrived, the will has to speak for us: then without DISCONNECT. @internal */
	handleDrained(code: number): void {
		if (!this.#stopping || this.#closing) return;
		this.#closing = true;
		this.#drainCode = code;
		this.client.close(!this.#goodbyeDue && this.#goodbyeTicket === 0);
	}

	private tellOnline(sessionPresent: boolean): void {
		for (const duty of this.options.duties!) duty.handleOnline?.(sessionPresent);
	}

	/** @internal */
	tellOffline(code: number): void {
		for (const duty of this.options.duties!) duty.handleOffline?.(code);
	}

	/** @internal */
	tellPing(milliseconds: number): void {
		for (const duty of this.options.duties!) duty.handlePing?.(milliseconds);
	}

	private isDutys(ticket: number, end: number, code: number): boolean {
		for (const duty of this.options.duties!) if (duty.handleEnd?.(ticket, end, code) === true) return true;
		return false;
	}

	private countEnd(ticket: number, end: number, code: number): void {
		const counts = this.counts;
		if (end === END_SETTLED) counts.settled += 1;
		else if (end === END_REFUSED) counts.refused += 1;
		else if (end === END_LOST) counts.lost += 1;
		else if (end === END_DROPPED) counts.dropped += 1;
		this.options.on?.end?.(ticket, end, code);
	}

	private clientOptions(): ClientOptions {
		const given = this.options;
		const { io } = given;
		const options = {
			clientId: given.deviceId,
			cleanSession: false,
			will: { topic: this.statusTopic, payload: "offline", qos: 1, retain: true },
			socket: { io: io.socket },
			timer: { io: io.timer },
			clock: io.clock,
			random: io.random,
			target: this,
			onOnline,
			onOffline,
			onPing,
			onPublishEnd,
			onDrained,
			onClosed,
		};
		const passed: Record<string, unknown> = options;
		if (given.session !== undefined) passed["store"] = given.session;
		if (io.resolver !== undefined) passed["resolver"] = { io: io.resolver };
		for (const key of PASSED_ON) if (given[key] !== undefined) passed[key] = given[key];
		return options;
	}
}

Object.freeze(Agent.prototype);

// Callbacks are functions of the module, so that none is a closure.

function onOnline(this: ClientOptions, sessionPresent: boolean): void {
	(this.target as Agent).handleOnline(sessionPresent);
}

function onOffline(this: ClientOptions, code: number): void {
	const { options } = this.target as Agent;
	if (options.duties !== undefined) (this.target as Agent).tellOffline(code);
	options.on?.offline?.(code);
}

function onPing(this: ClientOptions, milliseconds: number): void {
	const { options } = this.target as Agent;
	if (options.duties !== undefined) (this.target as Agent).tellPing(milliseconds);
	options.on?.ping?.(milliseconds);
}

function onPublishEnd(this: ClientOptions, ticket: number, end: number, code: number): void {
	(this.target as Agent).handleEnd(ticket, end, code);
}

function onDrained(this: ClientOptions, code: number): void {
	(this.target as Agent).handleDrained(code);
}

function onClosed(this: ClientOptions): void {
	(this.target as Agent).handleClosed();
}

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Agent).handleTimer();
}

function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}

export function isDeviceId(text: string): boolean {
	if (text.length < 1 || text.length > 64) return false;
	for (const character of text) {
		const word = (character >= "0" && character <= "9") || character === "-" || character === "_";
		const letter = (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
		if (!word && !letter) return false;
	}
	return true;
}
