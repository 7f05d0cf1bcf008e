// What a run takes on this machine: time on the wall, time of the processor, and memory.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

export interface Cost {
	readonly wallMs: number;
	readonly cpuMs: number;
	/** How much faster than real time. */
	readonly ratio: number;
	/** By how much this process has grown, for each board. */
	readonly bytesPerBoard: number;
}

export class Gauge {
	readonly #collect: () => void;
	readonly #bytes: number;
	readonly #start = performance.now();
	readonly #cpu = process.cpuUsage();

	/** Begins to measure. */
	constructor() {
		setFlagsFromString("--expose-gc");
		this.#collect = runInNewContext("gc") as () => void;
		this.#bytes = this.#inUse();
	}

	/** What has been taken since: call it while the boards are still there. */
	read(simulatedMs: number, boards: number): Cost {
		const wallMs = performance.now() - this.#start;
		const { system, user } = process.cpuUsage(this.#cpu);
		return {
			wallMs: Math.round(wallMs),
			cpuMs: Math.round((user + system) / 1000),
			ratio: Math.round((simulatedMs / wallMs) * 10) / 10,
			bytesPerBoard: Math.max(0, Math.round((this.#inUse() - this.#bytes) / boards)),
		};
	}

	/** Bytes of live objects and buffers. */
	#inUse(): number {
		// Twice: buffers that the first one finds are given back only later.
		this.#collect();
		this.#collect();
		const { external, heapUsed } = process.memoryUsage();
		return heapUsed + external;
	}
}
