// MQTT over WebSocket (RFC 6455), over any socket, TLS or not. What the client writes goes out as one masked binary frame each;
// where a frame begins or ends means nothing [MQTT-6.0.0-2], so what arrives is given on as it comes, without being kept.

import type { Random, Socket, SocketConstructor, SocketOptions } from "../io.js";
import { sha1 } from "./accept.js";
import { base64 } from "./base64.js";
import type { Names } from "./names.js";

/** What answers there does not speak MQTT over WebSocket. */
const WEBSOCKET_FAILED = 0x45;

export interface WebSocketOptions {
	/** What is below. */
	socket: { io: SocketConstructor };
	/** The names of servers, whose addresses are all that a socket gets. */
	names: Names;
	/** Default "/mqtt". */
	path?: string;
	/** TLS is below: the usual port is another. */
	isSecure?: boolean;
	random: Random;
}

/** A class for `socket: { io }` of a client. */
export function webSocket(options: WebSocketOptions): SocketConstructor {
	return class extends OverWebSocket {
		constructor(given: SocketOptions) {
			super(options, given);
		}
	};
}

const CONTINUATION = 0;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const LAST = 0x80;
const MASKED = 0x80;
/** Of a frame of ours: two bytes, two of length, four of mask. */
const OUR_HEADER = 8;
/** The longest that a frame says in two bytes. */
const MOST_BYTES = 65_535;
/** Of a frame of the server's, and of a frame of control. */
const MOST_HEADER = 10;
const MOST_CONTROL = 125;
/** Of an answer to our request. */
const MOST_ANSWER = 2048;
const SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

class OverWebSocket implements Socket {
	readonly target: unknown;
	readonly #options: SocketOptions;
	readonly #random: Random;
	readonly #socket: Socket;
	readonly #key: string;
	/** Undefined once it has been sent. */
	#request: Uint8Array | undefined;
	#answer = "";
	#stands = false;
	#ended = false;
	#told = false;
	#closed = false;
	#busy = false;
	#code: number | undefined = undefined;
	/** Bytes that wait below, and that may be written there. */
	#waiting = 0;
	#room = 0;
	readonly #header = new Uint8Array(MOST_HEADER);
	#headerBytes = 0;
	/** Of a frame with data: what has not been read yet. */
	#left = 0;
	/** More frames of the same message are to come. */
	#isContinued = false;
	/** Of a frame of control. */
	#control: Uint8Array | undefined = undefined;
	#controlBytes = 0;
	/** A frame of ours, as large as the largest so far. */
	#frame: Uint8Array = new Uint8Array(256);
	/** What answers the server, and waits for room. */
	#reply: Uint8Array | undefined = undefined;
	#isOpen = false;

