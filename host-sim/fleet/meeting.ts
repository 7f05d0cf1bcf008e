// Where the parts of a run meet: at the broker that their boards are for, and nowhere else. The first part calls, the others answer;
// it says when all begin, when all stop, and takes what each has to report. All of it is retained, so that nobody has to be there
// first, and a part that dies is told of by its will.
//
//     thimble-run/<run>/lead                 of the first: call, start (with who is in), stop, end (with the exit code), or gone
//     thimble-run/<run>/shard/<n>            of the others: here, stop, done (with how many pieces), or gone
//     thimble-run/<run>/part/<n>/<life>/<i>  what they report, in pieces
//
// A cluster may keep what is retained on one node alone: who calls does so again and again, and who comes back is told again.
//
// Each process has a life, a name of its own: what is left over of a run that died is of another life, and counts for nothing.

import type { Timer } from "../../firmware/io.js";
import { Client, type ClientOptions, END_SETTLED, type Incoming } from "../../firmware/mqtt/client.js";
import type { Shard } from "./shard.js";

export interface MeetingOptions {
	readonly run: string;
	readonly shard: Shard;
	/** The same for all parts of a run. */
	readonly fingerprint: string;
	/** Another for each process. */
	readonly life: string;
	/** How long those who are there wait for the rest, in ms. */
	readonly waitMs: number;
	/** How the broker is reached, and the world. */
	readonly client: Omit<ClientOptions, "clientId">;
	readonly on: MeetingListener;
}

export interface MeetingListener {
	/** All begin now, without those who have not come. */
	begin(missing: readonly number[]): void;
	/** Somebody has asked for the end, or the first has gone: all stop. */
	stop(): void;
	/** There is no meeting: why. Nothing follows. */
	fail(why: string): void;
	/** For the first: what the others have reported, by number, and of the rest what became of them. */
	reported?(texts: ReadonlyMap<number, string>, missing: readonly string[]): void;
	/** For the others: the whole run has ended with that exit code. */
	ended?(code: number): void;
	/** It has said its last word. */
	closed(): void;
}

type Lead = { life: string; fingerprint: string } & (
	| { state: "call"; waitMs: number }
	| { state: "start"; lives: Record<string, string> }
	| { state: "stop" | "gone" }
	| { state: "end"; code: number }
);
interface Answer {
	life: string;
	/** Whose call it answers. */
	to?: string;
	state: "here" | "stop" | "done" | "gone";
	pieces?: number;
}
/** What is known of another part. */
interface Other {
	life: string;
	isGone: boolean;
	/** How many it says there are; undefined before it is done. */
	count: number | undefined;
	readonly pieces: Map<number, string>;
}

const PIECE_LENGTH = 4096;
const LIMITS = { receive: 32_768, send: 4096, outbox: 65_528, messages: 16 };
/** How much longer than the first the others wait, and how long all wait for who has gone, in ms; and how long the first waits for reports when it has its own. */
const GRACE_MS = 5000;
const REPORT_MS = 20_000;
const LEAVE_MS = 3000;
/** How long the last words may wait for a broker that is not there; from one call to the next; and how soon who came back is told again. */
const GIVE_UP_MS = 30_000;
const CALL_MS = 2000;
const AGAIN_MS = 500;

export class Meeting {
	readonly #options: MeetingOptions;
	readonly #client: Client;
	readonly #timer: Timer;
	/** To say again what was said last. */
	readonly #repeater: Timer;
	#due: () => void = () => {};
	readonly #base: string;
	readonly #isFirst: boolean;
	/** What is still to be published: topic and text. */
	readonly #queue: [topic: string, text: string][] = [];
	readonly #others = new Map<number, Other>();
	/** All topics under which somebody has left something. */
	readonly #left = new Set<string>();
	/** For the others: the life of the first whom they have answered. */
	#lead = "";
	#state: "waiting" | "running" | "reporting" | "reported" | "over" = "waiting";
	#isStopped = false;
	#isToldToStop = false;
	/** What it has said last, for who has been told meanwhile that it has gone. */
	#said: Lead | Answer | undefined;
	/** What it has reported. */
	#text = "";

