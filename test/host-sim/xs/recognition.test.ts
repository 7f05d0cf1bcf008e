// A network on the engine with the object sizes of a board: the same answers, nothing made for a picture, and slices that end.

import { afterAll, beforeAll, expect, it } from "vitest";
import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { writeModel } from "../../../host-sim/model/file.js";
import { buildEngine, sourcePath } from "../../../host-sim/xs/build.js";
import { EngineHost } from "../../../host-sim/xs/device.js";
import { buildImage, modulesOf } from "../../../host-sim/xs/image.js";
import { look, recognition } from "../../../host-sim/xs/recognition.js";
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
