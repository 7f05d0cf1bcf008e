// What a board does when it is asked to, over MQTT: each command is a topic of its own, so that a broker can say who may ask
// for what. The payload is an object in JSON, or empty; an `id` in it, a string or a number, comes back in the answer:
//
//     thimble/<deviceId>/command/set    {"id":7,"interval":60000}
//     thimble/<deviceId>/answer         {"command":"set","id":7,"ok":true}
//     thimble/<deviceId>/answer         {"command":"set","id":8,"ok":false,"error":"out-of-range","name":"qos","expected":"…"}
//
// At 5.0 the answer goes to the Response Topic of the request, where it has one. A message may come twice, so nothing may
// happen twice that does harm: what is set, is set; restart and sample know their last id. What a command changes is in flash
// before it is acknowledged or answered. Others may add commands of their own.
//
// Commands are rare: here strings and objects are made, and left to the collector.

import type { Power, Timer } from "../io.js";
import type { Incoming } from "../mqtt/client.js";
import { BAD_OPTION, IN_FLIGHT_FULL, Misuse, OUTBOX_FULL } from "../mqtt/error.js";
import { DEFAULT_LIMITS } from "../mqtt/limits.js";
import { CORRELATION_DATA, properties, RESPONSE_TOPIC } from "../mqtt/property.js";
import { QOS_NOT_SUPPORTED } from "../mqtt/reason.js";
import { isUtf8, takeUtf8, utf8Bytes } from "../mqtt/wire.js";
import { CHECK_BYTES, HEAD_BYTES, isWhole, seal } from "../optional/record.js";
import type { Agent } from "./agent.js";
import type { Duty } from "./duty.js";
import type { Log } from "./log.js";
import { FLASH_FAILED, type Settings, WRONG_TYPE } from "./settings.js";
import { TUNABLES, type TunableName } from "./tunables.js";

export interface CommandRequest {
	readonly command: string;
	/** Undefined where the request has none. */
	readonly id: string | number | undefined;
	/** The payload without its id. */
	readonly fields: Readonly<Record<string, unknown>>;
	/** It has, or may have, been here before: the same id as last time, or none and the mark of a repeat. */
	readonly isRepeat: boolean;
	/** Bytes that the answer's own fields should not go beyond. */
	readonly room: number;
}

/** Fields of an answer: one with an `error` says that the command was not done. */
export type CommandAnswer = Readonly<Record<string, unknown>>;

export type CommandHandler = (request: CommandRequest) => CommandAnswer;

export interface CommandsOptions {
	settings: Settings;
	/** For `restart`. Default: none. */
	power?: Power;
	/** For `log`. Default: none. */
	log?: Log;
	/** For `identify`: makes itself known for so many seconds, such as by a light. Default: none. */
	identify?(seconds: number): void;
	/** How long goodbye and what is under way may take before a restart, in ms. Default 10,000. */
	drainMs?: number;
}

interface Answer {
	readonly topic: string;
	readonly properties: Uint8Array | undefined;
	readonly bytes: Uint8Array;
}

/** A message that comes in spans. */
interface Gathering {
	readonly bytes: Uint8Array;
	readonly topic: string;
	readonly answerTo: string | undefined;
	readonly properties: Uint8Array | undefined;
	readonly retain: boolean;
	readonly duplicate: boolean;
	readonly total: number;
}

const RESTART_KEY = "restarted";
/** First byte of its record. */
const RESTARTED = 0x50;
/** A picture of 28 by 28 in base64, with its id, and some air. */
const MOST_PAYLOAD = 1280;
const MOST_ID = 64;
/** Objects within objects. A parser's stack is the board's. */
const MOST_DEPTH = 8;
/** Answers that wait for room. */
const MOST_WAITING = 8;
/** What a page of the log, or another long answer, should take at most. */
const MOST_ROOM = 512;
/** Bookkeeping and head of an answer in the outbox, with some air. */
const ANSWER_BYTES = 64;
const LEAVE_MS = 100;
const DRAIN_MS = 10_000;
const IDENTIFY_SECONDS = 5;
const MOST_IDENTIFY_SECONDS = 300;

export class Commands implements Duty {
	/** Answers that found no room for too long, or that the server would not take. */
	unanswered = 0;
	readonly #options: CommandsOptions;
	readonly #names: string[] = [];
	readonly #handlers: CommandHandler[] = [];
	/** By command: the id that it was asked with last, as JSON. */
	readonly #lastIds: string[] = [];
	#agent: Agent | undefined = undefined;
	#prefix = "";
	#answerTopic = "";
	#gathering: Gathering | undefined = undefined;
	readonly #waiting: Answer[] = [];
	/** Tickets of answers under way. */
	readonly #tickets: number[] = [];
	#timer: Timer | undefined = undefined;
	#deadline = 0;

