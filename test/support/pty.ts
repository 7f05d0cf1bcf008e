// A serial port that is none: the two ends of a pseudo-terminal. One is a file that programs open; the other is ours, held by
// Python, since Node has no way to make one.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { afterEach } from "vitest";
import { command } from "./command.js";

// It holds the other end too: else ours would fail as long as nobody has opened it.
const HOLDER = `
import os, pty, select, sys
ours, theirs = os.openpty()
os.write(1, (os.ttyname(theirs) + "\\n").encode())
while True:
    ready, _, _ = select.select([ours, 0], [], [])
    if ours in ready:
        os.write(1, os.read(ours, 4096))
    if 0 in ready:
        data = os.read(0, 4096)
        if not data:
            break
        os.write(ours, data)
`;

const open: Pty[] = [];
afterEach(() => {
	for (const pty of open.splice(0)) pty.unplug();
});

export class Pty {
	/** What programs open. */
	readonly path: string;
	/** Gets what they write. */
	onData: (bytes: Buffer) => void = () => {};
	readonly #holder: ChildProcess;
	readonly #files: number[] = [];

	static async open(): Promise<Pty> {
		const holder = spawn("python3", ["-u", "-c", HOLDER], { stdio: ["pipe", "pipe", "inherit"] });
		holder.stdin.on("error", () => {});
		const [line] = (await once(holder.stdout, "data")) as [Buffer];
		return new Pty(line.toString().trim(), holder);
	}

	private constructor(path: string, holder: ChildProcess) {
		this.path = path;
		this.#holder = holder;
		holder.stdout!.on("data", (bytes: Buffer) => this.onData(bytes));
		open.push(this);
	}

	write(bytes: Uint8Array | string): void {
		this.#holder.stdin!.write(bytes);
	}

	/** A file of the other end, such as a program's standard input. */
	file(): number {
		const file = openSync(this.path, constants.O_RDWR | constants.O_NOCTTY);
		this.#files.push(file);
		return file;
	}

	/** All settings of the terminal, in a line. */
	async settings(): Promise<string> {
		const stty = command("sh", ["-c", `stty -g < ${this.path}`]);
		await stty.code;
		return stty.out().toString();
	}

	unplug(): void {
		for (const file of this.#files.splice(0)) closeSync(file);
		this.#holder.kill("SIGKILL");
	}
}
