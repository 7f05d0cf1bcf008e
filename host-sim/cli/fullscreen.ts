// A view that has the whole terminal to itself, and gives it back as it was: at the end, at signals and after errors. It is drawn
// four times a second at most, and only what has changed.

import { Keys } from "./keys.js";
import { colours } from "./screen.js";

/** From one drawing to the next at least, and at most: ages grow. In ms. */
const DRAW_MS = 250;
const IDLE_MS = 1000;
/** The other screen, no cursor; and back. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/** What is shown, and what keys do to it. */
export interface View {
	lines(columns: number, rows: number, now: number, paint: ReturnType<typeof colours>): string[];
	/** False where that key ends it all. */
	handleKey(key: string, now: number): boolean;
}

export class FullScreen {
	readonly #view: View;
	readonly #input: NodeJS.ReadStream;
	readonly #output: NodeJS.WriteStream;
	readonly #quit: () => void;
	readonly #keys = new Keys();
	readonly #restore = () => this.close();
	readonly #take = (bytes: Buffer) => this.#handleBytes(bytes);
	readonly #begin = () => {
		this.#drawn = [];
		this.request();
	};
	#drawn: string[] = [];
	#drawnAt = Number.NEGATIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined;
	#isOpen = false;

	/** `quit` is called when a key, or the end of the input, asks for it. */
	constructor(view: View, input: NodeJS.ReadStream, output: NodeJS.WriteStream, quit: () => void) {
		this.#view = view;
		this.#input = input;
		this.#output = output;
		this.#quit = quit;
	}

	open(): void {
		this.#isOpen = true;
		// Whatever ends the process, a thrown error too.
		process.on("exit", this.#restore);
		this.#output.write(ENTER);
		this.#output.on("resize", this.#begin);
		this.#output.on("drain", this.#begin);
		if (this.#input.isTTY) {
			this.#input.setRawMode(true);
			this.#input.on("data", this.#take);
			this.#input.on("end", this.#quit);
			this.#input.resume();
		}
		this.#draw();
	}

	/** Something has changed. */
	request(): void {
		if (!this.#isOpen) return;
		const left = Math.max(0, this.#drawnAt + DRAW_MS - performance.now());
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#draw(), left);
	}

	/** Gives the terminal back; a second time it does nothing. */
	close(): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		clearTimeout(this.#timer);
		process.off("exit", this.#restore);
		this.#output.off("resize", this.#begin);
		this.#output.off("drain", this.#begin);
		if (this.#input.isTTY) {
			this.#input.off("data", this.#take);
			this.#input.off("end", this.#quit);
			this.#input.setRawMode(false);
			this.#input.pause();
		}
		this.#output.write(LEAVE);
	}

	#handleBytes(bytes: Buffer): void {
		for (const key of this.#keys.take(bytes)) if (!this.#view.handleKey(key, Date.now())) this.#quit();
		this.request();
	}

	#draw(): void {
		clearTimeout(this.#timer);
		this.#drawnAt = performance.now();
		this.#timer = setTimeout(() => this.#draw(), IDLE_MS);
		// A terminal that is slower than we are gets the latest when it has taken what there was.
		if (this.#output.writableNeedDrain) return;
		const { columns = 80, rows = 24 } = this.#output;
		const lines = this.#view.lines(columns, rows, Date.now(), colours(this.#output));
		let text = this.#drawn.length === lines.length ? "" : "\x1b[2J";
		lines.forEach((line, i) => {
			// Wiped before, not behind: behind a full line it would take the last character.
			if (text.startsWith("\x1b[2J") || this.#drawn[i] !== line) text += `\x1b[${i + 1};1H\x1b[2K${line}`;
		});
		this.#drawn = lines;
		if (text !== "") this.#output.write(text);
	}
}