	constructor(options: CommandsOptions) {
		this.#options = options;
		this.add("get", request => this.get(request));
		this.add("set", ({ fields }) => this.set(fields));
		this.add("sample", request => this.sample(request));
		this.add("identify", ({ fields }) => this.identify(fields));
		this.add("restart", request => this.restart(request));
		this.add("log", request => this.page(request));
	}

	/** Another command. Throws Misuse where there is one of that name. */
	add(command: string, handler: CommandHandler): void {
		if (this.#names.includes(command)) throw new Misuse(BAD_OPTION, `commands: ${command} is there already`);
		this.#names.push(command);
		this.#handlers.push(handler);
		this.#lastIds.push("");
	}

	begin(agent: Agent): void {
		const { deviceId, io, protocolVersion } = agent.options;
		const { settings } = this.#options;
		this.#agent = agent;
		this.#prefix = `thimble/${deviceId}/command/`;
		this.#answerTopic = `thimble/${deviceId}/answer`;
		this.#lastIds[this.#names.indexOf("restart")] = lastRestart(io.store);
		settings.listen(name => {
			if (name === "interval") agent.intervalMs = settings.number("interval");
		});
		// In spans, so that one too long is answered as well. What is retained comes with its flag where 5.0 lets it.
		const options = { qos: 1, stream: true, ...(protocolVersion === 5 && { retainAsPublished: true }) };
		const handle = agent.client.subscribe(`${this.#prefix}+`, message => this.take(message), options);
		if (handle < 0) throw new Misuse(BAD_OPTION, "limits: no room for the topic of commands");
	}

	handleOnline(): void {
		this.flush();
	}

	handleEnd(ticket: number): boolean {
		const at = this.#tickets.indexOf(ticket);
		if (at >= 0) this.#tickets.splice(at, 1);
		this.flush();
		return at >= 0;
	}

	/** Goodbye, time for what is under way, and the restart. @internal */
	handleTimer(): void {
		const { client, options } = this.#agent!;
		const { drainMs = DRAIN_MS, power } = this.#options;
		const isLate = ((options.io.clock.now() - this.#deadline) | 0) >= 0;
		this.#agent!.stop(drainMs);
		if (isLate || (!client.isOnline && client.unsettled === 0)) power!.restart!();
		else this.#timer!.schedule(LEAVE_MS);
	}

	/** A message, or a span of it: the first one knows what the message is about. */
	private take(message: Incoming): void {
		if (message.aborted) {
			this.#gathering = undefined;
			return;
		}
		if (message.position === 0) this.#gathering = gatheringOf(message);
		const gathering = this.#gathering;
		if (gathering === undefined) return;
		const { bytes, payloadAt, payloadLength, position } = message;
		for (let i = 0; i < payloadLength && position + i < gathering.bytes.length; i += 1)
			gathering.bytes[position + i] = bytes[payloadAt + i]!;
		if (!message.last) return;
		this.#gathering = undefined;
		this.handleCommand(gathering);
	}

	private handleCommand(gathering: Gathering): void {
		const command = gathering.topic.slice(this.#prefix.length);
		const at = this.#names.indexOf(command);
		const payload = at < 0 ? undefined : payloadOf(gathering);
		const { id, ...fields } = payload ?? {};
		const isId = (typeof id === "string" && id.length <= MOST_ID) || (typeof id === "number" && Number.isFinite(id));
		let answer: CommandAnswer;
		if (gathering.retain) answer = refused("retained", "", "a message that is not retained");
		else if (at < 0) answer = refused("unknown-command", command.slice(0, 32), this.#names.join(", "));
		else if (gathering.total > MOST_PAYLOAD) answer = refused("too-long", "", `at most ${MOST_PAYLOAD} bytes`);
		else if (payload === undefined) answer = refused("bad-json", "", "an object in JSON");
		else if (id !== undefined && !isId) answer = refused(WRONG_TYPE, "id", "a string or a number");
		else answer = this.do(at, isId ? (id as string | number) : undefined, fields, gathering.duplicate);
		this.answer(gathering, { command: command.slice(0, 32), ...(isId && { id }), ok: !("error" in answer), ...answer });
	}

	private do(
		at: number,
		id: string | number | undefined,
		fields: Record<string, unknown>,
		duplicate: boolean,
	): CommandAnswer {
		const key = id === undefined ? "" : JSON.stringify(id);
		const isRepeat = id === undefined ? duplicate : key === this.#lastIds[at];
		const request = {
			command: this.#names[at]!,
			id,
			fields,
			isRepeat,
			room: Math.min(MOST_ROOM, this.roomFor(0) - 96),
		};
		try {
			const answer = this.#handlers[at]!(request);
			if (!("error" in answer)) this.#lastIds[at] = key;
			return answer;
		} catch {
			// What was thrown may repeat what was given, and that may be a secret.
			return refused("failed", "", "");
		}
	}

	// What it knows.

	private get({ fields }: CommandRequest): CommandAnswer {
		const wanted = fields["names"] ?? TUNABLES.map(({ name }) => name);
		if (!Array.isArray(wanted)) return refused(WRONG_TYPE, "names", "a list of names");
		const settings: Record<string, unknown> = {};
		for (const name of wanted) {
			if (!TUNABLES.some(tunable => tunable.name === name))
				return refused("unknown-name", String(name).slice(0, 32), "the name of a setting");
			settings[name] = this.#options.settings.show(name as TunableName);
		}
		return { settings };
	}

	private set(fields: Readonly<Record<string, unknown>>): CommandAnswer {
		const { settings } = this.#options;
		const refusal = settings.change(fields);
		if (refusal !== undefined) return { ...refusal };
		return settings.needsRestart ? { restart: true } : {};
	}

	private sample({ id, isRepeat }: CommandRequest): CommandAnswer {
		if (id !== undefined && isRepeat) return { repeated: true };
		return { taken: this.#agent!.sample() };
	}

	private identify(fields: Readonly<Record<string, unknown>>): CommandAnswer {
		const { identify } = this.#options;
		const { seconds = IDENTIFY_SECONDS } = fields;
		if (identify === undefined) return refused("not-supported", "", "");
		if (typeof seconds !== "number" || !(seconds > 0 && seconds <= MOST_IDENTIFY_SECONDS))
			return refused("out-of-range", "seconds", `a number up to ${MOST_IDENTIFY_SECONDS}`);
		identify(seconds);
		return {};
	}

	private restart({ id, isRepeat }: CommandRequest): CommandAnswer {
		const { drainMs = DRAIN_MS, power } = this.#options;
		const { io } = this.#agent!.options;
		if (power?.restart === undefined) return refused("not-supported", "", "");
		// One without an id may have been the reason for this very start.
		if (isRepeat || this.#timer !== undefined) return { repeated: true };
		if (id !== undefined && !keepRestart(io.store, JSON.stringify(id)))
			return refused(FLASH_FAILED, "", "flash that takes a write");
		this.#timer = new io.timer({ target: this, onTimer });
		this.#deadline = (io.clock.now() + drainMs + 1000) | 0;
		// First the answer and the acknowledgement of the command are on their way.
		this.#timer.schedule(0);
		return {};
	}

	private page({ fields, room }: CommandRequest): CommandAnswer {
		const { log } = this.#options;
		const { before = Number.MAX_SAFE_INTEGER } = fields;
		if (log === undefined) return refused("not-supported", "", "");
		if (typeof before !== "number") return refused(WRONG_TYPE, "before", "the number of an entry");
		const entries = log.page(before, room);
		return { count: log.count, entries };
	}

	// The way back.

	/** What an answer to that topic may take, where nothing else is under way. */
	private roomFor(head: number): number {
		const { options, statusTopic, telemetryTopic } = this.#agent!;
		const outbox = options.limits?.outbox ?? DEFAULT_LIMITS.outbox;
		return outbox - statusTopic.length - telemetryTopic.length - this.#answerTopic.length - ANSWER_BYTES * 2 - head;
	}

	private answer(gathering: Gathering, fields: Record<string, unknown>): void {
		const { answerTo, properties: block } = gathering;
		const topic = answerTo ?? this.#answerTopic;
		let bytes = utf8Bytes(JSON.stringify(fields));
		if (bytes.length > this.roomFor(topic.length + (block?.length ?? 0) - this.#answerTopic.length)) {
			const { command, id } = fields;
			const answer = { command, ...(id !== undefined && { id }), ok: false, ...refused("answer-too-long", "", "") };
			bytes = utf8Bytes(JSON.stringify(answer));
		}
		if (this.#waiting.length >= MOST_WAITING) {
			this.#waiting.shift();
			this.unanswered += 1;
		}
		this.#waiting.push({ topic, properties: block, bytes });
		this.flush();
	}

	/** Publishes what waits, in its order, as far as there is room; every end of a publish makes some. */
	private flush(): void {
		while (this.#waiting.length > 0) {
			let ticket = this.send(this.#waiting[0]!, 1);
			if (ticket === -QOS_NOT_SUPPORTED) ticket = this.send(this.#waiting[0]!, 0);
			if (ticket === -OUTBOX_FULL || ticket === -IN_FLIGHT_FULL) return;
			this.#waiting.shift();
			if (ticket > 0) this.#tickets.push(ticket);
			if (ticket < 0) this.unanswered += 1;
		}
	}

	private send({ bytes, properties: block, topic }: Answer, qos: number): number {
		const agent = this.#agent!;
		const refusal = agent.refusal(bytes.length + topic.length + (block?.length ?? 0), 1);
		if (refusal !== 0) return -refusal;
		try {
			return agent.client.publish(topic, bytes, {
				qos,
				...(block !== undefined && { properties: block }),
				// A power cut takes an answer with it: who asked will ask again.
				...(agent.options.session !== undefined && qos > 0 && { durability: "ram" as const }),
			});
		} catch {
			// The topic that it asked for is none.
			return -BAD_OPTION;
		}
	}
}

Object.freeze(Commands.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Commands).handleTimer();
}

function refused(error: string, name: string, expected: string): CommandAnswer {
	return { error, ...(name !== "" && { name }), ...(expected !== "" && { expected }) };
}

/** What has to be known of a message before its other spans come, which have nothing but payload. */
function gatheringOf(message: Incoming): Gathering {
	const { duplicate, retain, topic, total } = message;
	const answerTo = message.property(RESPONSE_TOPIC);
	const correlation = message.property(CORRELATION_DATA);
	const isAsked = typeof answerTo === "string" && !isCommand(answerTo);
	return {
		bytes: new Uint8Array(Math.min(total, MOST_PAYLOAD)),
		topic,
		answerTo: isAsked ? answerTo : undefined,
		properties: correlation instanceof Uint8Array ? properties([CORRELATION_DATA, correlation]) : undefined,
		retain,
		duplicate,
		total,
	};
}

/** An answer must not be a command, of this board or another, that who asks may not give. */
function isCommand(topic: string): boolean {
	return topic.startsWith("thimble/") && topic.includes("/command/");
}

/** The payload as an object, {} where it is empty, or undefined where it is none. */
function payloadOf({ bytes, total }: Gathering): Record<string, unknown> | undefined {
	if (total === 0) return {};
	if (total > MOST_PAYLOAD || !isUtf8(bytes, 0, total) || !isShallow(bytes)) return undefined;
	try {
		const value: unknown = JSON.parse(takeUtf8(bytes, 0, total));
		const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
		return isObject ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

/** Whether no parser would have to go deeper than a board's stack allows. */
function isShallow(bytes: Uint8Array): boolean {
	let depth = 0;
	let isText = false;
	for (let i = 0; i < bytes.length; i += 1) {
		const byte = bytes[i];
		if (isText && byte === 0x5c) i += 1;
		else if (byte === 0x22) isText = !isText;
		else if (!isText && (byte === 0x7b || byte === 0x5b)) depth += 1;
		else if (!isText && (byte === 0x7d || byte === 0x5d)) depth -= 1;
		if (depth > MOST_DEPTH) return false;
	}
	return true;
}

/** The id of the command that has restarted this board last, as JSON; "" for none, or where the power went in its write. */
function lastRestart(store: Agent["options"]["io"]["store"]): string {
	try {
		const value = store.read(RESTART_KEY);
		if (value === undefined) return "";
		const record = new Uint8Array(value);
		if (!isWhole(record) || record[0] !== RESTARTED) return "";
		return takeUtf8(record, HEAD_BYTES, record.length - HEAD_BYTES - CHECK_BYTES);
	} catch {
		return "";
	}
}

function keepRestart(store: Agent["options"]["io"]["store"], id: string): boolean {
	const text = utf8Bytes(id);
	const record = new Uint8Array(HEAD_BYTES + text.length + CHECK_BYTES);
	record[0] = RESTARTED;
	record.set(text, HEAD_BYTES);
	seal(record);
	try {
		store.write(RESTART_KEY, record.buffer as ArrayBuffer);
		return true;
	} catch {
		return false;
	}
}
