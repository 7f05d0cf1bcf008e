// What is known of one board's messages and connections, from outside: from what its application is told, what the broker
// takes and gives, and what has befallen it. It holds that against what is promised, a few steps for each event.
//
// Promises hold while both ends keep their state. Where one has not, this knows it from the world, and excuses exactly what
// that leaves open: a message that was in RAM when the power went, an id that the broker has left open and the board has
// forgotten, a session that the broker made anew without the board hearing of it.

import { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "../../firmware/mqtt/client.js";
import { CLOSED, DISPLACED } from "../../firmware/mqtt/error.js";
import type { Break } from "./invariant.js";
import { Lane } from "./lane.js";
import type { BoardPlan } from "./plan.js";

/** How many ends a policy keeps until they are told. */
const UNTOLD = 32;

/** The lane of messages that go first, which are of QoS 1. */
export const FIRST_LANE = 3;

/** Whether it is to be kept in flash: as the board's durability says, or as it wishes. */
export type Wish = "flash" | "ram" | undefined;

interface Message {
	/** Its lane: its QoS, or FIRST_LANE. */
	readonly qos: number;
	readonly number: number;
	readonly atMs: number;
	/** In flash: it outlives the power. */
	isKept: boolean;
	/** It never will be. */
	readonly isVolatile: boolean;
	/** The power went while it was under way: if it had ended by then, the telling may have gone with the power. */
	isUntold: boolean;
	/** It went in the very moment in which the board published something else: that may have taken its place. */
	mayBeDisplaced: boolean;
}

export class Witness {
	readonly plan: BoardPlan;
	/** By QoS: from the board, and to it. */
	readonly up: readonly Lane[] = [new Lane(), new Lane(), new Lane(), new Lane()];
	readonly down: readonly Lane[] = [new Lane(), new Lane(), new Lane()];
	/** How its publishes ended, and how many it has received. */
	readonly ends = [0, 0, 0, 0];
	received = 0;
	connections = 0;
	isOnline = false;
	/** Whether it has lost what it had in RAM since the world began. */
	hasForgotten = false;
	/**
	 * It takes subscriptions for standing that the broker may have lost: the broker has begun a new session, and before the
	 * board heard of it its power went.
	 */
	mayBeDeaf = false;
	readonly #break: Break;
	/** By ticket. */
	readonly #underWay = new Map<number, Message>();
	/** Those that may still be in flash, or not, by ticket; and how many are there whose ticket nobody was told. */
	readonly #limbo = new Map<number, Message>();
	#strangers = 0;
	/** When losses of what is in flash were told; and those that may be told once more. */
	readonly #told = new Map<number, number>();
	readonly #retold = new Set<number>();
	/** When the broker last had no session for it, after it had one, or -1. */
	#lostAtMs = -1;
	#hasSession = false;
	#isForgotten = false;
	#saysGoodbye = false;
	#isClosed = false;
	/** It may have packet ids open that the broker uses anew. */
	#hasOldIds = false;
	/** The broker has made a session, and the board has not heard of it. */
	#isUnheard = false;
	/** When it last published something. */
	#publishedMs = -1;
	#ungraceful = 0;
	#wills = 0;

	constructor(plan: BoardPlan, fail: Break) {
		this.plan = plan;
		this.#break = fail;
	}

	// What the application does and hears.

	/** It is about to publish: the number of the message. */
	begin(qos: number): number {
		const lane = this.up[qos]!;
		lane.count += 1;
		return lane.count - 1;
	}

	/** publish() has returned; `isAlive`: and so has the board. */
	handlePublished(
		qos: number,
		number: number,
		ticket: number,
		isAlive: boolean,
		nowMs: number,
		wish: Wish = undefined,
	): void {
		const lane = this.up[qos]!;
		this.#publishedMs = nowMs;
		if (!isAlive) {
			// Whether it was kept before the power went nobody knows.
			lane.excuse(number);
			if (qos > 0) this.#strangers += 1;
			return;
		}
		if (ticket < 0) return;
		if (ticket === 0) {
			this.ends[END_SETTLED]! += 1;
			return;
		}
		const other = this.#underWay.get(ticket);
		if (other !== undefined && !this.#mayHaveEnded(other))
			this.#break("packet id in one use", `ticket ${ticket} is given out twice`);
		this.#limbo.delete(ticket);
		const { durability } = this.plan;
		const isVolatile = qos === 0 || qos === FIRST_LANE || durability === "ram" || wish === "ram";
		const isKept = !isVolatile && (durability === "flash" || wish === "flash" || !this.isOnline);
		this.#underWay.set(ticket, {
			qos,
			number,
			atMs: nowMs,
			isKept,
			isVolatile,
			isUntold: false,
			mayBeDisplaced: false,
		});
	}

	handleEnd(ticket: number, end: number, code: number, nowMs: number): void {
		let message = this.#underWay.get(ticket);
		if (message === undefined) {
			message = this.#limbo.get(ticket);
			this.#limbo.delete(ticket);
			// Told just before the power went, and once more after it: so no telling is lost.
			if (message === undefined && end === END_LOST && this.#retold.delete(ticket)) return;
			if (message === undefined) {
				if (this.#strangers === 0) this.#break("one of four ends", `ticket ${ticket} ends, and is not under way`);
				this.#strangers -= 1;
				return;
			}
		}
		this.#underWay.delete(ticket);
		if (end === END_LOST && message.isKept) this.#told.set(ticket, nowMs);
		this.ends[end]! += 1;
		const { qos, number, atMs, isKept } = message;
		const lane = this.up[qos]!;
		const name = `message ${number} at QoS ${qos}`;
		if (end === END_SETTLED) {
			// At QoS 0 it has left, no more.
			if (qos > 0 && !lane.hasArrived(number) && !lane.mayMiss(number))
				this.#break("settled means arrived", `${name} has ended as settled and is not at the broker`);
			return;
		}
		if (end === END_REFUSED) this.#break("one of four ends", `${name} has ended as refused: ${code}`);
		if (code === CLOSED && !isKept) return;
		if (end === END_LOST && this.#lostAtMs < atMs)
			this.#break("loss is true", `${name} has ended as lost, and the broker has its session`);
		if (end === END_DROPPED && code === DISPLACED) {
			if (this.plan.whenFull === "reject")
				this.#break("one of four ends", `${name} is displaced, and no policy is there`);
			if (qos === FIRST_LANE) this.#break("one of four ends", `${name} is displaced, which goes first`);
			if (lane.hasArrived(number)) this.#break("one of four ends", `${name} is displaced, and has left`);
			lane.drop(number);
			return;
		}
		if (end !== END_LOST && qos > 0) this.#break("one of four ends", `${name} has ended as dropped: ${code}`);
	}

	handleOnline(sessionPresent: boolean): void {
		this.isOnline = true;
		this.connections += 1;
		if (!sessionPresent) {
			this.#isUnheard = false;
			this.#hasOldIds = false;
			this.mayBeDeaf = false;
		} else if (this.#isUnheard) {
			// It takes the session for the old one: what it sends again may have arrived before, and what is sent again to it, under
			// an id that it has open from the old one, it takes for a repeat.
			this.#isUnheard = false;
			this.#hasOldIds = true;
			this.down[2]!.excuseMissing();
			for (const map of [this.#underWay, this.#limbo])
				for (const { qos, number } of map.values()) this.up[qos]!.excuse(number);
		} else if (this.#hasOldIds) this.down[2]!.excuseMissing();
	}

	/** The application has closed the connection, with a goodbye. */
	handleClosed(): void {
		this.#saysGoodbye = this.isOnline;
		this.#isClosed = true;
		this.handleOffline();
	}

	/** And opens it again. */
	handleOpened(): void {
		this.#isClosed = false;
	}

	handleOffline(): void {
		this.isOnline = false;
		if (this.#hasOldIds) this.down[2]!.excuseMissing();
		if (this.plan.durability === "flash-when-offline")
			for (const message of this.#underWay.values()) if (!message.isVolatile) message.isKept = true;
	}

	/** A message has come that its handler takes. */
	handleDelivery(qos: number, number: number): void {
		this.received += 1;
		const lane = this.down[qos]!;
		const arrival = lane.arrive(number);
		if (arrival === "out of order")
			this.#break("order", `message ${number} to the board at QoS ${qos} comes after a later one`);
		if (arrival !== "again") return;
		if (qos === 0) this.#break("at-most-once", `message ${number} to the board comes twice`);
		if (qos === 2 && this.plan.durability === "ram" && !lane.mayRepeat(number))
			this.#break("exactly-once down", `message ${number} to the board comes twice`);
	}

	/** What a QoS 2 message brings about in flash, together with its packet id; the one before it was number `last`, or -1. */
	handleEffect(number: number, last: number): void {
		if (number <= last) this.#break("exactly-once down", `message ${number} has its effect again, after ${last}`);
	}

	handleHeld(heldBytes: number, unsettled: number): void {
		const { outbox = 0, messages: places = 0 } = this.plan.limits;
		// Those that a policy has let go are counted until that has been told, and have a table of their own.
		const messages = places + (this.plan.whenFull === "reject" ? 0 : UNTOLD);
		// A size is rounded up to eight bytes.
		if (heldBytes > outbox + 7) this.#break("limits", `the outbox holds ${heldBytes} bytes of ${outbox}`);
		if (unsettled > messages) this.#break("limits", `${unsettled} messages are under way, ${messages} is the limit`);
	}

	// What befalls the board.

	/** The power is gone, or the firmware has started anew: what was in RAM is gone. */
	handleDark(offMs: number): void {
		// A policy has let something go, whose end was to be told as soon as publish() had returned, or with the next open().
		const mayHaveDisplaced = this.plan.whenFull !== "reject" && (this.#isClosed || offMs === this.#publishedMs);
		this.#isClosed = false;
		this.isOnline = false;
		if (this.plan.durability !== "flash") this.hasForgotten = true;
		if (this.#isUnheard && this.plan.retainHandling > 0) this.mayBeDeaf = true;
		for (const [ticket, toldMs] of this.#told) if (toldMs === offMs) this.#retold.add(ticket);
		this.#told.clear();
		for (const [ticket, message] of this.#underWay) {
			message.isUntold = true;
			message.mayBeDisplaced ||= mayHaveDisplaced;
			if (message.isKept) continue;
			if (message.qos > 0) this.hasForgotten = true;
			this.#underWay.delete(ticket);
			this.up[message.qos]!.excuse(message.number);
			if (this.plan.durability !== "ram") this.#limbo.set(ticket, message);
		}
		// Without its memory it takes what comes again for new.
		this.down[2]!.excuseRepeats();
	}

	/** That message is to go out under an id that the broker has open from a life that the board has forgotten. */
	handleStale(qos: number, number: number): void {
		this.up[qos]!.excuse(number);
	}

	// What the broker does and hears.

	handleConnected(sessionPresent: boolean, nowMs: number): void {
		if (sessionPresent) return;
		this.#isUnheard = true;
		// What has left behind a CONNECT that was never answered was for a session that may never have been.
		if (this.#hasSession || this.plan.pipelines) this.#lostAtMs = nowMs;
		this.#hasSession = true;
	}

	/** A connection with a session is over; `goodbye`: after a DISCONNECT. `isClear`: nothing else has ended it. */
	handleDisconnected(goodbye: boolean, isClear: boolean): void {
		this.#checkWill();
		if (this.#saysGoodbye && isClear && !goodbye)
			this.#break("will", "the application has closed, and the broker has heard no goodbye");
		this.#saysGoodbye = false;
		if (!goodbye) this.#ungraceful += 1;
	}

	handleWill(): void {
		this.#wills += 1;
		if (this.#wills > this.#ungraceful) this.#break("will", "the will speaks, and nobody has gone without goodbye");
	}

	/** Settled, just before the power went. */
	#mayHaveEnded({ isUntold, mayBeDisplaced, number, qos }: Message): boolean {
		return (isUntold && this.up[qos]!.hasArrived(number)) || mayBeDisplaced;
	}

	#checkWill(): void {
		if (this.#wills < this.#ungraceful)
			this.#break("will", "the board has gone without goodbye, and its will is silent");
	}

	handleArrival(qos: number, number: number): void {
		const lane = this.up[qos]!;
		const arrival = lane.arrive(number);
		if (lane.wasDropped(number))
			this.#break("one of four ends", `message ${number} at QoS ${qos} was displaced, and comes`);
		if (arrival === "out of order") this.#break("order", `message ${number} at QoS ${qos} comes after a later one`);
		if (arrival !== "again") return;
		if (qos === 0) this.#break("at-most-once", `message ${number} comes twice`);
		if (qos === 2 && !lane.mayRepeat(number)) this.#break("exactly-once up", `message ${number} comes twice`);
	}

	/** The broker sends a message to the board; `isOwed`: it has a subscription for it. */
	beginDown(qos: number, isOwed: boolean): number {
		const lane = this.down[qos]!;
		const number = lane.count;
		lane.count += 1;
		if (!isOwed) lane.excuse(number);
		return number;
	}

	/** The broker forgets everything: what it owes is gone, and what it has may come again. */
	handleForgotten(): void {
		this.#isForgotten = true;
		for (const lane of this.down) lane.excuseMissing();
	}

	/** The faults have been over for long enough; flash has had the effect of that many messages, where there is one. */
	finish(effects: number | undefined): void {
		this.#checkWill();
		for (const message of this.#underWay.values())
			if (!this.#mayHaveEnded(message))
				this.#break("one of four ends", `message ${message.number} at QoS ${message.qos} has not ended`);
		for (const qos of [1, 2]) {
			const lane = this.down[qos]!;
			for (let i = 0; i < lane.count; i += 1)
				if (!lane.hasArrived(i) && !lane.mayMiss(i))
					this.#break("delivered in the end", `message ${i} to the board at QoS ${qos} has not arrived`);
		}
		const { arrived } = this.down[2]!;
		if (effects !== undefined && effects !== arrived && !this.#isForgotten)
			this.#break("exactly-once down", `${arrived} messages have arrived, ${effects} have had their effect`);
	}
}
