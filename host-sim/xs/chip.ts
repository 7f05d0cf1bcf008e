// Programs on a bare RISC-V chip of the ESP32-C3's kind, in QEMU.

import { spawn } from "node:child_process";
import { UsageError } from "../fleet/scenario.js";
import { buildChip, type ChipMemory } from "./build.js";
import { buildImage, type ModuleSource } from "./image.js";

/** What the chip is given. */
export interface ChipRun {
	readonly memory: ChipMemory;
	/** The program, and the name of the module that is its main. */
	readonly modules: readonly ModuleSource[];
	readonly main: string;
	readonly heapBytes: number;
	readonly stackSlots: number;
	/** When the application is told to stop; 0 is a program that ends when its main does, and may change its built-ins. */
	readonly durationMs: number;
	readonly config: object;
	/** Of a broker on this machine, to which the chip's UART is connected. */
	readonly port?: number;
	/** Whether the chip's count of instructions is exact; it is slower then. */
	readonly counted?: boolean;
}

export interface ChipOutcome {
	/** All that was printed. */
	readonly output: string;
	readonly status: number | null;
}

/**
 * Compiles a program with that engine, and runs it on the chip until it ends. Throws a UsageError where something is missing to build
 * it or to run it.
 */
export async function runOnChip(engine: string, run: ChipRun, say = (_: string) => {}): Promise<ChipOutcome> {
	const { config, durationMs, heapBytes, main, memory, modules, port, stackSlots } = run;
	const elf = await buildChip(buildImage(engine, modules).path, memory, say);
	const words = [main, heapBytes, stackSlots, durationMs, JSON.stringify(config)];
	// QEMU takes a comma for the next option, and two of them for one.
	const args = words.map(word => `,arg=${String(word).replaceAll(",", ",,")}`).join("");
	const wire = port === undefined ? "null,id=wire" : `socket,id=wire,host=127.0.0.1,port=${port}`;
	const child = spawn(
		"qemu-system-riscv32",
		[
			...["-M", "virt", "-m", "256M", "-display", "none", "-monitor", "none", "-bios", "none", "-kernel", elf],
			...["-chardev", wire, "-serial", "chardev:wire"],
			...["-semihosting-config", `enable=on,target=native,arg=engine${args}`],
			// An instruction is a nanosecond of the chip's own time, and counted; without it the counter is the host's clock. A chip that
			// sleeps, as before its start, would count real time.
			...(run.counted === true ? ["-icount", "shift=0,sleep=off"] : []),
		],
		{ stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", data => {
			output += data;
		});
	const status = await new Promise<number | null>((resolve, reject) => {
		child.once("error", () => reject(new UsageError("the chip needs QEMU: as root, apt-get install qemu-system-misc")));
		child.once("close", resolve);
	});
	return { output, status };
}
