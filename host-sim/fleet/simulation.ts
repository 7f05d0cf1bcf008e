// A scenario in a world of virtual time: its boards on machines of their own, a broker inside, and its faults at their moments.
// The seed decides everything. Beside the boards it looks at what arrives at the broker, and holds what they say against it.
// The world may also be one in real time whose broker is outside: then somebody else says what has arrived there, later.

import type { BrokerOptions } from "../broker/broker.js";
import type { Violation } from "../checker/checker.js";
import type { Recorder } from "../record/recorder.js";
import type { Measures } from "../report/measures.js";
import { Roster } from "../security/roster.js";
import type { Air } from "../sensor/air.js";
import type { Sights } from "../sensor/belt.js";
import { Faults, isBrokerFault } from "../world/fault.js";
import { SeededRandom } from "../world/random.js";
import { World } from "../world/world.js";
import type { Signer } from "./firmware.js";
import { type Endpoint, Fleet, type FleetEvent } from "./fleet.js";
import { Ledger, nameOf, type ReadingEnd, type ReadingName } from "./ledger.js";
import { Operator, type OperatorEvent } from "./operator.js";
import type { Order } from "./order.js";
import { Recognitions } from "./recognitions.js";
import { boardsNamed, checkWhom, type Scenario } from "./scenario.js";
import { summarizeFlash, type WorldSummary } from "./summary.js";
import { type Incident, type Struck, Timeline } from "./timeline.js";
import { WorldBoard } from "./worldboard.js";

export type SimulationEvent =
	| FleetEvent
	| OperatorEvent
	/** Something has gone wrong, or is over; with the broker where there is no device. */
	| { readonly event: "fault" | "mended"; readonly fault: string; readonly device?: string }
	/** A settled reading is not at the broker. */
	| ({ readonly event: "gap"; readonly device: string } & ReadingName)
	/** A reading has come to the broker again. */
	| ({ readonly event: "duplicate"; readonly device: string; readonly qos: number } & ReadingName);

export interface SimulationOptions {
	/** What boards measure. */
	readonly air: Air;
	/** For boards that see. */
	readonly sights?: Sights;
	on(event: SimulationEvent): void;
	/** Who signs firmware for boards that take updates. Default: nobody, and none is offered. */
	readonly signer?: Signer;
	/** A world whose broker is outside, in the place of one with a broker inside. */
	readonly outside?: OutsideWorld;
	/** Readings that go well are no events: there are many. Default false. */
	readonly quiet?: boolean;
	/** Where this is there, all that the boards send is checked against the standard. */
	violated?(violation: Violation): void;
	/** Writes down all that goes between clients and the broker inside; a world with one outside has its own. */
	readonly recorder?: Recorder;
	/** The time of day in the beginning of a world with a broker inside, in ms since 1970. Default: the same in each run. */
	readonly wallMs?: number;
	/** The same as the events "fault" and "mended", with all that is known of it. */
	troubled?(event: "fault" | "mended", struck: Struck): void;
	/** Takes the times of it all. */
	readonly measures?: Measures;
	/** What the broker inside is beside what the scenario says of it; with a guard, that is asked about all but the run's own clients. */
	readonly broker?: BrokerOptions;
	/** A password for a user of the run; where the broker is seen from outside, nobody may guess it. Default: by the seed. */
	secret?(name: string): string;
	/** Every packet at the broker; the bytes may not be kept. */
	frame?(bytes: Uint8Array): void;
}

export interface OutsideWorld {
	readonly world: World;
	/** What boards tell that broker. */
	readonly credentials: Pick<Endpoint, "userName" | "password">;
	/** Bytes to and from it so far. */
	wireBytes(): number;
}

const PORT = 1883;
/** How long stopped boards may take to deliver what is under way, in ms: longer than the longest wait for a next attempt. */
const DRAIN_MS = 360_000;

export class Simulation {
	readonly world: World;
	readonly fleet: Fleet<World>;
	readonly #faults: Faults;
	readonly #timeline: Timeline;
	/** What boards say, and what has arrived. */
	readonly ledger = new Ledger();
	/** When stop() has been called: all boards have stopped. */
	whenStopped: Promise<void> = Promise.resolve();
	/** Gives its orders. */
	readonly operator: Operator | undefined;
	/** The users of the run, where its broker asks who comes. */
	readonly roster: Roster | undefined;
	readonly #scenario: Scenario;
	readonly #outside: OutsideWorld | undefined;
	readonly #measures: Measures | undefined;
	/** What boards that see have said, where somebody knows what there was to see. */
	readonly #recognitions: Recognitions | undefined;
	/** Of these the readings are answers. */
	readonly #seeing = new Set<string>();
	/** Boards by the topics of their readings. */
	readonly #topics = new Map<string, string>();
	readonly #on: (event: SimulationEvent) => void;
	#gaps = 0;
	#wireBytes = 0;
	#stoppedAt: number | undefined;
	/** No more orders are given. */
	#isOver = false;

