// What a board is told over its serial port (115,200 baud, 8N1): every setting, in lines of JSON, and its Wi-Fi by Improv
// (improv.ts). A request is a line; so is an answer, which has the request's `id` where that has one:
//
//     {"id":1,"info":true}                      {"thimble":1,"id":1,"ok":true,"info":{"firmware":"thimble","version":"0.1.0",…}}
//     {"id":2,"get":["qos","password"]}         {"thimble":1,"id":2,"ok":true,"settings":{"qos":1,"password":"not set"}}
//     {"id":3,"get":true}                       all of them
//     {"id":4,"set":{"ssid":"home","qos":2}}    {"thimble":1,"id":4,"ok":true,"restart":true}
//     {"id":5,"set":{"qos":3}}                  {"thimble":1,"id":5,"ok":false,"error":"out-of-range","name":"qos","expected":"…"}
//     {"id":6,"restart":true}                   {"thimble":1,"id":6,"ok":true}
//
// `set` takes all or nothing, in flash before the answer; null gives a setting back to the build. `"restart":true` in an answer
// says that some of it counts from the next start on. A secret is "set" or "not set". Bytes get lost on such wires, and a password
// without one of its letters would be a password still: so a request may end in a space and the CRC-32 of all before it, in
// eight hexadecimal digits, and is then taken only if that is right.
//
// Only a line that begins with a brace is a request, and none that has "thimble" in it, so that neither what a terminal sends
// back nor lines for somebody else get an answer. An answer begins with {"thimble": on a line of its own, wherever else the
// firmware writes. As long as something that the board needs is not set, a line says so every five seconds:
//
//     {"thimble":1,"waiting":["ssid","broker"]}
//
// Whoever has the cable has the board: there is no password on this port, before or after.

import type { Clock, Serial, SerialConstructor, Timer, TimerConstructor } from "../io.js";
import { isUtf8, takeUtf8, utf8Bytes } from "../mqtt/wire.js";
import { checkSum } from "../optional/checksum.js";
import { Improv } from "./improv.js";
import { Intake, LINE_BYTES } from "./intake.js";
import { type Settings, UNKNOWN_NAME, WRONG_TYPE } from "./settings.js";
import { TUNABLES, type TunableName } from "./tunables.js";

/** Version of the firmware, and of the package. */
export const VERSION = "0.1.0";

// Why a line is not done, beside what settings.ts has.
const BAD_CHECK = "bad-check";
const NOT_JSON = "not-json";
const NO_REQUEST = "no-request";
const TOO_LONG = "too-long";
const UNSUPPORTED = "unsupported";

export interface ProvisioningOptions {
	settings: Settings;
	/** Its class, and what that wants beside what it gets from here. */
	serial: { io: SerialConstructor };
	timer: { io: TimerConstructor };
	clock: Clock;
	/** What the board needs before it can do anything. */
	required: readonly TunableName[];
	/** What it is, such as "esp32"; and what it is called where `device` is not set. */
	board: string;
	deviceId: string;
	/** Absent where a board cannot start itself anew. */
	restart?(): void;
	/** Tries a Wi-Fi network, and calls back once with whether it is usable. Absent where the board is in one. */
	join?(ssid: string, password: string, done: (usable: boolean) => void): void;
}

type Fields = Record<string, unknown>;

const ANNOUNCE_MS = 5000;
/** So that the answer has left before the restart; an installer in a browser has questions after that, too. */
const RESTART_MS = 500;
const RESTART_AFTER_IMPROV_MS = 3000;
/** What may wait to be sent: more is not said. */
const MOST_WAITING_BYTES = 8192;
/** Objects within objects. A parser's stack is the board's. */
const MOST_DEPTH = 8;
const MOST_ID = 32;
const REQUESTS = "one of info, get, set and restart";

export class Provisioning {
	readonly #options: ProvisioningOptions;
	readonly #serial: Serial;
	readonly #timer: Timer;
	readonly #improv: Improv;
	readonly #intake: Intake;
	readonly #slice = new Uint8Array(64);
	/** What is to be sent, and how much of the first of it has been. */
	#waiting: Uint8Array[] = [];
	#sent = 0;
	/** Bytes that the port takes now. */
	#room = 0;
	/** Something has changed that counts from the next start on. */
	#changed = false;
	#restarting = false;

