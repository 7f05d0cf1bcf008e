// Improv Serial, by which installers in a browser give a board its Wi-Fi (https://www.improv-wifi.com/serial):
//
//     "IMPROV", version 1, type, length, data, sum of all bytes before it; and a newline, since clients look for packets where
//     lines begin
//
// A board knows Wi-Fi settings (command 1), current state (2) and device information (3); all others, such as scan (4), host
// name (5) and device name (6), are answered with error 2, unknown command. It has no page of its own, so no result has a URL.
// What Improv calls authorisation is the cable.

import { isUtf8, putUtf8, takeUtf8, utf8Length } from "../mqtt/wire.js";
import type { Refusal, Settings } from "./settings.js";
import { FLASH_FAILED } from "./settings.js";

// Types of packets.
const CURRENT_STATE = 1;
const ERROR_STATE = 2;
const COMMAND = 3;
const RESULT = 4;

// States.
const READY = 2;
const PROVISIONING = 3;
const PROVISIONED = 4;

// Errors.
const NO_ERROR = 0;
const INVALID_PACKET = 1;
const UNKNOWN_COMMAND = 2;
const UNABLE_TO_CONNECT = 3;
const UNKNOWN_ERROR = 0xff;

// Commands.
const WIFI_SETTINGS = 1;
const REQUEST_STATE = 2;
const REQUEST_INFORMATION = 3;

/** Where a packet has its type, its data, and in those of a command the length of the rest. */
const TYPE_AT = 7;
const DATA_AT = 9;
const HEADER = "IMPROV\u0001";

export interface ImprovOptions {
	readonly settings: Settings;
	/** Firmware, version, board, name: what people see of it. */
	information(): readonly string[];
	/** Sends a packet. */
	put(packet: Uint8Array): void;
	/** Tries a network, and calls back once with whether it is usable. Absent where the board has one: it is kept untried. */
	join?(ssid: string, password: string, done: (usable: boolean) => void): void;
	/** A network has been kept in flash. */
	handleProvisioned(): void;
}

export class Improv {
	readonly #options: ImprovOptions;
	/** Credentials are being tried. */
	#trying = false;

	constructor(options: ImprovOptions) {
		this.#options = options;
	}

	/** A whole packet, right or wrong. */
	handlePacket(bytes: Uint8Array, length: number): void {
		// Packets of a board, which a terminal may have sent back, get no answer: it would go round for ever.
		if (bytes[TYPE_AT] !== COMMAND) return;
		const dataLength = length - DATA_AT - 1;
		if (sumOf(bytes, length - 1) !== bytes[length - 1] || dataLength < 2 || bytes[DATA_AT + 1] !== dataLength - 2)
			this.putError(INVALID_PACKET);
		else this.handleCommand(bytes[DATA_AT]!, bytes, DATA_AT + 2, length - 1);
	}

	private handleCommand(command: number, bytes: Uint8Array, at: number, stop: number): void {
		if (command === WIFI_SETTINGS) {
			this.handleWifi(bytes, at, stop);
			return;
		}
		const isKnown = command === REQUEST_STATE || command === REQUEST_INFORMATION;
		this.putError(isKnown ? NO_ERROR : UNKNOWN_COMMAND);
		if (command === REQUEST_STATE) {
			this.putState();
			if (this.state === PROVISIONED) this.putResult(REQUEST_STATE, []);
		} else if (isKnown) this.putResult(REQUEST_INFORMATION, this.#options.information());
	}

	private handleWifi(bytes: Uint8Array, at: number, stop: number): void {
		const passwordAt = at + 1 + bytes[at]!;
		// A password behind the end would be a byte of the check sum: then nothing fits.
		if (at >= stop || passwordAt >= stop || passwordAt + 1 + bytes[passwordAt]! !== stop) {
			this.putError(INVALID_PACKET);
			return;
		}
		const ssid = textIn(bytes, at + 1, bytes[at]!);
		const password = textIn(bytes, passwordAt + 1, bytes[passwordAt]!);
		const { join, settings } = this.#options;
		if (!ssid || password === undefined || settings.check({ ssid, password }) !== undefined) {
			this.putError(INVALID_PACKET);
			return;
		}
		if (this.#trying) {
			this.putError(UNKNOWN_ERROR);
			return;
		}
		this.putError(NO_ERROR);
		this.#trying = true;
		this.putState();
		if (join === undefined) this.handleTried(ssid, password, true);
		else join(ssid, password, usable => this.handleTried(ssid, password, usable));
	}

	/** What does not work is not kept. */
	private handleTried(ssid: string, password: string, usable: boolean): void {
		this.#trying = false;
		const refusal: Refusal | undefined = usable ? this.#options.settings.change({ ssid, password }) : undefined;
		if (!usable || refusal !== undefined)
			this.putError(refusal?.error === FLASH_FAILED ? UNKNOWN_ERROR : UNABLE_TO_CONNECT);
		this.putState();
		if (!usable || refusal !== undefined) return;
		this.putResult(WIFI_SETTINGS, []);
		this.#options.handleProvisioned();
	}

	/** A board that has a network counts as provisioned; whether the network has it is another matter. */
	private get state(): number {
		return this.#trying ? PROVISIONING : this.#options.settings.text("ssid") === "" ? READY : PROVISIONED;
	}

	private putState(): void {
		this.#options.put(packetOf(CURRENT_STATE, Uint8Array.of(this.state)));
	}

	private putError(error: number): void {
		this.#options.put(packetOf(ERROR_STATE, Uint8Array.of(error)));
	}

	private putResult(command: number, texts: readonly string[]): void {
		let length = 2;
		for (const text of texts) length += 1 + utf8Length(text);
		const data = new Uint8Array(length);
		data[0] = command;
		data[1] = length - 2;
		let at = 2;
		for (const text of texts) {
			data[at] = utf8Length(text);
			at = putUtf8(data, at + 1, text);
		}
		this.#options.put(packetOf(RESULT, data));
	}
}

Object.freeze(Improv.prototype);

/** A text, or undefined for bytes that are none. */
function textIn(bytes: Uint8Array, at: number, length: number): string | undefined {
	return isUtf8(bytes, at, length) ? takeUtf8(bytes, at, length) : undefined;
}

/** A packet with the newline behind it. */
export function packetOf(type: number, data: Uint8Array): Uint8Array {
	const packet = new Uint8Array(DATA_AT + data.length + 2);
	putUtf8(packet, 0, HEADER);
	packet[TYPE_AT] = type;
	packet[TYPE_AT + 1] = data.length;
	packet.set(data, DATA_AT);
	packet[packet.length - 2] = sumOf(packet, packet.length - 2);
	packet[packet.length - 1] = 10;
	return packet;
}

/** Of the first `end` bytes, in one. */
function sumOf(bytes: Uint8Array, end: number): number {
	let sum = 0;
	for (let i = 0; i < end; i += 1) sum = (sum + bytes[i]!) & 0xff;
	return sum;
}
