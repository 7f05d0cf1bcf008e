// A server of either version that is right, slow, moody and forgetful: it answers late, refuses now and then, allows
// something else on every connection, loses sessions, and goes without a word. For one client; on virtual time.

import {
	generate,
	type IConnackPacket,
	type IConnectPacket,
	type IPublishPacket,
	type Packet,
	parser,
} from "mqtt-packet";
import type { Transport, TransportHandler } from "../../host-sim/transport.js";
import type { SeededRandom } from "../../host-sim/world/random.js";
import type { VirtualTime } from "../../host-sim/world/time.js";

interface Sent {
	readonly packet: IPublishPacket;
	released: boolean;
}

export class MoodyServer {
	/** Messages of the client that it has taken, at each QoS. */
	readonly taken = [0, 0, 0];
	/** Its own that the client has settled. */
	settled = 0;
	connections = 0;
	resumed = 0;
	readonly #time: VirtualTime;
	readonly #random: SeededRandom;
	readonly #version: 4 | 5;
	readonly #sent = new Map<number, Sent>();
	readonly #received = new Set<number>();
	readonly #waiting: IPublishPacket[] = [];
	#remembers = false;
	#nextId = 1;
	#online: Online | undefined;

	constructor(time: VirtualTime, random: SeededRandom, version: 4 | 5) {
		this.#time = time;
		this.#random = random;
		this.#version = version;
	}

