// What a board sees, as its readings: in each interval it takes a picture, runs its network over it, slice by slice, and
// publishes the answer where that is worth it. A picture that somebody else sends, or asks for, is always answered.
//
//     thimble/<deviceId>/telemetry        {"time":1763766285123,"boot":1,"seq":12,"picture":40,"crc":2767458216,"label":"Sneaker",
//                                          "confidence":0.931,"top":[["Sneaker",0.931],["Sandal",0.051],["Ankle boot",0.012]],
//                                          "ms":412,"model":"fashion-1","source":"camera"}
//     thimble/<deviceId>/command/look     {"id":7,"picture":"<784 bytes in base64>"}; without a picture: one of its own, now
//     thimble/<deviceId>/answer           {"command":"look","id":7,"ok":true,"picture":41}
//     thimble/<deviceId>/command/picture  the last picture, please
//     thimble/<deviceId>/picture          its 784 bytes, of which no more is in the outbox at once than the client has room for
//
// picture, crc  the picture's number since the start, from 1, and CRC-32 of its bytes, so that who sent it knows it again
// confidence    from 0 to 1; `top` has the three that are likeliest
// ms            what the network took of the engine's time
// source        "camera", or "sent"

import type { PictureSource, Timer } from "../io.js";
import { END_SETTLED, QOS_1 } from "../mqtt/client.js";
import { BAD_OPTION, Misuse, OK, SOURCE_BUSY } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import type { Source } from "../mqtt/options.js";
import { utf8Bytes } from "../mqtt/wire.js";
import { fromBase64 } from "../optional/base64.js";
import { checkSum } from "../optional/checksum.js";
import { JsonReport } from "../telemetry/json.js";
import type { Readings } from "../telemetry/telemetry.js";
import type { Network } from "../vision/network.js";
import type { Agent } from "./agent.js";
import type { CommandAnswer, CommandRequest, Commands } from "./commands.js";
import type { Duty } from "./duty.js";
import { mayWait } from "./reporting.js";

/** When an answer is worth a reading: where it is another one, where it crosses the threshold, and as telemetry's options say. */
export interface RecognitionOptions {
	/** Confidence in percent, 0 to 100, whose crossing is news. Default 50. */
	threshold?: number;
	/** Confidence that moves by more percent points than that is news. Left out: it is not. */
	deadband?: number;
	/** The least from one reading to the next, in ms. Default 0. */
	intervalMs?: number;
	/** No news becomes news after this time, in ms; 0 for never. Default 900,000. */
	heartbeatMs?: number;
	/** Each picture is worth a reading. Default false. */
	every?: boolean;
}

export interface RecognizerOptions extends RecognitionOptions {
	network: Network;
	/** Default: none, and only what is sent is looked at. */
	pictures?: PictureSource;
	/** For `look` and `picture`. Default: none. */
	commands?: Commands;
}

const FIELDS = Object.freeze([
	"time",
	"boot",
	"seq",
	"picture",
	"crc",
	"label",
	"confidence",
	"top",
	"ms",
	"model",
	"source",
] as const);
const TIME = 0;
const BOOT = 1;
const SEQUENCE = 2;
const PICTURE = 3;
const CRC = 4;
const LABEL = 5;
const CONFIDENCE = 6;
const TOP = 7;
const MILLISECONDS = 8;
const MODEL = 9;
const SOURCE = 10;
/** Digits and commas of all its numbers, and the brackets and commas of `top`. */
const NUMBER_BYTES = 96;

// Texts, before the labels.
const CAMERA = 0;
const SENT = 1;
const VERSION = 2;
const LABELS = 3;

/** As many as a network ranks. */
const TOP_COUNT = 3;

const HEARTBEAT_MS = 900_000;
const DAY_MS = 86_400_000;
const THRESHOLD = 50;
/** Confidence is in thousandths. */
const PER_PERCENT = 10;
const DECIMALS = 3;

