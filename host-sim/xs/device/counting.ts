// A network on a bare chip, which counts machine instructions: it prints how many a picture took, and what was seen. Model and picture
// come as lines of hexadecimal digits, since the chip has no storage for them.

import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";

export function count(model: readonly string[], picture: readonly string[]): void {
	const network = new Network(new Model(bytesOf(model)));
	const dots = bytesOf(picture);
	let spent = 0;
	// Once for what is made on the first picture alone, and once for the count.
	for (let i = 0; i < 2; i += 1) {
		retired();
		const idle = retired();
		network.begin(dots);
		network.run(1 << 30);
		spent = retired() - idle;
	}
	print(`${spent} ${network.label} ${network.confidence}`);
	finish(0);
}

function bytesOf(lines: readonly string[]): Uint8Array {
	const bytes = new Uint8Array(lines.reduce((sum, line) => sum + line.length / 2, 0));
	let at = 0;
	for (const line of lines)
		for (let i = 0; i < line.length; i += 2, at += 1) bytes[at] = Number.parseInt(line.slice(i, i + 2), 16);
	return bytes;
}
