// Devices, each a real XS machine with a heap of fixed size in a process of its own. A device does nothing by itself:
// the world gives it a moment and events, and waits until it has answered. No time passes in between, so a simulated
// world stays synchronous.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sample } from "../../firmware/io.js";
import {
	ABORTED,
	BOOT,
	CLOSE,
	CONNECT,
	CONSUMED,
	DONE,
	type Events,
	FrameWriter,
	PRINT,
	REPLY,
	RESOLVE,
	SAMPLE,
	STORE_DELETE,
	STORE_READ,
	STORE_WRITE,
	TELL,
	WRITE,
} from "./frames.js";

/** Around a device. All of it is called while the device waits. */
export interface DeviceWorld {
	connect?(handle: number, address: string, port: number): void;
	/** The bytes are only valid during the call. */
	write?(handle: number, bytes: Buffer): void;
	close?(handle: number): void;
	resolve?(handle: number, host: string): void;
	/** The device has read so many bytes from that socket. */
	consumed?(handle: number, count: number): void;
	/** The application says something to who looks on; the bytes are only valid during the call. */
	tell?(kind: number, a: number, b: number, c: number, bytes: Buffer): void;
	print?(text: string): void;
	storeRead?(key: string): ArrayBuffer | undefined;
	storeWrite?(key: string, value: ArrayBuffer): void;
	storeDelete?(key: string): void;
	sample?(sensor: number): Sample | undefined;
}

export interface DeviceOptions {
	/** Name of the module whose default export is main. */
	module: string;
	/** Bytes for everything that the device can change. */
	heapBytes: number;
	/** Slots of the stack, which lies in the heap. Default 512, as in SDK builds for ESP32. */
	stackSlots?: number;
	/** Names that may be made at run time. Default 32. */
	keys?: number;
	/** Instructions that one step may take before the watchdog ends the device. Default 50 million. */
	watchdog?: number;
	seed?: number;
	/** What the application gets from `config()`. */
	config?: string;
	now: number;
	wall: number;
	world: DeviceWorld;
}

/** What a device has done since it booted; see engine/engine.h. */
export interface Counters {
	/** XS's meter: bytecodes, and what native functions charge for their work. */
	readonly instructions: number;
	/** Of these, what copying bytes was charged. */
	readonly copied: number;
	readonly slotsMade: number;
	readonly chunksMade: number;
	readonly chunkBytesMade: number;
	readonly collections: number;
	readonly liveSlots: number;
	readonly liveChunkBytes: number;
	/** Bytes of a slot. */
	readonly slotSize: number;
	/** Slots. */
	readonly stackPeak: number;
	readonly stackSize: number;
	/** Bytes that neither slots nor chunks have claimed. */
	readonly arenaFree: number;
	readonly keys: number;
	readonly aliases: number;
}

const COUNTERS = [
	"instructions",
	"copied",
	"slotsMade",
	"chunksMade",
	"chunkBytesMade",
	"collections",
	"liveSlots",
	"liveChunkBytes",
	"slotSize",
	"stackPeak",
	"stackSize",
	"arenaFree",
	"keys",
	"aliases",
] as const;
const COUNTERS_BYTES = 4 * COUNTERS.length;

/** One engine process with an image: it stands for the flash that all its devices share. */
export class EngineHost {
	readonly #process: ChildProcess;
	readonly #directory: string;
	readonly #control: number;
	#devices = 0;
	#closed = false;

	/** `env` is added to the environment of the engine. */
	constructor(engine: string, image: string, env: Record<string, string> = {}) {
		this.#directory = mkdtempSync(join(tmpdir(), "thimble-xs-"));
		process.once("exit", this.#remove);
		const control = join(this.#directory, "control");
		execFileSync("mkfifo", [control]);
		// A process that cannot open it exits, and the system's own open() would wait for ever: so both ends are held
		// until the engine has its own.
		this.#process = spawn(engine, ["serve", image, control], {
			stdio: ["ignore", "ignore", "inherit"],
			env: { ...process.env, ...env },
		});
		this.#process.unref();
		this.#control = openSync(control, "r+");
	}

