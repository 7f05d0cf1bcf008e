// A broker that is measured: a process of its own, on a free port of this machine, with what the kernel knows of it. All three keep nothing
// on disk, let nobody wait for Nagle's algorithm, and have limits that are out of the way. Those of Node run as JavaScript, as they do when
// they are installed: what compiles sources on their way in would take memory of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { answers, freePort, sleep } from "../support/mosquitto.js";
import { find } from "../support/need.js";

export const NAMES = ["thimble", "mosquitto", "aedes"] as const;
export type Name = (typeof NAMES)[number];

/** Ticks of the kernel's CPU times. */
const TICK_MS = 10;
const START_MS = 20_000;
const LOOK_MS = 25;

export class Contestant {
	readonly name: Name;
	readonly port: number;
	readonly #process: ChildProcess;
	readonly #folder: string;
	#complaint = "";

	private constructor(name: Name, port: number, folder: string) {
		this.name = name;
		this.port = port;
		this.#folder = folder;
		const [program, ...args] = commandOf(name, port, folder);
		this.#process = spawn(program!, args, { stdio: ["ignore", "ignore", "pipe"] });
		this.#process.stderr!.on("data", data => (this.#complaint += data));
	}

	static async start(name: Name): Promise<Contestant> {
		const folder = mkdtempSync(join(tmpdir(), "thimble-load-"));
		if (name !== "mosquitto") await compile(name, folder);
		const contestant = new Contestant(name, await freePort(), folder);
		const end = performance.now() + START_MS;
		while (!(await answers(contestant.port))) {
			if (performance.now() > end) {
				await contestant.stop();
				throw new Error(`${name} does not answer: ${contestant.#complaint}`);
			}
			await sleep(LOOK_MS);
		}
		return contestant;
	}

	/** Bytes in memory: now, and the most so far. */
	get memory(): { now: number; most: number } {
		const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
		const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]) * 1024;
		return { now: bytes("VmRSS"), most: bytes("VmHWM") };
	}

	/** Time on a core so far, of all its threads. */
	get cpuMs(): number {
		// The name of the program is in parentheses, and may have anything in it.
		const fields = readFileSync(`/proc/${this.#process.pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
		return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
	}

	async stop(): Promise<void> {
		const child = this.#process;
		if (child.exitCode === null && child.signalCode === null) {
			child.kill("SIGKILL");
			await once(child, "exit");
		}
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

/** Puts it there as JavaScript, beside the packages that it wants. */
async function compile(name: "thimble" | "aedes", folder: string): Promise<void> {
	await build({
		entryPoints: { [name]: name === "aedes" ? "test/load/aedes.ts" : "host-sim/cli/main.ts" },
		outdir: folder,
		bundle: true,
		splitting: true,
		format: "esm",
		platform: "node",
		packages: "external",
		outExtension: { ".js": ".mjs" },
		logLevel: "error",
	});
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
}

/** What starts it, with all that it has in that folder. */
function commandOf(name: Name, port: number, folder: string): string[] {
	const file = join(folder, "configuration");
	const program = join(folder, `${name}.mjs`);
	switch (name) {
		case "aedes":
			return [process.execPath, program, String(port)];
		case "mosquitto":
			writeFileSync(
				file,
				`listener ${port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 200
set_tcp_nodelay true
${process.getuid?.() === 0 ? "user root" : ""}
`,
			);
			return [find("mosquitto")!, "-c", file];
		case "thimble": {
			const limits = { packetsPerSecond: 1_000_000, bytesPerSecond: 1_000_000_000, inFlight: 200 };
			writeFileSync(file, JSON.stringify({ listeners: [{ port }], limits }));
			return [process.execPath, program, "broker", "--config", file];
		}
	}
}