/** What a slice may take; it is cut so that this is twice of what it took before, since layers differ. */
const SLICE_MS = 50;
/** Multiply-adds of a slice: the first one, and how few and how many it may become. */
const FIRST_SLICE = 2_000;
const LEAST_SLICE = 250;
const MOST_SLICE = 1 << 24;

// What it is doing.
const IDLE = 0;
const LOOKING = 1;
/** There is an answer to be published. */
const ANSWERED = 2;

export class Recognizer implements Duty, Readings {
	readonly report: JsonReport;
	sequence = 0;
	sensorErrors = 0;
	boot = 0;
	/** Pictures that have been looked at, or are. */
	pictures = 0;
	readonly #options: RecognizerOptions;
	/** What a reading says in words, as JSON, one behind the other: where each begins, and behind the last one its end. */
	readonly #texts: Uint8Array;
	readonly #starts: Uint16Array;
	/** The last picture, and one that has been sent and waits. */
	readonly #picture: Uint8Array;
	#sent: Uint8Array | undefined = undefined;
	/** It is to be answered, whatever the policy says; where it came from. */
	#isAsked = false;
	#isSent = false;
	#state = IDLE;
	#slice = FIRST_SLICE;
	#ms = 0;
	/** The answer is in the hands of the agent, which is about to say what became of it. */
	#isTold = false;
	/** What was told last: the label, -1 for none yet; its confidence in thousandths; when. */
	#label = -1;
	#confidence = 0;
	#sinceMs = 0;
	#agent: Agent | undefined = undefined;
	#timer: Timer | undefined = undefined;
	#topic = 0;
	/** The ticket of a picture on its way, and of what was told last; 0 for none. */
	#ticket = 0;
	#told = 0;

	/** Throws Misuse where an option is wrong. */
	constructor(options: RecognizerOptions) {
		const { commands, deadband, heartbeatMs, intervalMs, network, threshold } = options;
		const { model } = network;
		checked("recognition.threshold", threshold ?? THRESHOLD, 0, 100);
		checked("recognition.deadband", deadband ?? 0, 0, 100);
		checked("recognition.intervalMs", intervalMs ?? 0, 0, DAY_MS);
		checked("recognition.heartbeatMs", heartbeatMs ?? 0, 0, DAY_MS);
		const isSquare = model.channels === 1 && model.height === model.width;
		if (options.pictures !== undefined && !isSquare)
			throw new Misuse(BAD_OPTION, "recognition.pictures: a camera gives grey squares, and the model wants others");
		this.#options = options;
		this.#picture = new Uint8Array(model.pictureBytes);
		const texts: string[] = ["camera", "sent", model.version()];
		for (let i = 0; i < model.classes; i += 1) texts.push(model.label(i));
		const encoded = texts.map(text => utf8Bytes(JSON.stringify(text)));
		this.#starts = new Uint16Array(encoded.length + 1);
		let longest = 0;
		for (const [i, { length }] of encoded.entries()) {
			this.#starts[i + 1] = this.#starts[i]! + length;
			longest = Math.max(longest, length);
		}
		this.#texts = new Uint8Array(this.#starts[encoded.length]!);
		for (const [i, bytes] of encoded.entries()) this.#texts.set(bytes, this.#starts[i]);
		this.report = new JsonReport(FIELDS, NUMBER_BYTES + (TOP_COUNT + 3) * (longest + 1));
		commands?.add("look", request => this.look(request));
		commands?.add("picture", () => this.show());
	}

