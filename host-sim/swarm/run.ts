// One seed, or one plan, from the first boot to the last acknowledgement: first the faults, then the calm in which everything
// has to come to its end. The first invariant that does not hold ends it.

import type { Packet } from "mqtt-packet";
import type { Violation } from "../checker/checker.js";
import { type BoardFault, type BrokerFault, type Fault, Faults, isBrokerFault } from "../world/fault.js";
import type { Machine } from "../world/machine.js";
import type { SeededRandom } from "../world/random.js";
import { World } from "../world/world.js";
import { Broken, type Invariant } from "./invariant.js";
import type { Plan } from "./plan.js";
import { Probe } from "./probe.js";
import { Witness } from "./witness.js";

export interface Outcome {
	readonly seed: number;
	/** What did not hold; undefined where everything did. */
	readonly broken:
		| { readonly invariant: Invariant; readonly board: string; readonly atMs: number; readonly what: string }
		| undefined;
	/** Of everything that happened, and of every byte on the wire: the same seed gives the same one. */
	readonly digest: string;
	/** Steps of the world, and how long it lasted in its own time. */
	readonly steps: number;
	readonly lastedMs: number;
	/** Sums over the boards. */
	readonly published: number;
	readonly received: number;
	readonly connections: number;
	readonly boots: number;
	/** How often each kind of fault struck. */
	readonly struck: Readonly<Partial<Record<Fault["fault"], number>>>;
}

export interface RunOptions {
	/** Called with everything that happens, for people. */
	trace?(atMs: number, board: string, text: string): void;
}

/** How soon after the last fault every board is back, and how soon everything is settled, in ms. */
const ONLINE_MS = 60_000;
const SETTLED_MS = 3_600_000;
/** Boards are dark, partitioned and with skipping clocks for as long as the plan likes, and hold messages back. */
const FOR_EVER_MS = 1_000_000_000;
/** How long what a fault has begun may take to come to its end, in ms. */
const STEADY_MS = 45_000;
/** How often the calm is looked at, in ms. */
const LOOK_MS = 500;

export function runPlan(plan: Plan, options: RunOptions = {}): Outcome {
	return new Run(plan, options).run();
}

class Run {
	readonly #plan: Plan;
	readonly #trace: RunOptions["trace"];
	readonly #world: World;
	readonly #faults: Faults;
	readonly #witnesses: Witness[];
	readonly #machines: Machine[];
	readonly #randoms: SeededRandom[];
	readonly #probes = new Map<number, Probe>();
	readonly #ends: (() => void)[] = [];
	#broken: Broken | undefined;
	#isBusy = true;
	/** Faults in force, and when the last one ended. */
	#inForce = 0;
	#clearMs = 0;
	#hash = 0x811c9dc5;
	#steps = 0;

