// One client's connection, from CONNECT to its end: parsing, the order of packets, keep-alive, the will. What breaks the
// protocol ends the connection [MQTT-4.8.0-1], and then the will is published.

import {
	generate,
	type IConnectPacket,
	type IPublishPacket,
	type ISubscribePacket,
	type IUnsubscribePacket,
	type Packet,
	type Parser,
	parser,
} from "mqtt-packet";
import type { Transport, TransportHandler } from "../transport.js";
import type { Broker } from "./broker.js";
import { Frames, isOtherVersion } from "./frames.js";
import type { Message, Session } from "./session.js";
import { isTopicFilter, isTopicName } from "./topic.js";

/** How long a client may take from connecting to CONNECT, in ms. */
const CONNECT_MS = 10_000;

// 3.1.1 return codes.
const BAD_PROTOCOL = 1;
const BAD_CLIENT_ID = 2;
const BAD_CREDENTIALS = 4;

export class Connection implements TransportHandler {
	session: Session | undefined;
	/** When silence ends the connection, or undefined for never. */
	deadline: number | undefined;
	readonly transport: Transport;
	readonly #broker: Broker;
	readonly #frames = new Frames();
	readonly #parser: Parser;
	#keepAliveMs = 0;
	#will: Message | undefined;
	#open = true;
	#now: number;

	constructor(broker: Broker, transport: Transport, now: number) {
		this.#broker = broker;
		this.transport = transport;
		this.#now = now;
		this.deadline = now + CONNECT_MS;
		this.#parser = parser({ protocolVersion: 4 });
		this.#parser.on("packet", packet => this.#handlePacket(packet));
		this.#parser.on("error", error => this.#refuse(`malformed packet: ${error.message}`));
	}

	get clientId(): string | undefined {
		return this.session?.clientId;
	}

	handleData(bytes: Uint8Array, now: number): void {
		if (!this.#open) return;
		this.#now = now;
		try {
			this.#frames.push(bytes, frame => this.#handleFrame(frame));
		} catch (error) {
			this.#refuse(`malformed packet: ${(error as Error).message}`);
		}
	}

	#handleFrame(frame: Buffer): void {
		if (!this.#open) return;
		// A packet within one and a half keep-alives keeps the client alive [MQTT-3.1.2-24].
		if (this.session !== undefined && this.#keepAliveMs > 0) this.deadline = this.#now + this.#keepAliveMs * 1.5;
		// Before mqtt-packet would throw at a version that it does not know [MQTT-3.1.2-2].
		if (this.session === undefined && isOtherVersion(frame))
			return this.#connack(BAD_PROTOCOL, "unsupported protocol version");
		this.#parser.parse(frame);
	}

	handleClose(now: number): void {
		this.#now = now;
		this.#end("connection lost", true);
	}

	/** Its deadline has passed. */
	handleSilence(now: number): void {
		this.#now = now;
		this.close(this.session === undefined ? "no CONNECT in time" : "keep-alive ran out", true);
	}

	/** Ends the connection from our side. */
	close(why: string, withWill: boolean): void {
		if (!this.#open) return;
		this.transport.close();
		this.#end(why, withWill);
	}

	#end(why: string, withWill: boolean): void {
		if (!this.#open) return;
		this.#open = false;
		this.deadline = undefined;
		this.session?.detach();
		const will = withWill ? this.#will : undefined;
		this.#broker.handleEnd(this, why, will);
	}

	#refuse(why: string): void {
		this.close(why, true);
	}

	#send(packet: Packet): void {
		if (!this.#open) return;
		const bytes = generate(packet, { protocolVersion: 4 });
		this.#broker.handleSent(this, packet, bytes.length);
		this.transport.write(bytes);
	}

	#handlePacket(packet: Packet): void {
		if (!this.#open) return;
		this.#broker.handleReceived(this, packet);
		if (packet.cmd === "connect") {
			if (this.session === undefined) this.#handleConnect(packet);
			else this.#refuse("second CONNECT"); // [MQTT-3.1.0-2]
			return;
		}
		const session = this.session;
		if (session === undefined) {
			this.#refuse(`${packet.cmd} before CONNECT`); // [MQTT-3.1.0-1]
			return;
		}
		const id = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "publish":
				return this.#handlePublish(packet, session);
			case "puback":
				return this.#expect(session.handlePuback(id));
			case "pubrec":
				return this.#expect(session.handlePubrec(id));
			case "pubrel":
				session.received.delete(id);
				return this.#send({ cmd: "pubcomp", messageId: id });
			case "pubcomp":
				return this.#expect(session.handlePubcomp(id));
			case "subscribe":
				return this.#handleSubscribe(packet, session);
			case "unsubscribe":
				return this.#handleUnsubscribe(packet, session);
			case "pingreq":
				return this.#send({ cmd: "pingresp" });
			case "disconnect":
				this.#will = undefined; // [MQTT-3.14.4-3]
				return this.close("said goodbye", false);
			default:
				this.#refuse(`${packet.cmd} is not for a server`);
		}
	}

	/** For acknowledgements: whether they fit what we sent. */
	#expect(fits: boolean): void {
		if (!fits) this.#refuse("an acknowledgement of the wrong kind");
	}

