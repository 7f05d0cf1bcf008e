// A terminal of a given size with a program in it, as a person would have it, and what it shows. Python makes it, since Node has no
// way to; it says in the end whether the settings of the terminal are what they were.

import { type Command, command } from "./command.js";

const HOST = `
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, termios
rows, columns = int(sys.argv[1]), int(sys.argv[2])
ours, theirs = os.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
before = termios.tcgetattr(theirs)
def begin():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = subprocess.Popen(sys.argv[3:], stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=begin)
def pump(wait):
    ready, _, _ = select.select([ours, 0], [], [], wait)
    if ours in ready:
        os.write(1, os.read(ours, 65536))
    if 0 in ready:
        data = os.read(0, 4096)
        if data.startswith(b"signal "):
            child.send_signal(int(data.split()[1]))
        else:
            os.write(ours, data)
    return ours in ready
while child.poll() is None:
    pump(0.05)
while pump(0):
    pass
os.write(2, json.dumps({"code": child.returncode, "restored": termios.tcgetattr(theirs) == before}).encode())
`;

/** What a terminal shows of what was written to it: as much of its language as we write. */
export class Display {
	/** All that was written. */
	text = "";
	isOther = false;
	hasCursor = true;
	#lines: string[] = [];
	#row = 0;

	write(text: string): void {
		this.text += text;
		// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences are made of
		for (const [, all, numbers, letter] of text.matchAll(/(\x1b\[([?0-9;]*)([a-zA-Z])|[^\x1b]+)/g)) {
			if (letter === "A") this.#row = Math.max(0, this.#row - Number(numbers));
			else if (letter === undefined) this.#lines[this.#row] = `${this.#lines[this.#row] ?? ""}${all}`;
			else if (letter === "H") this.#row = Number(numbers!.split(";")[0]) - 1;
			else if (letter === "K") this.#lines[this.#row] = "";
			else if (letter === "J") this.#lines = [];
			else if (numbers === "?1049") this.isOther = letter === "h";
			else if (numbers === "?25") this.hasCursor = letter === "h";
			else if (letter !== "m") throw new Error(`unknown to this terminal: ${JSON.stringify(all)}`);
		}
	}

	/** Line by line, without colours. */
	get lines(): string[] {
		return Array.from(this.#lines, line => line ?? "");
	}
}

export class Terminal {
	readonly display = new Display();
	readonly #command: Command;

	/** Runs our command line in it. */
	constructor(rows: number, columns: number, args: readonly string[]) {
		const program = [process.execPath, "--import", "tsx", "host-sim/cli/main.ts", ...args];
		this.#command = command("python3", ["-u", "-c", HOST, String(rows), String(columns), ...program]);
		const decoder = new TextDecoder();
		this.#command.child.stdout!.on("data", bytes => this.display.write(decoder.decode(bytes, { stream: true })));
	}

	press(text: string): void {
		this.#command.child.stdin!.write(text);
	}

	/** Sends a signal to the program. */
	signal(number: number): void {
		this.press(`signal ${number}`);
	}

	/** The program's exit code, and whether the terminal is as it was, when it has ended. */
	async end(): Promise<{ code: number; restored: boolean }> {
		await this.#command.code;
		return JSON.parse(this.#command.err());
	}
}
