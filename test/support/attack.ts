// Attacks over real sockets on thimble broker in a process of its own, beside a client that minds its own business: what it must not notice.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { type Command, thimble } from "./command.js";
import { Knock } from "./knock.js";
import { until } from "./mosquitto.js";
import { Mutants } from "./mutants.js";

/** Sockets at a time. */
const AT_ONCE = 50;

export class Attack {
	readonly port: number;
	readonly broker: Command;
	readonly #bystander: Knock;
	#pings = 0;
	#looking: Promise<void> = Promise.resolve();
	/** The longest that the bystander has waited for an answer. */
	longestMs = 0;
	mostBytes = 0;

	private constructor(broker: Command, port: number, bystander: Knock) {
		this.broker = broker;
		this.port = port;
		this.#bystander = bystander;
	}

	/** `config` is a file; its first listener is plain TCP, and everybody may in. */
	static async begin(config: string): Promise<Attack> {
		const broker = thimble(["broker", "--config", config, "--json"]);
		await until("its listener", () => broker.out().includes("listening"), 30_000);
		const port = Number(/:(\d+)"/.exec(broker.out().toString())![1]);
		const bystander = new Knock(port, undefined);
		if ((await bystander.connect("bystander")) !== "connack 0") throw new Error("the bystander is not in");
		await bystander.subscribe("bystander/#");
		return new Attack(broker, port, bystander);
	}

	/** The bystander says something to itself, and the broker is looked at. Throws where either is no longer well. */
	look(): Promise<void> {
		const looked = this.#looking.then(() => this.#look());
		// One after the other: an answer has to be that to its own question.
		this.#looking = looked.catch(() => {});
		return looked;
	}

	async #look(): Promise<void> {
		const began = performance.now();
		this.#pings += 1;
		const payload = String(this.#pings);
		const said = await this.#bystander.publish("bystander/x", payload);
		await until("its own message", () => this.#bystander.messages.at(-1) === `bystander/x ${payload}`);
		if (said !== "puback 0") throw new Error(`the bystander hears ${said}`);
		this.longestMs = Math.max(this.longestMs, performance.now() - began);
		const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.broker.child.pid}/status`, "utf8"))!;
		this.mostBytes = Math.max(this.mostBytes, Number(kilobytes) * 1024);
	}

	/** So many connections that say what is almost right. */
	async mutate(count: number, seed: number): Promise<void> {
		const mutants = new Mutants(seed);
		let left = count;
		const work = async () => {
			while (left > 0) {
				left -= 1;
				if (left % 500 === 0) await this.look();
				const socket = connect(this.port, "127.0.0.1");
				socket.on("error", () => {});
				socket.resume();
				socket.write(mutants.next());
				// Who has broken nothing waits for us.
				const timer = setTimeout(() => socket.destroy(), 20);
				await once(socket, "close");
				clearTimeout(timer);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
		await this.look();
	}

	/** So many connections that say nothing at all. */
	async halfOpen(count: number): Promise<void> {
		const sockets = await halfOpen(this.port, count, () => this.look());
		const late = new Knock(this.port, undefined);
		if ((await late.connect("late")) !== "connack 0") throw new Error("who comes late does not get in");
		late.cut();
		await this.look();
		for (const socket of sockets) socket.destroy();
	}

	/** Somebody who subscribes to all and reads nothing, and somebody who fills it, and as many topics as there are. */
	async flood(messages: number): Promise<void> {
		const deaf = new Knock(this.port, undefined);
		await deaf.connect("deaf", { clean: false, properties: { sessionExpiryInterval: 60 } });
		await deaf.subscribe("flood/#");
		deaf.socket.pause();
		const flooder = new Knock(this.port, undefined);
		await flooder.connect("flooder");
		for (let i = 0; i < messages; i += 1) {
			const said = await flooder.publish(`flood/${i}`, "x".repeat(10_000), { retain: true });
			if (!/^puback (0|10|97)$/.test(said)) throw new Error(`the flooder hears ${said}`);
			if (i % 200 === 0) await this.look();
		}
		for (const client of [deaf, flooder]) client.cut();
		await this.look();
	}

	/** Ends the broker in good order. */
	async end(): Promise<number | null> {
		this.#bystander.cut();
		this.broker.child.kill("SIGTERM");
		return this.broker.code;
	}
}

/** Opens so many connections that say nothing; `look` is called meanwhile. */
export async function halfOpen(port: number, count: number, look: () => Promise<void>): Promise<Socket[]> {
	const sockets: Socket[] = [];
	for (let i = 0; i < count; i += 1) {
		const socket = connect(port, "127.0.0.1");
		socket.on("error", () => {});
		sockets.push(socket);
		if (i % AT_ONCE === 0) await once(socket, "connect");
		if (i % 500 === 0) await look();
	}
	return sockets;
}