	/** Throws Misuse where the client wants none of it. */
	constructor(scenario: Scenario, options: SimulationOptions) {
		const { air, measures, on, outside, quiet = false, sights, signer } = options;
		const { ledger } = this;
		this.#on = on;
		this.#scenario = scenario;
		this.#outside = outside;
		this.#measures = measures;
		this.roster = outside === undefined ? rosterOf(scenario, options) : undefined;
		const { roster } = this;
		this.#recognitions = sights && new Recognitions(sights);
		for (const { name, recognition } of scenario.boards) if (recognition !== undefined) this.#seeing.add(name);
		this.world = outside?.world ?? this.#inside(scenario, options);
		const { world } = this;
		const boards = new Map<string, WorldBoard>();
		this.fleet = new Fleet(
			roster === undefined
				? scenario
				: { ...scenario, boards: scenario.boards.map(plan => ({ ...plan, ...roster.credentialsOf(plan) })) },
			{ host: world.host, port: PORT, ...outside?.credentials },
			() => world,
			event => {
				const { device } = event;
				if (event.event === "online") {
					ledger.handleOnline(device);
					measures?.handleOnline(device, this.now);
				} else if (event.event === "offline" || event.event === "restarted" || event.event === "stopped")
					measures?.handleOffline(device, this.now);
				on(event);
			},
			(options, listener) => {
				const { deviceId: device, qos } = options;
				const published = (name: ReadingName) => {
					ledger.handlePublished(device, name.boot, name.seq, qos);
					measures?.handlePublished(device, name, qos, this.now);
				};
				const dialled = measures && (() => measures.handleDial(device, this.now));
				const ended = (name: ReadingName, end: ReadingEnd) => {
					measures?.handleEnd(device, name, end, this.now);
					const hasArrived = ledger.handleEnd(device, name.boot, name.seq, end);
					// From a broker outside it may be under way to who tells us.
					if (!hasArrived && end === "settled" && outside === undefined) this.#tellGap(device, name);
				};
				const board = new WorldBoard(
					{
						...options,
						air,
						published,
						ended,
						...(dialled !== undefined && { dialled }),
						...(sights !== undefined && { sights }),
						...(signer !== undefined && { signer }),
					},
					listener,
				);
				boards.set(device, board);
				this.#topics.set(board.telemetryTopic, device);
				return board;
			},
			quiet,
		);
		this.#faults = new Faults(world);
		this.#timeline = new Timeline(scenario.timeline, {
			time: world.time,
			faults: this.#faults,
			random: world.random.fork("timeline"),
			machines: whom => boardsNamed(scenario, whom).map(({ name }) => boards.get(name)!.machine),
			told: (event, { fault }, machine, struck) => {
				const board = machine === undefined ? undefined : boards.get(machine.name)!;
				if (board !== undefined && isRestart(fault)) {
					board.cause = fault.replaceAll("-", " ");
					if (event === "fault") measures?.handleOffline(board.deviceId, this.now);
				}
				if (event === "fault") measures?.handleFault(fault, this.now);
				on({ event, fault, ...(board !== undefined && { device: board.deviceId }) });
				options.troubled?.(event, struck);
			},
		});
		if (scenario.orders.length > 0) this.operator = this.#operate(scenario, signer);
		this.fleet.start();
	}

	/** The scenario's time, in ms. */
	get now(): number {
		return this.world.time.now;
	}

	/** Lets time pass until then; or, where `isEnough` is there, returns early, between two things that happen. */
	advance(until: number, isEnough?: () => boolean): void {
		const { time } = this.world;
		while (time.step(until)) if (isEnough?.()) return;
		time.now = Math.max(time.now, until);
	}

	/**
	 * Everything that was wrong is mended, the power is back, and the boards deliver what they have, for a while at most, and
	 * say goodbye. Returns the time by which they have: advance() until then, or until `fleet.isStopped`.
	 */
	stop(drainMs = DRAIN_MS): number {
		this.#stoppedAt = this.now;
		this.#timeline.end();
		this.#isOver = true;
		this.whenStopped = this.fleet.stop(drainMs);
		// A board that starts meanwhile takes its time.
		return this.now + drainMs + 10_000;
	}

	/** With a broker outside: nothing more will be told to arrive, and what has not is missing. */
	finish(): void {
		for (const { boot, device, from, to } of this.ledger.summary().missing)
			for (let seq = from; seq <= to; seq += 1) this.#tellGap(device, { boot, seq });
	}

	/** What is wrong now, the oldest first. */
	get troubles(): readonly Struck[] {
		return this.#timeline.inForce;
	}

	/** Throws UsageError where it is about boards that there are not. */
	checkIncident({ boards, fault }: Incident): void {
		if (!isBrokerFault(fault)) checkWhom(this.#scenario, boards, "boards");
	}

	/** Something goes wrong now. */
	strike(incident: Incident): void {
		this.#timeline.strike(incident);
	}

	/** Mends what has that id, or all that strike() has done; "unknown" where nothing in force has it. */
	mend(id?: number): ReturnType<Timeline["mend"]> {
		if (id !== undefined) return this.#timeline.mend(id);
		this.#timeline.mendOrdered();
		return "mended";
	}

	/** All of it at once, for `durationMs`. */
	run(durationMs: number): void {
		this.advance(durationMs);
		this.advance(this.stop(), () => this.fleet.isStopped);
	}

	summary(): WorldSummary {
		const boards = this.fleet.boards as WorldBoard[];
		const summary = this.fleet.summary();
		const { arrived, repeated, twice, unannounced } = this.ledger.summary();
		const simulatedMs = this.#stoppedAt ?? this.now;
		return {
			...summary,
			simulatedMs,
			waiting: boards.reduce((total, board) => total + board.unsettled, 0),
			arrived: arrived + unannounced,
			gaps: this.#gaps,
			duplicatesQos1: repeated,
			duplicatesQos2: twice.length,
			wireBytes: this.#outside?.wireBytes() ?? this.#wireBytes,
			faults: Object.fromEntries([...this.#faults.struck].sort()),
			...(this.operator !== undefined && { orders: { ...this.operator.summary } }),
			...(this.#recognitions !== undefined && this.#seeing.size > 0 && { recognition: this.#recognitions.summary }),
			flash: summarizeFlash(
				boards.flatMap(board => (board.isKept ? [board.flashUse] : [])),
				simulatedMs,
			),
		};
	}

	/** Something has arrived at the broker; to be called by who looks on at one outside. */
	handleArrival(topic: string, payload: Uint8Array, qos: number): void {
		const device = this.#topics.get(topic);
		const name = device === undefined ? undefined : nameOf(payload);
		if (device === undefined || name === undefined) return;
		this.#measures?.handleArrived(device, name, this.now);
		if (this.ledger.handleArrived(device, name.boot, name.seq, qos)) {
			if (this.#seeing.has(device)) this.#recognitions?.handleReading(payload);
			return;
		}
		this.#on({ event: "duplicate", device, qos, ...name });
	}

	/** Somebody who gives the orders of the scenario, at their moments. */
	#operate({ boards, orders, ...scenario }: Scenario, signer: Signer | undefined): Operator {
		const { world } = this;
		const operator = new Operator({
			client: {
				...world.collaborators("operator"),
				port: PORT,
				...this.#outside?.credentials,
				...this.roster?.operator,
			},
			boards: boards.filter(({ updates }) => updates === true).length,
			...(signer !== undefined && { signer }),
			on: this.#on,
		});
		const random = world.random.fork("orders");
		const give = (order: Order) => {
			if (this.#isOver) return;
			for (const { name } of boardsNamed({ ...scenario, boards, orders }, order.boards))
				world.time.after(order.spread === 0 ? 0 : random.between(0, order.spread), () => {
					if (this.#isOver) return;
					if ("update" in order) operator.update(name, { version: order.update, isBroken: order.isBroken });
					else operator.command(name, order.command, order.fields);
				});
			if (order.every !== undefined) world.time.after(order.every, () => give(order));
		};
		for (const order of orders) world.time.after(order.at, () => give(order));
		operator.open();
		return operator;
	}

	#tellGap(device: string, name: ReadingName): void {
		this.#gaps += 1;
		this.#on({ event: "gap", device, ...name });
	}

	/** A world with a broker inside. */
	#inside(scenario: Scenario, { broker = {}, frame, recorder, violated, wallMs }: SimulationOptions): World {
		const { roster } = this;
		return new World({
			seed: scenario.seed,
			...(wallMs !== undefined && { wallMs }),
			broker: {
				...broker,
				...scenario.broker,
				limits: { ...broker.limits, ...scenario.broker.limits },
				...(roster !== undefined && { guard: roster }),
				on: {
					...broker.on,
					published: ({ payload, qos, topic }) => this.handleArrival(topic, payload, qos),
					frame: (peer, client, direction, bytes) => {
						this.#wireBytes += bytes.length;
						frame?.(bytes);
						broker.on?.frame?.(peer, client, direction, bytes);
					},
				},
			},
			...(recorder !== undefined && { recorder }),
			...(violated !== undefined && { violated: violation => violated(violation) }),
		});
	}
}

/** The users of a run whose broker does not take everybody. */
function rosterOf({ boards, security, seed }: Scenario, { broker, secret }: SimulationOptions): Roster | undefined {
	if (security === undefined && broker?.guard === undefined) return undefined;
	const random = new SeededRandom(seed).fork("passwords");
	const made = (name: string) => {
		const own = random.fork(name);
		return Array.from({ length: 4 }, () => own.next().toString(16).padStart(8, "0")).join("");
	};
	return new Roster({ ...security, boards, beyond: broker?.guard, secret: secret ?? made });
}

function isRestart(fault: string): boolean {
	return fault === "power-cut" || fault === "power-cut-at-write" || fault === "reset";
}
