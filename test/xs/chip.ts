// The firmware's tests, and a board with its agent, on a bare RISC-V chip in QEMU.

import { buildEngine, type ChipMemory, sourcePath } from "../../host-sim/xs/build.js";
import { type ChipOutcome, runOnChip } from "../../host-sim/xs/chip.js";
import type { BoardConfig } from "../../host-sim/xs/device/tell.js";
import { modulesOf } from "../../host-sim/xs/image.js";
import { PROGRAM, testProgram } from "./program.js";
import { type Outcome, outcomeOf } from "./run.js";

/** Enough for tests and their codec; a chip with so much is none. */
const TESTS: ChipMemory = { ram: 96 * 1024 * 1024, stack: 1024 * 1024 };
const TESTS_BYTES = 32 * 1024 * 1024;

/** The firmware's tests on the chip. */
export async function runTestsOnChip(files: readonly string[], say = (_: string) => {}): Promise<Outcome> {
	const run = {
		memory: TESTS,
		modules: await testProgram(files),
		main: PROGRAM,
		heapBytes: TESTS_BYTES,
		stackSlots: 8192,
		durationMs: 0,
		config: {},
	};
	const outcome = await runOnChip(await buildEngine("64", say), run, say);
	return { ...outcomeOf(outcome.output), ...outcome };
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
export async function runBoardOnChip(board: ChipBoard, say = (_: string) => {}): Promise<ChipOutcome> {
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
	const modules = await modulesOf([sourcePath("device/board.ts")]);
	return runOnChip(await buildEngine("64", say), { ...board, config, modules, main: "xs/device/board" }, say);
}
