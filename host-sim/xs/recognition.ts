// What recognition costs on the engine with the object sizes of a board: memory, and work for a picture.

import { readFileSync } from "node:fs";
import { Model } from "../../firmware/vision/model.js";
import { type ChipMemory, sourcePath } from "./build.js";
import { runOnChip } from "./chip.js";
import {
	COMMAND_BEGIN,
	COMMAND_IDLE,
	COMMAND_LOAD,
	COMMAND_MAKE,
	COMMAND_RUN,
	MODEL_KEY,
	PICTURE_KEY,
	PIECE_BYTES,
} from "./device/sight.js";
import { type Counters, EngineHost } from "./device.js";
import { Events } from "./frames.js";
import { buildImage, modulesOf } from "./image.js";

/** What a network costs for some pictures, in bytes and in instructions of XS's meter. */
export interface Sight {
	readonly label: number;
	readonly thousandths: number;
	/** Of looking through the model and making the network. */
	readonly start: number;
	readonly instructions: number;
	/** What the network keeps, without the file. */
	readonly arena: number;
	/** What a picture leaves behind for the collector. */
	readonly made: number;
	readonly stack: number;
	/** The most of a slice. */
	readonly slice: number;
}

const MODEL_FILE = sourcePath("../../firmware/vision/fashion.model");

/** The figure that needs a compiler for the chip, and QEMU. */
export const ON_CHIP = "recognition, machine instructions on rv32, a picture";

/** Measures the model that comes with the firmware, on that engine. */
export async function recognition(engine: string): Promise<Record<string, number>> {
	const host = new EngineHost(engine, buildImage(engine, await modulesOf([sourcePath("device/seeing.ts")])).path);
	try {
		const bytes = new Uint8Array(readFileSync(MODEL_FILE));
		const model = new Model(bytes);
		const { arena, instructions, made, start } = look(host, bytes, square(model));
		return {
			"recognition, model": bytes.length,
			"recognition, arena": arena,
			"recognition, bytes made, a picture": made,
			"recognition, instructions, a picture": instructions,
			"recognition, instructions, a multiply-add": Math.round((10 * instructions) / model.multiplyAdds) / 10,
			"recognition, instructions, looking through the model": start,
		};
	} finally {
		host.close();
	}
}

/** Of ESP32-C3. */
const CHIP: ChipMemory = { ram: 400 * 1024, stack: 16 * 1024 };
const COUNTING = "counting";

/** The same model and picture on a bare chip, whose machine instructions are counted. */
export async function recognitionOnChip(engine: string, say = (_: string) => {}): Promise<Record<string, number>> {
	const bytes = new Uint8Array(readFileSync(MODEL_FILE));
	const { instructions } = await lookOnChip(engine, bytes, square(new Model(bytes)), say);
	return { [ON_CHIP]: instructions };
}

/** Runs a picture through a model on the chip. Throws a UsageError where something is missing for that. */
export async function lookOnChip(
	engine: string,
	model: Uint8Array,
	picture: Uint8Array,
	say = (_: string) => {},
): Promise<Pick<Sight, "instructions" | "label" | "thousandths">> {
	const lines = (bytes: Uint8Array) =>
		JSON.stringify(
			Buffer.from(bytes)
				.toString("hex")
				.match(/.{1,128}/g),
		);
	const source = `import { count } from "xs/device/counting";
export default () => count(${lines(model)}, ${lines(picture)});`;
	const modules = await modulesOf([sourcePath("device/counting.ts")]);
	const { output, status } = await runOnChip(
		engine,
		{
			memory: CHIP,
			modules: [...modules, { name: COUNTING, source, preload: false }],
			main: COUNTING,
			heapBytes: 131_072,
			stackSlots: 512,
			// As on a board, what is preloaded is frozen. The program ends by itself, long before.
			durationMs: 600_000,
			config: {},
			counted: true,
		},
		say,
	);
	const [instructions, label, thousandths] = output.trim().split(" ").map(Number);
	if (status !== 0 || thousandths === undefined) throw new Error(`the chip has ended with ${status}: ${output}`);
	return { instructions: instructions!, label: label!, thousandths };
}

/** A picture of a bright square on black. What a picture shows makes a difference of a few in a thousand. */
function square({ height, pictureBytes, width }: Model): Uint8Array {
	const isInside = (at: number, side: number) => at * 4 >= side && at * 4 < side * 3;
	return Uint8Array.from({ length: pictureBytes }, (_, i) =>
		isInside(i % width, width) && isInside(Math.floor(i / width) % height, height) ? 200 : 0,
	);
}

/** Runs a picture through a model on a device, in slices of so many multiply-adds. */
export function look(host: EngineHost, model: Uint8Array, picture: Uint8Array, slice = 1 << 30): Sight {
	const results: [done: number, label: number, thousandths: number][] = [];
	const device = host
		.device({
			module: "xs/device/seeing",
			heapBytes: 131_072,
			now: 0,
			wall: 0,
			world: {
				tell: (done, label, thousandths) => results.push([done, label, thousandths]),
				storeRead: key => {
					const at = Number(key.slice(MODEL_KEY.length));
					return new Uint8Array(key === PICTURE_KEY ? picture : model.subarray(at, at + PIECE_BYTES)).buffer;
				},
			},
		})
		.boot();
	const step = (add: (events: Events) => void): Counters => {
		const events = new Events(0, 0);
		add(events);
		device.step(events);
		if (device.ended !== undefined) throw new Error(`the device has ended: ${device.ended} ${device.lastPrint}`);
		return device.counters!;
	};
	const command = (what: number, argument = 0) => step(events => events.command(what, argument));
	const live = () => {
		const { liveSlots, slotSize, liveChunkBytes } = step(events => events.collect());
		return liveSlots * slotSize + liveChunkBytes;
	};
	const spent = (from: Counters, to: Counters) => (to.instructions - from.instructions) >>> 0;

	command(COMMAND_LOAD, model.length);
	const loaded = live();
	const idle = spent(command(COMMAND_IDLE), command(COMMAND_IDLE));
	const before = command(COMMAND_IDLE);
	const start = spent(before, command(COMMAND_MAKE)) - idle;
	const arena = live() - loaded;
	// Once for what is made on the first picture alone, and once for the count.
	let counted = { instructions: 0, made: 0, slice: 0 };
	for (let i = 0; i < 2; i += 1) {
		const first = command(COMMAND_IDLE);
		let last = command(COMMAND_BEGIN);
		counted = { instructions: spent(first, last) - idle, made: 0, slice: 0 };
		do {
			const now = command(COMMAND_RUN, slice);
			const took = spent(last, now) - idle;
			counted.instructions += took;
			counted.slice = Math.max(counted.slice, took);
			last = now;
		} while (results.at(-1)![0] === 0);
		counted.made = (last.slotsMade - first.slotsMade) * last.slotSize + last.chunkBytesMade - first.chunkBytesMade;
	}
	const { stackPeak, slotSize } = device.counters!;
	const [, label, thousandths] = results.at(-1)!;
	device.kill();
	return { ...counted, arena, label, stack: stackPeak * slotSize, start, thousandths };
}