	constructor(options: MeetingOptions) {
		const { client, fingerprint, life, run, shard } = options;
		this.#options = options;
		this.#isFirst = shard.number === 1;
		this.#base = `thimble-run/${run}`;
		const gone: Answer | Lead = this.#isFirst ? { life, fingerprint, state: "gone" } : { life, state: "gone" };
		this.#client = new Client({
			...client,
			clientId: `thimble-run-${life}`,
			// Of a cluster, a node that has gone takes a clean session along, and RabbitMQ 3.10 refuses its subscriptions elsewhere.
			cleanSession: false,
			keepAlive: 10,
			// All of it may come twice, and none may be missing.
			onSessionLost: "republish",
			limits: { ...LIMITS, ...client.limits },
			will: { topic: this.#topic, payload: JSON.stringify(gone), qos: 1, retain: true },
			onOnline: () => {
				// Its connection may have ended without its run: then its will has spoken.
				if (this.#said !== undefined && this.#state !== "over") this.#say(this.#said);
			},
			onPublishEnd: (_ticket, end) => {
				if (end === END_SETTLED) this.#pump();
				else this.#fail("the broker does not take what the parts of a run say to each other");
			},
			onSubscribed: (_handle, code) => {
				if (code >= 0x80) this.#fail("the broker does not let the parts of a run hear each other");
			},
			onDrained: () => this.#client.close(),
			onClosed: () => this.#endSession(),
		});
		this.#timer = new client.timer.io({ onTimer: () => this.#due() });
		this.#repeater = new client.timer.io({ onTimer: () => this.#repeat() });
	}