	begin(agent: Agent): void {
		const { deviceId, io } = agent.options;
		this.#agent = agent;
		this.#timer = new io.timer({ target: this, onTimer });
		if (this.#options.commands === undefined) return;
		this.#topic = agent.client.topic(`thimble/${deviceId}/picture`);
		if (this.#topic < 0) throw new Misuse(BAD_OPTION, "limits: no room for the topic of pictures");
	}

	handleEnd(ticket: number, end: number): boolean {
		if (ticket === this.#told) {
			this.#told = 0;
			if (end !== END_SETTLED) this.#label = -1;
		}
		const isOwn = ticket === this.#ticket && ticket !== 0;
		if (isOwn) this.#ticket = 0;
		return isOwn;
	}

	handleStop(): void {
		this.#timer!.close();
		this.#timer = undefined;
	}

	// As readings.

	/** Takes a picture, of which an answer comes later; true where one is there already. */
	read(): boolean {
		if (this.#state === IDLE && this.capture()) this.handlePicture(false);
		return this.gather();
	}

	gather(): boolean {
		if (this.#state !== ANSWERED || this.#isTold) return false;
		this.#isTold = true;
		return true;
	}

	pollWaiting(): boolean {
		return this.gather();
	}

	handleTicket(ticket: number, mayWait: boolean): boolean {
		this.#isTold = false;
		if (ticket < 0 && mayWait) return true;
		// Where nobody will ever hear of it, the same answer is news again.
		this.#label = ticket < 0 ? -1 : this.#options.network.classAt(0);
		this.#told = ticket < 0 ? 0 : ticket;
		this.#confidence = this.#options.network.confidenceAt(0);
		this.#sinceMs = this.#agent!.options.io.clock.now();
		this.rest();
		return false;
	}

	/** A slice. @internal */
	handleTimer(): void {
		const { network } = this.#options;
		const { clock } = this.#agent!.options.io;
		if (this.#state !== LOOKING) return;
		const from = clock.now();
		const isDone = network.run(this.#slice);
		const ms = (clock.now() - from) | 0;
		this.#ms += ms;
		if (ms * 2 > SLICE_MS) this.#slice = Math.max(LEAST_SLICE, this.#slice >> 1);
		else if (ms * 4 < SLICE_MS) this.#slice = Math.min(MOST_SLICE, this.#slice * 2);
		if (!isDone) this.#timer!.schedule(0);
		else if (!this.isNews(clock.now())) this.rest();
		else {
			this.write();
			this.#state = ANSWERED;
			this.#agent!.sample();
		}
	}

	/** Whether there is a new picture of its own. */
	private capture(): boolean {
		try {
			return this.#options.pictures?.capture(this.#picture) === true;
		} catch {
			this.sensorErrors += 1;
			return false;
		}
	}

	private handlePicture(isSent: boolean): void {
		this.pictures += 1;
		this.#isSent = isSent;
		this.#ms = 0;
		this.#state = LOOKING;
		this.#options.network.begin(this.#picture);
		this.#timer!.schedule(0);
	}

	/** It is done with a picture, and may have been sent another one meanwhile; who stops looks at no more of them. */
	private rest(): void {
		const sent = this.#sent;
		this.#state = IDLE;
		this.#isAsked = sent !== undefined;
		if (sent === undefined || this.#timer === undefined) return;
		this.#sent = undefined;
		this.#picture.set(sent);
		this.handlePicture(true);
	}

	private isNews(now: number): boolean {
		const {
			deadband,
			every,
			heartbeatMs = HEARTBEAT_MS,
			intervalMs = 0,
			network,
			threshold = THRESHOLD,
		} = this.#options;
		const least = threshold * PER_PERCENT;
		const confidence = network.confidenceAt(0);
		const before = this.#confidence;
		const passed = (now - this.#sinceMs) >>> 0;
		if (this.#isAsked || this.#label < 0) return true;
		if (passed < intervalMs) return false;
		if (every === true || network.classAt(0) !== this.#label || confidence >= least !== before >= least) return true;
		if (deadband !== undefined && Math.abs(confidence - before) > deadband * PER_PERCENT) return true;
		return heartbeatMs > 0 && passed >= heartbeatMs;
	}

	private write(): void {
		const { network } = this.#options;
		const { report } = this;
		const wall = this.#agent!.options.io.clock.wall();
		this.sequence += 1;
		report.begin();
		if (wall > 0) report.put(TIME, wall, 0);
		report.put(BOOT, this.boot, 0);
		report.put(SEQUENCE, this.sequence, 0);
		report.put(PICTURE, this.pictures, 0);
		report.put(CRC, checkSum(this.#picture, this.#picture.length), 0);
		report.name(LABEL);
		this.putText(LABELS + network.classAt(0));
		report.name(CONFIDENCE);
		report.number(network.confidenceAt(0), DECIMALS);
		report.name(TOP);
		report.openList();
		for (let i = 0; i < TOP_COUNT && network.classAt(i) >= 0; i += 1) {
			report.openList();
			this.putText(LABELS + network.classAt(i));
			report.number(network.confidenceAt(i), DECIMALS);
			report.closeList();
		}
		report.closeList();
		report.put(MILLISECONDS, this.#ms, 0);
		report.name(MODEL);
		this.putText(VERSION);
		report.name(SOURCE);
		this.putText(this.#isSent ? SENT : CAMERA);
		report.end();
	}

	private putText(text: number): void {
		const { report } = this;
		report.separate();
		const stop = this.#starts[text + 1]!;
		for (let i = this.#starts[text]!; i < stop; i += 1) report.byte(this.#texts[i]!);
	}

	// As commands.

	private look({ fields, id, isRepeat }: CommandRequest): CommandAnswer {
		const { picture } = fields;
		if (id !== undefined && isRepeat) return { repeated: true };
		// Who says goodbye looks at nothing more.
		if (this.#timer === undefined) return { error: "busy" };
		if (picture === undefined) return this.lookNow();
		const length = this.#picture.length;
		const bytes = typeof picture === "string" ? fromBase64(picture) : undefined;
		if (bytes?.length !== length)
			return { error: "wrong-type", name: "picture", expected: `${length} bytes in base64` };
		if (this.#sent !== undefined) return { error: "busy" };
		this.#sent = bytes;
		const number = this.pictures + 1;
		if (this.#state === IDLE) this.rest();
		return { picture: number };
	}

	/** At what its own camera shows. */
	private lookNow(): CommandAnswer {
		if (this.#options.pictures === undefined) return { error: "not-supported" };
		if (this.#state === ANSWERED || (this.#state === LOOKING && this.#isSent)) return { error: "busy" };
		if (this.#state === IDLE) {
			if (!this.capture()) return { error: "no-picture" };
			this.handlePicture(false);
		}
		this.#isAsked = true;
		return { picture: this.pictures };
	}

	/** A copy, since the next picture does not wait until this one has arrived. */
	private show(): CommandAnswer {
		const { client, options } = this.#agent!;
		if (this.pictures === 0) return { error: "no-picture" };
		if (this.#agent!.refusal(0, 1) !== OK) return { error: "busy" };
		const picture = Uint8Array.from(this.#picture);
		const ticket = client.publishFrom(this.#topic, new StillPicture(picture), picture.length, QOS_1);
		if (ticket < 0) return { error: mayWait(-ticket) || ticket === -SOURCE_BUSY ? "busy" : "not-supported" };
		this.#ticket = ticket;
		const { height, width } = this.#options.network.model;
		const topic = `thimble/${options.deviceId}/picture`;
		return { picture: this.pictures, crc: checkSum(picture, picture.length), width, height, topic };
	}
}

Object.freeze(Recognizer.prototype);

/** A picture that stays as it is, for as long as it takes to send it, or to send it again. */
class StillPicture implements Source {
	readonly #picture: Uint8Array;

	constructor(picture: Uint8Array) {
		this.#picture = picture;
	}

	read(bytes: Uint8Array, at: number, count: number, position: number): number {
		const length = Math.min(count, this.#picture.length - position);
		for (let i = 0; i < length; i += 1) bytes[at + i] = this.#picture[position + i]!;
		return length;
	}
}

Object.freeze(StillPicture.prototype);

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Recognizer).handleTimer();
}
