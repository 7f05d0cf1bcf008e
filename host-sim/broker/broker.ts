// A small MQTT 3.1.1 broker for simulations and tests, in the process of whoever uses it. It has no sockets, timers or
// clock: bytes and times come in through connections, so real time and virtual time, TCP and simulated links drive the
// same code. It speaks through mqtt-packet, so that a codec other than the client's own checks every packet.

import type { Packet } from "mqtt-packet";
import type { Transport } from "../transport.js";
import { Connection } from "./connection.js";
import { Retained } from "./retained.js";
import { type Message, Session } from "./session.js";
import { FilterTree } from "./topic.js";

export interface BrokerOptions {
	/** User names and passwords; without any, everybody may in. */
	users?: Readonly<Record<string, string>>;
	/** QoS 1 and 2 messages under way to one client. Default 20. */
	maxInflight?: number;
	/** Messages waiting for one client; more are dropped and counted. Default 10,000. */
	maxQueued?: number;
	/** Filters that SUBSCRIBE is refused for with 0x80. */
	refusedFilters?: readonly string[];
	on?: BrokerListener;
}

/** What happens, for whoever watches. All optional. */
export interface BrokerListener {
	connected?(clientId: string, peer: string, sessionPresent: boolean): void;
	disconnected?(clientId: string | undefined, peer: string, why: string): void;
	published?(message: Message): void;
	received?(clientId: string | undefined, packet: Packet): void;
	sent?(clientId: string | undefined, packet: Packet, bytes: number): void;
}

export class Broker {
	readonly retained = new Retained();
	readonly sessions = new Map<string, Session>();
	readonly #options: BrokerOptions;
	readonly #connections = new Set<Connection>();
	readonly #subscriptions = new FilterTree<Subscription>();
	#assigned = 0;

	constructor(options: BrokerOptions = {}) {
		this.#options = options;
	}

	/** Somebody has connected. `now` is ms on any clock that does not jump, the same in all calls. */
	accept(transport: Transport, now: number): Connection {
		const connection = new Connection(this, transport, now);
		this.#connections.add(connection);
		return connection;
	}

	/** When handleTime() wants to be called, or undefined for not at all. */
	pollDeadline(): number | undefined {
		let next: number | undefined;
		for (const { deadline } of this.#connections)
			if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
		return next;
	}

	/** Ends the connections whose time has run out. */
	handleTime(now: number): void {
		for (const connection of [...this.#connections])
			if (connection.deadline !== undefined && connection.deadline <= now) connection.handleSilence(now);
	}

	/** The connection of that client, or undefined. */
	connectionOf(clientId: string): Connection | undefined {
		for (const connection of this.#connections) if (connection.clientId === clientId) return connection;
		return undefined;
	}

	/** Ends all connections, as a broker does that is stopped in good order: wills are published. */
	close(): void {
		for (const connection of [...this.#connections]) connection.close("broker stopped", true);
	}

	/** Routes a message to its subscribers, and keeps it if it is retained. */
	publish(message: Message): void {
		this.#options.on?.published?.(message);
		if (message.retain) this.retained.put(message);
		// Overlapping subscriptions of one client get one copy, at the highest QoS they were granted.
		const receivers = new Map<Session, number>();
		this.#subscriptions.match(message.topic, (_key, { session, qos }) =>
			receivers.set(session, Math.max(receivers.get(session) ?? 0, qos)),
		);
		for (const [session, qos] of receivers)
			session.deliver({ ...message, retain: false, qos: Math.min(qos, message.qos) as 0 | 1 | 2 });
	}

	// For connections.

	isAllowed(userName: string | undefined, password: string | undefined): boolean {
		const users = this.#options.users;
		return (
			users === undefined || (userName !== undefined && Object.hasOwn(users, userName) && users[userName] === password)
		);
	}

	takeClientId(): string {
		do this.#assigned += 1;
		while (this.sessions.has(`auto-${this.#assigned}`));
		return `auto-${this.#assigned}`;
	}

	/** The session for this client id: the old one, or a new one. Whoever had the id is thrown out [MQTT-3.1.4-2]. */
	openSession(connection: Connection, clientId: string, clean: boolean): { session: Session; present: boolean } {
		for (const other of [...this.#connections])
			if (other !== connection && other.clientId === clientId) other.close("taken over", true);
		const old = this.sessions.get(clientId);
		if (old !== undefined && !clean && !old.clean) return { session: old, present: true };
		if (old !== undefined) this.#forget(old);
		const session = new Session(clientId, clean, this.#options.maxInflight ?? 20, this.#options.maxQueued ?? 10_000);
		this.sessions.set(clientId, session);
		return { session, present: false };
	}

	maySubscribe(filter: string): boolean {
		return !(this.#options.refusedFilters?.includes(filter) ?? false);
	}

	subscribe(session: Session, filter: string, qos: 0 | 1 | 2): void {
		session.subscriptions.set(filter, qos);
		this.#subscriptions.set(filter, session.clientId, { session, qos });
	}

	/** Retained messages go out again for every SUBSCRIBE [MQTT-3.3.1-6]. */
	deliverRetained(session: Session, filter: string): void {
		const granted = session.subscriptions.get(filter) ?? 0;
		for (const message of this.retained.matching(filter))
			session.deliver({ ...message, qos: Math.min(granted, message.qos) as 0 | 1 | 2 });
	}

	unsubscribe(session: Session, filter: string): void {
		session.subscriptions.delete(filter);
		this.#subscriptions.delete(filter, session.clientId);
	}

	handleOnline(connection: Connection, clientId: string, present: boolean): void {
		this.#options.on?.connected?.(clientId, connection.transport.peer, present);
	}

	handleReceived(connection: Connection, packet: Packet): void {
		this.#options.on?.received?.(connection.clientId, packet);
	}

	handleSent(connection: Connection, packet: Packet, bytes: number): void {
		this.#options.on?.sent?.(connection.clientId, packet, bytes);
	}

	handleEnd(connection: Connection, why: string, will: Message | undefined): void {
		this.#connections.delete(connection);
		const { session } = connection;
		if (session?.clean && this.sessions.get(session.clientId) === session) this.#forget(session);
		this.#options.on?.disconnected?.(connection.clientId, connection.transport.peer, why);
		if (will !== undefined) this.publish(will);
	}

	#forget(session: Session): void {
		for (const filter of session.subscriptions.keys()) this.#subscriptions.delete(filter, session.clientId);
		this.sessions.delete(session.clientId);
	}
}

interface Subscription {
	readonly session: Session;
	readonly qos: 0 | 1 | 2;
}
