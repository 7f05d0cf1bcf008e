// The embedded broker as a service: its listeners, its guard and its limits from one configuration, what it tells of itself, and another
// configuration while clients are in.

import { Broker, type BrokerOptions } from "../broker/broker.js";
import { ADMINISTRATIVE_ACTION, MESSAGE_RATE_TOO_HIGH } from "../broker/reason.js";
import { type Listener, listen, type Served } from "../node/listen.js";
import type { Transport } from "../transport.js";
import { Allowance } from "./allowance.js";
import type { Configuration, Entrance } from "./configuration.js";
import { Doorkeeper } from "./doorkeeper.js";
import { Gate } from "./gate.js";
import { Metrics } from "./metrics.js";
import { Users } from "./users.js";

const METRICS_MS = 60_000;
/** Lines of the log in a second; the rest is counted. Who floods us shall not fill a disk with it. */
const MOST_LINES = 100;
/** Who comes by no listener is in the same house, and says who it is. */
const INSIDE: Entrance = { port: 0, host: "", webSocket: false, anonymous: false };

/** A line of the log. */
export interface Told {
	readonly event: string;
	readonly [name: string]: unknown;
}

export interface ServiceOptions {
	readonly configuration: Configuration;
	readonly version: string;
	/** What happens: `event` says what, and no secret or payload is in it. */
	readonly tell: (event: Told) => void;
	/** Between two lines of metrics. Default a minute. */
	readonly metricsMs?: number;
	/** Who has the broker, made with these options: a world, say. Default: the service itself. */
	house?(options: BrokerOptions): House;
}

/** Where the broker is. */
export interface House {
	/** The one of now: after a fault it may be another. */
	readonly broker: Broker;
	/** What is behind the listeners. */
	readonly served: Served;
	/** Calls `run` when it is the broker's turn, and its clock is right. */
	enter(run: () => void): void;
}

export class Service {
	readonly metrics = new Metrics(performance.now());
	readonly #options: ServiceOptions;
	readonly #house: House;
	readonly #keeper: Doorkeeper;
	readonly #gate: Gate;
	readonly #allowance: Allowance;
	readonly #listeners: Listener[] = [];
	readonly #minutes: NodeJS.Timeout;
	/** Client ids by their transports' peers. */
	readonly #clients = new Map<string, string>();
	#linesLeft = MOST_LINES;
	#linesAt = 0;

