// Reports of how a board is doing, on the engine with the object sizes of a board: what watches the memory uses none.

import { expect, it } from "vitest";
import { buildEngine, sourcePath } from "../../../host-sim/xs/build.js";
import { EngineHost } from "../../../host-sim/xs/device.js";
import { Events } from "../../../host-sim/xs/frames.js";
import { buildImage, modulesOf } from "../../../host-sim/xs/image.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc", "gcc -m32"], "reports of how a board is doing", () => {
	it("make nothing", async () => {
		const engine = await buildEngine("32");
		const image = buildImage(engine, await modulesOf([sourcePath("device/diagnosed.ts")]));
		const host = new EngineHost(engine, image.path);
		try {
			const told: number[][] = [];
			const device = host
				.device({
					module: "xs/device/diagnosed",
					heapBytes: 65_536,
					now: 1000,
					wall: 1_700_000_000_000,
					world: { tell: (_kind, ...numbers) => told.push(numbers.slice(0, 2) as number[]) },
				})
				.boot();
			const step = (now: number, reports: number | undefined) => {
				const events = new Events(now, 1_700_000_000_000 + now);
				device.step(reports === undefined ? events : events.command(reports));
				expect([device.ended, device.lastPrint]).toEqual([undefined, ""]);
				return device.counters!;
			};
			// The first attempt to connect, and its answer.
			step(1000, undefined);
			step(1001, 0);
			const before = step(1002, 10);
			const after = step(1003, 500);
			expect(after.slotsMade - before.slotsMade).toBe(0);
			expect(after.chunkBytesMade - before.chunkBytesMade).toBe(0);
			expect(after.collections - before.collections).toBe(0);
			expect(told.map(([isOnline]) => isOnline)).toEqual([1, 1, 1]);
			expect(told[2]![1]! - told[1]![1]!).toBeGreaterThan(100_000);
		} finally {
			host.close();
		}
	}, 120_000);
});
