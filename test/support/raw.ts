// A client of the in-process broker that is nothing but bytes: mqtt-packet writes what it sends and reads what it gets,
// so a test can send what no client would.

import {
	generate,
	type IConnackPacket,
	type IConnectPacket,
	type IPublishPacket,
	type Packet,
	parser,
} from "mqtt-packet";
import { Broker, type BrokerOptions } from "../../host-sim/broker/broker.js";
import type { Connection } from "../../host-sim/broker/connection.js";
import { hex } from "./peer.js";

export class Raw {
	readonly connection: Connection;
	closed = false;
	readonly broker: Broker;
	/** Bytes of each packet that came. */
	readonly sizes: number[] = [];
	readonly #version: 4 | 5;
	#got: Packet[] = [];

	constructor(broker: Broker, version: 4 | 5 = 5, now = broker.now) {
		this.broker = broker;
		this.#version = version;
		const codec = parser({ protocolVersion: version });
		codec.on("packet", packet => this.#got.push(packet));
		const transport = {
			peer: "test",
			write: (bytes: Uint8Array) => {
				this.sizes.push(bytes.length);
				codec.parse(Buffer.from(bytes));
			},
			close: () => {
				this.closed = true;
			},
		};
		this.connection = broker.accept(transport, now) as Connection;
	}

	/** Sends a packet, or bytes as hex. */
	send(packet: Packet | string, now = this.broker.now): this {
		const bytes = typeof packet === "string" ? hex(packet) : generate(packet, { protocolVersion: this.#version });
		this.connection.handleData(bytes, now);
		return this;
	}

	/** CONNECT, with nothing but this in it. */
	connect(clientId: string, options: Partial<IConnectPacket> = {}, now = this.broker.now): this {
		return this.send(
			{
				cmd: "connect",
				protocolId: "MQTT",
				protocolVersion: this.#version,
				clean: true,
				keepalive: 0,
				clientId,
				...options,
			},
			now,
		);
	}

	/** CONNECT, and the CONNACK that came for it. */
	connack(clientId: string, options: Partial<IConnectPacket> = {}): IConnackPacket {
		this.connect(clientId, options);
		return this.packets().find(packet => packet.cmd === "connack")!;
	}

	subscribe(topic: string, qos: 0 | 1 | 2, options: object = {}, subscriptionIdentifier?: number): this {
		return this.send({
			cmd: "subscribe",
			messageId: 1,
			subscriptions: [{ topic, qos, ...options }],
			...(subscriptionIdentifier !== undefined && { properties: { subscriptionIdentifier } }),
		});
	}

	publish(topic: string, payload: string | Buffer, options: Partial<IPublishPacket> = {}): this {
		return this.send({
			cmd: "publish",
			topic,
			payload,
			qos: 0,
			dup: false,
			retain: false,
			...((options.qos ?? 0) > 0 && { messageId: 1 }),
			...options,
		});
	}

	/** The connection is cut. */
	cut(now = this.broker.now): this {
		this.connection.handleClose(now);
		return this;
	}

	/** Packets since the last call. */
	packets(): Packet[] {
		return this.#got.splice(0);
	}

	/** PUBLISH packets since the last call. */
	messages(): IPublishPacket[] {
		return this.packets().filter(packet => packet.cmd === "publish");
	}

	/** The same in short: "publish a/b hello q1 d0 r0 #7", "puback #7 10", "disconnect 8e". */
	got(): string[] {
		return this.packets().map(packet => {
			const id = packet.messageId === undefined ? "" : ` #${packet.messageId}`;
			if (packet.cmd === "publish")
				return `publish ${packet.topic} ${packet.payload} q${packet.qos} d${Number(packet.dup)} r${Number(packet.retain)}${id}`;
			if (packet.cmd === "suback" || packet.cmd === "unsuback")
				return `${packet.cmd} ${(packet.granted as number[]).map(code => code.toString(16))}`;
			const { reasonCode } = packet as { reasonCode?: number };
			return `${packet.cmd}${id}${reasonCode === undefined ? "" : ` ${reasonCode.toString(16)}`}`;
		});
	}
}

/** A broker, and clients for it. */
export function makeBroker(options: BrokerOptions = {}) {
	const broker = new Broker(options);
	return {
		broker,
		client: (version: 4 | 5 = 5) => new Raw(broker, version),
		/** One that is in, with what it got for CONNECT taken away. */
		online: (clientId: string, connect: Partial<IConnectPacket> = {}, version: 4 | 5 = 5) => {
			const raw = new Raw(broker, version).connect(clientId, connect);
			raw.packets();
			return raw;
		},
	};
}
