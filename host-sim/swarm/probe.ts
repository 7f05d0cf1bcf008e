// The firmware of a swarm's board: an application that uses everything the client has, at random, and tells the witness what
// it does and hears. It is started at each boot with what flash has kept.

import type { Timer } from "../../firmware/io.js";
import { Client, FIRST, KEEP, RAM_ONLY } from "../../firmware/mqtt/client.js";
import { Overflow } from "../../firmware/optional/overflow.js";
import { Pipeline } from "../../firmware/optional/pipeline.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { clientIo, type Machine, type MachineIo } from "../world/machine.js";
import type { SeededRandom } from "../world/random.js";
import type { BoardPlan } from "./plan.js";
import { FIRST_LANE, type Wish, type Witness } from "./witness.js";

export interface ProbeOptions {
	readonly host: string;
	readonly plan: BoardPlan;
	readonly witness: Witness;
	readonly random: SeededRandom;
	/** The connection has ended, or an attempt at one, by no goodbye. */
	offline(code: number): void;
	/** False: nothing new is published, and nobody says goodbye. */
	isBusy(): boolean;
	/** The packet ids that the broker has open for this board. */
	openIds(): Iterable<number>;
	trace(text: string): void;
}

/** Of the effect in flash: the number of the last QoS 2 message and one more, and how many there were. */
const EFFECT_BYTES = 8;
/** How long a goodbye waits for what is under way, and how long the board then stays away, in ms. */
const DRAIN_MS = 3000;
const AWAY_MS = 2000;

export class Probe {
	readonly client: Client;
	readonly #options: ProbeOptions;
	readonly #machine: Machine;
	readonly #boot: number;
	readonly #effect: DataView | undefined;
	/** Ids that the broker has open from a life of which this one knows nothing. */
	readonly #stale: ReadonlySet<number>;
	readonly #timer: Timer;
	#held: number[] = [];
	#nextGoodbyeMs: number;

