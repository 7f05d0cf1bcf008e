// Readings on their way from a broker to a target. A message is acknowledged when the target has it, or when it lies in the
// file of dead letters; until then the broker keeps it. One batch is under way at a time, and what comes meanwhile is the next
// one. The broker's window bounds what waits here, so a slow target slows nobody but this sink.

import type { DeadLetter, DeadLetters } from "./deadletter.js";
import { type BatchLimits, Queue, readingsIn } from "./queue.js";
import { readingsOf } from "./reading.js";
import { Retry } from "./retry.js";
import type { Delivery, Outcome, Storable, Target } from "./target.js";
import { Trouble } from "./trouble.js";

export type SinkEvent =
	| { readonly event: "stored"; readonly messages: number; readonly readings: number; readonly lagMs: number }
	| { readonly event: "dead"; readonly topic: string; readonly reason: string };

export interface SinkOptions {
	readonly target: Target;
	readonly dead: DeadLetters;
	readonly limits: BatchLimits;
	/** The message is safe, by its token. */
	acknowledge(token: number): void;
	tell(text: string): void;
	on?(event: SinkEvent): void;
	/** There is room for more than there was. */
	onRoom?(): void;
	/** For the waits between tries, from 0 to below 1. */
	random?: () => number;
}

/** A message as the broker brought it. */
export interface Arrival {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly length: number;
	readonly qos: number;
	readonly token: number;
}

/** Messages of QoS 0, and of a session that the broker has forgotten, are bounded by no window. */
const MOST_WAITING = 10_000;

export class Sink {
	readonly #options: SinkOptions;
	readonly #queue: Queue;
	readonly #retry: Retry;
	readonly #trouble: Trouble;
	readonly #deadTrouble: Trouble;
	readonly #buried: Trouble;
	readonly #lost: Trouble;
	/** Those that are being written. */
	#writing: readonly Delivery[] = [];
	/** The same, with those of their batch that are done. */
	#batch: readonly Delivery[] = [];
	#timer: NodeJS.Timeout | undefined;
	/** Ends the wait between two tries. */
	#wake: (() => void) | undefined;
	#isFinishing = false;
	readonly #whenFinished: Promise<void>;
	#handleFinished!: () => void;
	/** Counted: what came over an earlier connection may come again. */
	#connection = 0;

