// A real mosquitto on a free port, with persistence, that can be stopped and started again.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { find, type Program } from "./need.js";

export class Mosquitto {
	readonly port: number;
	readonly #folder: string;
	#process: ChildProcess | undefined;

	private constructor(port: number, settings: readonly string[]) {
		this.port = port;
		this.#folder = mkdtempSync(join(tmpdir(), "thimble-mosquitto-"));
		const lines = [
			`listener ${port} 127.0.0.1`,
			"allow_anonymous true",
			"persistence true",
			`persistence_location ${this.#folder}/`,
			"max_queued_messages 0",
			"max_inflight_messages 200",
			...(process.getuid?.() === 0 ? ["user root"] : []),
			...settings,
		];
		writeFileSync(join(this.#folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
	}

	/** `settings` are more lines of its configuration. */
	static async start(settings: readonly string[] = []): Promise<Mosquitto> {
		const mosquitto = new Mosquitto(await freePort(), settings);
		await mosquitto.up();
		return mosquitto;
	}

	async up(): Promise<void> {
		this.#process = spawn(find("mosquitto")!, ["-c", join(this.#folder, "mosquitto.conf")], { stdio: "ignore" });
		for (let i = 0; i < 200; i += 1) {
			if (await answers(this.port)) return;
			await sleep(25);
		}
		throw new Error("mosquitto does not answer");
	}

	/** Stops it in good order: what it has to remember is written down. */
	down(): Promise<void> {
		return this.#end("SIGTERM");
	}

	/** Kills it: it remembers what it has written down some time before. */
	kill(): Promise<void> {
		return this.#end("SIGKILL");
	}

	#end(signal: NodeJS.Signals): Promise<void> {
		const child = this.#process;
		this.#process = undefined;
		if (child === undefined) return Promise.resolve();
		return new Promise(resolve => {
			child.once("exit", () => resolve());
			child.kill(signal);
		});
	}

	async close(): Promise<void> {
		await this.down();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

/** mosquitto_sub or mosquitto_pub; `lines` grows with what it prints. */
export function spawnClient(program: Program, args: readonly string[]): { lines: string[]; child: ChildProcess } {
	// Line by line: to a pipe it would print when its buffer is full.
	const child = spawn("stdbuf", ["-oL", find(program)!, ...args], { stdio: ["ignore", "pipe", "inherit"] });
	const lines: string[] = [];
	let rest = "";
	child.stdout!.on("data", chunk => {
		const parts = (rest + chunk).split("\n");
		rest = parts.pop()!;
		lines.push(...parts);
	});
	return { lines, child };
}

export async function until(what: string, done: () => boolean, most = 15_000): Promise<void> {
	const stop = performance.now() + most;
	while (!done()) {
		if (performance.now() > stop) throw new Error(`waited ${most} ms in vain: ${what}`);
		await sleep(10);
	}
}

export function sleep(milliseconds: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, milliseconds));
}

export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", reject);
		server.listen(0, "127.0.0.1", () => {
			const address = server.address();
			server.close(() => resolve((address as { port: number }).port));
		});
	});
}

/** Whether somebody listens there. */
export function answers(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});
}
