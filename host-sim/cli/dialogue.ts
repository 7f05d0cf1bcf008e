// Questions to a board over a cable, one at a time, as firmware/device/provisioning.ts answers them: each with a number and a check
// sum, and again where no answer comes. Boot logs, noise and announcements between are passed over.

import { StringDecoder } from "node:string_decoder";
import { crc32 } from "node:zlib";
import type { Cable } from "../node/cable.js";

export type Answer = Readonly<Record<string, unknown>>;

/** No answer, or nobody there any more. */
export class Silence extends Error {}

/** How long one question waits before it is asked again, in ms. */
const AGAIN_MS = 1000;
const MARK = '{"thimble":';
/** A line that is longer is none of a board's. */
const LONGEST_LINE = 65_536;

export class Dialogue {
	readonly #cable: Cable;
	readonly #decoder = new StringDecoder("utf8");
	#text = "";
	#id = Math.trunc(Math.random() * 0x4000_0000);
	#pending: { id: number; line: string; resolve(answer: Answer): void; reject(error: Error): void } | undefined;
	#again: NodeJS.Timeout | undefined;
	#isGone = false;

	constructor(cable: Cable) {
		this.#cable = cable;
		cable.listen({ data: bytes => this.#handleData(bytes), gone: () => this.#handleGone() });
	}

	/** The answer to a request. Rejects with Silence after `waitMs`, or when the port is gone. */
	async ask(request: object, waitMs: number): Promise<Answer> {
		this.#id += 1;
		const id = this.#id;
		const text = JSON.stringify({ id, ...request });
		const line = `\n${text} ${crc32(text).toString(16).padStart(8, "0")}\n`;
		const end = setTimeout(() => this.#fail("no answer"), waitMs);
		try {
			return await new Promise<Answer>((resolve, reject) => {
				this.#pending = { id, line, resolve, reject };
				if (this.#isGone) this.#handleGone();
				else this.#send();
			});
		} finally {
			clearTimeout(end);
			clearTimeout(this.#again);
			this.#pending = undefined;
		}
	}

	close(): void {
		this.#cable.close();
	}

	#send(): void {
		clearTimeout(this.#again);
		if (this.#pending === undefined) return;
		this.#cable.write(Buffer.from(this.#pending.line));
		this.#again = setTimeout(() => this.#send(), AGAIN_MS);
	}

	#handleData(bytes: Uint8Array): void {
		this.#text += this.#decoder.write(Buffer.from(bytes));
		const lines = this.#text.split("\n");
		this.#text = lines.pop()!.slice(-LONGEST_LINE);
		for (const line of lines) this.#handleLine(line);
	}

	#handleLine(line: string): void {
		// A log line may have begun before it.
		const at = line.lastIndexOf(MARK);
		if (at < 0 || this.#pending === undefined) return;
		let answer: Answer;
		try {
			answer = JSON.parse(line.slice(at)) as Answer;
		} catch {
			return;
		}
		// One without a number says that the board has not understood: then it is asked again, like one that has heard nothing.
		if (answer["id"] === this.#pending.id && typeof answer["ok"] === "boolean") this.#pending.resolve(answer);
	}

	#handleGone(): void {
		this.#isGone = true;
		this.#fail("the port has gone in the middle");
	}

	#fail(why: string): void {
		this.#pending?.reject(new Silence(why));
	}
}