	/** A device that boot() starts. Throws where the engine is gone. */
	device(options: DeviceOptions): Device {
		if (this.#closed) throw new Error("the engine is closed");
		this.#devices += 1;
		const input = join(this.#directory, `${this.#devices}.in`);
		const output = join(this.#directory, `${this.#devices}.out`);
		execFileSync("mkfifo", [input, output]);
		if (!existsSync(`/proc/${this.#process.pid}/exe`)) throw new Error("the engine's process has ended");
		writeSync(this.#control, `${input} ${output}\n`);
		const device = new Device(options, openSync(input, "w"), openSync(output, "r"));
		rmSync(input);
		rmSync(output);
		return device;
	}

	close(): void {
		this.#closed = true;
		process.removeListener("exit", this.#remove);
		closeSync(this.#control);
		this.#process.kill();
		this.#remove();
	}

	readonly #remove = () => rmSync(this.#directory, { recursive: true, force: true });
}

export class Device {
	/** When it wants to be stepped again at the latest, as its clock shows it, or undefined. */
	deadline: number | undefined;
	counters: Counters | undefined;
	/** Why it has ended: "out of memory", "stack overflow", "unhandled exception", "watchdog", "no power", … */
	ended: string | undefined;
	/** What it printed last: with an unhandled exception, what that says. */
	lastPrint = "";
	readonly #options: DeviceOptions;
	readonly #world: DeviceWorld;
	readonly #input: number;
	readonly #output: number;
	#frame = Buffer.alloc(4096);
	#at = 0;

	constructor(options: DeviceOptions, input: number, output: number) {
		this.#options = options;
		this.#world = options.world;
		this.#input = input;
		this.#output = output;
	}

	/** Runs its main. What that asks for is asked before this returns. */
	boot(): this {
		const options = this.#options;
		const { module, heapBytes, stackSlots = 512, keys = 32, watchdog = 50_000_000, seed = 1, config = "{}" } = options;
		const boot = new FrameWriter(BOOT).int32(heapBytes).int32(stackSlots).int32(keys).int32(watchdog).int32(seed);
		this.#send(boot.int32(options.now).number(options.wall).text(module).bytes(Buffer.from(config)).done());
		this.#serve();
		return this;
	}

	/** Gives events to the device and waits until it has done what there was to do. Nothing once it has ended. */
	step(events: Events): void {
		if (this.ended !== undefined) return;
		this.#send(events.done());
		this.#serve();
	}

	/** Takes its power away; also right within a call to its world. */
	kill(): void {
		this.#end("no power");
	}

	#end(why: string): void {
		if (this.ended !== undefined) return;
		this.ended = why;
		this.deadline = undefined;
		closeSync(this.#input);
		closeSync(this.#output);
	}

	#send(bytes: Buffer): void {
		try {
			for (let at = 0; at < bytes.length; ) at += writeSync(this.#input, bytes, at);
		} catch (error) {
			// What it had to say before it ended is still to be read.
			if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
		}
	}

	/** Reads into the frame's buffer. False where the process has ended. */
	#receive(count: number): boolean {
		if (count > this.#frame.length) this.#frame = Buffer.alloc(count * 2);
		for (let at = 0; at < count; ) {
			const some = readSync(this.#output, this.#frame, at, count - at, null);
			if (some === 0) return false;
			at += some;
		}
		this.#at = 0;
		return true;
	}

	/** Does what the device asks for until it is done. */
	#serve(): void {
		while (this.ended === undefined) {
			if (!this.#receive(4)) return this.#end("crash of the engine");
			const size = this.#frame.readUInt32LE(0);
			if (!this.#receive(size)) return this.#end("crash of the engine");
			const kind = this.#uint8();
			if (kind === DONE) {
				const running = this.#uint8() !== 0;
				const due = this.#int32();
				this.deadline = running ? due : undefined;
				this.#takeCounters();
				return;
			}
			if (kind === ABORTED) {
				this.#int32();
				if (size - this.#at >= COUNTERS_BYTES) this.#takeCounters();
				return this.#end(this.#rest(size).toString());
			}
			this.#handle(kind, size);
		}
	}

	#handle(kind: number, size: number): void {
		const world = this.#world;
		switch (kind) {
			case CONNECT: {
				const handle = this.#uint8();
				const port = this.#int32();
				world.connect?.(handle, this.#rest(size).toString(), port);
				break;
			}
			case WRITE:
				world.write?.(this.#uint8(), this.#rest(size));
				break;
			case CLOSE:
				world.close?.(this.#uint8());
				break;
			case RESOLVE:
				world.resolve?.(this.#uint8(), this.#rest(size).toString());
				break;
			case CONSUMED:
				world.consumed?.(this.#uint8(), this.#int32());
				break;
			case TELL:
				world.tell?.(this.#int32(), this.#int32(), this.#int32(), this.#int32(), this.#rest(size));
				break;
			case PRINT:
				this.lastPrint = this.#rest(size).toString();
				world.print?.(this.lastPrint);
				break;
			default:
				this.#answer(kind, size);
		}
	}

	#answer(kind: number, size: number): void {
		const reply = new FrameWriter(REPLY);
		switch (kind) {
			case STORE_READ: {
				const value = this.#world.storeRead?.(this.#key());
				reply.uint8(value === undefined ? 0 : 1);
				if (value !== undefined) reply.bytes(new Uint8Array(value));
				break;
			}
			case STORE_WRITE: {
				const key = this.#key();
				this.#world.storeWrite?.(key, new Uint8Array(this.#rest(size)).buffer);
				break;
			}
			case STORE_DELETE:
				this.#world.storeDelete?.(this.#key());
				break;
			case SAMPLE: {
				const sample = this.#world.sample?.(this.#uint8());
				reply.uint8(sample === undefined ? 0 : 1);
				if (sample !== undefined) {
					const { temperature = Number.NaN, humidity = Number.NaN, pressure = Number.NaN } = sample;
					reply.number(temperature).number(humidity).number(pressure);
				}
				break;
			}
			default:
				throw new Error(`frame ${kind} of the engine is unknown`);
		}
		// The world may have taken its power.
		if (this.ended === undefined) this.#send(reply.done());
	}

	#takeCounters(): void {
		const counters: Record<string, number> = {};
		for (const name of COUNTERS) counters[name] = this.#int32() >>> 0;
		this.counters = counters as unknown as Counters;
	}

	#uint8(): number {
		this.#at += 1;
		return this.#frame[this.#at - 1]!;
	}

	#int32(): number {
		this.#at += 4;
		return this.#frame.readInt32LE(this.#at - 4);
	}

	#key(): string {
		const start = this.#at;
		this.#at = this.#frame.indexOf(0, start) + 1;
		return this.#frame.toString("utf8", start, this.#at - 1);
	}

	#rest(size: number): Buffer {
		return this.#frame.subarray(this.#at, size);
	}
}
