// A board in a world: a machine with power, flash and a clock of its own, on which each boot starts the firmware anew. What
// was under way is lost with the power, or is in flash, as the scenario says.

import { Agent, type AgentListener } from "../../firmware/device/agent.js";
import type { ResetReason, Sensor } from "../../firmware/io.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { type FaultListener, RetriedSensor } from "../../firmware/sensor/retried.js";
import type { Air } from "../sensor/air.js";
import type { Machine, MachineIo } from "../world/machine.js";
import type { World } from "../world/world.js";
import { Board, type BoardListener, type BoardOptions, limitsOf } from "./board.js";
import { attend } from "./duties.js";
import { readingEnd } from "./fleet.js";
import { nameOf, type ReadingEnd, type ReadingName } from "./ledger.js";
import type { FlashUse } from "./summary.js";

export interface WorldBoardOptions extends BoardOptions<World> {
	readonly air: Air;
	/** It has taken a reading to publish; one that there is no room for it has not. */
	published(name: ReadingName): void;
	/** How that has ended, above QoS 0: what is settled the broker has, by what was promised. */
	ended(name: ReadingName, end: ReadingEnd): void;
}

export class WorldBoard extends Board {
	readonly machine: Machine;
	/** What its next boot will have been for. */
	cause = "power cut";
	readonly #options: WorldBoardOptions;
	/** Hardware: it stays when the firmware starts anew. */
	readonly #air: Sensor;
	/** The readings under way, by their tickets, over all lives: with a store the next one settles them. */
	readonly #names = new Map<number, ReadingName>();
	#agent: Agent | undefined;
	/** It is to stop, and may take so long. */
	#drainMs: number | undefined;

	constructor(options: WorldBoardOptions, on: BoardListener) {
		super(options, on);
		const { air, curves = {}, deviceId, driftPpm = 0, io: world, link = {}, random } = options;
		this.#options = options;
		// What the air is like is no matter of the board's own clock.
		const { clock, network } = { clock: world.time.clock, network: world.network };
		this.#air = air(curves, clock, () => world.time.now, random);
		network.path(deviceId, link);
		this.machine = world.machine(deviceId, (machine, io) => this.#boot(machine.boots, io), { driftPpm });
	}

	override get isPowered(): boolean {
		return this.machine.isOn;
	}

	/** Whether its session is in flash. */
	get isKept(): boolean {
		return (this.#options.durability ?? "ram") !== "ram";
	}

	get flashUse(): FlashUse {
		const { entries, operations } = this.machine.flash;
		return { entries, operations, readings: this.counts.published };
	}

	override start(): void {
		this.machine.on();
	}

	/** One without power gets it back, to say goodbye. */
	override stop(drainMs: number): void {
		this.#drainMs = drainMs;
		if (!this.machine.isOn) this.machine.on();
		else this.#agent?.stop(drainMs);
	}

	#boot(boot: number, io: MachineIo): void {
		if (this.stopped) return;
		const { commands: _, curves: __, diagnostics: ___, durability = "ram", io: world, ...rest } = this.#options;
		const attended = attend(this.#options, io, {
			power: { resetReason: boot === 1 ? "power" : reasonOf(this.cause), restart: () => this.#restart() },
			identify: seconds => {
				if (this.machine.isAlive(boot)) this.handleIdentify(seconds);
			},
		});
		const agent = new Agent({
			...rest,
			host: world.host,
			limits: limitsOf(rest),
			...(durability !== "ram" && { session: new FlashStore(attended?.io.store ?? io.store), durability }),
			sensors: [new RetriedSensor("air", () => this.#driver(), io.clock, this.#tellFault(boot))],
			io,
			on: this.#listenerOf(boot),
			...attended,
		});
		// The power may have gone in the first write.
		if (!this.machine.isAlive(boot)) return;
		// What the new life finds in its store is still under way.
		if (boot > 1) this.handleRestart(this.cause, agent.client.unsettled);
		this.#agent = agent;
		agent.start();
		if (this.#drainMs !== undefined) agent.stop(this.#drainMs);
	}

	/** Its sensor, as long as it answers. */
	#driver(): Sensor {
		const { machine } = this;
		const answer = <Value>(what: () => Value) => {
			if (!machine.hasSensors) throw new Error("nobody answers on the bus");
			return what();
		};
		const air = answer(() => this.#air);
		return {
			configure: options => answer(() => air.configure(options)),
			sample: () => answer(() => air.sample()),
			close() {},
		};
	}

	#tellFault(boot: number): FaultListener {
		return (name, _code, failures) => {
			if (this.machine.isAlive(boot)) this.handleSensorFault(name, failures);
		};
	}

	/** A command, a goodbye before it: the firmware starts anew. */
	#restart(): void {
		this.cause = "restart";
		this.machine.reset();
	}

	/**
	 * What the firmware of that boot tells, as long as it lives. When the power goes in the middle of a write, what runs on
	 * until it returns to the machine has not happened.
	 */
	#listenerOf(boot: number): Required<AgentListener> {
		const { listener, machine } = this;
		const lives = () => machine.isAlive(boot);
		return {
			online: sessionPresent => {
				if (lives()) listener.online(sessionPresent);
			},
			offline: code => {
				if (lives()) listener.offline(code);
			},
			ping: milliseconds => {
				if (lives()) listener.ping(milliseconds);
			},
			reading: (ticket, sequence, json, length) => {
				if (!lives()) return;
				if (ticket >= 0) {
					const name = nameOf(json, length)!;
					if (ticket > 0 && this.qos > 0) this.#names.set(ticket, name);
					this.#options.published(name);
				}
				listener.reading(ticket, sequence, json, length);
			},
			end: (ticket, end, code) => {
				if (!lives()) return;
				const name = this.#names.get(ticket);
				this.#names.delete(ticket);
				if (name !== undefined) this.#options.ended(name, readingEnd(end));
				listener.end(ticket, end, code);
			},
			stopped: code => {
				// A goodbye before a restart is none for good.
				if (lives() && this.#drainMs !== undefined) listener.stopped(code);
			},
		};
	}
}

function reasonOf(cause: string): ResetReason {
	return cause === "restart" ? "restart" : cause === "reset" ? "watchdog" : "power";
}
