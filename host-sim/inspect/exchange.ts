// Packets into the exchanges that they are parts of: CONNECT and CONNACK, a message with its acknowledgements, SUBSCRIBE and SUBACK,
// PINGREQ and PINGRESP, AUTH by turns. What was sent again, what was said twice, what nothing asked for and what had no answer is
// marked. An exchange may outlive its connection, as a message at QoS 1 and 2 does. It takes packets as they come, and keeps the last
// so many exchanges.

import type { Summary } from "./summary.js";

export type ExchangeKind =
	| "connect"
	| "message"
	| "subscribe"
	| "unsubscribe"
	| "ping"
	| "auth"
	| "disconnect"
	| "stray";

/** `again`: the same packet once more; `repeat`: an answer that was given before; `stray`: nothing asked for it. */
export type Mark = "again" | "repeat" | "stray";

export interface Step {
	readonly atMs: number;
	readonly fromClient: boolean;
	readonly connection: number;
	readonly name: string;
	/** The packet's number, as it was given. */
	readonly packet: number;
	readonly mark?: Mark;
}

export interface Exchange {
	readonly number: number;
	readonly kind: ExchangeKind;
	readonly client: string;
	/** Who began it. */
	readonly fromClient: boolean;
	/** 0 where it has none. */
	readonly id: number;
	/** Of a message. */
	readonly qos: number;
	readonly topic: string;
	readonly steps: readonly Step[];
	/** Steps that are not kept, since there were too many. */
	readonly more: number;
	/** `refused`: its answer says no; `unanswered`: no answer came in time, or none can come any more. */
	readonly state: "open" | "done" | "refused" | "unanswered";
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
interface Kept extends Writable<Omit<Exchange, "steps">> {
	readonly key: string;
	steps: Step[];
	/** Requests that have no answer yet: of pings there may be several. */
	open: number;
}

/** A packet, and where and when it was seen. */
export interface Seen {
	readonly atMs: number;
	/** The client's name: that of its session, so that its messages are followed over several connections. */
	readonly client: string;
	readonly connection: number;
	readonly fromClient: boolean;
	/** Any number that says which packet it is. */
	readonly packet: number;
	readonly summary: Summary;
}

export interface ExchangesOptions {
	/** How many are kept; default 1000. */
	readonly limit?: number;
	/** How long an answer may take; default 30,000. */
	readonly answerMs?: number;
	/** An exchange has begun, or changed. */
	readonly onChange?: (exchange: Exchange) => void;
}

/** Steps of one exchange that are kept: a message that is sent again for ever has no more. */
const MOST_STEPS = 32;

/** What answers what. */
const REQUEST_OF: Readonly<Record<string, ExchangeKind>> = { SUBACK: "subscribe", UNSUBACK: "unsubscribe" };

export class Exchanges {
	/** By number, the oldest first. */
	readonly #kept = new Map<number, Kept>();
	/** Those that a packet may still belong to, finished ones among them. */
	readonly #byKey = new Map<string, Kept>();
	readonly #limit: number;
	readonly #answerMs: number;
	readonly #onChange: (exchange: Exchange) => void;
	#count = 0;

	constructor({ limit = 1000, answerMs = 30_000, onChange = () => {} }: ExchangesOptions = {}) {
		this.#limit = limit;
		this.#answerMs = answerMs;
		this.#onChange = onChange;
	}

	/** All that are kept, the oldest first. */
	get list(): Exchange[] {
		return [...this.#kept.values()];
	}

	/** Takes the packet into its exchange, and returns that. */
	handlePacket(seen: Seen): Exchange {
		const exchange = this.#taken(seen);
		this.#onChange(exchange);
		return exchange;
	}

	/** The time is so late: what should have been answered by now is not. */
	handleTime(atMs: number): void {
		for (const exchange of this.#kept.values())
			if (exchange.state === "open" && atMs - exchange.steps.at(-1)!.atMs > this.#answerMs) this.#giveUp(exchange);
	}

	/** A connection has ended: messages may go on with the next one, and nothing else may. */
	handleEnd(connection: number): void {
		for (const exchange of this.#kept.values()) {
			const isHere = exchange.steps.at(-1)!.connection === connection;
			if (exchange.state === "open" && isHere && exchange.kind !== "message") this.#giveUp(exchange);
		}
	}

	#giveUp(exchange: Kept): void {
		exchange.state = "unanswered";
		this.#onChange(exchange);
	}

	#taken(seen: Seen): Kept {
		const { client, connection, fromClient, summary } = seen;
		const { id, name } = summary;
		switch (name) {
			case "CONNECT":
				return this.#begin(seen, "connect", `connect ${connection}`);
			case "CONNACK":
				return this.#handleConnack(seen);
			case "PUBLISH":
				return this.#handlePublish(seen);
			case "PUBACK":
			case "PUBREC":
			case "PUBREL":
			case "PUBCOMP":
				return this.#handleAnswer(seen, messageKey(client, name === "PUBREL" ? fromClient : !fromClient, id));
			case "SUBSCRIBE":
				return this.#begin(seen, "subscribe", `subscribe ${connection} ${id}`);
			case "UNSUBSCRIBE":
				return this.#begin(seen, "unsubscribe", `unsubscribe ${connection} ${id}`);
			case "SUBACK":
			case "UNSUBACK":
				return this.#answered(seen, `${REQUEST_OF[name]} ${connection} ${id}`);
			case "PINGREQ": {
				const open = this.#byKey.get(`ping ${connection}`);
				if (open?.state !== "open") return this.#begin(seen, "ping", `ping ${connection}`);
				open.open += 1;
				return this.#step(open, seen, "again");
			}
			case "PINGRESP":
				return this.#answered(seen, `ping ${connection}`);
			case "AUTH":
				return this.#handleAuth(seen);
			case "DISCONNECT":
				return this.#end(this.#begin(seen, "disconnect", ""));
			default:
				return this.#stray(seen);
		}
	}

	#handleConnack(seen: Seen): Kept {
		const { client, connection, summary } = seen;
		const isFine = summary.reason === 0;
		if (isFine && !summary.sessionPresent)
			// What was under way with a session that is gone gets no answer any more; what came behind CONNECT is not meant.
			for (const exchange of this.#kept.values()) {
				const isOld = exchange.steps.at(-1)!.connection !== connection;
				if (exchange.client === client && exchange.kind === "message" && isOld) {
					if (exchange.state === "open") this.#giveUp(exchange);
					this.#forget(exchange);
				}
			}
		return this.#answered(seen, `connect ${connection}`);
	}

