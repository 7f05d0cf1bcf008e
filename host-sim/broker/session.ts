// What the broker remembers of one client id: its subscriptions, what it is owed, and which QoS 2 messages of its own
// are half done. A connection comes and goes; a session stays until its interval has passed.

import type { Packet } from "mqtt-packet";
import type { Owner } from "./guard.js";
import { type Copy, isExpired, type Message } from "./message.js";
import { PACKET_ID_NOT_FOUND, SUCCESS, UNSPECIFIED_ERROR } from "./reason.js";

/** What 5.0 lets a client ask for beside a filter and a QoS. */
export interface SubscriptionOptions {
	/** Not what the client publishes itself. */
	readonly noLocal?: boolean;
	/** With the retain flag that a message was published with. */
	readonly retainAsPublished?: boolean;
	readonly identifier?: number;
}

export interface Subscription extends SubscriptionOptions {
	readonly session: Session;
	readonly filter: string;
	readonly qos: 0 | 1 | 2;
}

/**
 * Where a session's packets go: its connection, while there is one. False where the message never goes to this client,
 * so that it counts as delivered; anything else: it is on its way.
 */
export type Send = (packet: Packet, copy?: Copy) => unknown;

/** A will that waits [MQTT-3.1.3-9]. */
interface PendingWill {
	readonly message: Message;
	readonly at: number;
}

interface Flight {
	readonly id: number;
	readonly copy: Copy;
	/** True once PUBREC came: PUBREL is what goes out again. */
	released: boolean;
	/** True where it has still to go out on this connection. */
	due: boolean;
	/** True where its PUBLISH went out on this connection, and takes one of the client's Receive Maximum. */
	charged: boolean;
}

/** How much a session holds, and for whom. */
export interface Keeping {
	readonly maxInflight: number;
	readonly maxQueued: number;
	readonly maxQueuedBytes?: number | undefined;
	readonly owner?: Owner | undefined;
}

export class Session {
	readonly clientId: string;
	/** Whose it is, where somebody asks: nobody else gets it. */
	readonly owner: Owner | undefined;
	/** Seconds that the session outlives its connection. */
	expiry: number;
	/** When it ends, in ms, or undefined for not by itself. */
	endsAt: number | undefined;
	/** Published at its time, or at the session's end, whichever comes first. */
	will: PendingWill | undefined;
	/** By filter. */
	readonly subscriptions = new Map<string, Subscription>();
	/** Ids of QoS 2 messages received and not released [MQTT-4.3.3-2], in 5.0 [MQTT-4.3.3-10]. */
	readonly received = new Set<number>();
	/** Messages dropped because the queue was full. */
	dropped = 0;
	#send: Send | undefined;
	#receiveMaximum = 0;
	#flights: Flight[] = [];
	#queue: Copy[] = [];
	/** Of their payloads. */
	#queuedBytes = 0;
	#nextId = 0;
	readonly #maxInflight: number;
	readonly #maxQueued: number;
	readonly #maxQueuedBytes: number;

	constructor(clientId: string, expiry: number, { maxInflight, maxQueued, maxQueuedBytes, owner }: Keeping) {
		this.clientId = clientId;
		this.expiry = expiry;
		this.owner = owner;
		this.#maxInflight = maxInflight;
		this.#maxQueued = maxQueued;
		this.#maxQueuedBytes = maxQueuedBytes ?? Number.POSITIVE_INFINITY;
	}

	get isOnline(): boolean {
		return this.#send !== undefined;
	}

	/** Messages sent and not acknowledged, and waiting. */
	get owed(): number {
		return this.#flights.length + this.#queue.length;
	}

	/**
	 * A connection is there: what was under way goes out again, in its old order with its old ids [MQTT-4.4.0-1], as far
	 * as the client's Receive Maximum lets it [MQTT-3.3.4-9].
	 */
	attach(send: Send, receiveMaximum = 65_535): void {
		this.#send = send;
		this.#receiveMaximum = receiveMaximum;
		for (const flight of this.#flights) {
			flight.due = true;
			flight.charged = false;
		}
		this.#pump();
	}

	/** The connection is gone. */
	detach(): void {
		this.#send = undefined;
	}