	constructor(plan: Plan, options: RunOptions) {
		this.#plan = plan;
		this.#trace = options.trace;
		const { maxInflight, receiveMaximum, topicAliasMaximum } = plan;
		const world = new World({
			seed: plan.seed,
			violated: violation => this.#handleViolation(violation),
			patience: { keepAliveToleranceMs: FOR_EVER_MS, answerMs: FOR_EVER_MS, closeMs: FOR_EVER_MS },
			broker: {
				maxInflight,
				limits: { receiveMaximum, topicAliasMaximum },
				on: {
					connected: (id, _peer, present) => this.#of(id)?.handleConnected(present, world.time.now),
					disconnected: (id, _peer, why) => {
						this.#note(id ?? "", `broker: ${why}`);
						this.#of(id)?.handleDisconnected(why === "said goodbye", this.#isClear);
					},
					published: ({ topic, payload }) => this.#handlePublished(topic, Buffer.from(payload).toString()),
					...(options.trace !== undefined && {
						received: (id, packet) =>
							this.#show(packet.cmd === "connect" ? packet.clientId : id, `> ${describe(packet)}`),
						sent: (id, packet) => this.#show(id, `< ${describe(packet)}`),
					}),
					frame: (_peer, _id, _direction, bytes) => this.#mix(bytes),
				},
			},
		});
		this.#world = world;
		this.#faults = new Faults(world);
		this.#witnesses = plan.boards.map(
			board => new Witness(board, (invariant, what) => this.#break(invariant, board.name, what)),
		);
		this.#machines = plan.boards.map((board, i) => {
			world.network.path(board.name, board.link);
			return world.machine(
				board.name,
				(machine, io) => {
					this.#note(board.name, `boot ${machine.boots}`);
					if (machine.boots > 1) this.#witnesses[i]!.handleDark(machine.offMs);
					this.#probes.set(
						i,
						new Probe(machine, io, {
							host: world.host,
							plan: board,
							witness: this.#witnesses[i]!,
							random: this.#randoms[i]!,
							isBusy: () => this.#isBusy,
							offline: code => this.#checkSteady(board.name, code),
							openIds: () => world.broker.sessions.get(board.name)?.received ?? [],
							trace: text => this.#note(board.name, text),
						}),
					);
				},
				{ startMs: board.startMs, driftPpm: board.driftPpm },
			);
		});
		this.#randoms = plan.boards.map(board => world.random.fork(`probe ${board.name}`));
	}

	run(): Outcome {
		try {
			this.#play();
		} catch (error) {
			if (!(error instanceof Broken)) {
				const { stack, message } = error as Error;
				this.#broken ??= new Broken("no exception", "", this.#world.time.now, stack ?? message);
			}
		}
		const { time } = this.#world;
		const sum = (pick: (witness: Witness) => number) => this.#witnesses.reduce((total, one) => total + pick(one), 0);
		const broken = this.#broken;
		return {
			seed: this.#plan.seed,
			broken: broken && { invariant: broken.invariant, board: broken.board, atMs: broken.atMs, what: broken.message },
			digest: (this.#hash >>> 0).toString(16).padStart(8, "0"),
			steps: this.#steps,
			lastedMs: time.now,
			published: sum(({ up }) => up.reduce((total, { count }) => total + count, 0)),
			received: sum(({ received }) => received),
			connections: sum(({ connections }) => connections),
			boots: this.#machines.reduce((total, { boots }) => total + boots, 0),
			struck: Object.fromEntries(this.#faults.struck),
		};
	}

	#play(): void {
		const { boards, chaosMs, strikes } = this.#plan;
		const { time } = this.#world;
		for (const machine of this.#machines) machine.on();
		for (const [i] of boards.entries()) this.#office(i);
		for (const { atMs, board, fault, forMs } of strikes) time.after(atMs, () => this.#strike(fault, board, forMs));
		this.#runTo(chaosMs);
		this.#isBusy = false;
		for (const end of this.#ends.splice(0)) end();
		for (const machine of this.#machines) machine.on();
		this.#calm("not every board is back online", ONLINE_MS, i => this.#isBack(i));
		this.#calm("not everything has come to its end", SETTLED_MS, i => this.#isSettled(i));
		for (const [i, witness] of this.#witnesses.entries()) witness.finish(this.#probes.get(i)?.effects);
	}

	#runTo(untilMs: number): void {
		const { time } = this.#world;
		while (time.step(untilMs)) {
			this.#steps += 1;
			if (this.#broken !== undefined) throw this.#broken;
		}
		time.now = untilMs;
	}

	/** Lets time pass until that holds, and no longer than that. */
	#calm(otherwise: string, mostMs: number, holds: (board: number) => boolean): void {
		const { time } = this.#world;
		for (const until = time.now + mostMs; !this.#machines.every((_, i) => holds(i)); ) {
			if (time.now >= until) {
				const i = this.#machines.findIndex((_, i) => !holds(i));
				this.#break(
					"back online",
					this.#plan.boards[i]?.name ?? "",
					`${otherwise} ${mostMs / 1000} s after the last fault`,
				);
			}
			this.#runTo(time.now + LOOK_MS);
			for (const probe of this.#probes.values()) probe.acknowledgeAll();
		}
	}

	#isBack(i: number): boolean {
		const session = this.#world.broker.sessions.get(this.#plan.boards[i]!.name);
		return (
			this.#machines[i]!.isOn &&
			this.#probes.get(i)?.client.isOnline === true &&
			session?.isOnline === true &&
			(session.subscriptions.size === 3 || this.#witnesses[i]!.mayBeDeaf)
		);
	}

	#isSettled(i: number): boolean {
		const session = this.#world.broker.sessions.get(this.#plan.boards[i]!.name);
		// A power cut at a write may still have been to come.
		return this.#isBack(i) && this.#probes.get(i)?.client.unsettled === 0 && session?.owed === 0;
	}

	/** Sends messages to that board, from now and then on. */
	#office(board: number): void {
		const { time, random } = this.#world;
		const { downMs, name } = this.#plan.boards[board]!;
		const chance = random.fork(`office ${name}`);
		const send = () => {
			if (!this.#isBusy) return;
			const qos = chance.between(0, 2) as 0 | 1 | 2;
			const topic = `down/${name}/${qos}`;
			const { broker } = this.#world;
			const isOwed = broker.sessions.get(name)?.subscriptions.has(topic) === true;
			const number = this.#witnesses[board]!.beginDown(qos, isOwed);
			this.#note(name, `office: ${number} at QoS ${qos}${isOwed ? "" : ", to nobody"}`);
			broker.publish({ topic, payload: Buffer.from(`${number}.`), qos, retain: false });
			time.after(chance.between(1, downMs * 2), send);
		};
		time.after(chance.between(1, downMs * 2), send);
	}

	#strike(fault: Fault, board: number, forMs: number): void {
		const { time } = this.#world;
		this.#inForce += 1;
		const { fault: name, ...numbers } = fault;
		const text = `${name} ${JSON.stringify(numbers)} for ${forMs} ms`;
		const end = isBrokerFault(fault) ? this.#strikeBroker(fault, text) : this.#strikeBoard(fault, board, text);
		let isOver = false;
		const once = () => {
			if (isOver) return;
			isOver = true;
			this.#inForce -= 1;
			this.#clearMs = time.now;
			end();
		};
		this.#ends.push(once);
		time.after(forMs, once);
	}

	#strikeBoard(fault: BoardFault, board: number, text: string): () => void {
		const machine = this.#machines[board]!;
		this.#note(machine.name, text);
		return this.#faults.strike(fault, machine);
	}

	#strikeBroker(fault: BrokerFault, text: string): () => void {
		this.#note("broker", text);
		const end = this.#faults.strikeBroker(fault);
		if (fault.fault !== "broker-forgets") return end;
		return () => {
			end();
			for (const witness of this.#witnesses) witness.handleForgotten();
		};
	}

	#handlePublished(topic: string, payload: string): void {
		const [kind, name, qos] = topic.split("/");
		const witness = this.#of(name);
		if (kind === "will") witness?.handleWill();
		if (kind === "up") witness?.handleArrival(Number(qos), Number.parseInt(payload, 10));
	}

	/** No fault is in force, and what the last has begun has come to its end. */
	get #isClear(): boolean {
		return this.#inForce === 0 && this.#world.time.now - this.#clearMs > STEADY_MS;
	}

	#checkSteady(board: string, code: number): void {
		if (this.#isClear) this.#break("steady", board, `the connection ends, ${code.toString(16)}, and nothing is wrong`);
	}

	#handleViolation({ clientId, sentence, statement }: Violation): void {
		const witness = this.#of(clientId);
		// Who has lost its memory cannot keep to what it does not know.
		if (witness?.hasForgotten === true) return;
		const invariant =
			statement === "MQTT-2.3.1-2" || statement === "MQTT-2.2.1-3"
				? "packet id in one use"
				: statement.startsWith("MQTT-3.14.4")
					? "silence after DISCONNECT"
					: "standard";
		this.#break(invariant, clientId, `${statement}: ${sentence}`);
	}

	#of(name: string | undefined): Witness | undefined {
		return this.#witnesses.find(({ plan }) => plan.name === name);
	}

	/** For people only: the digest has the bytes. */
	#show(board: string | undefined, text: string): void {
		this.#trace?.(this.#world.time.now, board ?? "", text);
	}

	#note(board: string, text: string): void {
		this.#mix(Buffer.from(`${this.#world.time.now} ${board} ${text}`));
		this.#trace?.(this.#world.time.now, board, text);
	}

	/** FNV-1a. */
	#mix(bytes: Uint8Array): void {
		for (const byte of bytes) this.#hash = Math.imul(this.#hash ^ byte, 0x01000193);
	}

	#break(invariant: Invariant, board: string, what: string): never {
		this.#broken ??= new Broken(invariant, board, this.#world.time.now, what);
		this.#note(board, `BROKEN ${invariant}: ${what}`);
		throw this.#broken;
	}
}

/** A packet in a few words: its kind, id, and what a PUBLISH says. */
function describe(packet: Packet): string {
	const { cmd, messageId } = packet;
	const id = messageId === undefined ? "" : ` ${messageId}`;
	if (cmd !== "publish") return `${cmd.toUpperCase()}${id}`;
	const { dup, payload, qos, topic } = packet;
	return `PUBLISH${id} ${topic} ${Number.parseInt(payload.toString(), 10)} at QoS ${qos}${dup ? ", again" : ""}`;
}
