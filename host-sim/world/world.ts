// A world of virtual time: a network, a broker in it, and boards. Nothing waits, and the same seed gives the same run. What
// can go wrong in it has a name and a switch: the paths' and machines' own, and here the broker's.

import type {
	Clock,
	KeyValue,
	Random,
	ResolverConstructor,
	SocketConstructor,
	TimerConstructor,
} from "../../firmware/io.js";
import { Broker, type BrokerOptions } from "../broker/broker.js";
import { Checker, type CheckerOptions, type Violation } from "../checker/checker.js";
import { tapped } from "../checker/tap.js";
import { type Recorder, recorded } from "../record/recorder.js";
import { type Accept, between, type Transport, type TransportHandler } from "../transport.js";
import { Flash } from "./flash.js";
import type { Link } from "./link.js";
import { Machine, type MachineIo, type MachineOptions } from "./machine.js";
import { Network } from "./network.js";
import type { LinkOptions } from "./path.js";
import { SeededRandom } from "./random.js";
import { VirtualTime } from "./time.js";
import { GOOD_MANNERS, type Manners, unruly } from "./unruly.js";

/** Where the world's broker is found, by address and by name. */
const ADDRESS = "10.0.0.1";
const PORT = 1883;
const NAME = "broker";
/** The time of day in the beginning where nobody says another, in ms since 1970. */
export const BEGINNING = Date.UTC(2026, 0, 1);
/** How often the broker looks at its deadlines, in ms. */
const TICK_MS = 250;

export interface WorldOptions {
	/** Where chance begins. Default 1. */
	seed?: number;
	/** What the boards' clocks show in the beginning, in ms; they wrap at 2^31. Default 0. */
	startMs?: number;
	/** The time of day in the beginning, in ms since 1970, or 0 for not set. Default 1 January 2026. */
	wallMs?: number;
	/** Latency, slicing and so on of every path. */
	link?: Partial<LinkOptions>;
	broker?: BrokerOptions;
	/** Who serves in the broker's place: a way to one outside. */
	serve?: Accept;
	/** A client has broken a statement of the standard. Where this is there, all that clients send is checked. */
	violated?(violation: Violation): void;
	/** Writes down all that goes between clients and the broker. */
	recorder?: Recorder;
	/** How patient that check is, where paths and boards stand still for longer than its defaults allow. */
	patience?: Partial<Pick<CheckerOptions, "keepAliveToleranceMs" | "answerMs" | "closeMs">>;
}

export class World {
	readonly time: VirtualTime;
	readonly random: SeededRandom;
	readonly network: Network;
	/** How the broker answers. */
	manners: Readonly<Manners> = GOOD_MANNERS;
	readonly #options: WorldOptions;
	readonly #accept: Accept;
	#broker: Broker;
	#refusal: number | undefined;
	/** What cuts those who come by no path of the network. */
	readonly #visitors = new Set<() => void>();
	#isServing = false;