	constructor(options: SinkOptions) {
		this.#options = options;
		this.#queue = new Queue(options.limits);
		this.#retry = new Retry(options.random);
		this.#trouble = new Trouble(options.tell);
		this.#deadTrouble = new Trouble(options.tell);
		this.#buried = new Trouble(options.tell);
		this.#lost = new Trouble(options.tell);
		this.#whenFinished = new Promise(resolve => {
			this.#handleFinished = resolve;
		});
	}

	/** Messages that are here and not acknowledged. */
	get waiting(): number {
		return this.#queue.length + this.#writing.length;
	}

	/** Messages of this connection that hold a place in the client: acknowledgements leave in order, so a batch does as a whole. */
	get held(): number {
		return (
			this.#queue.count(message => this.#isHeld(message)) + this.#batch.filter(message => this.#isHeld(message)).length
		);
	}

	/** Takes a message, unless it is ending: then the broker still has it. */
	take({ length, payload, qos, token, topic }: Arrival): void {
		if (this.#isFinishing) return;
		if (token === 0 && this.#queue.length >= MOST_WAITING) {
			this.#lost.handle(
				"readings of QoS 0 are lost: they come faster than the target takes them, and no broker keeps them",
			);
			return;
		}
		const content = length === payload.length ? readingsOf(topic, payload) : "larger than anything that a board sends";
		const connection = this.#connection;
		this.#queue.add({ topic, payload, length, qos, token, connection, receivedMs: Date.now(), content });
		this.#look();
	}

	/** The connection has gone, and with it the tokens of what waits here. */
	handleAway(): void {
		this.#connection += 1;
	}

	/** It is there again. What a broker remembers it sends again, unless it is of QoS 2: that stays with us. */
	handleBack(isRemembered: boolean): void {
		let room = MOST_WAITING;
		this.#queue.keep(message => {
			if (message.connection === this.#connection || message.qos === 0) return true;
			if (isRemembered && message.qos === 1) return false;
			room -= 1;
			return room >= 0;
		});
	}

	/** Takes nothing more, and writes what is here. Resolves when that is done, or the target does not take it now. */
	finish(): Promise<void> {
		this.#isFinishing = true;
		this.#wake?.();
		this.#look();
		return this.#whenFinished;
	}

	/** Begins a batch where one is due. */
	#look(): void {
		if (this.#writing.length > 0) return;
		clearTimeout(this.#timer);
		const due = this.#queue.dueIn(Date.now());
		if (due === undefined) {
			if (this.#isFinishing) this.#handleFinished();
			return;
		}
		if (due > 0 && !this.#isFinishing) {
			this.#timer = setTimeout(() => this.#look(), due);
			return;
		}
		void this.#write(this.#queue.take());
	}

	async #write(batch: readonly Delivery[]): Promise<void> {
		this.#writing = batch;
		this.#batch = batch;
		let open = batch.filter(isStorable);
		let dead = batch
			.filter(message => !isStorable(message))
			.map(message => letterOf(message, message.content as string));
		for (;;) {
			const isLast = this.#isFinishing;
			const before = open.length + dead.length;
			let afterMs = 0;
			if (open.length > 0) {
				const outcomes = await this.#options.target.write(open);
				dead = [...dead, ...open.flatMap((message, i) => refused(message, outcomes[i]!))];
				this.#settle(open.filter((_, i) => outcomes[i]!.kind === "stored"));
				open = open.filter((_, i) => outcomes[i]!.kind === "later");
				afterMs = this.#tellTarget(outcomes);
			}
			if (dead.length > 0 && (await this.#bury(dead))) dead = [];
			this.#writing = [...open, ...dead.map(({ message }) => message)];
			if (this.#writing.length === 0) break;
			if (isLast) {
				this.#handleFinished();
				return;
			}
			if (this.#writing.length < before) this.#retry.reset();
			await this.#wait(Math.max(afterMs, this.#retry.next()));
		}
		this.#batch = [];
		this.#retry.reset();
		this.#look();
		this.#options.onRoom?.();
	}

	/** It is safe. A token of QoS 1 is of its connection: another one may have the same. */
	#release(message: Delivery): void {
		if (message.token !== 0 && (message.qos === 2 || this.#isHeld(message))) this.#options.acknowledge(message.token);
	}

	#isHeld({ connection, token }: Delivery): boolean {
		return token !== 0 && connection === this.#connection;
	}

	/** Returns how long the target wants to be left alone, in ms. */
	#tellTarget(outcomes: readonly Outcome[]): number {
		const { name } = this.#options.target;
		let afterMs = 0;
		let reason: string | undefined;
		for (const outcome of outcomes) {
			if (outcome.kind !== "later") continue;
			reason ??= outcome.reason;
			afterMs = Math.max(afterMs, outcome.afterMs ?? 0);
		}
		if (reason === undefined) this.#trouble.end(`${name} takes readings again`);
		else this.#trouble.handle(`${name}: ${reason}; the broker keeps the readings, trying again`);
		return afterMs;
	}

	#settle(stored: readonly Delivery[]): void {
		if (stored.length === 0) return;
		const { on } = this.#options;
		for (const message of stored) this.#release(message);
		const latest = stored.reduce((most, message) => Math.max(most, timeOf(message)), 0);
		const readings = stored.reduce((sum, message) => sum + readingsIn(message), 0);
		on?.({ event: "stored", messages: stored.length, readings, lagMs: Math.max(0, Date.now() - latest) });
	}

	/** Into the file of dead letters. False where it cannot be written to. */
	async #bury(letters: readonly Letter[]): Promise<boolean> {
		const { dead, on } = this.#options;
		try {
			await dead.put(letters);
		} catch (error) {
			const { code, message } = error as NodeJS.ErrnoException;
			this.#deadTrouble.handle(
				`what cannot be stored cannot be written to ${dead.path} either: ${code ?? message}; the broker keeps it`,
			);
			return false;
		}
		this.#buried.handle(`what cannot be stored is in ${dead.path}: ${letters[0]!.reason}`);
		this.#deadTrouble.end(`${dead.path} can be written to again`);
		for (const { message, reason, topic } of letters) {
			this.#release(message);
			on?.({ event: "dead", topic, reason });
		}
		return true;
	}

	#wait(milliseconds: number): Promise<void> {
		if (this.#isFinishing) return Promise.resolve();
		return new Promise(resolve => {
			const timer = setTimeout(() => this.#wake?.(), milliseconds);
			this.#wake = () => {
				clearTimeout(timer);
				this.#wake = undefined;
				resolve();
			};
		});
	}
}

interface Letter extends DeadLetter {
	readonly message: Delivery;
}

function letterOf(message: Delivery, reason: string): Letter {
	const { length, payload, receivedMs, topic } = message;
	return { topic, payload, length, receivedMs, reason, message };
}

function refused(message: Delivery, outcome: Outcome): Letter[] {
	return outcome.kind === "refused" ? [letterOf(message, outcome.reason)] : [];
}

function isStorable(message: Delivery): message is Storable {
	return typeof message.content !== "string";
}

/** When its last reading was taken, or else when it came. */
function timeOf({ content, receivedMs }: Delivery): number {
	const time = typeof content === "string" ? undefined : content.readings.at(-1)?.time;
	return time ?? receivedMs;
}
