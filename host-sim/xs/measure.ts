// What the client costs on the engine with the object sizes of a board, against a scripted peer: every figure is exact,
// and the same on every machine.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Fleet } from "../fleet/fleet.js";
import { checkScenario, UsageError } from "../fleet/scenario.js";
import { Client, World } from "../testing.js";
import { EngineBoard } from "./board.js";
import { buildEngine, sourcePath } from "./build.js";
import { COMMAND_CREATE, COMMAND_NOTHING, COMMAND_PUBLISH, COMMAND_SUBSCRIBE, METERED_TOPIC } from "./device/meter.js";
import { type Counters, type Device, EngineHost } from "./device.js";
import { Events } from "./frames.js";
import { buildImage, type ModuleSize, modulesOf, namesOf } from "./image.js";
import { ON_CHIP, recognition, recognitionOnChip } from "./recognition.js";

/** What was measured, by name; sizes in bytes, work in instructions of XS's meter. */
export interface Measurement {
	readonly figures: Readonly<Record<string, number>>;
	/** Why a figure is missing, by its name. */
	readonly skipped: Readonly<Record<string, string>>;
	/** Bytecode of firmware/mqtt by module. */
	readonly modules: readonly ModuleSize[];
}

/** Operations before the count begins, and operations counted. */
const WARM_UP = 100;
const COUNTED = 1000;
const ROOM = 5744;

/** Measures everything. Builds what is needed; throws a UsageError where something is missing to build it. */
export async function measure(say: (text: string) => void = () => {}): Promise<Measurement> {
	const engine = await buildEngine("32", say);
	const library = await modulesOf(libraryFiles());
	const client = buildImage(engine, await modulesOf([...libraryFiles(), sourcePath("device/metered.ts")]));
	const agent = buildImage(engine, await modulesOf([sourcePath("device/board.ts")]));
	const libraryImage = buildImage(engine, library);
	const { modules } = libraryImage;
	const host = new EngineHost(engine, client.path);
	const agentHost = new EngineHost(engine, agent.path);
	const whole = buildImage(engine, await modulesOf([sourcePath("device/whole.ts")]));
	const wholeHost = new EngineHost(engine, whole.path);
	try {
		const chip = await chipFigures(engine, say);
		const sum = (pick: (module: ModuleSize) => number) => modules.reduce((total, module) => total + pick(module), 0);
		return {
			modules,
			skipped: chip.skipped,
			figures: {
				"bytecode, code": sum(({ code }) => code),
				"bytecode, symbols": sum(({ symbols }) => symbols),
				"bytecode, symbols, each once": namesOf(libraryImage),
				"flash of the preloaded client": flashOf(engine, libraryImage.path) + sum(({ code }) => code),
				...operations(host, 4),
				...operations(host, 5),
				...memory(host),
				"smallest arena, client alone": smallestClient(host),
				"smallest arena, whole agent": smallestAgent(agentHost),
				"smallest arena, whole board": smallestBoard(wholeHost),
				...(await recognition(engine)),
				...chip.figures,
			},
		};
	} finally {
		host.close();
		agentHost.close();
		wholeHost.close();
	}
}

/** What wants a compiler for the chip, and QEMU. In CI it is a failure where they are missing. */
export async function chipFigures(
	engine: string,
	say: (text: string) => void = () => {},
): Promise<Pick<Measurement, "figures" | "skipped">> {
	try {
		return { figures: await recognitionOnChip(engine, say), skipped: {} };
	} catch (error) {
		if (!(error instanceof UsageError) || process.env["CI"] === "true") throw error;
		return { figures: {}, skipped: { [ON_CHIP]: error.message } };
	}
}

/** All of firmware/mqtt, but for the class that stands in for the SDK's own client. */
function libraryFiles(): string[] {
	const folder = sourcePath("../../firmware/mqtt");
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter(file => file.endsWith(".ts") && file !== "ecma419.ts")
		.map(file => join(folder, file))
		.sort();
}

/** Slots and chunks that preloading the image adds to the machine in flash, in bytes. */
function flashOf(engine: string, image: string): number {
	const { stdout } = spawnSync(engine, ["flash", image], { encoding: "utf8" });
	const [bare, full] = stdout
		.trim()
		.split("\n")
		.map(line => {
			const [slotSize, slots, chunks] = line.split(" ").map(Number) as [number, number, number];
			return slotSize * slots + chunks;
		});
	return full! - bare!;
}

