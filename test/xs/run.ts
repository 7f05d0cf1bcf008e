// Runs programs of the firmware's tests on an engine, and says how they did.

import { spawn } from "node:child_process";
import { buildEngine } from "../../host-sim/xs/build.js";
import { buildImage } from "../../host-sim/xs/image.js";
import { PROGRAM, testProgram } from "./program.js";

export interface Outcome {
	readonly passed: number;
	readonly failed: number;
	/** A line for each test that failed, and what else was printed. */
	readonly output: string;
	readonly status: number | null;
}

/** Memory of the program: codec, tests and clients. */
const PROGRAM_BYTES = 32 * 1024 * 1024;
const PROGRAM_STACK = 8192;

/** Runs those test files on that engine, in a fixed heap; `every` is as for testProgram(). */
export async function runTests(
	variant: "64" | "32" | "asan",
	files: readonly string[],
	{ bytes = PROGRAM_BYTES, every = 0 } = {},
	say = (_: string) => {},
): Promise<Outcome> {
	const engine = await buildEngine(variant, say);
	const image = buildImage(engine, await testProgram(files, every));
	const child = spawn(engine, ["run", image.path, PROGRAM, String(bytes), String(PROGRAM_STACK)], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.on("data", data => {
			output += data;
		});
	const status = await new Promise<number | null>(resolve => child.once("close", resolve));
	return { ...outcomeOf(output), output, status };
}

/** What the program's last line says. */
export function outcomeOf(output: string): { passed: number; failed: number } {
	const match = /^(\d+) passed, (\d+) failed$/m.exec(output);
	return { passed: Number(match?.[1] ?? 0), failed: Number(match?.[2] ?? -1) };
}
