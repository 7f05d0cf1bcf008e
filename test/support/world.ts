// A small world for tests: virtual time, one network, the in-process broker, and boards or clients on it.

import { Agent, type AgentOptions, type Collaborators } from "../../firmware/device/agent.js";
import { Client, type ClientOptions } from "../../firmware/mqtt/client.js";
import { Broker, type BrokerOptions } from "../../host-sim/broker/broker.js";
import { MemoryKeyValue } from "../../host-sim/node/keyvalue.js";
import { type LinkOptions, Network } from "../../host-sim/world/network.js";
import { SeededRandom } from "../../host-sim/world/random.js";
import { VirtualTime } from "../../host-sim/world/time.js";

export class TestWorld {
	readonly time: VirtualTime;
	readonly random: SeededRandom;
	readonly network: Network;
	broker: Broker;
	/** "connected c", "disconnected c why", "publish topic payload". */
	readonly log: string[] = [];
	readonly #brokerOptions: BrokerOptions;

	constructor(options: { seed?: number; startMs?: number; broker?: BrokerOptions; link?: Partial<LinkOptions> } = {}) {
		this.time = new VirtualTime(options.startMs ?? 0, Date.UTC(2026, 0, 15, 12));
		this.random = new SeededRandom(options.seed ?? 1);
		this.network = new Network(this.time, this.random, options.link);
		this.#brokerOptions = {
			...options.broker,
			on: {
				connected: (id, _peer, present) => this.log.push(`connected ${id}${present ? " again" : ""}`),
				disconnected: (id, _peer, why) => this.log.push(`disconnected ${id} ${why}`),
				published: ({ topic, payload, retain }) =>
					this.log.push(`publish ${topic} ${payload}${retain ? " retained" : ""}`),
			},
		};
		this.broker = this.startBroker();
		const tick = () => {
			this.broker.handleTime(this.time.now);
			this.time.after(250, tick);
		};
		tick();
	}

	/** A new broker at 10.0.0.1:1883, without anything that the old one knew. */
	startBroker(): Broker {
		this.broker = new Broker(this.#brokerOptions);
		this.network.listen("10.0.0.1", 1883, (transport, now) => this.broker.accept(transport, now));
		return this.broker;
	}

	/** Takes what happened since the last call. */
	told(): string[] {
		return this.log.splice(0);
	}

	client(clientId: string, options: Partial<ClientOptions> = {}): Client {
		return new Client({
			host: "10.0.0.1",
			clientId,
			socket: { io: this.network.socketFor(clientId) },
			resolver: { io: this.network.Resolver },
			timer: { io: this.time.Timer },
			clock: this.time.clock,
			random: this.random,
			...options,
		});
	}

	agent(deviceId: string, options: Partial<AgentOptions> = {}): Agent {
		const io: Collaborators = {
			socket: this.network.socketFor(deviceId),
			resolver: this.network.Resolver,
			timer: this.time.Timer,
			clock: this.time.clock,
			random: this.random,
			store: new MemoryKeyValue(),
		};
		const sensor = {
			configure() {},
			sample: () => ({ temperature: 21.5, humidity: 0.4, pressure: 101_300 }),
			close() {},
		};
		return new Agent({ deviceId, host: "10.0.0.1", sensors: [sensor], io, ...options });
	}

	/** The standing link of that board. */
	link(name: string) {
		const link = this.network.links.find(link => link.name === name);
		if (link === undefined) throw new Error(`${name} has no link`);
		return link;
	}
}