	#handleConnect(packet: IConnectPacket): void {
		const clean = packet.clean ?? true;
		let { clientId } = packet;
		if (clientId === "") {
			if (!clean) return this.#connack(BAD_CLIENT_ID, "empty client id without clean session"); // [MQTT-3.1.3-8]
			clientId = this.#broker.takeClientId();
		}
		const { username, password, will } = packet;
		if (!this.#broker.isAllowed(username, password?.toString()))
			return this.#connack(BAD_CREDENTIALS, "bad user name or password");
		if (will !== undefined) {
			if (!isTopicName(will.topic)) return this.#refuse("will topic not allowed");
			this.#will = {
				topic: will.topic,
				payload: Buffer.from(will.payload),
				qos: will.qos ?? 0,
				retain: will.retain ?? false,
			};
		}
		this.#keepAliveMs = (packet.keepalive ?? 0) * 1000;
		this.deadline = this.#keepAliveMs === 0 ? undefined : this.#now + this.#keepAliveMs * 1.5;
		const { session, present } = this.#broker.openSession(this, clientId, clean);
		this.session = session;
		this.#send({ cmd: "connack", returnCode: 0, sessionPresent: present });
		this.#broker.handleOnline(this, clientId, present);
		if (this.#open) session.attach(packet => this.#send(packet));
	}

	#connack(returnCode: number, why: string): void {
		this.#send({ cmd: "connack", returnCode, sessionPresent: false });
		this.close(why, false);
	}

	#handlePublish(packet: IPublishPacket, session: Session): void {
		const { topic, qos, messageId } = packet;
		if (!isTopicName(topic)) return this.#refuse("topic name not allowed"); // [MQTT-3.3.2-2]
		const payload = Buffer.from(packet.payload);
		// A second PUBLISH with an id that is not released is answered, not published [MQTT-4.3.3-2].
		const repeated = qos === 2 && session.received.has(messageId!);
		if (qos === 2) session.received.add(messageId!);
		// Routed before it is acknowledged: an acknowledgement says that we own it.
		if (!repeated) this.#broker.publish({ topic, payload, qos, retain: packet.retain });
		if (qos === 1) this.#send({ cmd: "puback", messageId: messageId! });
		else if (qos === 2) this.#send({ cmd: "pubrec", messageId: messageId! });
	}

	#handleSubscribe(packet: ISubscribePacket, session: Session): void {
		if (packet.subscriptions.length === 0) return this.#refuse("SUBSCRIBE without a filter"); // [MQTT-3.8.3-3]
		if (!packet.subscriptions.every(({ topic }) => isTopicFilter(topic)))
			return this.#refuse("topic filter not allowed"); // [MQTT-4.7.1-2]
		const granted: number[] = [];
		const added: string[] = [];
		for (const { topic, qos } of packet.subscriptions) {
			if (!this.#broker.maySubscribe(topic)) {
				granted.push(0x80);
				continue;
			}
			this.#broker.subscribe(session, topic, qos);
			granted.push(qos);
			added.push(topic);
		}
		this.#send({ cmd: "suback", messageId: packet.messageId!, granted });
		for (const filter of added) this.#broker.deliverRetained(session, filter);
	}

	#handleUnsubscribe(packet: IUnsubscribePacket, session: Session): void {
		if (packet.unsubscriptions.length === 0) return this.#refuse("UNSUBSCRIBE without a filter"); // [MQTT-3.10.3-2]
		if (!packet.unsubscriptions.every(isTopicFilter)) return this.#refuse("topic filter not allowed");
		for (const filter of packet.unsubscriptions) this.#broker.unsubscribe(session, filter);
		this.#send({ cmd: "unsuback", messageId: packet.messageId!, granted: [] });
	}
}
