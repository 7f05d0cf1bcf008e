// A simulated board whose firmware runs on the real engine, in a heap of fixed size. Its sockets, timers and storage are
// those of the world it was given, real or virtual; between its steps it does not exist.

import type { Collaborators, Resolver, Sensor, Socket, Timer } from "../../firmware/io.js";
import { Board, type BoardListener, type BoardOptions, sendLimit } from "../fleet/board.js";
import { configOf, needsWholeBoard } from "../fleet/whole.js";
import { seattle } from "../sensor/air.js";
import {
	type BoardConfig,
	COMMAND_STOP,
	TELL_END,
	TELL_OFFLINE,
	TELL_ONLINE,
	TELL_PING,
	TELL_READING,
	TELL_STOPPED,
} from "./device/tell.js";
import type { Counters, Device, DeviceWorld, EngineHost } from "./device.js";
import { Events } from "./frames.js";

/** What lwIP takes in on an ESP32 before anybody reads it; the device's window, see engine/engine.h. */
const WINDOW = 5744;
/** How long a board takes from a crash to the first line of its program, in ms. */
const BOOT_MS = 500;

/** What the board is made of. */
export interface Hardware {
	/** Memory for everything that can change, stack included, in bytes. */
	heapBytes: number;
	/** Default 512, as in SDK builds. */
	stackSlots?: number;
	/** How many sensors it reads; all see the same weather. Default 1. */
	sensors?: number;
	/** Under sanitizers: a collection before every so many allocations. Default 0: none. */
	stress?: number;
}

interface Link {
	readonly socket: Socket;
	/** Bytes that wait on our side. */
	waiting: number;
	/** Bytes that the device has room for. */
	credit: number;
}

export class EngineBoard extends Board {
	readonly #host: EngineHost;
	readonly #options: BoardOptions;
	readonly #io: Collaborators;
	readonly #hardware: Hardware;
	readonly #sensor: Sensor;
	readonly #links = new Map<number, Link>();
	readonly #resolvers = new Map<number, Resolver>();
	#device: Device | undefined;
	#wake: Timer | undefined;
	/** In a step: what happens meanwhile has to wait for the next one. */
	#busy = false;
	readonly #queue: ((events: Events) => void)[] = [];

	constructor(host: EngineHost, hardware: Hardware, options: BoardOptions, on: BoardListener = {}) {
		super(options, on);
		this.#host = host;
		this.#hardware = hardware;
		this.#options = options;
		this.#io = options.io;
		const { clock } = options.io;
		const start = clock.wall();
		this.#sensor = seattle(options.curves ?? {}, clock, () => clock.wall() - start, options.random);
	}

	/** What the device has cost since it booted. */
	get counters(): Counters | undefined {
		return this.#device?.counters;
	}

	override start(): void {
		this.#wake = new this.#io.timer({ onTimer: () => this.#step(undefined) });
		this.#boot();
	}