	open(): void {
		const { fingerprint, life, waitMs } = this.#options;
		const filters = this.#isFirst ? [`${this.#base}/shard/+`, `${this.#base}/part/#`] : [`${this.#base}/lead`];
		this.#client.subscribe(filters, message => this.#handle(message), { qos: 1 });
		this.#client.open();
		if (this.#isFirst) {
			this.#say({ life, fingerprint, state: "call", waitMs } satisfies Lead);
			this.#after(waitMs, () => this.#start());
			this.#repeater.schedule(CALL_MS);
			this.#startIfAll();
		} else
			this.#after(waitMs, () =>
				this.#fail("no first part of the run has called: it has not come, or has begun already"),
			);
	}

	/** Asks all to stop. */
	stop(): void {
		const { fingerprint, life } = this.#options;
		if (this.#isStopped || this.#state !== "running") return;
		this.#isStopped = true;
		if (this.#isFirst) this.#say({ life, fingerprint, state: "stop" } satisfies Lead);
		else this.#say({ life, to: this.#lead, state: "stop" } satisfies Answer);
	}

	/** Its boards have stopped. The first waits for what the others report; they say it, and wait for the end. */
	report(text: string): void {
		if (this.#state !== "running") return;
		this.#state = "reporting";
		if (this.#isFirst) {
			this.#after(REPORT_MS, () => this.#take());
			this.#takeIfAll();
			return;
		}
		this.#text = text;
		this.#tell();
		this.#attend();
	}

	#tell(): void {
		const { life, shard } = this.#options;
		// By letters, so that no sign is cut in two.
		const letters = [...this.#text];
		let count = 0;
		for (let at = 0; at < letters.length; at += PIECE_LENGTH, count += 1)
			this.#put(`${this.#base}/part/${shard.number}/${life}/${count}`, letters.slice(at, at + PIECE_LENGTH).join(""));
		this.#say({ life, to: this.#lead, state: "done", pieces: count } satisfies Answer);
	}

	/** The first tells all how it ended, leaves nothing behind, and goes. */
	end(code: number): void {
		const { fingerprint, life } = this.#options;
		if (this.#state === "over") return;
		this.#say({ life, fingerprint, state: "end", code } satisfies Lead);
		for (const topic of this.#left) this.#put(topic, "");
		this.#put(this.#topic, "");
		this.close();
	}

	/** Goes when all is said that was to be. */
	close(): void {
		if (this.#state === "over") return;
		this.#state = "over";
		this.#after(GIVE_UP_MS, () => {
			this.#queue.splice(0);
			this.#client.close();
		});
		this.#pump();
	}

	/** The broker shall keep nothing: a clean session takes the place of the one that was, and ends with its connection [MQTT-3.1.2-6]. */
	#endSession(): void {
		this.#repeater.close();
		const { client, life, on } = this.#options;
		const timer = new client.timer.io({ onTimer: () => last.close(false) });
		const last = new Client({
			...client,
			clientId: `thimble-run-${life}`,
			cleanSession: true,
			onOnline: () => last.close(),
			onClosed: () => {
				timer.close();
				on.closed();
			},
		});
		timer.schedule(LEAVE_MS);
		last.open();
	}

	get #topic(): string {
		return this.#isFirst ? `${this.#base}/lead` : `${this.#base}/shard/${this.#options.shard.number}`;
	}

	#say(what: Lead | Answer): void {
		this.#said = what;
		this.#put(this.#topic, JSON.stringify(what));
	}

	#repeat(): void {
		if (this.#said === undefined || this.#state === "over") return;
		// What has not gone yet is not said twice.
		if (this.#queue.length === 0) this.#say(this.#said);
		if (this.#state === "waiting") this.#repeater.schedule(CALL_MS);
	}

	#put(topic: string, text: string): void {
		this.#queue.push([topic, text]);
		this.#pump();
	}

	/** As many as there is room for; the end of each makes some. */
	#pump(): void {
		for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
			if (this.#client.publish(next[0], next[1], { qos: 1, retain: true }) < 0) return;
			this.#queue.shift();
		}
		if (this.#state !== "over") return;
		this.#timer.close();
		this.#client.drain(LEAVE_MS);
	}

	#after(milliseconds: number, due: () => void): void {
		this.#due = due;
		this.#timer.schedule(milliseconds);
	}

	/** Once, however often it is heard. */
	#tellStop(): void {
		if (this.#isToldToStop) return;
		this.#isToldToStop = true;
		this.#options.on.stop();
	}

	/** What is due is not any more. */
	#forget(): void {
		this.#due = () => {};
	}

	#fail(why: string): void {
		if (this.#state === "over") return;
		this.#state = "over";
		this.#timer.close();
		this.#queue.splice(0);
		this.#options.on.fail(why);
		this.#client.close();
	}

	#handle(message: Incoming): void {
		const topic = message.topic;
		const text = message.text() ?? "";
		if (text === "" || this.#state === "over") return;
		const [kind, number = "", life = "", piece = ""] = topic.slice(this.#base.length + 1).split("/");
		if (this.#isFirst) this.#left.add(topic);
		if (kind === "part") this.#handlePiece(Number(number), life, Number(piece), text);
		else if (kind === "lead") this.#handleLead(parsed(text) as Lead);
		else this.#handleAnswer(Number(number), parsed(text) as Answer, message.retain);
	}

	#handleAnswer(number: number, { life, pieces, state, to }: Answer, isOld: boolean): void {
		const other = this.#others.get(number);
		if (state === "gone") {
			if (other?.life !== life || other.isGone) return;
			// Before the start it may come again.
			if (this.#state === "waiting") this.#others.delete(number);
			else other.isGone = true;
			this.#takeIfAll();
			return;
		}
		if (to !== this.#options.life || number < 2 || number > this.#options.shard.count) return;
		if (state === "here" && other === undefined && this.#state === "waiting") {
			this.#others.set(number, { life, isGone: false, count: undefined, pieces: new Map() });
			this.#startIfAll();
		}
		if (other?.life !== life) return;
		other.isGone = false;
		// It was away, and may have missed something.
		if (state === "here" && !isOld && this.#state !== "waiting") this.#repeater.schedule(AGAIN_MS);
		if (state === "stop") {
			this.#tellStop();
			this.stop();
		}
		if (state === "done") {
			other.count = pieces;
			this.#takeIfAll();
		}
	}

	#handlePiece(number: number, life: string, piece: number, text: string): void {
		const other = this.#others.get(number);
		if (other?.life !== life) return;
		other.pieces.set(piece, text);
		this.#takeIfAll();
	}

	#handleLead(lead: Lead): void {
		const { fingerprint, life, on, shard } = this.#options;
		if (lead.state === "call" && this.#state === "waiting") {
			if (lead.fingerprint !== fingerprint)
				return this.#fail("the first part runs another scenario, or another number of parts, under the same name");
			if (lead.life !== this.#lead)
				this.#after(lead.waitMs + GRACE_MS, () => this.#fail("the first part of the run does not begin"));
			this.#lead = lead.life;
			this.#say({ life, to: lead.life, state: "here" } satisfies Answer);
			return;
		}
		if (lead.life !== this.#lead) return;
		switch (lead.state) {
			case "start":
				if (this.#state !== "waiting") return this.#answerAgain(lead.state);
				if (lead.lives[shard.number] !== life)
					return this.#fail(`the run has begun without this process as part ${shard.number}`);
				this.#state = "running";
				this.#forget();
				on.begin([]);
				break;
			case "stop":
				this.#isStopped = true;
				this.#tellStop();
				this.#answerAgain(lead.state);
				break;
			case "end":
				on.ended?.(lead.code);
				this.close();
				break;
			case "gone":
				if (this.#state === "waiting") return;
				// It may have lost but its connection.
				this.#after(GRACE_MS, () => {
					this.#tellStop();
					on.ended?.(1);
					this.close();
				});
				break;
		}
	}

	/** The first says again what it has said: it was away, and may have missed what was said to it. */
	#answerAgain(leadState: "start" | "stop"): void {
		this.#attend();
		// What is still to be said is not said twice.
		if (this.#queue.length > 0) return;
		if (this.#state === "reporting") this.#tell();
		else if (leadState === "start" && this.#said?.state === "stop") this.#say(this.#said);
	}

	/** The first is there: how long the others wait for what it says next. */
	#attend(): void {
		if (this.#state === "running") this.#forget();
		else if (this.#state === "reporting")
			this.#after(REPORT_MS * 2, () => {
				this.#options.on.ended?.(1);
				this.close();
			});
	}

	#startIfAll(): void {
		if (this.#others.size === this.#options.shard.count - 1) this.#start();
	}

	#start(): void {
		const { fingerprint, life, on, shard } = this.#options;
		if (this.#state !== "waiting") return;
		this.#state = "running";
		this.#forget();
		const lives = Object.fromEntries([...this.#others].map(([number, other]) => [number, other.life]));
		this.#say({ life, fingerprint, state: "start", lives } satisfies Lead);
		on.begin(numbers(shard).filter(number => !this.#others.has(number)));
	}

	#takeIfAll(): void {
		if (this.#state !== "reporting") return;
		const open = [...this.#others.values()].filter(other => !isDone(other));
		if (open.length === 0) this.#take();
		// They may have lost but their connections.
		else if (open.every(({ isGone }) => isGone)) this.#after(GRACE_MS, () => this.#take());
	}

	#take(): void {
		const texts = new Map<number, string>();
		const missing: string[] = [];
		if (this.#state !== "reporting") return;
		this.#state = "reported";
		this.#forget();
		for (const number of numbers(this.#options.shard)) {
			const other = this.#others.get(number);
			const name = `part ${number}/${this.#options.shard.count}`;
			if (other === undefined) missing.push(`${name} did not come`);
			else if (isDone(other))
				texts.set(number, Array.from({ length: other.count! }, (_, i) => other.pieces.get(i) ?? "").join(""));
			else missing.push(other.isGone ? `${name} died` : `${name} has not reported`);
		}
		this.#options.on.reported?.(texts, missing);
	}
}

/** Whether all is there that it reports. */
function isDone({ count, pieces }: Other): boolean {
	return count !== undefined && pieces.size >= count;
}

/** Those of the others. */
function numbers({ count }: Shard): number[] {
	return Array.from({ length: count - 1 }, (_, i) => i + 2);
}

/** What is not JSON says nothing. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text) ?? {};
	} catch {
		return {};
	}
}
