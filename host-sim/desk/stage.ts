// What a page looks at: boards that run, their broker and a way to it, what is seen of it and what can go wrong there. A stage is a
// world at the pace of real time, with its broker inside or outside, or boards on real sockets, which nothing befalls by order.

import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { BrokerOptions } from "../broker/broker.js";
import type { Violation } from "../checker/checker.js";
import type { Scenario } from "../fleet/scenario.js";
import { UsageError } from "../fleet/schema.js";
import { Simulation, type SimulationEvent } from "../fleet/simulation.js";
import { FAULTS, orderedIncident, type Struck } from "../fleet/timeline.js";
import { carry, type Served } from "../node/listen.js";
import { Pace } from "../node/pace.js";
import { simulatedSigner } from "../node/signature.js";
import { visited } from "../node/visit.js";
import { Recorder } from "../record/recorder.js";
import type { Entry } from "../record/recording.js";
import type { Measures } from "../report/measures.js";
import type { Credentials } from "../security/roster.js";
import { seattle } from "../sensor/air.js";
import { fashion, type Sights } from "../sensor/belt.js";
import { Feed } from "./feed.js";
import type { Cast, FromDesk, Trouble } from "./protocol.js";

export type StageEvent = Extract<FromDesk, { event: "trouble" | "mended" | "restarted" }>;

export interface StageOptions {
	/** For people: the scenario's name, or what is run instead. */
	readonly title: string;
	/** Its broker; the URL is without password. */
	broker(): { readonly url: string; readonly embedded: boolean };
	readonly scenario: Scenario;
	readonly engine?: Cast["engine"];
	/** What is seen of its connections. */
	readonly feed: Feed;
	/** The time of day in the beginning, in ms since 1970. */
	readonly wallMs: number;
	/** Ms since the beginning. */
	now(): number;
	/** With what a page comes to its broker; absent where anybody may, or the page has to say it. */
	readonly page?: Credentials;
	/** Brings MQTT to its broker. `peer`: who is there, for people. */
	carry(stream: Duplex, peer: string): void;
}

/** How many faults may be in force, on all boards together. */
const MOST_TROUBLES = 20_000;
/** Of a password that somebody has in the page's place. */
const SECRET_BYTES = 16;

export class Stage {
	readonly feed: Feed;
	readonly boards: readonly Cast[];
	/** Which faults there can be. */
	readonly faults: readonly string[] = [];
	/** Who is told of what happens. */
	readonly listeners = new Set<(event: StageEvent) => void>();
	protected readonly options: StageOptions;

	constructor(options: StageOptions) {
		const { engine = "node", feed, scenario } = options;
		this.options = options;
		this.feed = feed;
		this.boards = scenario.boards.map(({ interval, name, protocol, qos }) => ({
			device: name,
			engine,
			qos,
			protocol: protocol === "5" ? "5.0" : protocol,
			interval,
		}));
	}

	get title(): string {
		return this.options.title;
	}

	get broker(): ReturnType<StageOptions["broker"]> {
		return this.options.broker();
	}

	/** For pages, and nobody else. */
	get page(): Credentials | undefined {
		return this.options.page;
	}

	get now(): number {
		return this.options.now();
	}

	/** The time of day, in ms since 1970. */
	get wall(): number {
		return this.options.wallMs + this.now;
	}

	/** What goes wrong now. */
	get troubles(): readonly Trouble[] {
		return [];
	}

	carry(stream: Duplex, peer: string): void {
		this.options.carry(stream, peer);
	}

	/** Lets something go wrong, in the words of a timeline. Throws UsageError. */
	strike(_order: Readonly<Record<string, unknown>>): void {
		throw new UsageError("fault: boards on real sockets have no faults by order");
	}

	/** Mends what has that id, or all that strike() has done. Throws UsageError. */
	mend(_id?: number): void {
		throw new UsageError("mend: boards on real sockets have no faults by order");
	}

	/** What the boards say: what is of the page's interest is told. */
	handleEvent(event: SimulationEvent): void {
		if (event.event !== "restarted") return;
		const { device, reason } = event;
		this.tell({ event: "restarted", device, reason, at: this.now });
	}

	protected tell(event: StageEvent): void {
		for (const listener of this.listeners) listener(event);
	}
}

export interface WorldStageOptions extends StageOptions {
	readonly simulation: Simulation;
	readonly pace: Pace;
	/** Which of the faults there can be. */
	readonly faults: readonly string[];
}

export class WorldStage extends Stage {
	readonly simulation: Simulation;
	readonly pace: Pace;
	override readonly faults: readonly string[];

