// One client's connection, from its first byte to its end: the order of packets, CONNECT and AUTH, keep-alive, the will.
// What breaks the protocol ends the connection, with the reason where the client can be told [MQTT-4.13.1-1], in 3.1.1
// without [MQTT-4.8.0-1], and then the will is published. What clients say once they are in is heard by Conversation.

import type { IAuthPacket, IConnectPacket, IDisconnectPacket, Packet } from "mqtt-packet";
import type { Transport, TransportHandler } from "../transport.js";
import { checkClientId, type Will, willOf } from "./admission.js";
import type { Authentication } from "./authentication.js";
import type { Broker } from "./broker.js";
import { Codec } from "./codec.js";
import { Conversation } from "./conversation.js";
import { Frames } from "./frames.js";
import type { Entry } from "./guard.js";
import { announce, type ConnackProperties } from "./limits.js";
import type { Copy } from "./message.js";
import { Outgoing } from "./outgoing.js";
import type { UserProperty } from "./properties.js";
import {
	CONTINUE_AUTHENTICATION,
	KEEP_ALIVE_TIMEOUT,
	MAXIMUM_CONNECT_TIME,
	NOT_AUTHORIZED,
	PACKET_TOO_LARGE,
	protocolError,
	QUOTA_EXCEEDED,
	Refusal,
	type RefusalProperties,
	SUCCESS,
	UNSPECIFIED_ERROR,
} from "./reason.js";
import type { Session } from "./session.js";
import { type Terms, termsOf } from "./terms.js";

/** How long a client may take from connecting to the end of its authentication, in ms. */
const CONNECT_MS = 10_000;
/** How much it may say meanwhile, in bytes. */
const MOST_HELD = 65_536;

export class Connection implements TransportHandler {
	session: Session | undefined;
	/** When silence ends the connection, or undefined for never. */
	deadline: number | undefined;
	readonly transport: Transport;
	/** Who is there, for people; no two connections of a broker have the same. */
	readonly peer: string;
	readonly #broker: Broker;
	readonly #frames: Frames;
	readonly #codec = new Codec();
	readonly #outgoing: Outgoing;
	/** Set by CONNECT. */
	#connect: IConnectPacket | undefined;
	#terms: Terms | undefined;
	#authentication: Authentication | undefined;
	#will: Will | undefined;
	#conversation: Conversation | undefined;
	#open = true;
	/** When what proved who is there no longer does. */
	#endsAt = Number.POSITIVE_INFINITY;
	/** What has come while the guard finds out who is there; undefined where it is not asked, or has answered. */
	#held: Buffer[] | undefined;
	#heldBytes = 0;

