// Somebody who looks on at a broker: our own client on a connection of its own, with a session that the broker keeps while it
// is away, so that it sees all that arrives there, whatever becomes of the connection.

import type { SocketConstructor } from "../../firmware/io.js";
import { Client, type ClientOptions, type Incoming } from "../../firmware/mqtt/client.js";
import { utf8Length } from "../../firmware/mqtt/wire.js";
import { Servers } from "../../firmware/optional/servers.js";
import { sendLimit } from "../fleet/board.js";
import { nodeClock, nodeRandom } from "./clock.js";
import { NodeResolver } from "./resolver.js";
import { TCP } from "./tcp.js";
import { NodeTimer } from "./timer.js";

export interface ObserverOptions {
	host: string;
	port: number;
	/** Several that have the same sessions, in order of preference, of which those are the first. Default: that one alone. */
	servers?: readonly { readonly host: string; readonly port: number }[];
	userName?: string;
	password?: string;
	/** Default: plain TCP. */
	socket?: SocketConstructor;
	/** Nobody else may have it: the session is by that name. */
	clientId: string;
	/** At least one. */
	filters: readonly string[];
	qos: 1 | 2;
	backoff?: NonNullable<ClientOptions["backoff"]>;
	/** A message has arrived; nothing of it may be kept. */
	taken(message: Incoming): void;
	/** It is there, and subscribed; `remembered`: the broker still had its session. */
	there?(remembered: boolean): void;
	/** Its connection has ended; it will be back. */
	away?(): void;
}

/** As many as a client can have under way: in 3.1.1 it cannot tell a broker to send fewer. */
const RECEIVED = 1024;
const RECEIVE_BYTES = 4096;
/** How long the broker may take to let the session go, in ms. */
const LEAVE_MS = 3000;

export class Observer {
	isThere = false;
	/** Whether it has ever been. */
	wasThere = false;
	/** Why it has not come, or not been let see: a code of error.ts or reason.ts, or 0. */
	code = 0;
	/** The broker has refused the subscription. */
	isRefused = false;
	readonly #options: ObserverOptions;
	#client: Client | undefined;
	/** Filters that the broker has granted in the session that it has. */
	readonly #granted = new Set<number>();
	/** Of the connection that stands. */
	#isRemembered = false;

	constructor(options: ObserverOptions) {
		this.#options = options;
	}

	/** Comes, and comes back. */
	open(): void {
		const { filters, qos, taken } = this.#options;
		const client = this.#make({
			cleanSession: false,
			limits: { received: RECEIVED, receive: RECEIVE_BYTES, topics: filters.length, topicBytes: bytesOf(filters) },
			// Without the session it is back when it has subscribed again.
			onOnline: present => {
				this.#isRemembered = present;
				if (!present) this.#granted.clear();
				this.#backIfAll();
			},
			onSubscribed: (handle, code) => {
				if (code < 0x80) {
					this.#granted.add(handle);
					this.#backIfAll();
				} else {
					this.isRefused = true;
					this.code = code;
				}
			},
			onOffline: code => {
				this.code = code;
				this.#away();
			},
		});
		client.subscribe(filters, message => taken(message), { qos });
		this.#client = client;
		client.open();
	}

	/** Goes without a goodbye; the broker keeps what arrives until it comes again. */
	close(): void {
		this.#client?.close(false);
		this.#client = undefined;
		this.#away();
	}

	/** Goes for good: the broker shall keep nothing. Resolves when it has said so, or does not answer. */
	async leave(): Promise<void> {
		this.close();
		if (!this.wasThere) return;
		await new Promise<void>(resolve => {
			// A clean session takes the place of the one that was, and ends with its connection [MQTT-3.1.2-6].
			const client = this.#make({
				cleanSession: true,
				onOnline: () => client.close(),
				onClosed: () => {
					clearTimeout(timer);
					resolve();
				},
			});
			const timer = setTimeout(() => client.close(false), LEAVE_MS);
			client.open();
		});
	}

	#backIfAll(): void {
		if (this.isThere || this.#granted.size < this.#options.filters.length) return;
		this.isThere = true;
		this.wasThere = true;
		this.#options.there?.(this.#isRemembered);
	}

	#away(): void {
		if (this.isThere) this.#options.away?.();
		this.isThere = false;
	}

	#make({ limits, ...given }: Partial<ClientOptions>): Client {
		const { backoff, clientId } = this.#options;
		const { limits: least, ...reached } = clientAt(this.#options);
		return new Client({
			...reached,
			clientId,
			...(backoff !== undefined && { backoff }),
			limits: { ...limits, ...least },
			...given,
		});
	}
}

/** Bytes that the filters take in a client's table of topics. */
function bytesOf(filters: readonly string[]): number {
	return filters.reduce((total, filter) => total + ((utf8Length(filter) + 9) & ~7), 16);
}

/** What a client of this process is made of that goes to that broker. */
export function clientAt({
	host,
	password,
	port,
	servers,
	socket = TCP,
	userName,
}: Pick<ObserverOptions, "host" | "password" | "port" | "servers" | "socket" | "userName">): Omit<
	ClientOptions,
	"clientId"
> {
	return {
		host,
		port,
		...(servers !== undefined && { servers: new Servers(servers, { sharedSessions: true }) }),
		...(userName !== undefined && { userName }),
		...(password !== undefined && { password }),
		limits: { send: sendLimit(userName, password) },
		socket: { io: socket },
		resolver: { io: NodeResolver },
		timer: { io: NodeTimer },
		clock: nodeClock,
		random: nodeRandom,
	};
}
