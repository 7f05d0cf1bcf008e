// Questions to the person at the terminal. What is secret is not shown while it is typed; whatever happens, the terminal is left as
// it was.

/** As far as a terminal is needed: process.stdin and process.stderr are one. */
export interface Terminal {
	readonly input: {
		setRawMode(raw: boolean): unknown;
		on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
		off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
		resume(): unknown;
		pause(): unknown;
	};
	readonly output: { write(text: string): unknown };
}

/** Ctrl-C or Ctrl-D at a question. */
export class Interrupted extends Error {}

const CTRL_C = 3;
const CTRL_D = 4;
const BACKSPACE = 8;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const DELETE = 0x7f;

export class Prompt {
	readonly #terminal: Terminal;
	readonly #decoder = new TextDecoder();
	/** What was typed, or pasted, beyond the last answer. */
	#ahead: string[] = [];

	constructor(terminal: Terminal) {
		this.#terminal = terminal;
	}

	/** What is typed until Return. Rejects with Interrupted. */
	async ask(question: string, isSecret = false): Promise<string> {
		const { input, output } = this.#terminal;
		output.write(question);
		input.setRawMode(true);
		let take: (chunk: Uint8Array) => void = () => {};
		try {
			return await new Promise<string>((resolve, reject) => {
				const typed: string[] = [];
				const handle = () => {
					while (this.#ahead.length > 0) {
						const character = this.#ahead.shift()!;
						const code = character.codePointAt(0)!;
						if (code === 13 || code === 10) {
							resolve(typed.join(""));
							return;
						}
						if (code === CTRL_C || (code === CTRL_D && typed.length === 0)) {
							reject(new Interrupted("interrupted"));
							return;
						}
						const isShown = !isSecret;
						if (code === BACKSPACE || code === DELETE) {
							if (typed.pop() !== undefined && isShown) output.write("\b \b");
						} else if (code === CTRL_U) {
							if (isShown) output.write("\b \b".repeat(typed.length));
							typed.length = 0;
						} else if (code >= 0x20) {
							typed.push(character);
							if (isShown) output.write(character);
						}
					}
				};
				take = chunk => {
					const text = this.#decoder.decode(chunk, { stream: true });
					// Arrows and the like are no letters.
					if (text.codePointAt(0) !== ESCAPE) this.#ahead.push(...text.replaceAll("\r\n", "\r"));
					handle();
				};
				input.on("data", take);
				input.resume();
				handle();
			});
		} finally {
			input.off("data", take);
			input.pause();
			input.setRawMode(false);
			output.write("\n");
		}
	}
}