	constructor(broker: Broker, transport: Transport, number: number) {
		this.#broker = broker;
		this.transport = transport;
		this.peer = `${transport.peer}#${number}`;
		this.deadline = broker.now + CONNECT_MS;
		this.#frames = new Frames(broker.limits.connectPacketSize);
		this.#outgoing = new Outgoing(this.#codec, (bytes, packet) => {
			broker.handleSent(this, packet, bytes);
			transport.write(bytes);
		});
	}

	get clientId(): string | undefined {
		return this.session?.clientId;
	}

	handleData(bytes: Uint8Array, now: number): void {
		if (!this.#open) return;
		this.#broker.now = now;
		this.#attempt(() => this.#frames.push(bytes, frame => this.#handleFrame(frame)));
	}

	handleClose(now: number): void {
		this.#broker.now = now;
		this.#end("connection lost", true);
	}

	/** Its deadline has passed. */
	handleSilence(): void {
		if (this.session === undefined) this.close("no CONNECT in time", true);
		else if (this.#endsAt <= this.#broker.now)
			this.close("its proof of who it is has expired", true, MAXIMUM_CONNECT_TIME); // section 3.14.2.1
		else this.close("keep-alive ran out", true, KEEP_ALIVE_TIMEOUT); // [MQTT-3.1.2-24], in 5.0 [MQTT-3.1.2-22]
	}

	/** Ends the connection from our side, after a DISCONNECT where there is a reason and the client can be told. */
	close(why: string, withWill: boolean, reason?: number, properties: RefusalProperties = {}): void {
		if (!this.#open) return;
		if (reason !== undefined && this.session !== undefined)
			this.#outgoing.send({ cmd: "disconnect", reasonCode: reason, properties }); // [MQTT-3.14.0-1]
		this.transport.close();
		this.#end(why, withWill);
	}

	/** Writes bytes as they are, whatever they are. */
	writeRaw(bytes: Uint8Array): void {
		if (!this.#open) return;
		this.#broker.handleFrame(this, "out", bytes);
		this.transport.write(bytes);
	}

	#end(why: string, withWill: boolean): void {
		if (!this.#open) return;
		this.#open = false;
		this.deadline = undefined;
		this.session?.detach();
		this.#broker.handleEnd(this, why, withWill ? this.#will : undefined);
	}

	#attempt(run: () => void): void {
		try {
			run();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			this.#refuse(error);
		}
	}

	#refuse({ reason, message, properties }: Refusal): void {
		this.#broker.handleRefused(this, reason, message);
		const explained = { reasonString: message, ...properties };
		if (this.session !== undefined) return this.close(message, true, reason, explained);
		// Before CONNACK there is only CONNACK to say it with; before CONNECT, nothing.
		this.#outgoing.send({ cmd: "connack", reasonCode: reason, sessionPresent: false, properties: explained }); // [MQTT-3.2.2-6]
		this.close(message, false); // [MQTT-3.2.2-7]
	}

	#send(packet: Packet): void {
		if (!this.#open || this.#outgoing.send(packet)) return;
		this.close("an answer larger than the client takes", true, PACKET_TOO_LARGE);
	}

	#handleFrame(frame: Buffer): void {
		if (!this.#open) return;
		if (this.#held !== undefined) return this.#hold(frame);
		this.#broker.handleFrame(this, "in", frame);
		this.#keepAlive();
		const { packet, userProperties } = this.#codec.decode(frame);
		this.#broker.handleReceived(this, packet);
		this.#handlePacket(packet, userProperties);
	}

	/** A packet within one and a half keep-alives keeps the client alive [MQTT-3.1.2-24], in 5.0 [MQTT-3.1.2-22]. */
	#keepAlive(): void {
		if (this.session === undefined) return;
		const { keepAlive } = this.#terms!;
		const silent = keepAlive === 0 ? Number.POSITIVE_INFINITY : this.#broker.now + keepAlive * 1500;
		const next = Math.min(silent, this.#endsAt);
		this.deadline = next === Number.POSITIVE_INFINITY ? undefined : next;
	}

	/** A client may go on behind CONNECT before it has heard anything; its turn comes when it is in. */
	#hold(frame: Buffer): void {
		this.#held!.push(frame);
		this.#heldBytes += frame.length;
		if (this.#heldBytes > MOST_HELD) throw new Refusal(QUOTA_EXCEEDED, "too much before CONNACK");
	}

	#handlePacket(packet: Packet, userProperties: readonly UserProperty[]): void {
		switch (packet.cmd) {
			case "connect":
				return this.#handleConnect(packet, userProperties);
			case "auth":
				return this.#handleAuth(packet);
			case "disconnect":
				return this.#handleDisconnect(packet);
		}
		if (this.#conversation === undefined) throw protocolError(`${packet.cmd} before CONNACK`); // [MQTT-3.1.2-30]
		this.#conversation.handle(packet, userProperties);
	}

	#handleConnect(packet: IConnectPacket, userProperties: readonly UserProperty[]): void {
		if (this.#connect !== undefined) throw protocolError("second CONNECT"); // [MQTT-3.1.0-2]
		const terms = termsOf(packet, this.#broker.limits);
		this.#connect = packet;
		this.#terms = terms;
		this.#outgoing.begin(terms);
		this.#broker.checkOpen();
		checkClientId(packet, terms);
		this.#will = willOf(packet, userProperties, this.#broker.limits);
		const { authenticationMethod, authenticationData } = packet.properties ?? {};
		if (authenticationMethod === undefined) {
			const entry = this.#broker.admit(packet, this.transport);
			return entry instanceof Promise ? this.#await(entry) : this.#accept({}, entry);
		}
		this.#authentication = this.#broker.authenticate(authenticationMethod, packet.clientId);
		this.#answer(this.#authentication.handleConnect(authenticationData));
	}

	/** Finding out takes time: scrypt is slow on purpose. */
	#await(answer: Promise<Entry>): void {
		this.#held = [];
		const proceed = (step: () => void) => {
			const held = this.#held ?? [];
			this.#held = undefined;
			if (!this.#open) return;
			this.#attempt(() => {
				step();
				for (const frame of held) this.#handleFrame(frame);
			});
		};
		answer.then(
			entry => this.#broker.enter(() => proceed(() => this.#accept({}, entry))),
			error =>
				this.#broker.enter(() =>
					proceed(() => {
						// Whatever goes wrong with a question, the answer is no.
						throw error instanceof Refusal ? error : new Refusal(UNSPECIFIED_ERROR, "nobody can tell who that is");
					}),
				),
		);
	}

	#handleAuth(packet: IAuthPacket): void {
		if (this.#authentication === undefined) throw protocolError("AUTH without a method in CONNECT"); // [MQTT-4.12.0-7]
		this.#answer(this.#authentication.handleAuth(packet));
	}

	/** Says how far authentication has come. */
	#answer({ outcome, data }: ReturnType<Authentication["handleAuth"]>): void {
		const properties = {
			authenticationMethod: this.#authentication!.method, // [MQTT-4.12.0-5]
			...(data !== undefined && { authenticationData: data }),
		};
		if (outcome === "success" && this.session === undefined) return this.#accept(properties);
		this.#send({ cmd: "auth", reasonCode: outcome === "success" ? SUCCESS : CONTINUE_AUTHENTICATION, properties }); // [MQTT-4.12.0-2]
	}

	/** The client is in [MQTT-3.1.4-5]. */
	#accept(
		authentication: ConnackProperties = {},
		{ lastsMs = Number.POSITIVE_INFINITY, owner }: Partial<Entry> = {},
	): void {
		const broker = this.#broker;
		const packet = this.#connect!;
		const terms = this.#terms!;
		const clientId = packet.clientId === "" ? broker.takeClientId() : packet.clientId; // [MQTT-3.1.3-6]
		const client = { clientId, owner };
		if (this.#will !== undefined && broker.authorize(client, "publish", this.#will.message.topic) !== undefined)
			throw new Refusal(NOT_AUTHORIZED, "a will that is not allowed");
		const { session, present } = broker.openSession(this, client, packet.clean ?? true, terms.sessionExpiry);
		const asked = packet.properties?.sessionExpiryInterval ?? 0;
		const response = terms.wantsResponses ? broker.responseInformation : undefined; // [MQTT-3.1.2-28]
		const properties = {
			...announce(broker.limits),
			...(packet.clientId === "" && { assignedClientIdentifier: clientId }), // [MQTT-3.2.2-16]
			...(asked !== terms.sessionExpiry && { sessionExpiryInterval: terms.sessionExpiry }), // section 3.2.2.3.2
			...(response !== undefined && { responseInformation: response }),
			...authentication,
		};
		this.session = session;
		this.#frames.maximum = broker.limits.maximumPacketSize;
		this.#endsAt = broker.now + lastsMs;
		this.#keepAlive();
		// No DISCONNECT before CONNACK [MQTT-3.14.0-1].
		if (!this.#outgoing.send({ cmd: "connack", reasonCode: SUCCESS, sessionPresent: present, properties }))
			return this.close("a CONNACK larger than the client takes", true);
		this.#conversation = new Conversation(broker, session, terms, answer => this.#send(answer));
		broker.handleOnline(this, clientId, present);
		if (!this.#open) return;
		session.attach((packet, copy) => this.#deliver(packet, copy), terms.ourReceiveMaximum);
	}

	#deliver(packet: Packet, copy: Copy | undefined): boolean {
		if (packet.cmd === "publish" && copy !== undefined) return this.#outgoing.publish(packet, copy, this.#broker.now);
		this.#send(packet);
		return true;
	}

	#handleDisconnect({ reasonCode = SUCCESS, properties = {} }: IDisconnectPacket): void {
		const { session } = this;
		if (session === undefined) return this.close("gave up", false); // section 4.12
		const { sessionExpiryInterval } = properties;
		if (sessionExpiryInterval !== undefined) {
			// section 3.14.2.2.2
			const before = this.#connect?.properties?.sessionExpiryInterval ?? 0;
			if (before === 0 && sessionExpiryInterval > 0) throw protocolError("a session that was to end is kept");
			session.expiry = Math.min(sessionExpiryInterval, this.#broker.limits.sessionExpiryMaximum);
		}
		// Only 0 takes the will back [MQTT-3.14.4-3].
		this.close(reasonCode === SUCCESS ? "said goodbye" : `left for reason ${reasonCode}`, reasonCode !== SUCCESS);
	}
}