	override stop(drainMs: number): void {
		if (this.stopped) return;
		if (this.#device === undefined) this.#end(0);
		else this.#step(events => events.command(COMMAND_STOP, drainMs));
	}

	/** Cuts the power; the board boots again. */
	cutPower(): void {
		this.#device?.kill();
		if (!this.#busy) this.#settle();
	}

	#boot(): void {
		const { deviceId, host, port, protocolVersion, userName, password, intervalMs, qos, keepAlive, random } =
			this.#options;
		const { sensors = 1, stress = 0, ...memory } = this.#hardware;
		const whole = needsWholeBoard(this.#options);
		const config: BoardConfig = {
			deviceId,
			host,
			port,
			...(protocolVersion === 5 && { protocolVersion }),
			...(userName !== undefined && { userName }),
			...(password !== undefined && { password }),
			intervalMs,
			qos,
			keepAlive,
			send: sendLimit(userName, password),
			sensors,
			resolver: this.#io.resolver !== undefined,
			stress,
			...(whole && { settings: configOf(this.#options, host) }),
		};
		const device = this.#host.device({
			module: whole ? "xs/device/whole" : "xs/device/board",
			...memory,
			seed: random.next(),
			config: JSON.stringify(config),
			now: this.#io.clock.now(),
			wall: this.#io.clock.wall(),
			world: this.#world(),
		});
		this.#device = device;
		this.#busy = true;
		device.boot();
		this.#busy = false;
		// What answered at once has waited until its main had returned.
		if (this.#queue.length > 0) this.#step(undefined);
		else this.#settle();
	}

	/** Lets the device have these events, and what has happened meanwhile. */
	#step(add: ((events: Events) => void) | undefined): void {
		if (add !== undefined) this.#queue.push(add);
		if (this.#busy || this.#device === undefined) return;
		do {
			const events = new Events(this.#io.clock.now(), this.#io.clock.wall());
			for (const each of this.#queue.splice(0)) each(events);
			this.#busy = true;
			this.#device.step(events);
			this.#busy = false;
		} while (this.#queue.length > 0 && this.#device.ended === undefined);
		this.#settle();
	}

	/** After a step: when the next one is due, or what has ended the device. */
	#settle(): void {
		const device = this.#device;
		if (device === undefined) return;
		if (device.ended !== undefined) return this.#handleEnd(device.ended, device.lastPrint);
		if (this.stopped) return this.#end(undefined);
		if (device.deadline === undefined) return;
		this.#wake!.schedule(Math.max(0, (device.deadline - this.#io.clock.now()) | 0));
	}

	/** Its memory is gone, its sockets with it; what it has stored is not. */
	#handleEnd(why: string, print: string): void {
		this.#device = undefined;
		this.#release();
		this.handleRestart(why === "unhandled exception" ? `${why}: ${print}` : why);
		const boot: Timer = new this.#io.timer({
			onTimer: () => {
				boot.close();
				if (!this.stopped && this.#wake !== undefined) this.#boot();
			},
		});
		boot.schedule(BOOT_MS);
	}

	/** The end of the simulation; `code` is what to tell where the agent could not. */
	#end(code: number | undefined): void {
		this.#device?.kill();
		this.#device = undefined;
		this.#wake?.close();
		this.#wake = undefined;
		this.#release();
		if (code !== undefined) this.listener.stopped(code);
	}

	#release(): void {
		for (const { socket } of this.#links.values()) socket.close();
		for (const resolver of this.#resolvers.values()) resolver.close();
		this.#links.clear();
		this.#resolvers.clear();
		this.#queue.length = 0;
	}

	#world(): DeviceWorld {
		const { store } = this.#io;
		return {
			connect: (handle, address, port) => this.#connect(handle, address, port),
			write: (handle, bytes) => {
				// A copy: the frame's bytes will be used again, and slice() of a Buffer copies nothing.
				this.#links.get(handle)?.socket.write(new Uint8Array(bytes));
			},
			close: handle => {
				this.#links.get(handle)?.socket.close();
				this.#links.delete(handle);
			},
			resolve: (handle, host) => this.#resolve(handle, host),
			consumed: (handle, count) => {
				const link = this.#links.get(handle);
				if (link === undefined) return;
				link.credit += count;
				this.#pump(handle);
			},
			tell: (kind, a, b, c, bytes) => this.#tell(kind, a, b, c, bytes),
			storeRead: key => store.read(key),
			storeWrite: (key, value) => store.write(key, value),
			storeDelete: key => store.delete(key),
			sample: () => this.#sensor.sample(),
		};
	}

	#connect(handle: number, address: string, port: number): void {
		try {
			const socket = new this.#io.socket({
				address,
				port,
				nodelay: true,
				onReadable: count => {
					const link = this.#links.get(handle);
					if (link?.socket !== socket) return;
					link.waiting = count;
					this.#pump(handle);
				},
				onWritable: count => {
					if (this.#links.get(handle)?.socket === socket) this.#step(events => events.writable(handle, count));
				},
				onError: () => {
					if (this.#links.get(handle)?.socket === socket) this.#step(events => events.failed(handle));
				},
			});
			this.#links.set(handle, { socket, waiting: 0, credit: WINDOW });
		} catch {
			this.#queue.push(events => events.failed(handle));
		}
	}

	/** Moves what waits into the device's window, as far as there is room. */
	#pump(handle: number): void {
		const link = this.#links.get(handle)!;
		const count = Math.min(link.waiting, link.credit);
		if (count === 0) return;
		const bytes = new Uint8Array(count);
		link.socket.read(bytes);
		link.waiting -= count;
		link.credit -= count;
		this.#step(events => events.readable(handle, bytes));
	}

	#resolve(handle: number, host: string): void {
		const resolver = new this.#io.resolver!({});
		const finish = (add: (events: Events) => void) => {
			if (this.#resolvers.get(handle) !== resolver) return;
			this.#resolvers.delete(handle);
			resolver.close();
			this.#step(add);
		};
		this.#resolvers.set(handle, resolver);
		resolver.resolve({
			host,
			onResolved: (_host, address) => finish(events => events.resolved(handle, address)),
			onError: () => finish(events => events.failed(handle)),
		});
	}

	#tell(kind: number, a: number, b: number, c: number, bytes: Buffer): void {
		const on = this.listener;
		if (kind === TELL_ONLINE) on.online(a !== 0);
		else if (kind === TELL_OFFLINE) on.offline(a);
		else if (kind === TELL_PING) on.ping(a);
		else if (kind === TELL_READING) on.reading(a, b, bytes, bytes.length);
		else if (kind === TELL_END) on.end(a, b, c);
		else if (kind === TELL_STOPPED) on.stopped(a);
	}
}
