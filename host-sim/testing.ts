// thimble/testing: the simulator as a library, for unit tests of device code. A world of virtual time with a network and
// a broker; boards in it run the firmware's own client and agent. Nothing waits, and the same seed gives the same run.
//
//     const world = new World({ seed: 1 });
//     const client = new Client({ clientId: "c", ...world.collaborators("c") });
//     client.open();
//     world.run(1000);

import type {
	Clock,
	KeyValue,
	Random,
	ResolverConstructor,
	SocketConstructor,
	TimerConstructor,
} from "../firmware/io.js";
import { Broker, type BrokerOptions } from "./broker/broker.js";
import { MemoryKeyValue } from "./node/keyvalue.js";
import { type LinkOptions, Network } from "./world/network.js";
import { SeededRandom } from "./world/random.js";
import { VirtualTime } from "./world/time.js";

export { Agent, type AgentCounts, type AgentListener, type AgentOptions } from "../firmware/device/agent.js";
export type * from "../firmware/io.js";
export * from "../firmware/mqtt/client.js";
export type { ServerReference } from "./broker/admission.js";
export type { Authenticator, Exchange, Step } from "./broker/authentication.js";
export { Broker, type BrokerListener, type BrokerOptions } from "./broker/broker.js";
export type { BrokerLimits } from "./broker/limits.js";
export type { Message, MessageProperties } from "./broker/message.js";
export { Scram, type ScramOptions, type ScramVerifier, scramVerifier } from "./broker/scram.js";
export { Checker, type CheckerOptions, type Violation, type Watched } from "./checker/checker.js";
export { nodeClock, nodeRandom } from "./node/clock.js";
export { nodeDigest } from "./node/digest.js";
export { FolderKeyValue, MemoryKeyValue } from "./node/keyvalue.js";
export { type Listener, listen } from "./node/listen.js";
export { NodeResolver } from "./node/resolver.js";
export { TCP } from "./node/tcp.js";
export { NodeTimer } from "./node/timer.js";
export { sentence } from "./sentence.js";
export { CUT_MODES, type CutMode, Flash, PowerCut } from "./world/flash.js";
export { Link, type LinkOptions, Network } from "./world/network.js";
export { SeededRandom } from "./world/random.js";
export { VirtualTime } from "./world/time.js";

/** Where the world's broker is found, by address and by name. */
const ADDRESS = "10.0.0.1";
const PORT = 1883;
const NAME = "broker";
/** How often the broker looks at its deadlines, in ms. */
const TICK_MS = 250;

export interface WorldOptions {
	/** Where chance begins. Default 1. */
	seed?: number;
	/** What the boards' clocks show in the beginning, in ms; they wrap at 2^31. Default 0. */
	startMs?: number;
	/** The time of day in the beginning, in ms since 1970, or 0 for not set. Default 1 January 2026. */
	wallMs?: number;
	/** Latency and slicing of every link. */
	link?: Partial<LinkOptions>;
	broker?: BrokerOptions;
}

export class World {
	readonly time: VirtualTime;
	readonly random: SeededRandom;
	readonly network: Network;
	readonly #brokerOptions: BrokerOptions;
	#broker: Broker;

	constructor(options: WorldOptions = {}) {
		this.time = new VirtualTime(options.startMs ?? 0, options.wallMs ?? Date.UTC(2026, 0, 1));
		this.random = new SeededRandom(options.seed ?? 1);
		this.network = new Network(this.time, this.random, options.link);
		this.network.setName(NAME, ADDRESS);
		this.#brokerOptions = options.broker ?? {};
		this.#broker = new Broker(this.#brokerOptions);
		this.startBroker();
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
		this.#broker = new Broker(this.#brokerOptions);
		this.network.listen(ADDRESS, PORT, (transport, now) => this.#broker.accept(transport, now));
		return this.#broker;
	}

	/** Cuts all connections and refuses new ones; resumeBroker() brings the same broker back. */
	stopBroker(): void {
		this.network.listen(ADDRESS, PORT, undefined);
		for (const link of [...this.network.links]) link.cut();
	}

	/** Takes connections again after stopBroker(), with all sessions as they were. */
	resumeBroker(): void {
		this.network.listen(ADDRESS, PORT, (transport, now) => this.#broker.accept(transport, now));
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
			resolver: { io: this.network.Resolver },
			timer: { io: this.time.Timer },
			clock: this.time.clock,
			random: this.random.fork(name),
		};
	}

	/** The same as an Agent wants it, with a store of its own unless one is given. */
	board(name: string, store: KeyValue = new MemoryKeyValue()) {
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
	link(name: string) {
		return this.network.links.find(link => link.name === name);
	}
}
