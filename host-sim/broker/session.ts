// What the broker remembers of one client id: its subscriptions, what it is owed, and which QoS 2 messages of its own
// are half done. A connection comes and goes; a session that is not clean stays.

import type { Packet } from "mqtt-packet";

/** An application message inside the broker. */
export interface Message {
	readonly topic: string;
	readonly payload: Buffer;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
}

/** Where a session's packets go: its connection, while there is one. */
export type Send = (packet: Packet) => void;

interface Flight {
	readonly id: number;
	readonly message: Message;
	/** True once PUBREC came: PUBREL is what goes out again. */
	released: boolean;
}

export class Session {
	readonly clientId: string;
	readonly clean: boolean;
	/** Granted QoS by filter. */
	readonly subscriptions = new Map<string, 0 | 1 | 2>();
	/** Ids of QoS 2 messages received and not released [MQTT-4.3.3-2]. */
	readonly received = new Set<number>();
	/** Messages dropped because the queue was full. */
	dropped = 0;
	#send: Send | undefined;
	#flights: Flight[] = [];
	#queue: Message[] = [];
	#nextId = 0;
	readonly #maxInflight: number;
	readonly #maxQueued: number;

	constructor(clientId: string, clean: boolean, maxInflight: number, maxQueued: number) {
		this.clientId = clientId;
		this.clean = clean;
		this.#maxInflight = maxInflight;
		this.#maxQueued = maxQueued;
	}

	get isOnline(): boolean {
		return this.#send !== undefined;
	}

	/** Messages sent and not acknowledged, and waiting. */
	get owed(): number {
		return this.#flights.length + this.#queue.length;
	}

	/** A connection is there: what was under way goes out again, in its old order with its old ids [MQTT-4.4.0-1]. */
	attach(send: Send): void {
		this.#send = send;
		for (const flight of this.#flights) this.#transmit(flight, true);
		this.#pump();
	}

	/** The connection is gone. */
	detach(): void {
		this.#send = undefined;
	}

	/** Sends the message, or keeps it: QoS 0 only goes to who is there. */
	deliver(message: Message): void {
		if (message.qos === 0) {
			this.#send?.(publish(message, undefined, false));
			return;
		}
		if (this.#queue.length >= this.#maxQueued) {
			this.dropped += 1;
			return;
		}
		this.#queue.push(message);
		this.#pump();
	}

	/** PUBACK. As the two below, false where the message under that id is owed another answer. */
	handlePuback(id: number): boolean {
		const flight = this.#flight(id);
		if (flight === undefined) return true;
		return flight.message.qos === 1 && this.#end(flight);
	}

	/** PUBREC: from now on only PUBREL goes out. An unknown id is answered too. */
	handlePubrec(id: number): boolean {
		const flight = this.#flight(id);
		if (flight?.message.qos === 1) return false;
		if (flight !== undefined) flight.released = true;
		this.#send?.({ cmd: "pubrel", messageId: id });
		return true;
	}

	/** PUBCOMP. */
	handlePubcomp(id: number): boolean {
		const flight = this.#flight(id);
		if (flight === undefined) return true;
		return flight.released && this.#end(flight);
	}

	#flight(id: number): Flight | undefined {
		return this.#flights.find(flight => flight.id === id);
	}

	#end(flight: Flight): true {
		this.#flights.splice(this.#flights.indexOf(flight), 1);
		this.#pump();
		return true;
	}

	#pump(): void {
		while (this.#send !== undefined && this.#flights.length < this.#maxInflight) {
			const message = this.#queue.shift();
			if (message === undefined) return;
			const flight = { id: this.#takeId(), message, released: false };
			this.#flights.push(flight);
			this.#transmit(flight, false);
		}
	}

	#transmit(flight: Flight, again: boolean): void {
		if (flight.released) this.#send?.({ cmd: "pubrel", messageId: flight.id });
		else this.#send?.(publish(flight.message, flight.id, again));
	}

	#takeId(): number {
		do this.#nextId = (this.#nextId % 65_535) + 1;
		while (this.#flights.some(flight => flight.id === this.#nextId));
		return this.#nextId;
	}
}

function publish(message: Message, messageId: number | undefined, dup: boolean): Packet {
	const { topic, payload, qos, retain } = message;
	const packet = { cmd: "publish" as const, topic, payload, qos, retain, dup };
	return messageId === undefined ? packet : { ...packet, messageId };
}