	#handlePublish(seen: Seen): Kept {
		const { client, fromClient, summary } = seen;
		const { dup, id, qos } = summary;
		if (qos === 0) return this.#end(this.#begin(seen, "message", ""));
		const key = messageKey(client, fromClient, id);
		const before = this.#byKey.get(key);
		// One that is over, by its DUP, has come once more since its sender has not heard so.
		const isSame = before !== undefined && before.qos === qos && before.topic === summary.topic;
		if (dup && isSame) {
			if (before.state === "unanswered") before.state = "open";
			return this.#step(before, seen, "again");
		}
		// The id means another message now: what it meant gets no answer.
		if (before?.state === "open") this.#giveUp(before);
		return this.#begin(seen, "message", key, dup ? "again" : undefined);
	}

	#handleAnswer(seen: Seen, key: string): Kept {
		const { name, reason } = seen.summary;
		const exchange = this.#byKey.get(key);
		if (exchange === undefined || (name === "PUBACK") !== (exchange.qos === 1)) return this.#stray(seen);
		const isRepeat = exchange.steps.some(step => step.name === name);
		this.#step(exchange, seen, isRepeat ? (name === "PUBREL" ? "again" : "repeat") : undefined);
		if (name === "PUBACK" || name === "PUBCOMP" || (name === "PUBREC" && reason >= 0x80))
			exchange.state = reason >= 0x80 ? "refused" : "done";
		else if (exchange.state === "unanswered") exchange.state = "open";
		return exchange;
	}

	/** Before CONNACK it is a part of connecting; behind it, one that the client begins. */
	#handleAuth(seen: Seen): Kept {
		const { connection, fromClient, summary } = seen;
		const connecting = this.#byKey.get(`connect ${connection}`);
		if (connecting?.state === "open") return this.#step(connecting, seen);
		const key = `auth ${connection}`;
		const exchange = this.#byKey.get(key);
		if (exchange?.state !== "open") return fromClient ? this.#begin(seen, "auth", key) : this.#stray(seen);
		this.#step(exchange, seen);
		return !fromClient && summary.reason === 0 ? this.#end(exchange) : exchange;
	}

	#answered(seen: Seen, key: string): Kept {
		const exchange = this.#byKey.get(key);
		if (exchange === undefined) return this.#stray(seen);
		if (exchange.open === 0) return this.#step(exchange, seen, "repeat");
		this.#step(exchange, seen);
		exchange.open -= 1;
		if (exchange.open === 0) exchange.state = seen.summary.reason === 0 ? "done" : "refused";
		return exchange;
	}

	#stray(seen: Seen): Kept {
		return this.#end(this.#begin(seen, "stray", "", "stray"));
	}

	#end(exchange: Kept): Kept {
		exchange.state = "done";
		return exchange;
	}

	#begin(seen: Seen, kind: ExchangeKind, key: string, mark?: Mark): Kept {
		const { client, fromClient, summary } = seen;
		this.#count += 1;
		const { id, qos, topic } = summary;
		const number = this.#count;
		const exchange: Kept = {
			number,
			kind,
			key,
			client,
			fromClient,
			id,
			qos,
			topic,
			steps: [],
			more: 0,
			open: 1,
			state: "open",
		};
		this.#kept.set(number, exchange);
		if (key !== "") this.#byKey.set(key, exchange);
		if (this.#kept.size > this.#limit) {
			const [oldest] = this.#kept.values();
			this.#kept.delete(oldest!.number);
			this.#forget(oldest!);
		}
		return this.#step(exchange, seen, mark);
	}

	/** No packet belongs to it any more. */
	#forget(exchange: Kept): void {
		if (this.#byKey.get(exchange.key) === exchange) this.#byKey.delete(exchange.key);
	}

	#step(exchange: Kept, seen: Seen, mark?: Mark): Kept {
		const { atMs, connection, fromClient, packet, summary } = seen;
		const step: Step = {
			atMs,
			fromClient,
			connection,
			packet,
			name: summary.name,
			...(mark !== undefined && { mark }),
		};
		// The beginning tells most, and the last one where it stands.
		if (exchange.steps.length < MOST_STEPS) exchange.steps.push(step);
		else {
			exchange.steps[MOST_STEPS - 1] = step;
			exchange.more += 1;
		}
		return exchange;
	}
}

/** A message by who has sent it: both sides have ids of their own. */
function messageKey(client: string, fromClient: boolean, id: number): string {
	return `message ${fromClient} ${id} ${client}`;
}