	constructor(options: WorldStageOptions) {
		super(options);
		this.simulation = options.simulation;
		this.pace = options.pace;
		this.faults = options.faults;
	}

	override get troubles(): readonly Trouble[] {
		return this.simulation.troubles.map(troubleOf);
	}

	override strike(order: Readonly<Record<string, unknown>>): void {
		const { pace, simulation } = this;
		const incident = orderedIncident(order);
		const { fault } = incident.fault;
		if (!this.faults.includes(fault)) throw new UsageError(`fault: a broker outside cannot be made to have ${fault}`);
		simulation.checkIncident(incident);
		if (simulation.troubles.length + this.boards.length > MOST_TROUBLES)
			throw new UsageError("fault: so much is wrong already that no more would be seen: mend some of it");
		pace.enter(() => simulation.strike(incident));
	}

	override mend(id?: number): void {
		let became: ReturnType<Simulation["mend"]> = "mended";
		this.pace.enter(() => {
			became = this.simulation.mend(id);
		});
		const outcome = became as ReturnType<Simulation["mend"]>;
		if (outcome === "unknown") throw new UsageError(`id: nothing that is wrong now has the number ${id}`);
		if (outcome === "for good") throw new UsageError("id: that is for good, and cannot be mended");
	}

	handleTrouble(event: "fault" | "mended", struck: Struck): void {
		const { device, fault, id, ...times } = troubleOf(struck);
		const what = { id, fault, ...(device !== undefined && { device }) };
		if (event === "fault") this.tell({ event: "trouble", trouble: { ...what, ...times } });
		else this.tell({ event: "mended", ...what, at: this.simulation.now });
	}
}

function troubleOf({ fault: { fault }, id, machine, since, until }: Struck): Trouble {
	return {
		id,
		fault,
		...(machine !== undefined && { device: machine.name }),
		since,
		...(until !== undefined && { until }),
	};
}

export interface LiveOptions extends Pick<StageOptions, "title"> {
	/** Where the world's broker is found, as far as that is known by then. */
	readonly where: { readonly url: string };
	/** What the broker is beside what the scenario says of it. */
	readonly broker?: BrokerOptions;
	/** For boards that see. Default: those that come with the simulator. */
	readonly sights?: Sights;
	/** What happens, beside what pages are told. */
	on?(event: SimulationEvent): void;
	/** What is seen of connections, beside what pages are told. */
	put?(entry: Entry): void;
	/** Takes the times of it all. */
	readonly measures?: Measures;
	/** Where this is there, all that clients send is checked against the standard. */
	violated?(violation: Violation): void;
	/** The world is that many ms late. */
	lagged?(lagMs: number): void;
}

/** A scenario in a world at the pace of real time, and the broker in it. */
export interface Live {
	readonly stage: WorldStage;
	/** To be served on a port. */
	readonly served: Served;
}

/** It stands still until its pace is run. Throws Misuse where the client wants none of it. */
export function liveStage(scenario: Scenario, options: LiveOptions): Live {
	const { broker, lagged, measures, on, put, sights = fashion, title, violated, where } = options;
	const feed = new Feed();
	const wallMs = Date.now();
	const recorder = new Recorder({
		put(entry) {
			put?.(entry);
			feed.put(entry);
		},
	});
	const simulation = new Simulation(scenario, {
		air: seattle,
		sights,
		signer: simulatedSigner(scenario.seed),
		wallMs,
		recorder,
		broker: { ...broker, enter: run => pace.enter(run) },
		secret: () => randomBytes(SECRET_BYTES).toString("hex"),
		on(event) {
			stage.handleEvent(event);
			on?.(event);
		},
		troubled: (event, struck) => stage.handleTrouble(event, struck),
		...(measures !== undefined && { measures }),
		...(violated !== undefined && { violated }),
	});
	const pace = new Pace(simulation.world.time, lagged === undefined ? {} : { lagged });
	const { roster } = simulation;
	const served = visited(simulation.world, run => pace.enter(run));
	const stage = new WorldStage({
		title,
		broker: () => ({ url: where.url, embedded: true }),
		...(roster !== undefined && { page: roster.page }),
		scenario,
		feed,
		wallMs,
		simulation,
		pace,
		faults: FAULTS,
		now: () => presentOf(simulation, pace),
		carry: (stream, peer) => carry(stream, peer, served.accept),
	});
	return { stage, served };
}

/** The world's time, when everything that is due has happened. */
export function presentOf(simulation: Simulation, pace: Pace): number {
	pace.enter(() => {});
	return simulation.now;
}
