import { describe, expect, it } from "vitest";
import { ROW } from "../../../host-sim/model/kernels.js";
import { poolLargest, unpool } from "../../../host-sim/model/pool.js";

/** 3 x 5, the last row and column in no pool. */
const RAW = { channels: 1, height: 3, width: 5 };
const POOLED = { channels: 1, height: 1, width: 2 };

describe("a pool", () => {
	it("takes the largest of four of each picture, the first where several are, and slopes go back to it alone", () => {
		const raw = new Float32Array(15 * ROW);
		const pooled = new Float32Array(2 * ROW);
		const largest = new Uint8Array(2 * ROW);
		const values = [1, 2, 7, 7, 99, 4, 3, 7, 5, 99, 99, 99, 99, 99, 99];
		for (const [i, value] of values.entries()) {
			raw[i * ROW] = value;
			raw[i * ROW + 9] = -value;
		}
		poolLargest(raw, RAW, pooled, largest, POOLED);
		expect([pooled[0], pooled[ROW], pooled[9], pooled[ROW + 9]]).toEqual([4, 7, -1, -5]);
		expect([largest[0], largest[ROW], largest[9], largest[ROW + 9]]).toEqual([2, 0, 0, 3]);
		const slopes = new Float32Array(15 * ROW).fill(5);
		unpool(
			Float32Array.from({ length: 2 * ROW }, (_, i) => i + 1),
			largest,
			POOLED,
			slopes,
			RAW,
		);
		const of = (n: number) => values.map((_, i) => slopes[i * ROW + n]);
		expect(of(0)).toEqual([0, 0, 17, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
		expect(of(9)).toEqual([10, 0, 0, 0, 0, 0, 0, 0, 26, 0, 0, 0, 0, 0, 0]);
	});
});
