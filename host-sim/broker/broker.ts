// A small MQTT broker, 3.1.1 and 5.0 side by side, for simulations and tests, in the process of whoever uses it. It has no
// sockets, timers or clock: bytes and times come in through connections, so real time and virtual time, TCP and simulated
// links drive the same code. It speaks through mqtt-packet, so that a codec other than the client's own checks every packet.

import type { IConnectPacket, Packet } from "mqtt-packet";
import { Checker, type Violation } from "../checker/checker.js";
import { tapped } from "../checker/tap.js";
import type { Transport, TransportHandler } from "../transport.js";
import { redirection, type ServerReference, type Will } from "./admission.js";
import { Authentication, type Authenticator } from "./authentication.js";
import { Connection } from "./connection.js";
import { retainedCopyOf } from "./copy.js";
import { type Client, type Entry, type Guard, isSameOwner } from "./guard.js";
import { type BrokerLimits, type Limits, withDefaults } from "./limits.js";
import type { Message } from "./message.js";
import {
	BAD_USER_NAME_OR_PASSWORD,
	CLIENT_ID_NOT_VALID,
	QUOTA_EXCEEDED,
	Refusal,
	type RefusalProperties,
	SERVER_BUSY,
	SERVER_SHUTTING_DOWN,
	SESSION_TAKEN_OVER,
	UNSPECIFIED_ERROR,
} from "./reason.js";
import { Retained } from "./retained.js";
import { Session, type SubscriptionOptions } from "./session.js";
import { Subscriptions } from "./subscriptions.js";
import { FOR_EVER } from "./terms.js";
import { isShared } from "./topic.js";

export interface BrokerOptions {
	/** User names and passwords; without any, everybody may in. Whoever authenticates by a method is not asked for them. */
	users?: Readonly<Record<string, string>>;
	/** Asked instead of `users`, and for whatever a client wants to publish or subscribe to. Default: everybody may everything. */
	guard?: Guard;
	/** Where a guard's later answer is taken up: a world has a time of its own. Default: at once. */
	enter?(run: () => void): void;
	/** Methods of enhanced authentication that 5.0 clients may name in CONNECT. Default: none. */
	authenticators?: readonly Authenticator[];
	/** QoS 1 and 2 messages under way to one client, if its Receive Maximum is not smaller. Default 20. */
	maxInflight?: number;
	/** Messages waiting for one client; more are dropped and counted. Default 10,000. */
	maxQueued?: number;
	/** Bytes of their payloads. Default: as many as there are. */
	maxQueuedBytes?: number;
	/** Sessions, with those whose clients are away. As with the next three, the default is as many as there are. */
	maxSessions?: number;
	/** Filters of one client. */
	maxSubscriptions?: number;
	/** Topics that have a retained message. */
	maxRetained?: number;
	/** Bytes of retained messages. */
	maxRetainedBytes?: number;
	/** Filters that SUBSCRIBE is refused for, with 0x80 or the reason that stands beside them. */
	refusedFilters?: readonly string[] | Readonly<Record<string, number>>;
	/** Topics whose messages are not taken, and the reason for PUBACK and PUBREC; 3.1.1 has none and hears that all is well. */
	refusedTopics?: Readonly<Record<string, number>>;
	/** What clients are allowed, and told in CONNACK. */
	limits?: BrokerLimits;
	/** Told to clients that ask for it: a beginning for response topics, by convention. */
	responseInformation?: string;
	/** Nobody may in, and is told where to go instead. */
	serverReference?: ServerReference;
	on?: BrokerListener;
}

/** What happens, for whoever watches. All optional. `peer` is another for each connection. */
export interface BrokerListener {
	/** Somebody is there, and has said nothing yet; disconnected() follows some time. */
	accepted?(peer: string): void;
	connected?(clientId: string, peer: string, sessionPresent: boolean): void;
	disconnected?(clientId: string | undefined, peer: string, why: string): void;
	/** A connection, or an attempt at one, ends because of what came; disconnected() follows. */
	refused?(clientId: string | undefined, peer: string, reason: number, why: string): void;
	published?(message: Message): void;
	received?(clientId: string | undefined, packet: Packet): void;
	sent?(clientId: string | undefined, packet: Packet, bytes: number): void;
	/** Every whole packet as it is, before it is read or sent; the bytes are the listener's only until it returns. */
	frame?(peer: string, clientId: string | undefined, direction: "in" | "out", bytes: Uint8Array): void;
	/** A client has broken a statement of the standard. Where this is there, every connection is checked. */
	violated?(violation: Violation): void;
}