	constructor({ isSecure, names, path = "/mqtt", random, socket }: WebSocketOptions, given: SocketOptions) {
		const { address, nodelay, port } = given;
		this.target = given.target;
		this.#options = given;
		this.#random = random;
		const nonce = new Uint8Array(16);
		for (let i = 0; i < 16; i += 1) nonce[i] = random.next() >>> 24;
		this.#key = base64(nonce);
		const name = names.of(address);
		const host = name.includes(":") ? `[${name}]` : name;
		const at = port === (isSecure === true ? 443 : 80) ? host : `${host}:${port}`;
		this.#request = ascii(
			[
				`GET ${path} HTTP/1.1`,
				`Host: ${at}`,
				"Upgrade: websocket",
				"Connection: Upgrade",
				`Sec-WebSocket-Key: ${this.#key}`,
				"Sec-WebSocket-Version: 13",
				"Sec-WebSocket-Protocol: mqtt",
				"\r\n",
			].join("\r\n"),
		);
		this.#socket = new socket.io({
			address,
			port,
			...(nodelay !== undefined && { nodelay }),
			onReadable: count => this.#handleReadable(count),
			onWritable: count => this.#handleWritable(count),
			onError: error => this.#handleError(error),
		});
	}

	read(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		if (view.length === 0 || this.#control !== undefined || view.length > Math.min(this.#left, this.#waiting))
			throw new Error("invalid");
		this.#socket.read(view);
		this.#waiting -= view.length;
		this.#left -= view.length;
		// What follows must not be told from in here.
		if (!this.#busy && (this.#left === 0 || this.#ended)) Promise.resolve().then(() => this.#advance());
		return view.length;
	}

	write(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		const { length } = view;
		if (!this.#stands || length > this.#free) throw new Error("would block");
		if (length > 0) this.#send(BINARY, view);
		return this.#free;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		try {
			if (this.#stands && !this.#ended && this.#reply === undefined && this.#room >= OUR_HEADER)
				this.#send(CLOSE, new Uint8Array(0));
		} catch {
			// It is over either way.
		}
		this.#socket.close();
	}

	get #free(): number {
		return this.#reply === undefined ? Math.max(0, Math.min(this.#room - OUR_HEADER, MOST_BYTES)) : 0;
	}

	/** One frame, masked afresh [MQTT-6.0.0-1]. */
	#send(opcode: number, payload: Uint8Array): void {
		const { length } = payload;
		const head = length < 126 ? 6 : OUR_HEADER;
		if (this.#frame.length < head + length) this.#frame = new Uint8Array(head + length);
		const frame = this.#frame;
		frame[0] = LAST | opcode;
		frame[1] = MASKED | (length < 126 ? length : 126);
		if (length >= 126) {
			frame[2] = length >>> 8;
			frame[3] = length;
		}
		const mask = this.#random.next();
		for (let i = 0; i < 4; i += 1) frame[head - 4 + i] = mask >>> (24 - 8 * i);
		for (let i = 0; i < length; i += 1) frame[head + i] = payload[i]! ^ frame[head - 4 + (i & 3)]!;
		this.#room = this.#socket.write(frame.subarray(0, head + length)) ?? this.#room - head - length;
	}

	#handleWritable(count: number): void {
		if (this.#closed) return;
		this.#isOpen = true;
		this.#room = count;
		try {
			const request = this.#request;
			if (request !== undefined) {
				const part = Math.min(request.length, this.#room);
				this.#request = part === request.length ? undefined : request.subarray(part);
				this.#room = this.#socket.write(request.subarray(0, part)) ?? this.#room - part;
			}
			this.#sendReply();
		} catch {
			this.#end(undefined);
			return;
		}
		if (this.#stands) this.#tellRoom();
	}

	#handleReadable(count: number): void {
		if (this.#closed) return;
		this.#waiting = count;
		this.#advance();
	}

	#handleError(error: unknown): void {
		const code = (error as { code?: unknown } | undefined)?.code;
		this.#end(typeof code === "number" ? code : this.#isOpen && !this.#stands ? WEBSOCKET_FAILED : undefined);
	}

	#tellRoom(): void {
		if (!this.#closed && this.#free > 0) this.#options.onWritable?.call(this, this.#free);
	}

	/** As far as what waits goes: the answer, then frames. */
	#advance(): void {
		if (this.#busy || this.#closed) return;
		this.#busy = true;
		try {
			if (!this.#stands && !this.#ended) this.#takeAnswer();
		} catch {
			this.#end(WEBSOCKET_FAILED);
		}
		while (this.#stands && this.#next()) {
			const count = Math.min(this.#left, this.#waiting);
			this.#options.onReadable?.call(this, count);
			if (this.#closed || (this.#left > 0 && this.#waiting > 0)) break;
		}
		this.#busy = false;
		this.#tellEnd();
	}

	/** The answer to our request, byte by byte, since what is behind it may be a frame. */
	#takeAnswer(): void {
		const byte = new Uint8Array(1);
		while (this.#waiting > 0) {
			this.#socket.read(byte);
			this.#waiting -= 1;
			this.#answer += String.fromCharCode(byte[0]!);
			if (this.#answer.length > MOST_ANSWER) throw new Error("too long");
			if (!this.#answer.endsWith("\r\n\r\n")) continue;
			const isRight = answers(this.#answer, base64(sha1(ascii(this.#key + SUFFIX))));
			this.#answer = "";
			if (!isRight) throw new Error("no WebSocket");
			this.#stands = true;
			this.#tellRoom();
			return;
		}
	}

	/** True where data waits to be read; frames of control are seen to. */
	#next(): boolean {
		try {
			while (!this.#closed && !this.#ended && this.#waiting > 0) {
				if (this.#control !== undefined) this.#takeControl();
				else if (this.#left > 0) return true;
				else this.#takeHeader();
			}
			return !this.#closed && this.#left > 0 && this.#waiting > 0;
		} catch {
			this.#left = 0;
			this.#end(WEBSOCKET_FAILED);
			return false;
		}
	}

	#takeHeader(): void {
		const header = this.#header;
		this.#socket.read(header.subarray(this.#headerBytes, this.#headerBytes + 1));
		this.#headerBytes += 1;
		this.#waiting -= 1;
		if (this.#headerBytes < 2) return;
		const [first, second] = header as unknown as number[];
		const most = second === 126 ? 4 : second === 127 ? MOST_HEADER : 2;
		if (this.#headerBytes < most) return;
		this.#headerBytes = 0;
		let length = second!;
		// A frame of four gigabytes or more is none for a board.
		if (most === MOST_HEADER && (header[2]! | header[3]! | header[4]! | header[5]!) !== 0) throw new Error("too long");
		if (most === 4) length = (header[2]! << 8) | header[3]!;
		else if (most === MOST_HEADER)
			length = ((header[6]! << 24) | (header[7]! << 16) | (header[8]! << 8) | header[9]!) >>> 0;
		this.#begin(first!, length);
	}

	#begin(first: number, length: number): void {
		const opcode = first & 0x0f;
		const isLast = (first & LAST) !== 0;
		// No extension was agreed on, and a server does not mask: its length is below 128.
		if ((first & 0x70) !== 0 || (this.#header[1]! & MASKED) !== 0) throw new Error("not agreed on");
		if (opcode >= CLOSE) {
			if (!isLast || length > MOST_CONTROL || opcode > PONG) throw new Error("control");
			this.#control = new Uint8Array(length);
			this.#controlBytes = 0;
			if (length === 0) this.#endControl(opcode);
			return;
		}
		// Any other than binary frames end the connection [MQTT-6.0.0-1].
		if (opcode !== (this.#isContinued ? CONTINUATION : BINARY)) throw new Error("not binary");
		this.#isContinued = !isLast;
		this.#left = length;
	}

	#takeControl(): void {
		const control = this.#control!;
		const count = Math.min(this.#waiting, control.length - this.#controlBytes);
		this.#socket.read(control.subarray(this.#controlBytes, this.#controlBytes + count));
		this.#controlBytes += count;
		this.#waiting -= count;
		if (this.#controlBytes === control.length) this.#endControl(this.#header[0]! & 0x0f);
	}

	#endControl(opcode: number): void {
		const control = this.#control!;
		this.#control = undefined;
		if (opcode === PING) {
			// Of several pings that wait the last one is answered.
			this.#reply = control;
			this.#sendReply();
		} else if (opcode === CLOSE) this.#end(undefined);
	}

	#sendReply(): void {
		const reply = this.#reply;
		if (reply === undefined || !this.#stands || this.#room < OUR_HEADER + reply.length) return;
		this.#reply = undefined;
		this.#send(PONG, reply);
	}

	#end(code: number | undefined): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#code = code;
		this.#tellEnd();
	}

	/** Once all has been read. */
	#tellEnd(): void {
		if (!this.#ended || this.#told || this.#closed || this.#busy || (this.#left > 0 && this.#waiting > 0)) return;
		this.#told = true;
		const code = this.#code;
		if (code === undefined) this.#options.onError?.call(this);
		else this.#options.onError?.call(this, { code });
	}
}

Object.freeze(OverWebSocket.prototype);

/** Does that accept our request, in the words of RFC 6455, section 4.1? */
function answers(text: string, accept: string): boolean {
	const [status, ...lines] = text.split("\r\n");
	if (!/^HTTP\/1\.1 101( |$)/.test(status!)) return false;
	const said: Record<string, string> = {};
	for (const line of lines) {
		const colon = line.indexOf(":");
		if (colon > 0) said[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
	}
	return (
		said["upgrade"]?.toLowerCase() === "websocket" &&
		(said["connection"] ?? "").toLowerCase().includes("upgrade") &&
		said["sec-websocket-accept"] === accept &&
		// [MQTT-6.0.0-4]
		said["sec-websocket-protocol"] === "mqtt" &&
		said["sec-websocket-extensions"] === undefined
	);
}

function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
	return bytes;
}
