// What is remembered of a client from one connection to the next: the messages that it has not settled, in the order in
// which it first sent them, and what became of its session. A link loses bytes in both directions when it breaks, so much
// of this is known only in part: where the client may or may not have heard of something, it is free to do either.
//
// What is settled goes when the client has certainly heard of it, or when so much more has been settled since that it must
// have: what a client has not heard of is under way for it, and its window is not that wide. So a connection that stands for
// ever costs what a short one does.

export interface Outgoing {
	readonly id: number;
	readonly qos: number;
	/** Stands for topic, QoS, retain and payload. */
	readonly digest: string;
	readonly size: number;
	readonly retain: boolean;
	/** Counts the messages of the session as they were first sent. */
	readonly order: number;
	/** When its Message Expiry Interval is over. */
	readonly expiresAt: number;
	/** Received: the server's PUBREC has been seen. Released: the client's PUBREL. */
	state: "published" | "received" | "released";
	/** Counts the PUBREC packets of the session. */
	receivedOrder: number;
	/** The connections on which its PUBLISH and its PUBREL were last sent. */
	sentOn: number;
	releasedOn: number;
	/** The packet of the server that settled it: its place among all on this connection. */
	settledAt: number | undefined;
	/** Settled by a reason of 0x80 or above. */
	refused: boolean;
	/** The client may hold it, or not. */
	doubtful: boolean;
}

/** A message of a session that is over. */
export interface Former {
	readonly digest: string;
	readonly qos: number;
}

/** Messages that a client may have under way without having heard of their end, where it has never shown that it has more. */
const LEAST_UNHEARD = 1024;
/** What is under way as we see it is less than what the client has not heard of, by what is under way to it: so many times. */
const UNHEARD = 4;
const PACKET_IDS = 65_536;

export class Memory {
	readonly entries = new Map<number, Outgoing>();
	/** What the client may no longer know, by packet id. */
	readonly former = new Map<number, Former>();
	/** QoS 2 messages of the server that wait for its PUBREL, with the time when they expire. */
	readonly received = new Map<number, number>();
	/** Answers that were owed when the last connection ended, as "PUBACK 7". */
	readonly left = new Set<string>();
	/** Topic aliases that the client has used on former connections. */
	readonly aliases = new Set<number>();
	/** The number of the connection that has the session, or 0. */
	holder = 0;
	/** How long the session outlives its connection. */
	expiryMs = 0;
	endedAt = 0;
	/** Over for certain: the client knows as well. */
	isGone = false;
	/** It is older than what we have seen of the client. */
	isPartial = false;
	/** What has been settled on this connection and may be unheard of, and what has been refused, the oldest first. */
	readonly #settled = new Set<Outgoing>();
	readonly #refused = new Set<Outgoing>();
	/** A bit for each packet id of what was settled on this connection and is no longer here. */
	#finished: Uint32Array | undefined;
	#mostUnheard = LEAST_UNHEARD;
	#orders = 0;
	#receivedOrders = 0;

	takeOrder(): number {
		this.#orders += 1;
		return this.#orders;
	}

	takeReceivedOrder(): number {
		this.#receivedOrders += 1;
		return this.#receivedOrders;
	}

	/** A message that was sent on connection number `on` before it was known in which session. */
	add(entry: Outgoing, on: number): void {
		const old = this.entries.get(entry.id);
		if (old?.digest === entry.digest && old.settledAt === undefined) {
			old.sentOn = on;
			old.doubtful = false;
		} else this.entries.set(entry.id, { ...entry, order: this.takeOrder() });
	}

	/** A message that the client may have sent in this session, or may send as a new one. */
	addDoubtful(entry: Outgoing): void {
		if (!this.entries.has(entry.id)) this.entries.set(entry.id, { ...entry, order: this.takeOrder(), doubtful: true });
	}

	/** It knows of nothing but what has left behind a CONNECT: that of connection number `on`, or one without an answer. */
	isNew(on: number): boolean {
		for (const entry of this.entries.values()) if (entry.sentOn !== on && !entry.doubtful) return false;
		return true;
	}

	/** So many messages are under way, as far as we see. */
	handleUnderWay(count: number): void {
		this.#mostUnheard = Math.max(this.#mostUnheard, count * UNHEARD);
	}

	/** A message has been settled. `knows(index)` as for handleEnd(). */
	handleSettled(entry: Outgoing, knows: (index: number) => boolean): void {
		(entry.refused ? this.#refused : this.#settled).add(entry);
		for (const old of this.#settled) {
			if (!knows(old.settledAt ?? 0) && this.#settled.size <= this.#mostUnheard) break;
			this.#settled.delete(old);
			this.#drop(old);
		}
		for (const old of this.#refused) {
			if (this.#refused.size <= this.#mostUnheard) break;
			this.#refused.delete(old);
			this.#drop(old);
		}
	}

	/** Whether a message with that packet id has been settled on this connection, and dropped since. */
	hasFinished(id: number): boolean {
		return this.#finished !== undefined && (this.#finished[id >>> 5]! & (1 << (id & 31))) !== 0;
	}

	/** Another message may have its packet id by now. */
	#drop(entry: Outgoing): void {
		if (this.entries.get(entry.id) !== entry || (entry.settledAt === undefined && !entry.refused)) return;
		this.entries.delete(entry.id);
		this.#finished ??= new Uint32Array(PACKET_IDS >>> 5);
		this.#finished[entry.id >>> 5]! |= 1 << (entry.id & 31);
	}

	/** The session goes on, on connection number `holder`. */
	resume(now: number): void {
		// Either side may have let it go by now.
		if (now - this.endedAt > this.expiryMs) this.doubtAll();
		this.former.clear();
	}

	/** The session is over; messages first sent on the connection `except` belong to the new one. */
	forget(except: number): void {
		for (const [id, entry] of this.entries) {
			if (entry.sentOn === except) continue;
			this.entries.delete(id);
			if (entry.settledAt === undefined) this.former.set(id, entry);
		}
		this.received.clear();
		this.left.clear();
	}

	doubtAll(): void {
		for (const entry of this.entries.values()) {
			entry.settledAt = undefined;
			entry.doubtful = !entry.refused;
		}
	}

	/**
	 * The connection is gone. `knows(index)`: the client has certainly had the server's packet of that number;
	 * `isOver`: the session has ended with the connection.
	 */
	handleEnd(now: number, knows: (index: number) => boolean, isOver: boolean): void {
		this.holder = 0;
		this.endedAt = now;
		this.#settled.clear();
		this.#finished = undefined;
		this.isGone = isOver;
		for (const [id, entry] of this.entries) {
			if (entry.settledAt === undefined) continue;
			if (!knows(entry.settledAt)) {
				entry.settledAt = undefined;
				entry.refused = false;
				entry.doubtful = true;
			} else if (!entry.refused) this.entries.delete(id);
		}
		if (isOver) this.forget(0);
	}
}
