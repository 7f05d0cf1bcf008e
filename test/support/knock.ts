// Somebody at a broker's port who may be anybody: packets as bytes over TLS or TCP, and what came back in short words.

import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";

export class Knock {
	readonly socket: Socket;
	readonly version: 4 | 5;
	isClosed = false;
	/** Topics and payloads of messages. */
	readonly messages: string[] = [];
	#words: string[] = [];
	#wake: () => void = () => {};

	constructor(port: number, tls: ConnectionOptions | undefined, version: 4 | 5 = 5) {
		this.version = version;
		const at = { host: "127.0.0.1", port };
		this.socket = tls === undefined ? connectTcp(at) : connectTls({ servername: "localhost", ...at, ...tls });
		this.socket.setNoDelay(true);
		const codec = parser({ protocolVersion: version });
		codec.on("packet", packet => {
			if (packet.cmd === "publish") {
				this.messages.push(`${packet.topic} ${packet.payload}`);
				if (packet.qos === 1) this.send({ cmd: "puback", messageId: packet.messageId! });
			}
			this.#words.push(wordsOf(packet));
			this.#wake();
		});
		this.socket.on("data", bytes => codec.parse(bytes));
		this.socket.on("error", () => {});
		this.socket.on("close", () => {
			this.isClosed = true;
			this.#words.push("closed");
			this.#wake();
		});
	}

	send(packet: Packet | Buffer): this {
		this.socket.write(Buffer.isBuffer(packet) ? packet : generate(packet, { protocolVersion: this.version }));
		return this;
	}

	/** What comes next: a packet and its reason, or "closed". */
	async next(mostMs = 10_000): Promise<string> {
		const stop = performance.now() + mostMs;
		while (this.#words.length === 0) {
			const left = stop - performance.now();
			if (left <= 0) return "nothing";
			await new Promise<void>(resolve => {
				this.#wake = resolve;
				setTimeout(resolve, left);
			});
		}
		return this.#words.shift()!;
	}

	/** The next that is no message. */
	async answer(): Promise<string> {
		for (;;) {
			const word = await this.next();
			if (!word.startsWith("publish")) return word;
		}
	}

	connect(clientId: string, options: Partial<IConnectPacket> = {}): Promise<string> {
		this.send(connectPacket(this.version, clientId, options));
		return this.answer();
	}

	publish(topic: string, payload: string, options: Partial<IPublishPacket> = {}): Promise<string> {
		const qos = options.qos ?? 1;
		const packet = { cmd: "publish" as const, topic, payload, qos, dup: false, retain: false };
		this.send({ ...packet, ...(qos > 0 && { messageId: 7 }), ...options });
		return qos === 0 ? this.ping() : this.answer();
	}

	subscribe(topic: string): Promise<string> {
		this.send({ cmd: "subscribe", messageId: 9, subscriptions: [{ topic, qos: 1 }] });
		return this.answer();
	}

	/** The broker has seen to all that was sent before. */
	ping(): Promise<string> {
		this.send({ cmd: "pingreq" });
		return this.answer();
	}

	/** The connection is cut. */
	cut(): void {
		this.socket.destroy();
	}
}

export function connectPacket(version: 4 | 5, clientId: string, options: Partial<IConnectPacket> = {}): IConnectPacket {
	return {
		cmd: "connect",
		protocolId: "MQTT",
		protocolVersion: version,
		clean: true,
		keepalive: 60,
		clientId,
		...options,
	} as IConnectPacket;
}

function wordsOf(packet: Packet): string {
	const { returnCode } = packet as { returnCode?: number };
	const { granted } = packet as { granted?: number[] };
	const { reasonCode = returnCode ?? granted?.[0] ?? 0 } = packet as { reasonCode?: number };
	return `${packet.cmd} ${reasonCode.toString(16)}`;
}