	constructor(machine: Machine, io: MachineIo, options: ProbeOptions) {
		this.#machine = machine;
		this.#boot = machine.boots;
		this.#options = options;
		const { plan, random, witness } = options;
		const store = plan.durability === "ram" ? undefined : new FlashStore(io.store, { effectBytes: EFFECT_BYTES });
		this.#stale = new Set(plan.durability === "flash" && plan.wishes === 0 ? [] : options.openIds());
		this.#nextGoodbyeMs = plan.goodbyeMs;
		this.client = new Client({
			...clientIo(io),
			host: options.host,
			clientId: plan.name,
			protocolVersion: plan.protocolVersion,
			cleanSession: false,
			keepAlive: plan.keepAlive,
			limits: plan.limits,
			will: { topic: `will/${plan.name}`, payload: "gone" },
			onSessionLost: plan.onSessionLost,
			qos0WhileOffline: plan.qos0WhileOffline,
			...(plan.whenFull !== "reject" && { whenFull: new Overflow(plan.whenFull) }),
			timeouts: { resolveMs: 3000, connectMs: 4000, connackMs: 4000, pingMs: 3000, ackMs: 6000 },
			backoff: { baseMs: 200, capMs: 2000, slowMs: 4000, stableMs: 3000 },
			...(store !== undefined && { store }),
			...(plan.pipelines && { pipeline: new Pipeline(io.store) }),
			...(plan.durability === "flash-when-offline" && { durability: plan.durability }),
			onOnline: present => {
				if (!this.#isAlive) return;
				options.trace(`online, session ${present ? "resumed" : "new"}`);
				witness.handleOnline(present);
				if (options.isBusy() && random.between(1, 4) === 1) this.#publish();
			},
			onOffline: code => {
				if (!this.#isAlive) return;
				options.trace(`offline ${code.toString(16)}`);
				witness.handleOffline();
				options.offline(code);
			},
			onPublishEnd: (ticket, end, code) => {
				if (!this.#isAlive) return;
				options.trace(`end of ${ticket}: ${end} ${code.toString(16)}`);
				witness.handleEnd(ticket, end, code, machine.nowMs);
				if (options.isBusy() && random.between(1, 10) === 1) this.#publish();
			},
			onDrained: () => {
				if (!this.#isAlive) return;
				options.trace("goodbye");
				this.client.close();
			},
			onClosed: () => {
				if (!this.#isAlive) return;
				witness.handleClosed();
				const timer = new io.timer({
					onTimer: () => {
						witness.handleOpened();
						this.client.open();
					},
				});
				timer.schedule(AWAY_MS);
			},
		});
		if (store !== undefined) {
			const { effect } = store;
			this.#effect = new DataView(effect.buffer, effect.byteOffset, effect.byteLength);
		}
		for (const qos of [0, 1, 2])
			this.client.subscribe(
				`down/${plan.name}/${qos}`,
				message => {
					if (!this.#isAlive) return;
					const number = Number.parseInt(message.text() ?? "", 10);
					options.trace(`received ${number} at QoS ${qos}`);
					witness.handleDelivery(qos, number);
					if (qos === 2) this.#apply(number);
					else if (qos === 1 && random.between(1, 5) === 1) this.#held.push(message.hold());
				},
				{ qos, ...(plan.retainHandling > 0 && { retainHandling: plan.retainHandling }) },
			);
		this.client.open();
		this.#timer = new io.timer({ onTimer: () => this.#handleTimer() });
		this.#timer.schedule(random.between(1, plan.upMs * 2));
	}

	/** How many QoS 2 messages have had their effect in flash, where there is one. */
	get effects(): number | undefined {
		return this.#effect?.getUint32(4);
	}

	/** Lets go of the messages that it holds back. */
	acknowledgeAll(): void {
		while (this.#held.length > 0) this.#acknowledge(0);
	}

	#acknowledge(index: number): void {
		const [token] = this.#held.splice(index, 1);
		const isKnown = this.client.acknowledge(token!);
		this.#options.trace(`acknowledge ${token! & 0xffff}${isKnown ? "" : ", too late"}`);
	}

	get #isAlive(): boolean {
		return this.#machine.isAlive(this.#boot);
	}

	#apply(number: number): void {
		if (this.#effect === undefined) return;
		this.#options.witness.handleEffect(number, this.#effect.getUint32(0) - 1);
		this.#effect.setUint32(0, number + 1);
		this.#effect.setUint32(4, this.#effect.getUint32(4) + 1);
	}

	#handleTimer(): void {
		const { isBusy, plan, random } = this.#options;
		const waitMs = random.between(1, plan.upMs * 2);
		this.#timer.schedule(waitMs);
		this.#nextGoodbyeMs -= waitMs;
		const dice = random.between(1, 100);
		if (!isBusy()) this.acknowledgeAll();
		else if (plan.goodbyeMs > 0 && this.#nextGoodbyeMs < 0) {
			this.#nextGoodbyeMs = plan.goodbyeMs;
			if (this.client.isOnline) this.client.drain(DRAIN_MS);
		} else if (dice <= 10 && this.#held.length > 0) this.#acknowledge(random.between(0, this.#held.length - 1));
		else if (dice <= 15) this.client.ping();
		else for (let left = dice > 90 ? 5 : 1; left > 0 && this.#isAlive; left -= 1) this.#publish();
	}

	#publish(): void {
		const { plan, random, trace, witness } = this.#options;
		const lane = random.between(1, 12) === 1 ? FIRST_LANE : random.between(0, 2);
		const qos = lane === FIRST_LANE ? 1 : lane;
		const wish = qos > 0 && lane !== FIRST_LANE ? this.#wish() : undefined;
		const number = witness.begin(lane);
		const payload = `${number}${".".repeat(random.between(1, 10) === 1 ? random.between(20, 200) : 1)}`;
		const topic = `up/${plan.name}/${lane}`;
		const { client } = this;
		const flags = (qos << 1) | (lane === FIRST_LANE ? FIRST : wish === "flash" ? KEEP : wish === "ram" ? RAM_ONLY : 0);
		const ticket =
			random.between(0, 1) === 0
				? client.publish(topic, payload, {
						qos,
						first: lane === FIRST_LANE,
						...(wish !== undefined && { durability: wish }),
					})
				: client.publish(client.topic(topic), Buffer.from(payload), payload.length, flags);
		const isAlive = this.#isAlive;
		trace(
			`publish ${number} ${describeLane(lane)}${wish === undefined ? "" : ` in ${wish}`}: ${isAlive ? ticket : "dark"}`,
		);
		if (qos === 2 && this.#stale.has(ticket)) witness.handleStale(qos, number);
		witness.handlePublished(lane, number, ticket, isAlive, this.#machine.nowMs, wish);
		if (isAlive) witness.handleHeld(client.heldBytes, client.unsettled);
	}

	#wish(): Wish {
		const { plan, random } = this.#options;
		if (plan.durability === "ram" || plan.wishes === 0) return undefined;
		const dice = random.between(1, 100);
		return dice <= plan.wishes ? "flash" : dice <= plan.wishes * 2 ? "ram" : undefined;
	}
}

function describeLane(lane: number): string {
	return lane === FIRST_LANE ? "at QoS 1, first" : `at QoS ${lane}`;
}