	/** Sends the message, or keeps it: QoS 0 only goes to who is there. */
	deliver(copy: Copy): void {
		if (copy.qos === 0) {
			this.#send?.(publish(copy, undefined, false), copy);
			return;
		}
		if (!this.#hasRoomFor(copy)) {
			this.#queue = this.#queue.filter(waiting => !isExpired(waiting, copy.arrivedAt ?? 0));
			this.#queuedBytes = this.#queue.reduce((sum, waiting) => sum + waiting.payload.length, 0);
		}
		if (!this.#hasRoomFor(copy)) {
			this.dropped += 1;
			return;
		}
		this.#queue.push(copy);
		this.#queuedBytes += copy.payload.length;
		this.#pump();
	}

	/** PUBACK. As the two below, false where the message under that id is owed another answer. */
	handlePuback(id: number): boolean {
		const flight = this.#flight(id);
		if (flight === undefined) return true;
		return flight.copy.qos === 1 && this.#end(flight);
	}

	/** PUBREC: from now on only PUBREL goes out [MQTT-4.3.3-6], or nothing if it refuses [MQTT-4.4.0-2]. */
	handlePubrec(id: number, reason = SUCCESS): boolean {
		const flight = this.#flight(id);
		if (flight?.copy.qos === 1) return false;
		if (flight !== undefined && reason >= UNSPECIFIED_ERROR) return !flight.released && this.#end(flight);
		if (flight !== undefined) flight.released = true;
		// An unknown id is answered too.
		if (reason < UNSPECIFIED_ERROR)
			this.#send?.({ cmd: "pubrel", messageId: id, reasonCode: flight === undefined ? PACKET_ID_NOT_FOUND : SUCCESS });
		return true;
	}

	/** PUBCOMP. */
	handlePubcomp(id: number): boolean {
		const flight = this.#flight(id);
		if (flight === undefined) return true;
		return flight.released && this.#end(flight);
	}

	/**
	 * The session is over. What came by shared subscriptions and has not arrived goes to other members, but not what is
	 * under way at QoS 2 [MQTT-4.8.2-5].
	 */
	end(): void {
		const flights = this.#flights.filter(({ copy }) => copy.qos === 1).map(({ copy }) => copy);
		const copies = [...flights, ...this.#queue];
		this.#flights = [];
		this.#queue = [];
		this.#queuedBytes = 0;
		for (const { handOn } of copies) handOn?.();
	}

	#hasRoomFor({ payload }: Copy): boolean {
		return this.#queue.length < this.#maxQueued && this.#queuedBytes + payload.length <= this.#maxQueuedBytes;
	}

	#flight(id: number): Flight | undefined {
		return this.#flights.find(flight => flight.id === id);
	}

	#end(flight: Flight): true {
		this.#flights.splice(this.#flights.indexOf(flight), 1);
		this.#pump();
		return true;
	}

	/** Sends what may go out now: first what was under way, then what waits. */
	#pump(): void {
		if (!this.isOnline) return;
		for (const flight of [...this.#flights])
			if (flight.due && (flight.released || this.#hasQuota)) this.#transmit(flight, true);
		while (this.#flights.length < this.#maxInflight && this.#hasQuota) {
			const copy = this.#queue.shift();
			if (copy === undefined) return;
			this.#queuedBytes -= copy.payload.length;
			const flight = { id: this.#takeId(), copy, released: false, due: true, charged: false };
			this.#flights.push(flight);
			this.#transmit(flight, false);
		}
	}

	/** Whether the client takes one more: quota is tied to messages, not counted [MQTT-4.9.0-2]. */
	get #hasQuota(): boolean {
		return this.#flights.filter(({ charged }) => charged).length < this.#receiveMaximum;
	}

	#transmit(flight: Flight, again: boolean): void {
		flight.due = false;
		if (flight.released) {
			this.#send?.({ cmd: "pubrel", messageId: flight.id, reasonCode: SUCCESS });
			return;
		}
		flight.charged = true;
		if (this.#send?.(publish(flight.copy, flight.id, again), flight.copy) === false)
			this.#flights.splice(this.#flights.indexOf(flight), 1);
	}

	#takeId(): number {
		do this.#nextId = (this.#nextId % 65_535) + 1;
		while (this.#flights.some(flight => flight.id === this.#nextId));
		return this.#nextId;
	}
}

function publish(copy: Copy, messageId: number | undefined, dup: boolean): Packet {
	const { topic, payload, qos, retain } = copy;
	const packet = { cmd: "publish" as const, topic, payload, qos, retain, dup };
	return messageId === undefined ? packet : { ...packet, messageId };
}
