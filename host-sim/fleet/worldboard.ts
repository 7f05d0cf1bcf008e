// A board in a world: a machine with power, flash and a clock of its own, on which each boot starts the firmware anew. What
// was under way is lost with the power, or is in flash, as the scenario says.

import { Agent } from "../../firmware/device/agent.js";
import { Nap } from "../../firmware/device/nap.js";
import type { PictureSource, Sensor } from "../../firmware/io.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { type FaultListener, RetriedSensor } from "../../firmware/sensor/retried.js";
import { watchedSocket } from "../report/dial.js";
import type { Air } from "../sensor/air.js";
import type { Sights } from "../sensor/belt.js";
import type { Machine, MachineIo } from "../world/machine.js";
import { Partitions } from "../world/partitions.js";
import type { World } from "../world/world.js";
import { Board, type BoardListener, type BoardOptions, sendLimit } from "./board.js";
import { FIRST_VERSION, firmwareIn, imageOf, type Signer } from "./firmware.js";
import { readingEnd } from "./fleet.js";
import { nameOf, type ReadingEnd, type ReadingName } from "./ledger.js";
import type { FlashUse } from "./summary.js";
import { isWhole, type Whole, wholeBoard } from "./whole.js";

export interface WorldBoardOptions extends BoardOptions<World> {
	readonly air: Air;
	/** For boards that see. */
	readonly sights?: Sights;
	/** Whose firmware it takes, where it takes updates. */
	readonly signer?: Signer;
	/** It begins a connection. */
	dialled?(): void;
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
	/** So is a camera. */
	readonly #eyes: Whole["eyes"];
	#agent: Agent | undefined;
	#partitions: Partitions | undefined;
	/** It is to stop, and may take so long. */
	#drainMs: number | undefined;

	constructor(options: WorldBoardOptions, on: BoardListener) {
		super(options, on);
		const { air, curves = {}, deviceId, driftPpm = 0, io: world, link = {}, random } = options;
		this.#options = options;
		// What the air is like is no matter of the board's own clock.
		const { clock, network } = { clock: world.time.clock, network: world.network };
		this.#air = air(curves, clock, () => world.time.now, random);
		const { recognition, sights } = options;
		if (recognition !== undefined && sights !== undefined)
			this.#eyes = { network: sights.network(), pictures: this.#camera(sights.camera(random.fork("camera"))) };
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

	/** One without power gets it back, to say goodbye; one that sleeps has said so, and one that is awake is about to. */
	override stop(drainMs: number): void {
		this.#drainMs = drainMs;
		if (this.#options.sleeps === true) {
			if (!this.machine.isOn) this.listener.stopped(0);
		} else if (!this.machine.isOn) this.machine.on();
		else this.#agent?.stop(drainMs);
	}

	#boot(boot: number, io: MachineIo): void {
		if (this.stopped) return;
		const { dialled } = this.#options;
		const watched = dialled && { ...io, socket: watchedSocket(io.socket, () => dialled()) };
		const run = this.#make(boot, watched ?? io);
		// The power may have gone in the first write.
		if (!this.machine.isAlive(boot)) return;
		// To wake is no restart.
		const isRestart = boot > 1 && io.power.resetReason !== "sleep";
		const { sleeps = false } = this.#options;
		// Who sleeps publishes at once, beside what it finds in its store.
		if (isRestart && sleeps) this.handleRestart(this.#cause(io), this.isKept ? this.unsettled : 0);
		this.#agent = run();
		// What the new life finds in its store is still under way.
		if (isRestart && !sleeps) this.handleRestart(this.#cause(io), this.#agent?.client.unsettled);
		if (this.#drainMs !== undefined) this.stop(this.#drainMs);
	}

	/** The firmware of that boot, to be started; an agent where that is known then. */
	#make(boot: number, io: MachineIo): () => Agent | undefined {
		const {
			curves: _,
			durability = "ram",
			io: world,
			random: __,
			servers: ___,
			sleeps = false,
			...rest
		} = this.#options;
		const { host } = world;
		const on = this.#listenerOf(boot);
		if (isWhole(this.#options)) {
			const firmware = this.#firmware();
			const board = wholeBoard(this.#options, firmware?.isBroken === true ? "nowhere" : host, io, {
				on,
				power: io.power,
				makeSensor: () => this.#driver(),
				identify: on.identified,
				...(this.#eyes !== undefined && { eyes: this.#eyes }),
				...(firmware !== undefined && { firmware }),
			});
			return () => {
				board.start();
				return board.agent;
			};
		}
		const failed: FaultListener = (name, _code, failures) => on.sensorFailed(name, failures);
		const options = () => ({
			...rest,
			host,
			limits: { send: sendLimit(rest.userName, rest.password) },
			...(durability !== "ram" && { session: new FlashStore(io.store), durability }),
			sensors: [new RetriedSensor("air", () => this.#driver(), io.clock, failed)],
			io,
			on,
		});
		if (sleeps) {
			const nap = new Nap({ everyMs: rest.intervalMs, power: io.power, wake: options });
			return () => {
				nap.start();
				return nap.agent;
			};
		}
		const agent = new Agent(options());
		return () => {
			agent.start();
			return agent;
		};
	}

	/** What the boot loader starts. */
	#firmware() {
		const { signer, updates = false } = this.#options;
		if (!updates || signer === undefined) return undefined;
		this.#partitions ??= new Partitions({ image: imageOf({ version: FIRST_VERSION, isBroken: false }) });
		const { key, verifier } = signer;
		return { ...firmwareIn(this.#partitions.boot(this.machine)), key, verifier, updater: this.#partitions };
	}

	/** Why the firmware has started anew, for people. */
	#cause({ power }: MachineIo): string {
		const cause = power.resetReason === "restart" ? "restart" : this.cause;
		this.cause = "power cut";
		return cause;
	}

	/** Its sensor, as long as it answers. */
	#driver(): Sensor {
		const air = this.#answer(() => this.#air);
		return {
			configure: options => this.#answer(() => air.configure(options)),
			sample: () => this.#answer(() => air.sample()),
			close() {},
		};
	}

	/** Its camera, likewise. */
	#camera(pictures: PictureSource): PictureSource {
		return { capture: view => this.#answer(() => pictures.capture(view)), close() {} };
	}

	#answer<Value>(what: () => Value): Value {
		if (!this.machine.hasSensors) throw new Error("nobody answers on the bus");
		return what();
	}

	/**
	 * What the firmware of that boot tells, as long as it lives. When the power goes in the middle of a write, what runs on
	 * until it returns to the machine has not happened.
	 */
	#listenerOf(boot: number): Required<BoardListener> {
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
				// A goodbye before a restart, or before sleep, is none for good.
				if (lives() && this.#drainMs !== undefined) listener.stopped(code);
			},
			restarted() {},
			sensorFailed: (name, failures) => {
				if (lives()) this.handleSensorFault(name, failures);
			},
			identified: seconds => {
				if (lives()) this.handleIdentify(seconds);
			},
		};
	}
}
