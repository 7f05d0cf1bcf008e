// The hardware of one simulated board: power, a clock of its own that drifts and jumps, timers, flash, and its way to the
// network. The firmware on it is whatever `boot` starts. When the power goes, everything that could still call the firmware
// is dead: what it was is left to the collector, as RAM is; flash keeps what it has.

import type {
	Clock,
	KeyValue,
	Power,
	Random,
	ResetReason,
	ResolverConstructor,
	SocketConstructor,
	Timer,
	TimerConstructor,
	TimerOptions,
} from "../../firmware/io.js";
import { type CutMode, Flash, PowerCut } from "./flash.js";
import type { Enter } from "./link.js";
import type { Network } from "./network.js";
import type { Path } from "./path.js";
import type { SeededRandom } from "./random.js";
import type { Task, VirtualTime } from "./time.js";

/** What the firmware of a board is given, from boot to the end of its power. */
export interface MachineIo {
	socket: SocketConstructor;
	resolver: ResolverConstructor;
	timer: TimerConstructor;
	clock: Clock;
	random: Random;
	store: KeyValue;
	power: Power;
}

/** The same as a Client wants it. */
export function clientIo({ socket, resolver, timer, clock, random }: MachineIo) {
	return { socket: { io: socket }, resolver: { io: resolver }, timer: { io: timer }, clock, random };
}

export interface MachineOptions {
	/** What the clock shows at each boot, in ms: it wraps at 2^31. Default 0. */
	startMs?: number;
	/** How much too fast its clock runs, in millionths; a crystal has up to 100, an RC oscillator 50,000. Default 0. */
	driftPpm?: number;
	/** The time of day when the world began, in ms since 1970, or 0 for not set. Default 0. */
	wallMs?: number;
	/** Default: a flash that never wears out. */
	flash?: Flash;
}

/** How long a board takes from power to its firmware's first line, in ms. */
const BOOT_MS = 300;

export class Machine {
	readonly name: string;
	readonly path: Path;
	readonly flash: Flash;
	/** How often its firmware has been started. */
	boots = 0;
	/** False: whatever is asked of its sensors throws, as a bus does where nobody answers. */
	hasSensors = true;
	/** When its power last went, in ms of the world's time. */
	offMs = 0;
	readonly #network: Network;
	readonly #time: VirtualTime;
	readonly #random: SeededRandom;
	readonly #boot: (machine: Machine, io: MachineIo) => void;
	readonly #options: MachineOptions;
	readonly #timers = new Set<MachineTimer>();
	#isOn = false;
	#isStarting: Task | undefined;
	#resetReason: ResetReason = "power";
	/** The power cut that waits for the next boot. */
	#planned: (() => void) | undefined;
	/** Reasons why there is no power just now. */
	#outages = 0;
	/** The clock: what it showed, at which moment of the world, and how fast it has run since. */
	#base = 0;
	#since = 0;
	#rate = 1;
	#wallOffset = 0;

	constructor(
		network: Network,
		random: SeededRandom,
		name: string,
		boot: (machine: Machine, io: MachineIo) => void,
		options: MachineOptions = {},
	) {
		this.name = name;
		this.#network = network;
		this.#time = network.time;
		this.#random = random;
		this.#boot = boot;
		this.#options = options;
		this.path = network.path(name);
		this.flash = options.flash ?? new Flash();
		this.#rate = 1 + (options.driftPpm ?? 0) / 1_000_000;
	}

	/** The time of the world, in ms. */
	get nowMs(): number {
		return this.#time.now;
	}

	/** Whether its firmware runs. */
	get isOn(): boolean {
		return this.#isOn;
	}

	/** Whether the firmware that was started as the `boot`-th (from 1) still runs. */
	isAlive(boot: number): boolean {
		return this.#isOn && this.boots === boot;
	}

	/**
	 * Power: the firmware starts, after what a boot takes. Nothing where it is on already or asleep, or an outage lasts, whose end
	 * does it.
	 */
	on(): void {
		this.#start(0, "power");
	}

