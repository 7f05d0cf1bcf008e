// What the broker has done, in numbers: for a line of its log each minute, and for the topics under $SYS. Nothing that clients say is in
// any of it.

import { plain } from "../sentence.js";

export class Metrics {
	/** Clients that are in, now and at most. */
	clients = 0;
	mostClients = 0;
	connections = 0;
	packetsReceived = 0;
	packetsSent = 0;
	messagesReceived = 0;
	messagesSent = 0;
	bytesReceived = 0;
	bytesSent = 0;
	/** Lines that the log has left out. */
	unsaid = 0;
	readonly #refusals = new Map<string, number>();
	readonly #since: number;

	/** `now` in ms, as below. */
	constructor(now: number) {
		this.#since = now;
	}

	countClient(by: 1 | -1): void {
		this.clients += by;
		this.mostClients = Math.max(this.mostClients, this.clients);
	}

	/** `why` is one of a few: it is counted by its words up to a colon. */
	countRefusal(why: string): void {
		const [what] = plain(why).split(":", 1);
		const key = this.#refusals.has(what!) || this.#refusals.size < 50 ? what! : "other";
		this.#refusals.set(key, (this.#refusals.get(key) ?? 0) + 1);
	}

	line(now: number): object {
		const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
		return {
			upS: this.#upS(now),
			clients: this.clients,
			mostClients: this.mostClients,
			connections: this.connections,
			messagesReceived: this.messagesReceived,
			messagesSent: this.messagesSent,
			packetsReceived: this.packetsReceived,
			packetsSent: this.packetsSent,
			bytesReceived: this.bytesReceived,
			bytesSent: this.bytesSent,
			refusals: Object.fromEntries(this.#refusals),
			unsaid: this.unsaid,
			memory: { rss, heapUsed, arrayBuffers },
		};
	}

	/** Topics under $SYS/broker and what they say; the names are mosquitto's. */
	topics(now: number, version: string): readonly (readonly [topic: string, text: string])[] {
		return [
			["version", `thimble ${version}`],
			["uptime", `${this.#upS(now)} seconds`],
			["clients/connected", String(this.clients)],
			["clients/maximum", String(this.mostClients)],
			["publish/messages/received", String(this.messagesReceived)],
			["publish/messages/sent", String(this.messagesSent)],
			["messages/received", String(this.packetsReceived)],
			["messages/sent", String(this.packetsSent)],
			["bytes/received", String(this.bytesReceived)],
			["bytes/sent", String(this.bytesSent)],
		].map(([name, text]) => [`$SYS/broker/${name}`, text!] as const);
	}

	#upS(now: number): number {
		return Math.floor((now - this.#since) / 1000);
	}
}
