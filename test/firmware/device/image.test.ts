// How an image gets into flash, and is hashed there.

import { expect, it } from "vitest";
import { Image, writeBlocks } from "../../../firmware/device/image.js";
import { toyVerifier } from "../../support/toysigner.js";
import { imageOf } from "../../support/updated.js";

/** Flash that notes what is done to it. */
function flash(blockBytes: number) {
	const bytes = new Uint8Array(16_384);
	const log: string[] = [];
	const updater = {
		capacity: bytes.length,
		blockBytes,
		isPending: false,
		erase: (at: number) => log.push(`erase ${at}`),
		write(view: Uint8Array, at: number) {
			log.push(`write ${at}+${view.length}`);
			bytes.set(view, at);
		},
		read(view: Uint8Array, at: number) {
			log.push(`read ${at}+${view.length}`);
			view.set(bytes.subarray(at, at + view.length));
		},
		apply() {},
	};
	return { bytes, log, updater };
}

it("each block is erased once, when its first byte comes, and no write goes over a block's end", () => {
	const { bytes, log, updater } = flash(100);
	const image = imageOf("1.0.0", 260);
	writeBlocks(updater, 0, image, 0, 60);
	writeBlocks(updater, 60, image, 60, 200);
	expect(log).toEqual([
		"erase 0",
		"write 0+60",
		"write 60+40",
		"erase 100",
		"write 100+100",
		"erase 200",
		"write 200+60",
	]);
	expect(bytes.subarray(0, 260)).toEqual(image);
});

it("it is hashed in slices, up to its end and not beyond", () => {
	const { bytes, log, updater } = flash(4096);
	const whole = imageOf("1.0.0", 2500);
	bytes.fill(7);
	bytes.set(whole);
	const image = new Image(updater, toyVerifier.hash());
	while (image.at < 2500) image.hash(2500);
	expect(log).toEqual(["read 0+1024", "read 1024+1024", "read 2048+452"]);
	const expected = toyVerifier.hash();
	expected.write(whole);
	expect(image.close()).toEqual(expected.close());
});
