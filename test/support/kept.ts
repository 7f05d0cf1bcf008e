// A board that keeps its session in flash and publishes numbered readings, on a machine whose power may go at any moment;
// and what it says, in a ledger. For worlds in virtual time and in real time, on Node and on the engine.

import { Client, type ClientOptions, END_DROPPED, END_LOST, END_REFUSED } from "../../firmware/mqtt/client.js";
import { FlashStore } from "../../firmware/optional/store.js";
import type { Ledger, ReadingEnd } from "../../host-sim/fleet/ledger.js";
import type { Machine, MachineIo } from "../../host-sim/world/machine.js";
import type { World } from "../../host-sim/world/world.js";

export interface KeptOptions extends Partial<ClientOptions> {
	qos: 1 | 2;
	protocolVersion: 4 | 5;
	/** From one reading to the next. */
	intervalMs: number;
}

export class KeptBoard {
	readonly machine: Machine;
	/** Connections so far. */
	connections = 0;
	/** False: takes no more readings. */
	isMeasuring = true;
	readonly #world: World;
	readonly #ledger: Ledger;
	readonly #options: KeptOptions;
	/** Readings under way by ticket: what flash has kept goes on under the same one in the next life. */
	readonly #underWay = new Map<number, { boot: number; seq: number }>();
	#client: Client | undefined;

	constructor(world: World, name: string, ledger: Ledger, options: KeptOptions) {
		this.#world = world;
		this.#ledger = ledger;
		this.#options = options;
		this.machine = world.machine(name, (machine, io) => this.#boot(machine, io));
	}

	/** Nothing is under way any more. */
	get isSettled(): boolean {
		return this.machine.isOn && this.#client!.isOnline && this.#client!.unsettled === 0;
	}

	#boot(machine: Machine, { clock, random, resolver, socket, store, timer }: MachineIo): void {
		const { intervalMs, qos, ...options } = this.#options;
		const { name } = machine;
		const boot = machine.boots;
		const client = new Client({
			host: this.#world.host,
			clientId: name,
			cleanSession: false,
			keepAlive: 5,
			timeouts: { connectMs: 800, connackMs: 800, ackMs: 800, pingMs: 800 },
			backoff: { baseMs: 50, capMs: 400 },
			limits: { messages: 32, outbox: 4096 },
			...options,
			store: new FlashStore(store),
			socket: { io: socket },
			resolver: { io: resolver },
			timer: { io: timer },
			clock,
			random,
			onOnline: () => {
				this.connections += 1;
				this.#ledger.handleOnline(name);
			},
			onPublishEnd: (ticket, end) => {
				const reading = this.#underWay.get(ticket);
				this.#underWay.delete(ticket);
				if (reading !== undefined) this.#ledger.handleEnd(name, reading.boot, reading.seq, nameOf(end));
			},
		});
		let seq = 0;
		const readings = new timer({
			onTimer: () => {
				readings.schedule(intervalMs);
				if (!this.isMeasuring) return;
				seq += 1;
				const ticket = client.publish(`thimble/${name}/telemetry`, JSON.stringify({ boot, seq }), { qos });
				// Whose power goes in the middle of it has said nothing.
				if (!machine.isAlive(boot)) return;
				this.#ledger.handlePublished(name, boot, seq, qos);
				if (ticket < 0) this.#ledger.handleEnd(name, boot, seq, "refused");
				else this.#underWay.set(ticket, { boot, seq });
			},
		});
		this.#client = client;
		client.open();
		readings.schedule(intervalMs);
	}
}

function nameOf(end: number): ReadingEnd {
	return end === END_REFUSED ? "refused" : end === END_LOST ? "lost" : end === END_DROPPED ? "dropped" : "settled";
}