/** A device with the metered client, and the scripted peer at the other end of its socket. */
class Bench {
	readonly device: Device;
	/** What the client has written since the last take(). */
	#written: Buffer[] = [];
	#handle = 0;
	#now = 1000;
	/** A block of properties where there are none: a zero, or nothing in 3.1.1. */
	readonly #empty: Uint8Array;
	readonly #version: 4 | 5;

	constructor(host: EngineHost, heapBytes: number, stackSlots: number, version: 4 | 5 = 4) {
		this.#version = version;
		this.#empty = new Uint8Array(version === 5 ? 1 : 0);
		this.device = host
			.device({
				module: "xs/device/metered",
				heapBytes,
				stackSlots,
				now: this.#now,
				wall: 0,
				world: {
					connect: handle => {
						this.#handle = handle;
					},
					write: (_, bytes) => this.#written.push(Buffer.from(bytes)),
				},
			})
			.boot();
	}

	get counters(): Counters {
		return this.device.counters!;
	}

	command(command: number, argument = 0): void {
		this.#step(events => events.command(command, argument));
	}

	send(...bytes: (number | Uint8Array)[]): void {
		const frame = Buffer.concat(bytes.map(part => (typeof part === "number" ? Buffer.from([part]) : part)));
		this.#step(events => events.readable(this.#handle, frame));
	}

	writable(): void {
		this.#step(events => events.writable(this.#handle, ROOM));
	}

	collect(): Counters {
		this.#step(events => events.collect());
		return this.counters;
	}

