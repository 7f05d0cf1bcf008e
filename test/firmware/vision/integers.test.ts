// A network's integers by a check sum that is the same on Node, on the engine with 64 and 32 bits, and on a bare chip: whoever breaks that
// breaks it somewhere. Short, since the chip is emulated.

import { expect, it } from "vitest";
import { checkSum } from "../../../firmware/optional/checksum.js";
import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import { writeModel } from "../../../host-sim/model/file.js";
import { CANDIDATE, Dice, draftOf, MIXED, PICTURE, picture } from "../../support/vision.js";

it("all activations, logits and the confidence of several pictures are the same on every engine", () => {
	const found = [CANDIDATE, MIXED].map((wishes, i) => {
		const network = new Network(new Model(writeModel(draftOf(i + 70, PICTURE, wishes))));
		const dice = new Dice(i + 80);
		const numbers: number[] = [];
		for (let each = 0; each < 3; each += 1) {
			network.begin(picture(dice, 784));
			network.run(1e9);
			numbers.push(...network.sums.subarray(network.logits), network.confidence, ...network.even, ...network.odd);
		}
		const bytes = new Uint8Array(Int32Array.from(numbers).buffer);
		return checkSum(bytes, bytes.length);
	});
	expect(found).toEqual([4_218_159_464, 3_986_774_390]);
});