	#start(afterMs: number, reason: ResetReason): void {
		if (this.#isOn || this.#isStarting !== undefined || this.#outages > 0) return;
		this.#isStarting = this.#time.after(afterMs + BOOT_MS, () => {
			this.#isStarting = undefined;
			this.#isOn = true;
			this.#resetReason = reason;
			this.boots += 1;
			this.flash.restore();
			this.#planned?.();
			this.#planned = undefined;
			this.#base = this.#options.startMs ?? 0;
			this.#since = this.#time.now;
			this.#enter(this.boots, () => this.#boot(this, this.#io(this.boots)));
		});
	}

	/** The power goes, now. */
	off(): void {
		if (this.#isStarting !== undefined) this.#isStarting.run = undefined;
		this.#isStarting = undefined;
		if (!this.#isOn) return;
		this.#isOn = false;
		this.offMs = this.#time.now;
		this.flash.cut();
		for (const timer of this.#timers) timer.close();
		for (const link of [...this.path.links]) link.vanish();
	}

	/** No power until what this returns is called, once: with several reasons for it, until the last of them is over. */
	outage(): () => void {
		this.off();
		this.#outages += 1;
		return () => {
			this.#outages -= 1;
			this.on();
		};
	}

	/** The power goes, and is back after `darkMs`. */
	offFor(darkMs: number): void {
		this.#time.after(darkMs, this.outage());
	}

	/**
	 * The power goes at the flash operation with that number from now on, the next being 1, and is back after `darkMs`;
	 * where it is off, the next boot's first operation is 1. `then` is called when it goes.
	 */
	offAtWrite(operation: number, mode: CutMode, darkMs: number, then: () => void): void {
		const plan = () =>
			this.flash.cutAt(operation, mode, () => {
				const end = this.outage();
				then();
				this.#time.after(darkMs, end);
			});
		if (this.#isOn) plan();
		else this.#planned = plan;
	}

	/** Out of memory, a watchdog: the firmware starts anew. */
	reset(): void {
		if (!this.#isOn) return;
		this.off();
		this.#start(0, "watchdog");
	}

	/** The firmware of that boot turns itself off: it starts anew after so many ms. A power cut in between ends the sleep. */
	#rest(boot: number, milliseconds: number, reason: ResetReason): void {
		if (!this.isAlive(boot)) return;
		this.off();
		this.#start(milliseconds, reason);
	}

	/** From now on its clock runs that much too fast, in millionths; or as it was made. */
	setDrift(driftPpm = this.#options.driftPpm ?? 0): void {
		this.#base = this.#ticks();
		this.#since = this.#time.now;
		this.#rate = 1 + driftPpm / 1_000_000;
		for (const timer of this.#timers) timer.retime();
	}

	/** Its ticks are that many ms on at once, as after a sleep: timers that came due meanwhile fire now. */
	skip(milliseconds: number): void {
		this.#base = this.#ticks() + milliseconds;
		this.#since = this.#time.now;
		for (const timer of this.#timers) timer.retime();
	}

	/** Somebody has set the time of day: it is that many ms further on, or back. */
	setWall(milliseconds: number): void {
		this.#wallOffset += milliseconds;
	}

	/** Calls into the firmware of that boot: not without power; and a power cut in the middle ends it there. */
	#enter(boot: number, run: () => void): void {
		if (!this.isAlive(boot)) return;
		try {
			run();
		} catch (error) {
			if (!(error instanceof PowerCut)) throw error;
		}
	}

	#ticks(): number {
		return this.#base + Math.floor((this.#time.now - this.#since) * this.#rate);
	}

	#io(boot: number): MachineIo {
		const enter = (run: () => void) => this.#enter(boot, run);
		const { wallMs = 0 } = this.#options;
		return {
			socket: this.#network.socketFor(this.name, enter),
			resolver: this.#network.resolverFor(this.name, enter),
			timer: this.#timerClass(enter),
			clock: {
				now: () => this.#ticks() | 0,
				wall: () => (wallMs === 0 ? 0 : wallMs + this.#time.now + this.#wallOffset),
			},
			random: this.#random.fork(`${this.name} ${boot}`),
			store: this.flash,
			power: {
				resetReason: this.#resetReason,
				restart: () => this.#rest(boot, 0, "restart"),
				sleep: milliseconds => this.#rest(boot, milliseconds, "sleep"),
			},
		};
	}

	#timerClass(enter: Enter): TimerConstructor {
		const machine = this;
		return class extends MachineTimer {
			constructor(options: TimerOptions) {
				super(machine.#time, options, {
					ticks: () => machine.#ticks(),
					rate: () => machine.#rate,
					enter,
					timers: machine.#timers,
				});
			}
		};
	}
}

interface TimerSource {
	ticks(): number;
	rate(): number;
	enter: Enter;
	timers: Set<MachineTimer>;
}

/** A timer that counts the ticks of its board. */
class MachineTimer implements Timer {
	readonly target: unknown;
	readonly #options: TimerOptions;
	readonly #time: VirtualTime;
	readonly #source: TimerSource;
	#task: Task | undefined;
	#dueAt = 0;

	constructor(time: VirtualTime, options: TimerOptions, source: TimerSource) {
		this.#time = time;
		this.#options = options;
		this.#source = source;
		this.target = options.target;
	}

	schedule(milliseconds: number): void {
		this.#cancel();
		this.#dueAt = this.#source.ticks() + milliseconds;
		this.#source.timers.add(this);
		this.retime();
	}

	close(): void {
		this.#cancel();
		this.#source.timers.delete(this);
	}

	/** The clock has changed: when it is due in the world's time has to be worked out anew. */
	retime(): void {
		this.#cancel();
		const left = Math.max(0, Math.ceil((this.#dueAt - this.#source.ticks()) / this.#source.rate()));
		this.#task = this.#time.after(left, () => {
			this.#source.timers.delete(this);
			this.#task = undefined;
			this.#source.enter(() => this.#options.onTimer.call(this));
		});
	}

	#cancel(): void {
		if (this.#task !== undefined) this.#task.run = undefined;
		this.#task = undefined;
	}
}
