// Who gives orders to the boards of a scenario: a client of its own, which asks for commands and offers new firmware, follows what
// the boards answer, and asks again where no answer comes, under the same id.

import { Client, type ClientOptions, type Incoming } from "../../firmware/mqtt/client.js";
import { Depot } from "../update/depot.js";
import { type Firmware, imageOf, offerOf, type Signer } from "./firmware.js";

export type OperatorEvent = { readonly device: string } & (
	| { readonly event: "command"; readonly command: string; readonly id: number }
	/** `error` where the board has refused it. */
	| { readonly event: "answer"; readonly command: string; readonly id: number; readonly error?: string }
	| { readonly event: "update"; readonly version: string }
	/** How that has ended. */
	| { readonly event: "updated"; readonly version: string; readonly state: string; readonly reason?: string }
);

export interface OperatorOptions {
	/** Where, and with what, it connects. */
	client: Pick<ClientOptions, "host" | "port" | "socket" | "timer" | "clock" | "random"> & Partial<ClientOptions>;
	/** Boards that may be offered firmware at once. */
	boards: number;
	/** Absent: nobody offers any. */
	signer?: Signer;
	on(event: OperatorEvent): void;
}

/** What has become of all orders. */
export interface OrderSummary {
	commands: number;
	/** Done; refused by the board; without an answer, as yet or for good. */
	answered: number;
	refused: number;
	unanswered: number;
	updates: number;
	/** They run it; or they have gone back, or refused it; all others are at it. */
	updated: number;
	notUpdated: number;
}

interface Question {
	readonly device: string;
	readonly command: string;
	readonly payload: string;
}

/** From one time that a command is asked for to the next, in ms. */
const AGAIN_MS = 60_000;
const ANSWERS = "thimble/+/answer";
/** An offer has two topics and two filters. */
const NAMES = 4;
const NAME_BYTES = 110;
/** The most of them that a client has. */
const MOST_NAMES = 1024;

export class Operator {
	readonly summary: OrderSummary = {
		commands: 0,
		answered: 0,
		refused: 0,
		unanswered: 0,
		updates: 0,
		updated: 0,
		notUpdated: 0,
	};
	readonly #options: OperatorOptions;
	readonly #client: Client;
	readonly #timer: { schedule(milliseconds: number): void; close(): void };
	/** Commands that wait for an answer, by id. */
	readonly #questions = new Map<number, Question>();
	/** Of these, whose publish has found no room. */
	#unsent: number[] = [];
	#nextId = 1;

	constructor(options: OperatorOptions) {
		const names = Math.min(MOST_NAMES, 2 + options.boards * NAMES);
		this.#options = options;
		this.#client = new Client({
			clientId: "operator",
			limits: {
				receive: 2048,
				send: 2048,
				outbox: 32_768,
				messages: 100,
				topics: names,
				topicBytes: Math.min(65_535, names * NAME_BYTES),
			},
			...options.client,
			onPublishEnd: () => this.#flush(),
		});
		this.#client.subscribe(ANSWERS, message => this.#handleAnswer(message), { qos: 1 });
		this.#timer = new options.client.timer.io({ target: this, onTimer: () => this.#askAgain() });
	}

	open(): void {
		this.#client.open();
	}

	close(): void {
		this.#timer.close();
		this.#client.close();
	}

	command(device: string, command: string, fields: Readonly<Record<string, unknown>>): void {
		const id = this.#nextId;
		this.#nextId += 1;
		this.summary.commands += 1;
		this.summary.unanswered += 1;
		this.#questions.set(id, { device, command, payload: JSON.stringify({ ...fields, id }) });
		this.#options.on({ device, event: "command", command, id });
		this.#unsent.push(id);
		this.#flush();
		if (this.#questions.size === 1) this.#timer.schedule(AGAIN_MS);
	}

	/** Returns false where nobody signs, or there is no room for another board. */
	update(device: string, firmware: Firmware): boolean {
		const { on, signer } = this.#options;
		if (signer === undefined) return false;
		const { version } = firmware;
		const image = imageOf(firmware);
		let hasEnded = false;
		const depot = new Depot({
			client: this.#client,
			image,
			// Another number each time: what a board has given up is offered anew.
			offer: offerOf(image, version, this.summary.updates + 1, signer),
			changed: delivery => {
				if (!depot.isDone || hasEnded) return;
				hasEnded = true;
				const { reason, state } = delivery;
				if (state === "confirmed" || state === "up-to-date") this.summary.updated += 1;
				else this.summary.notUpdated += 1;
				on({ device, event: "updated", version, state, ...(reason !== undefined && { reason }) });
			},
		});
		if (typeof depot.add(device) === "number") return false;
		this.summary.updates += 1;
		on({ device, event: "update", version });
		return true;
	}

	#flush(): void {
		const waiting = this.#unsent;
		this.#unsent = [];
		for (const id of waiting) {
			const question = this.#questions.get(id);
			if (question === undefined) continue;
			const { command, device, payload } = question;
			const ticket = this.#client.publish(`thimble/${device}/command/${command}`, payload, { qos: 1 });
			if (ticket < 0) this.#unsent.push(id);
		}
	}

	#askAgain(): void {
		if (this.#questions.size === 0) return;
		this.#unsent = [...this.#questions.keys()];
		this.#flush();
		this.#timer.schedule(AGAIN_MS);
	}

	#handleAnswer(message: Incoming): void {
		let answer: { id?: unknown; ok?: unknown; error?: unknown };
		try {
			answer = JSON.parse(message.text() ?? "");
		} catch {
			return;
		}
		const id = Number(answer.id);
		const question = this.#questions.get(id);
		const [, device] = message.topic.split("/");
		// What was asked twice may be answered twice.
		if (question === undefined || question.device !== device) return;
		this.#questions.delete(id);
		const { command } = question;
		const isDone = answer.ok === true;
		this.summary.unanswered -= 1;
		this.summary[isDone ? "answered" : "refused"] += 1;
		this.#options.on({ device, event: "answer", command, id, ...(!isDone && { error: String(answer.error) }) });
	}
}
