// Gradients against what really changes.

import { describe, expect, it } from "vitest";
import type { Design } from "../../../host-sim/model/design.js";
import { ROW } from "../../../host-sim/model/kernels.js";
import { Replica } from "../../../host-sim/model/replica.js";
import type { Mode } from "../../../host-sim/model/stage.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const DESIGN: Design = {
	input: { channels: 1, height: 9, width: 8 },
	layers: [
		{ kind: "convolution", channels: 4, kernel: 3, stride: 1, padding: 1 },
		{ kind: "max" },
		{ kind: "depthwise", kernel: 3, stride: 2, padding: 1 },
		{ kind: "convolution", channels: 6, kernel: 1, stride: 1, padding: 0 },
		{ kind: "dense", channels: 3 },
	],
};
const SMOOTHING = 0.1;

function made() {
	const replica = new Replica(DESIGN);
	const random = new SeededRandom(5);
	const { input, parameters, stages, statistics } = replica;
	for (let i = 0; i < input.length; i += 1) input[i] = random.fraction();
	for (let i = 0; i < parameters.length; i += 1) parameters[i] = random.fraction() - 0.5;
	for (const { factor, step, variance } of stages) {
		parameters.fill(1, factor.at, factor.at + factor.length);
		statistics.fill(1, variance.at, variance.at + variance.length);
		expect(step).toBe(0);
	}
	const labels = Uint8Array.from({ length: ROW }, () => random.between(0, 2));
	return { replica, labels };
}

function lossOf({ labels, replica }: ReturnType<typeof made>, mode: Mode): number {
	replica.prepare(mode);
	replica.forward(mode);
	return replica.backward(mode, labels, SMOOTHING, ROW) / ROW;
}

describe("gradients", () => {
	it("of all kinds of parameters say how the loss changes", () => {
		const both = made();
		const { parameters, gradients, stages } = both.replica;
		lossOf(both, "learning");
		const slopes = gradients.slice();
		for (const [i, stage] of stages.entries())
			for (const name of ["weights", "bias", "factor", "shift"] as const) {
				const { at, length } = stage[name];
				// A norm takes a bias away again; the last stage has no norm.
				if (length === 0 || (name === "bias" && !stage.isLast)) continue;
				const size = Math.sqrt(slopes.subarray(at, at + length).reduce((sum, slope) => sum + slope * slope, 0));
				expect(size, `${name} of stage ${i}`).toBeGreaterThan(1e-4);
				const kept = parameters.slice();
				const moved = (by: number) => {
					for (let p = at; p < at + length; p += 1) parameters[p] = kept[p]! + (by * slopes[p]!) / size;
					return lossOf(both, "learning");
				};
				const change = (moved(0.003) - moved(-0.003)) / 0.006;
				parameters.set(kept);
				expect(change / size, `${name} of stage ${i}`).toBeGreaterThan(0.95);
				expect(change / size, `${name} of stage ${i}`).toBeLessThan(1.05);
			}
	});

	it("of a batch are the mean of its pictures'", () => {
		const { labels, replica } = made();
		replica.prepare("learning");
		replica.forward("learning");
		replica.backward("learning", labels, 0, ROW);
		const whole = replica.gradients.slice(0, replica.parameters.length);
		replica.backward("learning", labels, 0, 2 * ROW);
		for (const [i, slope] of whole.entries()) expect(replica.gradients[i]! * 2).toBeCloseTo(slope, 5);
	});

	it("also lead downhill where values are rounded", () => {
		const both = made();
		const { gradients, parameters, stages } = both.replica;
		for (const stage of stages) if (!stage.isLast) stage.step = 0.02;
		const before = lossOf(both, "quantised");
		for (let i = 0; i < parameters.length; i += 1) parameters[i] = parameters[i]! - 0.1 * gradients[i]!;
		expect(lossOf(both, "quantised")).toBeLessThan(before);
	});

	it("counts what came out as its label, of as many as are asked for", () => {
		const { replica } = made();
		replica.output.fill(0);
		for (let n = 0; n < ROW; n += 1) replica.output[(n % 3) * ROW + n] = 1;
		const labels = Uint8Array.from({ length: ROW }, (_, n) => (n < 4 ? n % 3 : (n + 1) % 3));
		expect([replica.right(labels, ROW), replica.right(labels, 2)]).toEqual([4, 2]);
	});
});