	constructor(options: WorldOptions = {}) {
		this.time = new VirtualTime(options.startMs ?? 0, options.wallMs ?? BEGINNING);
		this.random = new SeededRandom(options.seed ?? 1);
		this.network = new Network(this.time, this.random, options.link);
		this.network.setName(NAME, ADDRESS);
		this.#options = options;
		this.#broker = new Broker(options.broker);
		const serve = unruly(
			options.serve ?? ((transport, now) => this.#broker.accept(transport, now)),
			() => this.manners,
			this.time,
			this.random.fork("manners"),
		);
		const { recorder, violated } = options;
		const now = () => this.time.now;
		// In front of its manners: what a client answers to those is the client's.
		const checked =
			violated === undefined
				? serve
				: tapped(new Checker({ report: violation => violated(violation), ...options.patience }), serve, { now });
		this.#accept = recorder === undefined ? checked : recorded(recorder, checked, { now });
		this.resumeBroker();
		const tick = () => {
			this.#broker.handleTime(this.time.now);
			this.time.after(TICK_MS, tick);
		};
		tick();
	}

	get broker(): Broker {
		return this.#broker;
	}

	/** Puts a new broker, which remembers nothing, in the place of the old one; standing connections are cut. */
	startBroker(): Broker {
		this.stopBroker();
		this.#broker = new Broker(this.#options.broker);
		this.#broker.refusal = this.#refusal;
		this.resumeBroker();
		return this.#broker;
	}

	/** Where the broker is, for who knows no names. */
	get address(): { address: string; port: number } {
		return { address: ADDRESS, port: PORT };
	}

	/** Cuts all connections and refuses new ones; resumeBroker() brings the same broker back. */
	stopBroker(): void {
		this.#isServing = false;
		this.network.listen(ADDRESS, PORT, undefined);
		for (const link of [...this.network.links]) link.cut();
		for (const cut of [...this.#visitors]) cut();
	}

	/** Takes connections again after stopBroker(), with all sessions as they were. */
	resumeBroker(): void {
		this.#isServing = true;
		this.network.listen(ADDRESS, PORT, this.#accept);
	}

	/**
	 * Serves somebody who comes by no path of the network, by a real socket, say. What befalls the broker befalls him, too; a
	 * broker that is stopped takes nobody.
	 */
	visit(transport: Transport, now: number): TransportHandler {
		if (!this.#isServing) {
			transport.close();
			return { handleData() {}, handleClose() {} };
		}
		let isOver = false;
		const end = (at: number, wasReset: boolean) => {
			if (isOver) return;
			isOver = true;
			this.#visitors.delete(cut);
			handler.handleClose(at, wasReset);
		};
		const reset = () => (transport.reset === undefined ? transport.close() : transport.reset());
		const cut = () => {
			end(this.time.now, true);
			reset();
		};
		const own = { write: transport.write.bind(transport), close: () => transport.close(), reset };
		const handler = this.#accept(between(transport, own), now);
		this.#visitors.add(cut);
		return {
			handleData(bytes, at) {
				if (!isOver) handler.handleData(bytes, at);
			},
			handleClose: (at, wasReset) => end(at, wasReset === true),
		};
	}

	/** The broker takes nobody, for that reason; undefined: everybody again. */
	refuse(reason: number | undefined): void {
		this.#refusal = reason;
		this.#broker.refusal = reason;
	}

	/** A board without power: on() starts it, and `boot` is called with what its firmware is given, each time anew. */
	machine(name: string, boot: (machine: Machine, io: MachineIo) => void, options: MachineOptions = {}): Machine {
		const wallMs = this.#options.wallMs ?? BEGINNING;
		return new Machine(this.network, this.random, name, boot, { wallMs, ...options });
	}

	/** Where the broker is, for a client. */
	get host(): string {
		return NAME;
	}

	/** Everything that a Client wants to be connected to this world's broker. */
	collaborators(name: string): {
		host: string;
		socket: { io: SocketConstructor };
		resolver: { io: ResolverConstructor };
		timer: { io: TimerConstructor };
		clock: Clock;
		random: Random;
	} {
		return {
			host: NAME,
			socket: { io: this.network.socketFor(name) },
			resolver: { io: this.network.resolverFor(name) },
			timer: { io: this.time.Timer },
			clock: this.time.clock,
			random: this.random.fork(name),
		};
	}

	/** The same as an Agent wants it, with a store of its own unless one is given. */
	board(name: string, store: KeyValue = new Flash()) {
		const { host, socket, resolver, timer, clock, random } = this.collaborators(name);
		return { host, io: { socket: socket.io, resolver: resolver.io, timer: timer.io, clock, random, store } };
	}

	/** Lets that many ms pass. */
	run(milliseconds: number): void {
		this.time.run(milliseconds);
	}

	/** Lets time pass until `done()` holds; false where that takes longer than `most` ms. Default: an hour. */
	runUntil(done: () => boolean, most?: number): boolean {
		return this.time.runUntil(done, most);
	}

	/** The connection that stands under that name, to cut() or hang() it; or undefined. */
	link(name: string): Link | undefined {
		return this.network.links.find(link => link.name === name);
	}
}