	take(): Buffer {
		return Buffer.concat(this.#written.splice(0));
	}

	/** A client that is connected, and subscribed where that is asked for. */
	connect(): this {
		this.command(COMMAND_CREATE, this.#version);
		this.#now += 1000;
		this.#step(() => {});
		this.writable();
		this.send(0x20, 2 + this.#empty.length, 0, 0, this.#empty);
		this.take();
		return this;
	}

	subscribe(wildcard: boolean): this {
		this.command(COMMAND_SUBSCRIBE, wildcard ? 1 : 0);
		// One SUBSCRIBE at a time may be in flight; each is answered with QoS 2 for all of its filters.
		for (let bytes = this.take(); bytes.length > 0; bytes = this.take()) {
			const remaining = bytes[1]!;
			let filters = 0;
			const more = this.#empty.length;
			for (let at = 4 + more; at < remaining + 2; at += 3 + bytes.readUInt16BE(at)) filters += 1;
			this.send(0x90, 2 + more + filters, bytes.subarray(2, 4), this.#empty, Buffer.alloc(filters, 2));
		}
		return this;
	}

	/** A publish of the client's, with all that it takes to end it. */
	publish(qos: number): void {
		this.command(COMMAND_PUBLISH, qos);
		if (qos === 0) {
			this.take();
			return;
		}
		const bytes = this.take();
		const id = bytes.subarray(4 + METERED_TOPIC.length, 6 + METERED_TOPIC.length);
		if (qos === 1) {
			this.send(0x40, 2, id);
			return;
		}
		this.send(0x50, 2, id);
		this.take();
		this.send(0x70, 2, id);
	}

	/** A message to the client, with all that it takes to end it. */
	receive(qos: number, id: number): void {
		const number = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id]);
		const topic = Buffer.from(METERED_TOPIC);
		const payload = Buffer.alloc(64, 0x61);
		const remaining = 2 + topic.length + number.length + this.#empty.length + payload.length;
		this.send(0x30 | (qos << 1), remaining, 0, topic.length, topic, number, this.#empty, payload);
		if (qos === 2) this.send(0x62, 2, number);
		if (this.take().length !== 4 * qos) throw new Error(`the client has not acknowledged at QoS ${qos}`);
	}

	#step(add: (events: Events) => void): void {
		const events = new Events(this.#now, 0);
		add(events);
		this.device.step(events);
	}
}

/** What one operation costs; the socket is given room again in between, at a cost that is a figure of its own. */
function operations(host: EngineHost, version: 4 | 5): Record<string, number> {
	const figures: Record<string, number> = {};
	const at5 = version === 5 ? ", 5.0" : "";
	const bench = new Bench(host, 65_536, 512, version).connect().subscribe(false);
	const wild = new Bench(host, 65_536, 512, version).connect().subscribe(true);
	const nothing = cost(bench, () => bench.command(COMMAND_NOTHING));
	for (const qos of [0, 1, 2]) {
		const { instructions, copied, made } = cost(bench, () => bench.publish(qos));
		const own = round10(instructions - nothing.instructions - copied);
		figures[`bytes made, publish QoS ${qos}${at5}`] = made;
		figures[`instructions, publish QoS ${qos}${at5}`] = own;
		figures[`with copies, publish QoS ${qos}${at5}`] = round10(own + copied);
	}
	for (const qos of [0, 1, 2]) {
		let id = 0;
		const receive = (to: Bench) => () => {
			id = (id % 65_535) + 1;
			to.receive(qos, id);
		};
		const { instructions, copied, made } = cost(bench, receive(bench));
		figures[`bytes made, receive QoS ${qos}${at5}`] = made;
		figures[`instructions, receive QoS ${qos}${at5}`] = round10(instructions - copied);
		figures[`with copies, receive QoS ${qos}${at5}`] = instructions;
		if (qos > 0 || version === 5) continue;
		const more = cost(wild, receive(wild));
		figures["instructions, a wildcard filter more"] = round10(
			more.instructions - more.copied - (instructions - copied),
		);
	}
	if (version === 5) return figures;
	figures["instructions, socket writable, nothing to send"] = cost(bench, () => bench.writable()).instructions;
	const { collections } = bench.counters;
	for (let i = 0; i < 10_000; i += 1) run(bench, () => bench.publish(i % 3));
	for (let i = 0; i < 10_000; i += 1) run(bench, () => bench.receive(i % 3, (i % 65_535) + 1));
	figures["collections in 20,000 operations"] = bench.counters.collections - collections;
	return figures;
}

/** An operation, with room for it beforehand: what that costs is not counted. */
function run(bench: Bench, operation: () => void): void {
	bench.writable();
	operation();
	if (bench.device.ended !== undefined) throw new Error(`the device has ended: ${bench.device.ended}`);
}

function cost(bench: Bench, operation: () => void): { instructions: number; copied: number; made: number } {
	let instructions = 0;
	let copied = 0;
	let made = 0;
	for (let i = 0; i < WARM_UP + COUNTED; i += 1) {
		bench.writable();
		const before = bench.counters;
		operation();
		if (bench.device.ended !== undefined) throw new Error(`the device has ended: ${bench.device.ended}`);
		if (i < WARM_UP) continue;
		const after = bench.counters;
		instructions += (after.instructions - before.instructions) >>> 0;
		copied += (after.copied - before.copied) >>> 0;
		made += (after.slotsMade - before.slotsMade) * after.slotSize + after.chunkBytesMade - before.chunkBytesMade;
	}
	return { instructions: round(instructions), copied: round(copied), made: round(made) };
}

function round(total: number): number {
	return round10(total / COUNTED);
}

/** Bytes that the default `limits` ask for: receive, send, outbox. */
const BUFFERS = 512 + 512 + 1024;

/** What lives while the client is connected, without what lived before it was made. */
function memory(host: EngineHost): Record<string, number> {
	const bench = new Bench(host, 65_536, 512);
	const bytes = ({ liveSlots, slotSize, liveChunkBytes }: Counters) => liveSlots * slotSize + liveChunkBytes;
	const before = bench.collect();
	bench.connect();
	const connected = bench.collect();
	bench.subscribe(false);
	for (let i = 0; i < 50; i += 1) {
		run(bench, () => bench.publish(i % 3));
		run(bench, () => bench.receive(i % 3, i + 1));
	}
	return {
		"live heap, connected, without buffers": bytes(connected) - bytes(before) - BUFFERS,
		"live heap, buffers": BUFFERS,
		// Four bytes each, in the C heap.
		"aliases of what lies in flash": bench.counters.aliases * 4,
		"stack peak": bench.counters.stackPeak * bench.counters.slotSize,
	};
}

/** The smallest number from `low` up (which fails) to `high` (which passes) that passes, in steps. */
function smallest(low: number, high: number, step: number, passes: (size: number) => boolean): number {
	if (!passes(high)) throw new Error(`${high} does not pass`);
	while (high - low > step) {
		const middle = Math.floor((low + high) / 2 / step) * step;
		if (passes(middle)) high = middle;
		else low = middle;
	}
	return high;
}

/** In bytes, with the stack that it needs: connected, subscribed, QoS 2 both ways. */
function smallestClient(host: EngineHost): number {
	const passes = (heapBytes: number, stackSlots: number) => {
		const bench = new Bench(host, heapBytes, stackSlots);
		const steps = [
			() => bench.connect().subscribe(false),
			...Array.from({ length: 30 }, (_, i) => () => {
				run(bench, () => bench.publish(i % 3));
				run(bench, () => bench.receive(i % 3, i + 1));
			}),
		];
		for (const step of steps) {
			try {
				step();
			} catch (error) {
				if (bench.device.ended === undefined) throw error;
			}
			if (bench.device.ended !== undefined) return false;
		}
		bench.device.kill();
		return true;
	};
	const stack = smallest(0, 512, 1, slots => passes(65_536, slots));
	return smallest(1024, 65_536, 16, bytes => passes(bytes, stack));
}

/** In bytes, with the stack that it needs: 1,000 readings at QoS 1, three sensors, and a lost connection every 100 s. */
function smallestAgent(host: EngineHost): number {
	const passes = (heapBytes: number, stackSlots: number) => {
		const world = new World({ wallMs: Date.UTC(2026, 0, 1) });
		let board: EngineBoard | undefined;
		const fleet = new Fleet(
			checkScenario({ devices: 1, interval: "1s", qos: 1 }, ""),
			{ host: "broker", port: 1883 },
			id => world.board(id).io,
			() => {},
			(options, on) => {
				board = new EngineBoard(host, { heapBytes, stackSlots, sensors: 3 }, options, on);
				return board;
			},
		);
		fleet.start();
		for (let i = 0; i < 10 && board!.restarts === 0; i += 1) {
			world.run(100_000);
			world.link("board-01")?.cut();
		}
		world.run(10_000);
		const { settled, reconnects } = board!.counts;
		const passed = board!.restarts === 0 && settled >= 1000 && reconnects >= 10;
		void fleet.stop(0);
		world.run(1000);
		return passed;
	};
	const stack = smallest(0, 512, 1, slots => passes(65_536, slots));
	return smallest(4096, 65_536, 16, bytes => passes(bytes, stack));
}

/**
 * The same of a board with all its duties: sessions in flash, a ring for readings, commands of each kind, diagnostics, Home
 * Assistant, and updates that it refuses, since it knows no signatures.
 */
function smallestBoard(host: EngineHost): number {
	const passes = (heapBytes: number, stackSlots: number) => {
		const world = new World({ wallMs: Date.UTC(2026, 0, 1) });
		const answers = new Set<string>();
		const desk = new Client({ clientId: "desk", ...world.collaborators("desk"), limits: { receive: 2048 } });
		desk.subscribe("thimble/+/answer", message => answers.add(message.text() ?? ""));
		desk.open();
		let board: EngineBoard | undefined;
		const telemetry = { ringBytes: 512, batch: 3, window: true };
		const groups = [{ name: "b", devices: 1, durability: "flash", telemetry, commands: true, diagnostics: "10s" }];
		const fleet = new Fleet(
			checkScenario({ interval: "1s", qos: 2, protocol: "5", homeAssistant: true, groups }, ""),
			{ host: "broker", port: 1883 },
			id => world.board(id).io,
			() => {},
			(options, on) => {
				board = new EngineBoard(host, { heapBytes, stackSlots }, options, on);
				return board;
			},
		);
		fleet.start();
		for (let i = 0; i < 10 && board!.restarts === 0; i += 1) {
			world.run(30_000);
			for (const [name, fields] of COMMANDS)
				desk.publish(`thimble/b-01/command/${name}`, JSON.stringify({ id: i, ...fields }), { qos: 1 });
			world.run(5_000);
			world.link("b-01")?.cut();
		}
		world.run(10_000);
		const { reconnects, settled } = board!.counts;
		const passed = board!.restarts === 0 && settled >= 80 && reconnects >= 10 && answers.size === COMMANDS.length * 10;
		void fleet.stop(0);
		world.run(1000);
		return passed;
	};
	const stack = smallest(0, 1024, 1, slots => passes(131_072, slots));
	return smallest(4096, 131_072, 16, bytes => passes(bytes, stack));
}

/** What a board is asked while its memory is measured. */
const COMMANDS: readonly (readonly [name: string, fields: object])[] = [
	["get", {}],
	["set", { interval: 1000, logLevel: "debug" }],
	["set", { qos: 9 }],
	["sample", {}],
	["log", {}],
];

/** To tenths. */
function round10(value: number): number {
	return Math.round(value * 10) / 10;
}
