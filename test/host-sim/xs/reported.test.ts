// Readings with a policy on the engine with the object sizes of a board: nothing is made for any of them.

import { expect, it } from "vitest";
import { buildEngine, sourcePath } from "../../../host-sim/xs/build.js";
import { EngineHost } from "../../../host-sim/xs/device.js";
import { Events } from "../../../host-sim/xs/frames.js";
import { buildImage, modulesOf } from "../../../host-sim/xs/image.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc", "gcc -m32"], "readings with a policy", () => {
	it("make nothing, whatever of them is told, waits and falls out", async () => {
		const engine = await buildEngine("32");
		const image = buildImage(engine, await modulesOf([sourcePath("device/reported.ts")]));
		const host = new EngineHost(engine, image.path);
		try {
			const told: number[][] = [];
			const device = host
				.device({
					module: "xs/device/reported",
					heapBytes: 32_768,
					now: 1000,
					wall: 1_700_000_000_000,
					world: { tell: (_kind, ...numbers) => told.push(numbers.slice(0, 3) as number[]) },
				})
				.boot();
			const step = (readings: number) => {
				device.step(new Events(1000, 1_700_000_000_000).command(readings));
				expect([device.ended, device.lastPrint]).toEqual([undefined, ""]);
				return device.counters!;
			};
			const before = step(99);
			const after = step(2000);
			expect(after.slotsMade - before.slotsMade).toBe(0);
			expect(after.chunkBytesMade - before.chunkBytesMade).toBe(0);
			expect(after.collections - before.collections).toBe(0);
			expect(before.slotsMade).toBeGreaterThan(0);
			expect(told.map(([readings]) => readings)).toEqual([99, 2099]);
			expect(told[1]![1]).toBeGreaterThan(500);
			expect(told[1]![2]).toBeGreaterThan(50_000);
		} finally {
			host.close();
		}
	}, 120_000);
});