	private constructor(options: ServiceOptions) {
		this.#options = options;
		const { configuration, metricsMs = METRICS_MS } = options;
		const { limits } = configuration;
		this.#keeper = new Doorkeeper({
			configuration,
			...(options.house !== undefined && { inside: INSIDE }),
			clients: () => this.metrics.clients,
			now: () => performance.now(),
			denied: ({ clientId, owner }, action, topic) => {
				this.metrics.countRefusal(`${action} denied`);
				this.#tell({ event: "denied", client: clientId, user: owner?.name, action, topic });
			},
		});
		this.#gate = new Gate({
			most: limits.waiting,
			mostOfAddress: limits.waitingPerAddress,
			connectMs: limits.connectTime,
			shut: (peer, why) => {
				this.metrics.countRefusal(why);
				this.#tell({ event: "refused", peer, why });
			},
		});
		this.#allowance = new Allowance({
			packetsPerSecond: limits.packetsPerSecond,
			bytesPerSecond: limits.bytesPerSecond,
			exceeded: transport => this.#handleExcess(transport),
		});
		const { house = houseOf } = options;
		this.#house = house(this.#optionsOf(configuration));
		this.#minutes = setInterval(() => this.#handleMinute(), metricsMs);
		this.#minutes.unref();
	}

	/** Rejects with Node's error where a port cannot be had; nothing listens then. */
	static async open(options: ServiceOptions): Promise<Service> {
		const service = new Service(options);
		try {
			for (const entrance of options.configuration.entrances) await service.#listen(entrance);
		} catch (error) {
			await service.close();
			throw error;
		}
		service.#publishTopics();
		return service;
	}

	get broker(): Broker {
		return this.#house.broker;
	}

	/** In the order of the configuration. */
	get ports(): number[] {
		return this.#listeners.map(({ port }) => port);
	}

	/** Users, tokens and rules change at once; listeners and limits stay as they are. */
	reload(configuration: Configuration): void {
		this.#house.enter(() => this.#take(configuration));
	}

	#take(configuration: Configuration): void {
		const before = this.#keeper.configuration;
		const { access, clientIds, tokens, users } = configuration;
		const { entrances, limits } = before;
		this.#keeper.configuration = {
			entrances,
			limits,
			access,
			clientIds,
			...(tokens !== undefined && { tokens }),
			...(users !== undefined && { users }),
		};
		this.broker.revise();
		// Whose password is no longer the same has to say the new one.
		const now = users ?? new Users("");
		for (const { clientId, isOnline, owner } of [...this.broker.sessions.values()])
			if (
				isOnline &&
				owner?.kind === "user" &&
				before.users?.names.includes(owner.name) &&
				!before.users.isSameIn(now, owner.name)
			)
				this.broker.disconnect(clientId, ADMINISTRATIVE_ACTION);
	}

	async close(): Promise<void> {
		clearInterval(this.#minutes);
		await Promise.all(this.#listeners.map(listener => listener.close()));
	}

	async #listen(entrance: Entrance): Promise<void> {
		const { host, port, tls, webSocket } = entrance;
		const { limits } = this.#keeper.configuration;
		const { served } = this.#house;
		const accept = this.#allowance.before((transport, start) => served.accept({ ...transport, entrance }, start));
		const listener = await listen(served, port, host, {
			accept,
			webSocket,
			admit: socket => this.#gate.admit(socket),
			mostUnread: limits.unreadBytes,
			mostFrame: limits.packetSize,
			...(tls !== undefined && { tls: { ...tls, requestCert: tls.ca !== undefined } }),
		});
		this.#listeners.push(listener);
	}

	#optionsOf({ limits }: Configuration): BrokerOptions {
		const { metrics } = this;
		return {
			guard: this.#keeper,
			maxInflight: limits.inFlight,
			maxQueued: limits.queue,
			maxQueuedBytes: limits.queueBytes,
			maxSessions: limits.sessions,
			maxSubscriptions: limits.subscriptions,
			maxRetained: limits.retained,
			maxRetainedBytes: limits.retainedBytes,
			limits: {
				connectPacketSize: limits.connectPacketSize,
				maximumPacketSize: limits.packetSize,
				receiveMaximum: limits.receiveMaximum,
				sessionExpiryMaximum: Math.floor(limits.sessionExpiry / 1000),
			},
			on: {
				accepted: () => {
					metrics.connections += 1;
				},
				connected: (client, peer) => {
					const address = transportPeer(peer);
					this.#gate.enter(address);
					this.#clients.set(address, client);
					metrics.countClient(1);
					this.#tell({ event: "connected", client, user: this.broker.sessions.get(client)?.owner?.name, peer });
				},
				disconnected: (client, peer, why) => {
					if (this.#clients.delete(transportPeer(peer))) metrics.countClient(-1);
					// Who has never been in has been refused, or has not said a word.
					if (client !== undefined) this.#tell({ event: "disconnected", client, peer, why });
				},
				refused: (client, peer, reason, why) => {
					metrics.countRefusal(why);
					this.#tell({ event: "refused", client, peer, reason, why });
				},
				frame: (peer, _client, direction, bytes) => {
					const isPublish = bytes[0]! >> 4 === 3;
					if (direction === "out") {
						metrics.packetsSent += 1;
						metrics.bytesSent += bytes.length;
						if (isPublish) metrics.messagesSent += 1;
						return;
					}
					this.#allowance.countPacket(transportPeer(peer));
					metrics.packetsReceived += 1;
					metrics.bytesReceived += bytes.length;
					if (isPublish) metrics.messagesReceived += 1;
				},
			},
		};
	}

	#handleExcess(transport: Transport): void {
		this.metrics.countRefusal("too much in a second");
		const client = this.#clients.get(transport.peer);
		this.#tell({
			event: "refused",
			client,
			peer: transport.peer,
			reason: MESSAGE_RATE_TOO_HIGH,
			why: "too much in a second",
		});
		this.#house.enter(() => {
			if (client === undefined || !this.broker.disconnect(client, MESSAGE_RATE_TOO_HIGH)) transport.close();
		});
	}

	#handleMinute(): void {
		this.#options.tell({ event: "metrics", ...this.metrics.line(performance.now()) });
		this.#publishTopics();
	}

	#publishTopics(): void {
		const topics = this.metrics.topics(performance.now(), this.#options.version);
		this.#house.enter(() => {
			for (const [topic, text] of topics)
				this.broker.publish({ topic, payload: Buffer.from(text), qos: 0, retain: true });
		});
	}

	#tell(event: Told): void {
		const second = Math.floor(performance.now() / 1000);
		if (second !== this.#linesAt) {
			this.#linesAt = second;
			this.#linesLeft = MOST_LINES;
		}
		this.#linesLeft -= 1;
		if (this.#linesLeft < 0) this.metrics.unsaid += 1;
		else this.#options.tell(event);
	}
}

/** A broker of the service's own. */
function houseOf(options: BrokerOptions): House {
	const broker = new Broker(options);
	return {
		broker,
		served: broker,
		enter(run) {
			broker.now = performance.now();
			run();
		},
	};
}

/** As the transport has it: the broker puts a number behind it. */
function transportPeer(peer: string): string {
	return peer.slice(0, peer.lastIndexOf("#"));
}
