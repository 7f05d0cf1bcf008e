// A network on the engine with the object sizes of a board: the same answers, nothing made for a picture, and slices that end.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { writeModel } from "../../../host-sim/model/file.js";
import { buildEngine, sourcePath } from "../../../host-sim/xs/build.js";
import { EngineHost } from "../../../host-sim/xs/device.js";
import { buildImage, modulesOf } from "../../../host-sim/xs/image.js";
import { look, lookOnChip, recognition } from "../../../host-sim/xs/recognition.js";
import { describeWith } from "../../support/need.js";
import { CANDIDATE, Dice, draftOf, MIXED, PICTURE, picture } from "../../support/vision.js";

describeWith(["gcc", "gcc -m32"], "recognition on the engine", () => {
	let engine: string;
	let host: EngineHost;
	beforeAll(async () => {
		engine = await buildEngine("32");
		host = new EngineHost(engine, buildImage(engine, await modulesOf([sourcePath("device/seeing.ts")])).path);
	}, 240_000);
	afterAll(() => host.close());

	it("makes nothing for a picture, whatever layers there are, and answers as Node does", () => {
		for (const [i, wishes] of [CANDIDATE, MIXED].entries()) {
			const model = writeModel(draftOf(i + 7, PICTURE, wishes));
			const dots = picture(new Dice(i + 1), 784);
			const network = new Network(new Model(model));
			network.begin(dots);
			network.run(1e9);
			const seen = look(host, model, dots);
			expect([seen.made, seen.label, seen.thousandths]).toEqual([0, network.label, network.confidence]);
		}
	});

	it("in slices takes as much, and none takes long", () => {
		const model = writeModel(draftOf(7, PICTURE, CANDIDATE));
		const dots = picture(new Dice(1), 784);
		const [whole, sliced] = [look(host, model, dots), look(host, model, dots, 5000)];
		expect([sliced.label, sliced.thousandths, sliced.made]).toEqual([whole.label, whole.thousandths, 0]);
		expect(sliced.instructions).toBeLessThan(1.01 * whole.instructions);
		// 5,000 multiply-adds at no more than 18 each: pooling counts as comparisons, which cost more.
		expect(sliced.slice).toBeLessThan(90_000);
	});

	it("takes no more than 15 instructions a multiply-add, whatever is seen, and no more than 16 KB of RAM", async () => {
		const model = writeModel(draftOf(7, PICTURE, CANDIDATE));
		const { multiplyAdds } = new Model(model);
		for (const dots of [new Uint8Array(784), new Uint8Array(784).fill(255), picture(new Dice(3), 784)])
			expect(look(host, model, dots).instructions / multiplyAdds).toBeLessThan(15);
		const figures = await recognition(engine);
		expect(figures["recognition, instructions, a multiply-add"]).toBeLessThan(15);
		expect(figures["recognition, model"]).toBeLessThanOrEqual(20_480);
		expect(figures["recognition, arena"]).toBeLessThanOrEqual(16_384);
	});
});

describeWith(
	["gcc", "gcc -m32", "riscv64-unknown-elf-gcc", "picolibc", "qemu-system-riscv32"],
	"recognition on rv32imac in QEMU",
	() => {
		it("answers as Node does, and takes exactly as many machine instructions each time", async () => {
			const engine = await buildEngine("32");
			const model = writeModel(draftOf(7, PICTURE, CANDIDATE));
			const network = new Network(new Model(model));
			const counts: number[] = [];
			for (const seed of [1, 2, 1]) {
				const dots = picture(new Dice(seed), 784);
				network.begin(dots);
				network.run(1e9);
				const seen = await lookOnChip(engine, model, dots);
				expect([seen.label, seen.thousandths]).toEqual([network.label, network.confidence]);
				counts.push(seen.instructions);
			}
			expect(counts[2]).toBe(counts[0]);
			expect(counts[1]).not.toBe(counts[0]);
			// More than the multiply-adds, however good the engine; less than a second of an ESP32-C3's 160 MHz for each 50,000.
			expect(counts[0]! / network.model.multiplyAdds).toBeGreaterThan(10);
			expect(counts[0]! / network.model.multiplyAdds).toBeLessThan(3200);
		}, 240_000);
	},
);