export class Broker {
	/** The latest time that anybody has told, in ms. */
	now = 0;
	readonly retained: Retained;
	readonly sessions = new Map<string, Session>();
	readonly limits: Limits;
	/** While this is a reason, nobody may in, and is told it; who is in already stays. */
	refusal: number | undefined;
	readonly #options: BrokerOptions;
	readonly #connections = new Set<Connection>();
	readonly #subscriptions = new Subscriptions();
	readonly #refusedFilters: ReadonlyMap<string, number>;
	readonly #refusedTopics: ReadonlyMap<string, number>;
	readonly #checker: Checker | undefined;
	#accepted = 0;
	#assigned = 0;

	constructor(options: BrokerOptions = {}) {
		this.#options = options;
		this.limits = withDefaults(options.limits);
		this.retained = new Retained(options.maxRetained, options.maxRetainedBytes);
		const { on } = options;
		if (on?.violated !== undefined) this.#checker = new Checker({ report: violation => on.violated?.(violation) });
		this.#refusedFilters = reasonsOf(options.refusedFilters);
		this.#refusedTopics = reasonsOf(options.refusedTopics);
	}

	/** Somebody has connected. `now` is ms on any clock that does not jump, the same in all calls. */
	accept(transport: Transport, now: number): TransportHandler {
		const begin = (transport: Transport, now: number) => this.#begin(transport, now);
		if (this.#checker === undefined) return begin(transport, now);
		return tapped(this.#checker, begin, { now: () => this.now })(transport, now);
	}

	#begin(transport: Transport, now: number): Connection {
		this.now = now;
		this.#accepted += 1;
		const connection = new Connection(this, transport, this.#accepted);
		this.#connections.add(connection);
		this.#options.on?.accepted?.(connection.peer);
		return connection;
	}

	/** When handleTime() wants to be called, or undefined for not at all. */
	pollDeadline(): number | undefined {
		let next: number | undefined;
		const take = (deadline: number | undefined) => {
			if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
		};
		for (const { deadline } of this.#connections) take(deadline);
		for (const { endsAt, will } of this.sessions.values()) {
			take(endsAt);
			take(will?.at);
		}
		return next;
	}

	/** Ends the connections and sessions whose time has run out, and publishes the wills whose time has come. */
	handleTime(now: number): void {
		this.now = now;
		for (const connection of [...this.#connections])
			if (connection.deadline !== undefined && connection.deadline <= now) connection.handleSilence();
		for (const session of [...this.sessions.values()]) this.#settle(session);
		this.retained.handleTime(now);
	}

	/** The connection of that client, or undefined. */
	connectionOf(clientId: string): Connection | undefined {
		for (const connection of this.#connections) if (connection.clientId === clientId) return connection;
		return undefined;
	}

	/**
	 * Ends that client's connection; a 5.0 client is told the reason and the properties (of DISCONNECT, as mqtt-packet
	 * names them) first. Its will is published. False where it is not connected.
	 */
	disconnect(clientId: string, reason: number, properties: RefusalProperties = {}): boolean {
		const connection = this.connectionOf(clientId);
		connection?.close("disconnected by the broker", true, reason, properties);
		return connection !== undefined;
	}

	/** Sends that client these bytes, whatever they are. False where it is not connected. */
	sendRaw(clientId: string, bytes: Uint8Array): boolean {
		const connection = this.connectionOf(clientId);
		connection?.writeRaw(bytes);
		return connection !== undefined;
	}

	/** What is allowed has changed: subscriptions that no longer are end, without a word, for which there is none. */
	revise(): void {
		for (const session of this.sessions.values())
			for (const filter of [...session.subscriptions.keys()])
				if (this.authorize(session, "subscribe", filter) !== undefined) this.#subscriptions.delete(session, filter);
	}

	/** Ends all connections, as a broker does that is stopped in good order: wills without a delay are published. */
	close(): void {
		for (const connection of [...this.#connections]) connection.close("broker stopped", true, SERVER_SHUTTING_DOWN);
	}

	/** Routes a message to its subscribers, and keeps it if it is retained. False where there is no subscriber. */
	publish(message: Message): boolean {
		const stamped = { arrivedAt: this.now, ...message };
		this.#options.on?.published?.(stamped);
		if (message.retain && this.retained.hasRoomFor(stamped)) this.retained.put(stamped);
		return this.#subscriptions.route(stamped);
	}

	// For connections.

	get responseInformation(): string | undefined {
		return this.#options.responseInformation;
	}

	/** Throws where the broker takes nobody. */
	checkOpen(): void {
		if (this.refusal !== undefined) throw new Refusal(this.refusal, "the broker takes nobody now");
		if (this.#options.serverReference !== undefined) throw redirection(this.#options.serverReference);
	}

	/** Who that is, where there is a guard to say it. Throws or rejects where it may not in. */
	admit(connect: IConnectPacket, transport: Transport): Entry | undefined | Promise<Entry> {
		const { guard, users } = this.#options;
		if (guard !== undefined) return guard.authenticate(connect, transport);
		const { password, username: userName } = connect;
		if (users === undefined) return undefined;
		if (userName === undefined || !Object.hasOwn(users, userName) || users[userName] !== password?.toString())
			throw new Refusal(BAD_USER_NAME_OR_PASSWORD, "bad user name or password");
		return undefined;
	}

	/** Why the guard does not let that client, or undefined. */
	authorize(client: Client, action: "publish" | "subscribe", topic: string): number | undefined {
		return this.#options.guard?.authorize(client, action, topic);
	}

	/** Takes up what has come late. */
	enter(run: () => void): void {
		const { enter } = this.#options;
		if (enter === undefined) run();
		else enter(run);
	}

	/** Throws where the method is none of ours. */
	authenticate(method: string, clientId: string): Authentication {
		return new Authentication(this.#options.authenticators ?? [], method, clientId);
	}

	takeClientId(): string {
		do this.#assigned += 1;
		while (this.sessions.has(`auto-${this.#assigned}`));
		return `auto-${this.#assigned}`;
	}

	/**
	 * The session for this client id: the old one, or a new one. Whoever had the id is thrown out [MQTT-3.1.4-2], in 5.0
	 * [MQTT-3.1.4-3]. Throws where it is somebody else's, or there are too many.
	 */
	openSession(
		connection: Connection,
		{ clientId, owner }: Client,
		clean: boolean,
		expiry: number,
	): { session: Session; present: boolean } {
		const { maxInflight = 20, maxQueued = 10_000, maxQueuedBytes, maxSessions } = this.#options;
		const theirs = this.sessions.get(clientId);
		if (theirs !== undefined && !isSameOwner(theirs.owner, owner))
			throw new Refusal(CLIENT_ID_NOT_VALID, "the client id is somebody else's");
		if (theirs === undefined && maxSessions !== undefined && this.sessions.size >= maxSessions)
			throw new Refusal(SERVER_BUSY, "too many sessions");
		for (const other of [...this.#connections])
			if (other !== connection && other.clientId === clientId) other.close("taken over", true, SESSION_TAKEN_OVER);
		const old = this.sessions.get(clientId);
		if (old !== undefined && clean)
			this.#endSession(old); // [MQTT-3.1.2-4]
		else if (old !== undefined) {
			old.expiry = expiry;
			old.endsAt = undefined;
			old.will = undefined; // [MQTT-3.1.3-9]
			return { session: old, present: true };
		}
		const session = new Session(clientId, expiry, { maxInflight, maxQueued, maxQueuedBytes, owner });
		this.sessions.set(clientId, session);
		return { session, present: false };
	}

	/** Why that filter is refused, or undefined. */
	reasonAgainstFilter(session: Session, filter: string): number | undefined {
		const { maxSubscriptions = Number.POSITIVE_INFINITY } = this.#options;
		const { subscriptions } = session;
		const refused = this.#refusedFilters.get(filter) ?? this.authorize(session, "subscribe", filter);
		if (refused !== undefined || subscriptions.has(filter) || subscriptions.size < maxSubscriptions) return refused;
		return QUOTA_EXCEEDED;
	}

	/** Why that message of a client is refused, or undefined. */
	reasonAgainst(session: Session, message: Message): number | undefined {
		const { retain, topic } = message;
		const refused = this.#refusedTopics.get(topic) ?? this.authorize(session, "publish", topic);
		return refused ?? (retain && !this.retained.hasRoomFor(message) ? QUOTA_EXCEEDED : undefined);
	}

	/** True where the session had no subscription to that filter. */
	subscribe(session: Session, filter: string, qos: 0 | 1 | 2, options: SubscriptionOptions = {}): boolean {
		return this.#subscriptions.set({ session, filter, qos, ...options });
	}

	/** Retained messages, for that subscription alone: none for a shared one (section 4.8.2). */
	deliverRetained(session: Session, filter: string): void {
		const subscription = session.subscriptions.get(filter);
		if (subscription === undefined || isShared(filter)) return;
		this.retained.handleTime(this.now);
		for (const message of this.retained.matching(filter))
			if (!subscription.noLocal || message.publisher !== session.clientId)
				session.deliver(retainedCopyOf(message, [subscription]));
	}

	/** False where there was none. */
	unsubscribe(session: Session, filter: string): boolean {
		return this.#subscriptions.delete(session, filter);
	}

	handleOnline(connection: Connection, clientId: string, present: boolean): void {
		this.#options.on?.connected?.(clientId, connection.peer, present);
	}

	handleRefused(connection: Connection, reason: number, why: string): void {
		this.#options.on?.refused?.(connection.clientId, connection.peer, reason, why);
	}

	handleFrame(connection: Connection, direction: "in" | "out", bytes: Uint8Array): void {
		this.#options.on?.frame?.(connection.peer, connection.clientId, direction, bytes);
	}

	handleReceived(connection: Connection, packet: Packet): void {
		this.#options.on?.received?.(connection.clientId, packet);
	}

	handleSent(connection: Connection, packet: Packet, bytes: Uint8Array): void {
		this.handleFrame(connection, "out", bytes);
		this.#options.on?.sent?.(connection.clientId, packet, bytes.length);
	}

	handleEnd(connection: Connection, why: string, will: Will | undefined): void {
		this.#connections.delete(connection);
		const { session } = connection;
		if (session !== undefined) {
			const { expiry } = session;
			session.endsAt = expiry === FOR_EVER ? undefined : this.now + expiry * 1000;
			// Published then or at the session's end, whichever comes first [MQTT-3.1.2-8].
			if (will !== undefined) session.will = { message: will.message, at: this.now + will.delay * 1000 };
		}
		this.#options.on?.disconnected?.(connection.clientId, connection.peer, why);
		if (session !== undefined) this.#settle(session);
	}

	/** Does what a session's time has come for. */
	#settle(session: Session): void {
		if (session.will !== undefined && session.will.at <= this.now) this.#publishWill(session);
		if (session.endsAt !== undefined && session.endsAt <= this.now) this.#endSession(session); // [MQTT-4.1.0-2]
	}

	#publishWill(session: Session): void {
		const { will } = session;
		session.will = undefined; // [MQTT-3.1.2-10]
		// What was allowed at CONNECT may be forbidden by now.
		if (will !== undefined && this.authorize(session, "publish", will.message.topic) === undefined)
			this.publish({ ...will.message, publisher: session.clientId });
	}

	#endSession(session: Session): void {
		for (const filter of [...session.subscriptions.keys()]) this.#subscriptions.delete(session, filter);
		this.sessions.delete(session.clientId);
		this.#publishWill(session);
		session.end();
	}
}

function reasonsOf(refused: readonly string[] | Readonly<Record<string, number>> = {}): ReadonlyMap<string, number> {
	if (!Array.isArray(refused)) return new Map(Object.entries(refused));
	return new Map(refused.map(name => [name, UNSPECIFIED_ERROR]));
}