	/** Throws what the port throws where it cannot be opened. */
	constructor(options: ProvisioningOptions) {
		this.#options = options;
		const { join, settings } = options;
		settings.listen(name => {
			if (!TUNABLES.find(row => row.name === name)!.atOnce) this.#changed = true;
		});
		this.#intake = new Intake(this);
		this.#improv = new Improv({
			settings,
			information: () => ["thimble", VERSION, options.board, this.deviceId],
			put: packet => this.put(packet),
			handleProvisioned: () => this.handleProvisioned(),
			...(join !== undefined && { join }),
		});
		this.#timer = new options.timer.io({ target: this, onTimer });
		const { io, ...port } = options.serial;
		this.#serial = new io({ ...port, target: this, onReadable, onWritable });
		this.announce();
	}

	/** What is still to be set before the board can do anything. */
	get lacking(): TunableName[] {
		return this.#options.required.filter(name => this.#options.settings.text(name) === "");
	}

	close(): void {
		this.#timer.close();
		this.#serial.close();
	}

	private get deviceId(): string {
		const { deviceId, settings } = this.#options;
		return settings.text("device") === "" ? deviceId : settings.text("device");
	}

	private announce(): void {
		const waiting = this.lacking;
		if (waiting.length === 0) return;
		// Where nobody takes what is said, it is said once.
		if (this.#waiting.length === 0) this.putLine({ waiting });
		this.#timer.schedule(ANNOUNCE_MS);
	}

	/** @internal */
	handleTimer(): void {
		if (this.#restarting) this.#options.restart!();
		else this.announce();
	}

	/** @internal */
	handleReadable(): void {
		for (;;) {
			const length = this.#serial.read(this.#slice);
			if (length === undefined || length === 0) return;
			this.#intake.take(this.#slice, length, this.#options.clock.now());
		}
	}

	/** @internal */
	handleWritable(count: number): void {
		this.#room = count;
		this.send();
	}

	/** @internal */
	handlePacket(bytes: Uint8Array, length: number): void {
		this.#improv.handlePacket(bytes, length);
	}

	/** @internal */
	handleOverlong(): void {
		this.refuse(undefined, TOO_LONG, `a line of at most ${LINE_BYTES} bytes`);
	}

	/** @internal */
	handleLine(bytes: Uint8Array, length: number): void {
		if (bytes[0] !== 0x7b) return;
		const text = isUtf8(bytes, 0, length) ? takeUtf8(bytes, 0, length) : "";
		const json = checked(text, bytes, length);
		if (json === undefined) this.refuse(undefined, BAD_CHECK, "the CRC-32 of what stands before it");
		else {
			const request = objectIn(json);
			if (request === undefined) this.refuse(undefined, NOT_JSON, "an object in JSON, in a line");
			// Our own lines, sent back.
			else if (request["thimble"] === undefined) this.handleRequest(request);
		}
	}

	private handleRequest(request: Fields): void {
		const id = idIn(request);
		const names = Object.keys(request).filter(name => name !== "id");
		const name = names.length === 1 ? names[0]! : "";
		const value = request[name];
		if (name === "info") this.handleInfo(id);
		else if (name === "get") this.handleGet(id, value);
		else if (name === "set") this.handleSet(id, value);
		else if (name === "restart") this.handleRestart(id);
		else this.refuse(id, NO_REQUEST, REQUESTS);
	}

	private handleInfo(id: unknown): void {
		const { board, settings } = this.#options;
		const info = {
			firmware: "thimble",
			version: VERSION,
			board,
			device: this.deviceId,
			waiting: this.lacking,
			restart: this.#changed,
			problems: settings.problems,
		};
		this.answer(id, { info });
	}

	private handleGet(id: unknown, names: unknown): void {
		const { settings } = this.#options;
		const wanted: unknown[] | undefined =
			names === true ? TUNABLES.map(({ name }) => name) : Array.isArray(names) ? names : undefined;
		if (wanted === undefined) {
			this.refuse(id, WRONG_TYPE, "true, or a list of names", "get");
			return;
		}
		const shown: Fields = {};
		for (const name of wanted) {
			const row = TUNABLES.find(each => each.name === name);
			if (row === undefined) {
				this.refuse(id, UNKNOWN_NAME, "the name of a setting", String(name).slice(0, MOST_ID));
				return;
			}
			shown[row.name] = settings.show(row.name);
		}
		this.answer(id, { settings: shown });
	}

	private handleSet(id: unknown, changes: unknown): void {
		if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
			this.refuse(id, WRONG_TYPE, "an object of settings", "set");
			return;
		}
		const refusal = this.#options.settings.change(changes as Fields);
		if (refusal === undefined) this.answer(id, { restart: this.#changed });
		else this.refuse(id, refusal.error, refusal.expected, refusal.name);
	}

	private handleRestart(id: unknown): void {
		if (this.#options.restart === undefined) {
			this.refuse(id, UNSUPPORTED, "a board that can start itself anew", "restart");
			return;
		}
		this.answer(id, {});
		this.restartIn(RESTART_MS);
	}

	/** It has a network. With all else there too, it is time to use it. */
	private handleProvisioned(): void {
		if (this.#changed && this.lacking.length === 0 && this.#options.restart !== undefined)
			this.restartIn(RESTART_AFTER_IMPROV_MS);
	}

	private restartIn(milliseconds: number): void {
		this.#restarting = true;
		this.#timer.schedule(milliseconds);
	}

	private answer(id: unknown, fields: Fields): void {
		this.putLine(id === undefined ? { ok: true, ...fields } : { id, ok: true, ...fields });
	}

	/** Nothing that came is in it but names. */
	private refuse(id: unknown, error: string, expected: string, name = ""): void {
		this.putLine({ ...(id !== undefined && { id }), ok: false, error, name, expected });
	}

	/** Begins a line of its own, whatever has been written before. */
	private putLine(fields: Fields): void {
		this.put(utf8Bytes(`\r\n${JSON.stringify({ thimble: 1, ...fields })}\r\n`));
	}

	private put(bytes: Uint8Array): void {
		let waiting = bytes.length - this.#sent;
		for (const each of this.#waiting) waiting += each.length;
		if (waiting > MOST_WAITING_BYTES) return;
		this.#waiting.push(bytes);
		this.send();
	}

	private send(): void {
		while (this.#room > 0 && this.#waiting.length > 0) {
			const bytes = this.#waiting[0]!;
			const stop = Math.min(bytes.length, this.#sent + this.#room);
			try {
				this.#serial.write(bytes.slice(this.#sent, stop));
			} catch {
				// Somebody else has written in between. It will say when there is room again.
				this.#room = 0;
				return;
			}
			this.#room -= stop - this.#sent;
			this.#sent = stop;
			if (stop < bytes.length) return;
			this.#waiting.shift();
			this.#sent = 0;
		}
	}
}

Object.freeze(Provisioning.prototype);

// Callbacks are functions of the module, so that none is a closure.

function onReadable(this: Serial): void {
	(this.target as Provisioning).handleReadable();
}

function onWritable(this: Serial, count: number): void {
	(this.target as Provisioning).handleWritable(count);
}

function onTimer(this: { readonly target?: unknown }): void {
	(this.target as Provisioning).handleTimer();
}

const CHECK_LETTERS = 9;

/** The line without its check sum; undefined where that is wrong. */
function checked(text: string, bytes: Uint8Array, length: number): string | undefined {
	const at = text.length - CHECK_LETTERS;
	if (at < 1 || text.charAt(at) !== " " || text.charAt(at - 1) !== "}") return text;
	const sum = checkSum(bytes, length - CHECK_LETTERS);
	return text.slice(at + 1).toLowerCase() === sum.toString(16).padStart(8, "0") ? text.slice(0, at) : undefined;
}

function objectIn(text: string): Fields | undefined {
	if (depthOf(text) > MOST_DEPTH) return undefined;
	try {
		// It begins with a brace: where it is JSON, it is an object.
		return JSON.parse(text) as Fields;
	} catch {
		return undefined;
	}
}

/** How deep its objects and lists lie in one another. */
function depthOf(text: string): number {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let i = 0; i < text.length; i += 1) {
		const character = text.charAt(i);
		if (character === '"') inString = !inString;
		else if (inString) i += character === "\\" ? 1 : 0;
		else if (character === "{" || character === "[") {
			depth += 1;
			if (depth > deepest) deepest = depth;
		} else if (character === "}" || character === "]") depth -= 1;
	}
	return deepest;
}

/** What the answer is to have; undefined for none, or one that is too much. */
function idIn({ id }: Fields): unknown {
	return typeof id === "number" || (typeof id === "string" && id.length <= MOST_ID) ? id : undefined;
}
