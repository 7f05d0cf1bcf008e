// Programs on a bare RISC-V chip of the ESP32-C3's kind, in QEMU.

import { spawn } from "node:child_process";
import { buildChip, buildEngine, type ChipMemory, sourcePath } from "../../host-sim/xs/build.js";
import type { BoardConfig } from "../../host-sim/xs/device/tell.js";
import { buildImage, type ModuleSource, modulesOf } from "../../host-sim/xs/image.js";
import { PROGRAM, testProgram } from "./program.js";
import { type Outcome, outcomeOf } from "./run.js";

/** Enough for tests and their codec; a chip with so much is none. */
const TESTS: ChipMemory = { ram: 96 * 1024 * 1024, stack: 1024 * 1024 };
const TESTS_BYTES = 32 * 1024 * 1024;

async function program(modules: readonly ModuleSource[], memory: ChipMemory, say: (text: string) => void) {
	const image = buildImage(await buildEngine("64", say), modules);
	return buildChip(image.path, memory, say);
}

/** Runs an image in QEMU until it ends; its UART is a connection to that port, if there is one. */
async function qemu(elf: string, words: readonly (string | number)[], port?: number) {
	// QEMU takes a comma for the next option, and two of them for one.
	const args = words.map(word => `,arg=${String(word).replaceAll(",", ",,")}`).join("");
	const wire = port === undefined ? "null,id=wire" : `socket,id=wire,host=127.0.0.1,port=${port}`;
	const child = spawn(
		"qemu-system-riscv32",
		[
			...["-M", "virt", "-m", "256M", "-display", "none", "-monitor", "none", "-bios", "none", "-kernel", elf],
			...["-chardev", wire, "-serial", "chardev:wire"],
			...["-semihosting-config", `enable=on,target=native,arg=engine${args}`],
		],
		{ stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", data => {
			output += data;
		});
	const status = await new Promise<number | null>(resolve => child.once("close", resolve));
	return { output, status };
}

/** The firmware's tests on the chip. */
export async function runTestsOnChip(files: readonly string[], say = (_: string) => {}): Promise<Outcome> {
	const elf = await program(await testProgram(files), TESTS, say);
	const run = await qemu(elf, [PROGRAM, TESTS_BYTES, 8192, 0, "{}"]);
	return { ...outcomeOf(run.output), ...run };
}

export interface ChipBoard {
	/** Of the chip: RAM in all, and the stack of the C code. */
	memory: ChipMemory;
	heapBytes: number;
	stackSlots: number;
	durationMs: number;
	/** Of a broker on this machine. */
	port: number;
	config: Partial<BoardConfig>;
}

/** A board with its agent on the chip, connected to a real broker. */
export async function runBoardOnChip(board: ChipBoard, say = (_: string) => {}) {
	const elf = await program(await modulesOf([sourcePath("device/board.ts")]), board.memory, say);
	const config: BoardConfig = {
		deviceId: "chip",
		host: "10.0.0.1",
		port: 1883,
		intervalMs: 500,
		qos: 1,
		keepAlive: 60,
		send: 512,
		sensors: 3,
		resolver: false,
		stress: 0,
		...board.config,
	};
	const { heapBytes, stackSlots, durationMs, port } = board;
	return qemu(elf, ["xs/device/board", heapBytes, stackSlots, durationMs, JSON.stringify(config)], port);
}
