import { describe, expect, it } from "vitest";
import { Arena } from "../../../host-sim/model/arena.js";
import { ROW_BYTES } from "../../../host-sim/model/kernels.js";
import { backwardRuns, forwardRuns, type Geometry, pairingsOf, type Run } from "../../../host-sim/model/taps.js";

/** Two channels of 5 x 6 to four. */
function geometry(stride: number, padding: number): Geometry {
	const side = (length: number) => Math.floor((length + 2 * padding - 3) / stride) + 1;
	return {
		input: { channels: 2, height: 5, width: 6 },
		output: { channels: 4, height: side(5), width: side(6) },
		height: 3,
		width: 3,
		stride,
		padding,
		isDepthwise: false,
	};
}

/** "to < from * weight", of all that the runs of one channel do. */
function done(runs: readonly Run[], arena: Arena): string[] {
	arena.close();
	return runs.flatMap(run =>
		Array.from({ length: run.count }, (_, i) => {
			const words = new Int32Array(arena.kernels.memory, run.list, (run.end - run.list) / 4);
			return Array.from({ length: words.length / 2 }, (_, t) => {
				const from = (run.from + i * run.fromStep + words[t * 2]!) / ROW_BYTES;
				return `${(run.to + i * run.toStep) / ROW_BYTES} < ${from} * ${words[t * 2 + 1]! / 4}`;
			});
		}).flat(),
	);
}

/** The same by the definition of a convolution, for the first channel of the output. */
function defined({ input, output, padding, stride }: Geometry): { to: number; from: number; weight: number }[] {
	const all: { to: number; from: number; weight: number }[] = [];
	for (let y = 0; y < output.height; y += 1)
		for (let x = 0; x < output.width; x += 1)
			for (let i = 0; i < input.channels; i += 1)
				for (let k = 0; k < 9; k += 1) {
					const fromY = y * stride + Math.floor(k / 3) - padding;
					const fromX = x * stride + (k % 3) - padding;
					if (fromY < 0 || fromX < 0 || fromY >= input.height || fromX >= input.width) continue;
					const from = (i * input.height + fromY) * input.width + fromX;
					all.push({ to: y * output.width + x, from, weight: i * 9 + k });
				}
	return all;
}

describe.each([
	[1, 0],
	[1, 1],
	[2, 1],
	[2, 2],
])("with stride %d and padding %d", (stride, padding) => {
	const shape = geometry(stride, padding);

	it("forwards each value meets the weights that it should", () => {
		const arena = new Arena();
		const wanted = defined(shape).map(({ from, to, weight }) => `${to} < ${from} * ${weight}`);
		expect(done(forwardRuns(shape, arena), arena).sort()).toEqual(wanted.sort());
	});

	it("backwards go the same ways", () => {
		const arena = new Arena();
		const plane = shape.output.height * shape.output.width;
		const ofFirstInput = defined(shape).filter(({ weight }) => weight < 9);
		const wanted = [0, 1, 2, 3].flatMap(o =>
			ofFirstInput.map(({ from, to, weight }) => `${from} < ${to + o * plane} * ${weight + o * 18}`),
		);
		expect(done(backwardRuns(shape, arena), arena).sort()).toEqual(wanted.sort());
	});

	it("each weight is paired with the values that it meets", () => {
		const met = pairingsOf(shape).flatMap(({ a, b, cols, rows, weight }) =>
			Array.from({ length: rows * cols }, (_, i) => {
				const [y, x] = [Math.floor(i / cols), i % cols];
				const to = a / ROW_BYTES + y * shape.output.width + x;
				return `${to} < ${b / ROW_BYTES + (y * shape.input.width + x) * stride} * ${weight / 4}`;
			}),
		);
		const ofFirstInput = defined(shape).filter(({ weight }) => weight < 9);
		expect(met.sort()).toEqual(ofFirstInput.map(({ from, to, weight }) => `${to} < ${from} * ${weight}`).sort());
	});
});
