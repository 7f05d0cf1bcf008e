// A client on virtual time whose server is the test itself: a scripted peer. No sockets, no sleeping. What the client
// sends is decoded by mqtt-packet, a codec other than its own.

import {
	generate,
	type IConnackPacket,
	type IConnectPacket,
	type IPublishPacket,
	type Packet,
	parser,
} from "mqtt-packet";
import { expect } from "vitest";
import type { Socket, SocketOptions } from "../../firmware/io.js";
import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";

/** ECMA-419's manners; the test decides what arrives and how much may leave. */
export class ScriptedSocket implements Socket {
	readonly target: unknown;
	readonly options: SocketOptions;
	closed = false;
	/** Bytes that the client may still write. */
	room = 0;
	/** How many writes there were. */
	writes = 0;
	#written = Buffer.alloc(256);
	#length = 0;
	#waiting = Buffer.alloc(0);

	constructor(options: SocketOptions) {
		this.options = options;
		this.target = options.target;
	}

	read(view: Uint8Array): void {
		if (this.closed) throw new Error("read after close");
		if (view.length === 0 || view.length > this.#waiting.length) throw new Error("invalid");
		view.set(this.#waiting.subarray(0, view.length));
		this.#waiting = this.#waiting.subarray(view.length);
	}

	write(view: Uint8Array): number {
		if (this.closed) throw new Error("write after close");
		if (view.length > this.room) throw new Error("would block");
		const length = this.#length + view.length;
		if (length > this.#written.length) this.#written = Buffer.concat([this.#written, Buffer.alloc(length)]);
		this.#written.set(view, this.#length);
		this.#length = length;
		this.writes += 1;
		this.room -= view.length;
		return this.room;
	}

	close(): void {
		this.closed = true;
	}

	/** Bytes written and not taken. */
	get written(): Buffer {
		return this.#written.subarray(0, this.#length);
	}

	/** Takes the first `count` of them. */
	takeWritten(count = this.#length): Buffer {
		const bytes = Buffer.from(this.written.subarray(0, count));
		this.#written.copyWithin(0, count, this.#length);
		this.#length -= count;
		return bytes;
	}

	/** The socket takes `room` bytes from now on. */
	allow(room: number): void {
		this.room = room;
		if (!this.closed) this.options.onWritable?.call(this, room);
	}

	deliver(bytes: Uint8Array): void {
		this.#waiting = Buffer.concat([this.#waiting, bytes]);
		if (!this.closed) this.options.onReadable?.call(this, this.#waiting.length);
	}

	fail(error?: unknown): void {
		if (!this.closed) this.options.onError?.call(this, error);
	}
}

export interface PeerOptions extends Partial<ClientOptions> {
	/** What the client's clock shows in the beginning. */
	startMs?: number;
}

export class Peer {
	readonly time: VirtualTime;
	readonly client: Client;
	/** 4 for MQTT 3.1.1, 5 for 5.0. */
	readonly version: 4 | 5;
	readonly sockets: ScriptedSocket[] = [];
	/** What the application was told: "online false", "offline 38", "end 5 settled 0", "message a/b hello 1", … */
	log: string[] = [];

	constructor(options: PeerOptions = {}) {
		const { startMs, ...given } = options;
		this.time = new VirtualTime(startMs);
		this.version = options.protocolVersion ?? 4;
		const peer = this;
		this.client = new Client({
			host: "127.0.0.1",
			clientId: "c",
			cleanSession: false,
			socket: {
				io: class extends ScriptedSocket {
					constructor(options: SocketOptions) {
						super(options);
						peer.sockets.push(this);
					}
				},
			},
			timer: { io: this.time.Timer },
			clock: this.time.clock,
			random: new SeededRandom(1),
			onOnline: sessionPresent => this.log.push(`online ${sessionPresent}`),
			onOffline: code => this.log.push(`offline ${code.toString(16)}`),
			onPublishEnd: (ticket, end, code) =>
				this.log.push(`end ${ticket} ${["settled", "refused", "lost", "dropped"][end]} ${code.toString(16)}`),
			onSubscribed: (handle, code) => this.log.push(`subscribed ${handle} ${code}`),
			onUnsubscribed: (handle, code) => this.log.push(`unsubscribed ${handle} ${code}`),
			onMessage: message => this.log.push(`message ${message.topic} ${message.text()} ${message.qos}`),
			onDrained: code => this.log.push(`drained ${code.toString(16)}`),
			onClosed: () => this.log.push("closed"),
			onPing: milliseconds => this.log.push(`ping ${milliseconds}`),
			onError: (code, error) => this.log.push(`error ${code.toString(16)}${error === undefined ? "" : ` ${error}`}`),
			...given,
		});
	}

	get socket(): ScriptedSocket {
		const socket = this.sockets.at(-1);
		if (socket === undefined) throw new Error("the client has made no socket");
		return socket;
	}

	/** Opens the client (or waits for its next attempt) and lets the link stand. Returns the CONNECT. */
	connect(room = 100_000): IConnectPacket {
		const before = this.sockets.length;
		if (before === 0) this.client.open();
		if (!this.time.runUntil(() => this.sockets.length > before)) throw new Error("no attempt to connect");
		this.socket.allow(room);
		return this.take()[0] as IConnectPacket;
	}

	/** As connect(), and accepts; `properties` are those of a 5.0 CONNACK. */
	online(sessionPresent = false, room = 100_000, properties?: IConnackPacket["properties"]): this {
		this.connect(room);
		this.send({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent, ...(properties && { properties }) });
		return this;
	}

	/** Sends packets, each in one piece; a string is hex. */
	send(...packets: (Packet | string)[]): this {
		for (const packet of packets) this.socket.deliver(bytesOf(packet, this.version));
		return this;
	}

	/** All packets that the client has sent on this connection since the last take(); a beginning of one stays. */
	take(): Packet[] {
		const bytes = this.socket.takeWritten(endOfPackets(this.socket.written));
		const packets: Packet[] = [];
		const codec = parser({ protocolVersion: this.version });
		codec.on("packet", packet => packets.push(packet));
		codec.on("error", error => {
			throw error;
		});
		codec.parse(bytes);
		return packets;
	}

	/** The same in short: "publish a/b hello q1 d0 r0 #7", "puback #7", "subscribe a:1 b:2 #9". */
	brief(): string[] {
		return this.take().map(brief);
	}

	/** The same as they are: the bytes of each packet. */
	frames(): Buffer[] {
		return framesIn(this.socket.takeWritten(endOfPackets(this.socket.written)));
	}

	/** Answers the SUBSCRIBE or UNSUBSCRIBE that it has sent last with these codes, and returns that packet's bytes. */
	answer(codes = "00"): Buffer {
		const request = this.frames().at(-1)!;
		const id = request.subarray(2, 4).toString("hex");
		const isSubscribe = request[0] === 0x82;
		if (this.version === 5) this.send(packet(isSubscribe ? "90" : "b0", id, "00", codes));
		else this.send(isSubscribe ? packet("90", id, codes) : packet("b0", id));
		return request;
	}

	/** All bytes that the client has sent on this connection since the last take(), as hex. */
	hex(): string {
		return this.socket.takeWritten().toString("hex");
	}

	/** What the application was told since the last call. */
	told(): string[] {
		const log = this.log;
		this.log = [];
		return log;
	}
}

/** A peer whose client is online and has sent nothing but CONNECT. */
export function online(options: PeerOptions = {}, room = 100_000, properties?: IConnackPacket["properties"]): Peer {
	const peer = new Peer(options).online(false, room, properties);
	peer.take();
	peer.told();
	return peer;
}

/**
 * The client closed the link because of `code`, delivered nothing, and comes back. A 5.0 server was told this reason in
 * the last packet, and in no other.
 */
export function expectBroken(peer: Peer, code: string, reason = ""): void {
	expect(peer.told()).toEqual([`offline ${code}`]);
	expect(peer.socket.closed).toBe(true);
	const disconnects = peer.frames().filter(([first]) => first === 0xe0);
	expect(disconnects.map(bytes => bytes.toString("hex"))).toEqual(reason === "" ? [] : [`e001${reason}`]);
	peer.online(true);
	expect(peer.told()).toEqual(["online true"]);
}

export function bytesOf(packet: Packet | string, protocolVersion: 4 | 5 = 4): Buffer {
	return typeof packet === "string" ? hex(packet) : generate(packet, { protocolVersion });
}

/** A packet as hex: its first byte, its length, and its body in parts, which are hex too. */
export function packet(first: string, ...body: string[]): string {
	const text = body.join("").replaceAll(" ", "");
	const length = text.length / 2;
	// Two bytes of length are enough for any test.
	return first + (length < 128 ? byteHex(length) : byteHex((length & 127) | 128) + byteHex(length >> 7)) + text;
}

export function byteHex(byte: number): string {
	return (0x100 + byte).toString(16).slice(1);
}

/** A packet id, or another integer of two bytes, as hex. */
export function wordHex(word: number): string {
	return (0x10000 + word).toString(16).slice(1);
}

/** A PUBLISH from the server. */
export function publish(
	topic: string,
	payload: string | Buffer,
	qos: 0 | 1 | 2 = 0,
	messageId = 1,
	dup = false,
): IPublishPacket {
	return { cmd: "publish", topic, payload, qos, dup, retain: false, ...(qos > 0 && { messageId }) };
}

export function hex(text: string): Buffer {
	return Buffer.from(text.replaceAll(/\s/g, ""), "hex");
}

export function utf8(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

/** Bytes that are whole packets, one by one. */
function framesIn(bytes: Buffer): Buffer[] {
	const frames: Buffer[] = [];
	for (let at = 0; at < bytes.length; ) {
		let count = 1;
		while (bytes[at + count]! > 127) count += 1;
		let length = 0;
		for (let i = count; i > 0; i -= 1) length = (length << 7) | (bytes[at + i]! & 127);
		frames.push(bytes.subarray(at, at + count + 1 + length));
		at += count + 1 + length;
	}
	return frames;
}

/** The offset behind the last whole packet. */
function endOfPackets(bytes: Uint8Array): number {
	let end = 0;
	for (;;) {
		let at = end + 1;
		let remaining = 0;
		for (let shift = 0; ; shift += 7) {
			const byte = bytes[at];
			if (byte === undefined) return end;
			at += 1;
			remaining |= (byte & 127) << shift;
			if (byte < 128) break;
		}
		if (at + remaining > bytes.length) return end;
		end = at + remaining;
	}
}

function brief(packet: Packet): string {
	const id = packet.messageId === undefined ? "" : ` #${packet.messageId}`;
	switch (packet.cmd) {
		case "publish":
			return `publish ${packet.topic} ${packet.payload} q${packet.qos} d${Number(packet.dup)} r${Number(packet.retain)}${id}`;
		case "subscribe":
			return `subscribe ${packet.subscriptions.map(({ topic, qos }) => `${topic}:${qos}`).join(" ")}${id}`;
		case "unsubscribe":
			return `unsubscribe ${packet.unsubscriptions.join(" ")}${id}`;
		default:
			return `${packet.cmd}${id}`;
	}
}
