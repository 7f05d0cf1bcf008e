// The --record of `thimble run`: a file that takes down what goes over the connections.

import { RecordingFile } from "../record/file.js";
import type { Entry } from "../record/recording.js";
import type { Commentary } from "./commentary.js";
import { version } from "./version.js";

/** How often is looked whether all have gone, in ms. */
const LOOK_MS = 10;

export interface RecordTo {
	readonly file: string;
	/** As it was named; absent where there was none. */
	readonly scenario?: string;
}

export class Recording {
	readonly #to: RecordTo;
	readonly #file: RecordingFile;
	#connections = 0;
	#ends = 0;
	#packets = 0;

	/** Begins the file. `startedAt`: the time of day then, in ms since 1970. Throws UsageError where it cannot be written. */
	constructor(to: RecordTo, seed: number, startedAt: number) {
		const { file, scenario } = to;
		this.#to = to;
		this.#file = new RecordingFile(file, {
			seed,
			startedAt,
			thimble: version(),
			...(scenario !== undefined && { scenario }),
		});
	}

	put(entry: Entry): void {
		if (entry.event === "begin") this.#connections += 1;
		if (entry.event === "end") this.#ends += 1;
		if (entry.event === "packet") this.#packets += 1;
		this.#file.put(entry);
	}

	/** Resolves when no connection stands any more; after that many ms in any case. For clients on real sockets. */
	async goodbyes(mostMs: number): Promise<void> {
		const until = performance.now() + mostMs;
		while (this.#ends < this.#connections && performance.now() < until)
			await new Promise(resolve => setTimeout(resolve, LOOK_MS));
	}

	/**
	 * Ends the file, and tells of it: in JSON in front of what `sumUp` prints, which is always last, else behind it. False
	 * where it is not whole.
	 */
	close(commentary: Pick<Commentary, "json" | "print">, sumUp: () => void): boolean {
		const { json } = commentary;
		this.#file.close();
		const { failure } = this.#file;
		const { file } = this.#to;
		if (failure === undefined && json)
			commentary.print({ event: "recorded", file, connections: this.#connections, packets: this.#packets });
		sumUp();
		if (failure !== undefined)
			console.error(`thimble: the recording breaks off: ${file} cannot be written: ${failure}`);
		else if (!json)
			process.stdout.write(`recorded  packets ${this.#packets}  connections ${this.#connections}  in ${file}\n`);
		return failure === undefined;
	}
}
