// The memory of a replica, shared out before it exists: what is asked for first lies first. Parameters, their gradients and statistics
// lie together, so that an optimiser sees one array of each.

import { type Kernels, makeKernels } from "./kernels.js";

/** Where a thing lies among the parameters, and how much of it there is. */
export interface Span {
	readonly at: number;
	readonly length: number;
}

export class Arena {
	#next = 64;
	#parameters = 0;
	#statistics = 0;
	#kernels: Kernels | undefined;
	#parametersAt = 0;
	#gradientsAt = 0;
	#statisticsAt = 0;
	readonly #words: [at: number, words: readonly number[]][] = [];

	/** So many bytes; on a boundary of 64. */
	take(bytes: number): number {
		const at = this.#next;
		this.#next += Math.ceil(bytes / 64) * 64;
		return at;
	}

	/** So many of the parameters. */
	parameter(length: number): Span {
		const at = this.#parameters;
		this.#parameters += length;
		return { at, length };
	}

	/** So many of the statistics; of as many the gradients bring what was seen. */
	statistic(length: number): Span {
		const at = this.#statistics;
		this.#statistics += length;
		return { at, length };
	}

	/** Words that are there from the beginning. */
	write(words: readonly number[]): number {
		const at = this.take(words.length * 4);
		this.#words.push([at, words]);
		return at;
	}

	/** From now on there is memory, and no more to share out. */
	close(): void {
		this.#parametersAt = this.take(this.#parameters * 4);
		this.#gradientsAt = this.take((this.#parameters + this.#statistics) * 4);
		this.#statisticsAt = this.take(this.#statistics * 4);
		this.#kernels = makeKernels(this.#next);
		for (const [at, words] of this.#words) new Int32Array(this.kernels.memory, at, words.length).set(words);
	}

	get kernels(): Kernels {
		return this.#kernels!;
	}

	floats(at: number, length: number): Float32Array {
		return new Float32Array(this.kernels.memory, at, length);
	}

	bytes(at: number, length: number): Uint8Array {
		return new Uint8Array(this.kernels.memory, at, length);
	}

	get parameters(): Float32Array {
		return this.floats(this.#parametersAt, this.#parameters);
	}

	get gradients(): Float32Array {
		return this.floats(this.#gradientsAt, this.#parameters + this.#statistics);
	}

	get statistics(): Float32Array {
		return this.floats(this.#statisticsAt, this.#statistics);
	}

	/** The address of a parameter's gradient. */
	gradientAt({ at }: Span): number {
		return this.#gradientsAt + at * 4;
	}

	/** The address where the gradients bring what was seen of a statistic. */
	seenAt({ at }: Span): number {
		return this.#gradientsAt + (this.#parameters + at) * 4;
	}
}
