// npm run xs: builds the engine hosts and runs the firmware on them: its tests and vectors as a 64-bit process, as one
// with the object sizes of a board, and on a bare RISC-V chip in QEMU; then the first-light scenario on each, the chip
// against a real mosquitto. Ends with 1 where something did not hold, with 2 where something is missing.

import { once } from "node:events";
import { UsageError } from "../../host-sim/fleet/scenario.js";
import { Mosquitto, spawnClient, until } from "../support/mosquitto.js";
import { find, type Program } from "../support/need.js";
import { runBoardOnChip, runTestsOnChip } from "./chip.js";
import { firstLight } from "./first-light.js";
import { chipFiles, testFiles } from "./program.js";
import { type Outcome, runTests } from "./run.js";

let failures = 0;

async function part(name: string, programs: readonly Program[], run: () => Promise<string>): Promise<void> {
	const missing = programs.filter(program => find(program) === undefined);
	if (missing.length > 0) {
		failures += process.env["CI"] === "true" ? 1 : 0;
		console.log(`skipped  ${name}: ${missing.join(", ")} not installed; npm run setup installs it`);
		return;
	}
	const start = performance.now();
	try {
		const result = await run();
		console.log(`ok       ${name}: ${result} (${Math.round((performance.now() - start) / 100) / 10} s)`);
	} catch (error) {
		if (error instanceof UsageError) throw error;
		failures += 1;
		console.log(`FAILED   ${name}: ${(error as Error).message}`);
	}
}

async function tests(outcome: Promise<Outcome>): Promise<string> {
	const { passed, failed, output, status } = await outcome;
	if (failed !== 0 || status !== 0) throw new Error(`ended with ${status}\n${output}`);
	return `${passed} tests passed`;
}

async function chipFirstLight(say: (text: string) => void): Promise<string> {
	const mosquitto = await Mosquitto.start();
	try {
		const { lines, child } = spawnClient("mosquitto_sub", ["-p", String(mosquitto.port), "-t", "thimble/#", "-v"]);
		const { output, status } = await runBoardOnChip(
			{
				memory: { ram: 64 * 1024, stack: 8 * 1024 },
				heapBytes: 20 * 1024,
				stackSlots: 400,
				durationMs: 4000,
				port: mosquitto.port,
				config: { deviceId: "chip" },
			},
			say,
		);
		if (status !== 0) throw new Error(`ended with ${status}\n${output}`);
		await until("the goodbye at the broker", () => lines.includes("thimble/chip/status offline"));
		child.kill();
		await once(child, "close");
		const readings = lines.filter(line => line.startsWith("thimble/chip/telemetry ")).length;
		const sent = output.split("\n").filter(line => line.startsWith("tell 4 ")).length;
		if (readings !== sent) throw new Error(`${sent} readings were published, ${readings} arrived`);
		return `${readings} readings arrived at mosquitto, from a chip with 64 KB of RAM`;
	} finally {
		await mosquitto.close();
	}
}

const say = (text: string) => console.log(`         ${text}`);
const chip: Program[] = ["gcc", "riscv64-unknown-elf-gcc", "picolibc", "qemu-system-riscv32"];
try {
	await part("64-bit, tests", ["gcc"], () => tests(runTests("64", testFiles(), {}, say)));
	await part("64-bit, first light", ["gcc"], () => firstLight("64", say));
	await part("32-bit in a fixed arena, tests", ["gcc", "gcc -m32"], () => tests(runTests("32", testFiles(), {}, say)));
	await part("32-bit in a fixed arena, first light", ["gcc", "gcc -m32"], () => firstLight("32", say));
	await part("rv32imac in QEMU, tests", chip, () => tests(runTestsOnChip(chipFiles(), say)));
	await part("rv32imac in QEMU, first light", [...chip, "mosquitto", "mosquitto_sub"], () => chipFirstLight(say));
	process.exitCode = failures > 0 ? 1 : 0;
} catch (error) {
	console.error(`xs: ${(error as Error).message}`);
	process.exitCode = 2;
}
