import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSum } from "../../../firmware/optional/checksum.js";
import { DENSE } from "../../../firmware/vision/model.js";
import { writeModel } from "../../../host-sim/model/file.js";
import { readSample } from "../../../host-sim/model/sample.js";
import { fashion, sightsOf } from "../../../host-sim/sensor/belt.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

/** So many pictures of a camera, by their check sums. */
function shown(seed: number, count: number): number[] {
	const camera = fashion.camera(new SeededRandom(seed));
	const view = new Uint8Array(784);
	return Array.from({ length: count }, () => {
		expect(camera.capture(view)).toBe(true);
		return checkSum(view, view.length);
	});
}

describe("the belt", () => {
	it("shows each camera all pictures, from a place of its own, and then again", () => {
		const first = shown(1, 400);
		expect(new Set(first).size).toBe(200);
		expect(first.slice(200)).toEqual(first.slice(0, 200));
		expect(shown(1, 3)).toEqual(first.slice(0, 3));
		const other = shown(2, 200);
		expect(other[0]).not.toBe(first[0]);
		expect([...other].sort()).toEqual(first.slice(0, 200).sort());
	});

	it("knows what is on each picture, and what the model says of it", () => {
		const all = shown(1, 200).map(crc => fashion.known(crc)!);
		const right = all.filter(({ answer, truth }) => answer === truth).length;
		// 200 pictures of the 10,000 that it has not been trained with.
		expect(right / 200).toBeGreaterThan(0.85);
		expect(right).toBeLessThan(200);
		const counts = new Map<string, number>();
		for (const { truth } of all) counts.set(truth, (counts.get(truth) ?? 0) + 1);
		expect([...counts.values()]).toEqual(Array.from({ length: 10 }, () => readSample().count / 10));
		expect(fashion.known(1)).toBe(undefined);
	});

	it("gives each board a network of its own", () => {
		expect(fashion.network()).not.toBe(fashion.network());
		expect(fashion.network().model).toBe(fashion.network().model);
	});
});

describe("another model", () => {
	it("looks at the same pictures", () => {
		const sights = sightsOf("firmware/vision/fashion.model");
		const [crc] = shown(1, 1);
		expect(sights.known(crc!)).toEqual(fashion.known(crc!));
	});

	it("is refused where it wants other pictures", () => {
		const path = join(mkdtempSync(join(tmpdir(), "thimble-belt-")), "small.model");
		const scales = [{ bias: 0, multiplier: 1, shift: 6 }];
		const dense = { kind: DENSE, kernel: 0, stride: 0, padding: 0, outputs: 1, scales, weights: [1, 2, 3, 4] } as const;
		const shape = { channels: 1, height: 2, width: 2 };
		const table = Array.from({ length: 256 }, () => 1);
		writeFileSync(path, writeModel({ version: "small-1", ...shape, labels: ["it"], table, layers: [dense] }));
		expect(() => sightsOf(path)).toThrow(`${path}: expected a model for 1 x 28 x 28, got 1 x 2 x 2`);
		rmSync(dirname(path), { recursive: true });
	});
});