	accept(transport: Transport): TransportHandler {
		const codec = parser({ protocolVersion: this.#version });
		const online: Online = { transport, window: 20, aliases: 0, open: true, at: 0, ready: false };
		codec.on("packet", packet => this.#handle(online, packet));
		codec.on("error", error => {
			throw error;
		});
		return {
			handleData: bytes => {
				if (online.open) codec.parse(Buffer.from(bytes));
			},
			handleClose: () => this.#end(online),
		};
	}

	/** Has a message for the client. */
	publish(topic: string, payload: string, qos: 0 | 1 | 2): void {
		this.#waiting.push({ cmd: "publish", topic, payload, qos, dup: false, retain: false });
		this.#sendWaiting();
	}

	/** Ends the connection by itself; in 5.0 it may say so. */
	close(): void {
		const online = this.#online;
		if (online === undefined) return;
		if (this.#version === 5 && this.#chance(50)) this.#write(online, { cmd: "disconnect", reasonCode: 0x8b });
		online.transport.close();
		this.#end(online);
	}

	#chance(percent: number): boolean {
		return this.#random.between(1, 100) <= percent;
	}

	#end(online: Online): void {
		online.open = false;
		if (this.#online === online) this.#online = undefined;
	}

	#write(online: Online, packet: Packet): void {
		if (online.open) online.transport.write(generate(packet, { protocolVersion: this.#version }));
	}

	/** Later, and behind all that was to be said before. */
	#answer(online: Online, packet: Packet, then?: () => void): void {
		online.at = Math.max(online.at, this.#time.now + this.#random.between(0, this.#chance(10) ? 900 : 60));
		this.#time.after(online.at - this.#time.now, () => {
			if (!online.open) return;
			this.#write(online, packet);
			then?.();
		});
	}

	#handle(online: Online, packet: Packet): void {
		const id = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "connect":
				return this.#handleConnect(online, packet);
			case "publish":
				return this.#handlePublish(online, packet, id);
			case "pubrel":
				this.#received.delete(id);
				return this.#answer(online, { cmd: "pubcomp", messageId: id });
			case "pubrec": {
				const sent = this.#sent.get(id);
				if ((packet.reasonCode ?? 0) >= 0x80) return this.#settle(online, id);
				if (sent !== undefined) sent.released = true;
				return this.#answer(online, { cmd: "pubrel", messageId: id });
			}
			case "puback":
			case "pubcomp":
				return this.#settle(online, id);
			case "subscribe":
				return this.#answer(online, {
					cmd: "suback",
					messageId: id,
					granted: packet.subscriptions.map(({ qos }) => qos),
				});
			case "unsubscribe":
				return this.#answer(online, { cmd: "unsuback", messageId: id, granted: packet.unsubscriptions.map(() => 0) });
			case "pingreq":
				return this.#answer(online, { cmd: "pingresp" });
		}
	}

	#handleConnect(online: Online, packet: IConnectPacket): void {
		this.connections += 1;
		this.#online = online;
		const sessionPresent = this.#remembers && packet.clean !== true && !this.#chance(10);
		if (sessionPresent) this.resumed += 1;
		else {
			this.#sent.clear();
			this.#received.clear();
		}
		this.#remembers = packet.clean !== true;
		online.window = Math.min(20, packet.properties?.receiveMaximum ?? 20);
		online.aliases = packet.properties?.topicAliasMaximum ?? 0;
		const connack: IConnackPacket = { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent };
		if (this.#version === 5) connack.properties = this.#moods();
		this.#answer(online, connack, () => {
			online.ready = true;
			for (const [id, { packet: message, released }] of this.#sent)
				this.#write(online, released ? { cmd: "pubrel", messageId: id } : { ...message, dup: true });
			this.#sendWaiting();
		});
	}

	/** What it allows this time. */
	#moods(): NonNullable<IConnackPacket["properties"]> {
		const { between } = this.#random;
		const random = between.bind(this.#random);
		return {
			...(this.#chance(50) && { receiveMaximum: random(1, 4) }),
			...(this.#chance(20) && { maximumQoS: 1 }),
			...(this.#chance(20) && { retainAvailable: false }),
			...(this.#chance(30) && { maximumPacketSize: random(60, 400) }),
			...(this.#chance(30) && { serverKeepAlive: random(1, 4) }),
			...(this.#chance(30) && { topicAliasMaximum: random(1, 4) }),
			...(this.#chance(10) && { wildcardSubscriptionAvailable: false }),
			...(this.#chance(10) && { sharedSubscriptionAvailable: false }),
		};
	}

	#handlePublish(online: Online, { qos }: IPublishPacket, id: number): void {
		const reason = this.#version === 5 && this.#chance(20) ? (this.#chance(50) ? 0x10 : 0x97) : 0;
		const isNew = qos < 2 || !this.#received.has(id);
		if (isNew && reason < 0x80) this.taken[qos]! += 1;
		if (qos === 1) this.#answer(online, { cmd: "puback", messageId: id, reasonCode: reason });
		if (qos < 2) return;
		if (isNew && reason < 0x80) this.#received.add(id);
		this.#answer(online, { cmd: "pubrec", messageId: id, reasonCode: isNew ? reason : 0 });
	}

	#settle(online: Online, id: number): void {
		if (this.#sent.delete(id)) this.settled += 1;
		if (online === this.#online) this.#sendWaiting();
	}

	#sendWaiting(): void {
		const online = this.#online;
		if (online === undefined || !online.ready) return;
		while (this.#waiting.length > 0 && this.#sent.size < online.window) {
			const message = this.#waiting.shift()!;
			const properties =
				online.aliases > 0 ? { properties: { topicAlias: this.#random.between(1, online.aliases) } } : {};
			if (message.qos === 0) {
				this.#write(online, { ...message, ...properties });
				continue;
			}
			while (this.#sent.has(this.#nextId)) this.#nextId = (this.#nextId % 65_535) + 1;
			message.messageId = this.#nextId;
			this.#nextId = (this.#nextId % 65_535) + 1;
			this.#sent.set(message.messageId, { packet: message, released: false });
			this.#write(online, { ...message, ...properties });
		}
	}
}

interface Online {
	readonly transport: Transport;
	/** Messages above QoS 0 at once, and topic aliases, that the client takes. */
	window: number;
	aliases: number;
	open: boolean;
	/** When its last answer is due. */
	at: number;
	/** CONNACK has left. */
	ready: boolean;
}
