// From what was learnt to the board's integers: weights as bytes, and for each output the multiplier and the shift that bring its sum
// to the next layer's bytes.

import { CONVOLUTION, DENSE, DEPTHWISE, MAXIMUM, TABLE_ENTRIES } from "../../firmware/vision/model.js";
import { exponential, logarithm } from "./arithmetic.js";
import type { Pictures } from "./dataset.js";
import { type Shape, shapeAfter } from "./design.js";
import { type LayerDraft, type Scale, writeModel } from "./file.js";
import { ROW } from "./kernels.js";
import { showPicture } from "./learner.js";
import type { Recipe } from "./recipe.js";
import { Replica } from "./replica.js";
import { MOST_VALUE, type Stage, scaleOf } from "./stage.js";
import type { Learnt } from "./trainer.js";

/** What a step of a logit stands for: 256 of them reach so far down that what is beyond has no share. */
const LOGIT_STEP = 1 / 16;
const MOST_MULTIPLIER = 65_535;
const MOST_SHIFT = 31;
/** Temperatures that are tried, in hundredths. */
const TEMPERATURES = { low: 40, high: 250, step: 2 };

/** The model's file. By `validation` is decided how sure it says that it is. */
export function quantised(recipe: Recipe, learnt: Learnt, validation: Pictures): Uint8Array {
	const replica = replicaOf(recipe, learnt);
	const stages = replica.stages.values();
	const layers: LayerDraft[] = [];
	let step = 1 / MOST_VALUE;
	let shape = recipe.design.input;
	for (const layer of recipe.design.layers) {
		shape = shapeAfter(layer, shape);
		if (layer.kind === "max") {
			layers.push({ kind: MAXIMUM, outputs: shape.channels });
			continue;
		}
		const stage = stages.next().value!;
		const next = stage.isLast ? LOGIT_STEP : stage.step;
		layers.push(draftOf(stage, learnt.parameters, shape, step, next));
		step = next;
	}
	const unit = LOGIT_STEP / temperatureOf(replica, validation);
	const table = Array.from({ length: TABLE_ENTRIES }, (_, i) => Math.floor(65_535 * exponential(-i * unit) + 0.5));
	return writeModel({ version: recipe.version, labels: recipe.labels, ...recipe.design.input, table, layers });
}

/** `factor` as a multiplier and a shift, as exactly as sums of up to `most` let it be: nothing may need more than 31 bits. */
export function scaleFor(factor: number, most: number): { multiplier: number; shift: number } {
	for (let shift = MOST_SHIFT; shift > 1; shift -= 1) {
		const multiplier = Math.floor(factor * 2 ** shift + 0.5);
		if (multiplier <= MOST_MULTIPLIER && most * multiplier + 2 ** (shift - 1) < 2 ** 31) return { multiplier, shift };
	}
	throw new Error("a sum of the model is out of every bound");
}

function draftOf(
	stage: Stage,
	parameters: Float32Array,
	{ channels }: Shape,
	step: number,
	nextStep: number,
): LayerDraft {
	const per = stage.weightsPerChannel;
	const weights = new Int8Array(channels * per);
	const scales: Scale[] = [];
	for (let c = 0; c < channels; c += 1) {
		const at = stage.weights.at + c * per;
		const scale = scaleOf(parameters, at, per);
		let sum = 0;
		for (let i = 0; i < per; i += 1) {
			const weight = Math.floor(parameters[at + i]! / scale + 0.5);
			weights[c * per + i] = weight;
			sum += Math.abs(weight);
		}
		const bias = Math.floor(parameters[stage.bias.at + c]! / (scale * step) + 0.5);
		scales.push({ bias, ...scaleFor((scale * step) / nextStep, Math.abs(bias) + MOST_VALUE * sum) });
	}
	const { layer } = stage;
	const window =
		layer.kind === "convolution" || layer.kind === "depthwise" ? layer : { kernel: 0, stride: 0, padding: 0 };
	const kind = layer.kind === "convolution" ? CONVOLUTION : layer.kind === "depthwise" ? DEPTHWISE : DENSE;
	const { kernel, padding, stride } = window;
	return { kind, kernel, stride, padding, outputs: channels, scales, weights };
}

function replicaOf({ design }: Recipe, { parameters, steps }: Learnt): Replica {
	const replica = new Replica(design);
	replica.parameters.set(parameters);
	for (const [i, stage] of replica.stages.entries()) stage.step = steps[i]!;
	replica.prepare("quantised");
	return replica;
}

/** What logits are to be divided by, so that a confidence of 80 % is right in about 80 % of the pictures: the least surprise. */
function temperatureOf(replica: Replica, pictures: Pictures): number {
	const { output } = replica;
	const classes = output.length / ROW;
	const logits = new Float64Array(pictures.count * classes);
	for (let from = 0; from < pictures.count; from += ROW) {
		const count = Math.min(ROW, pictures.count - from);
		for (let n = 0; n < count; n += 1) showPicture(replica.input, n, pictures, from + n);
		replica.forward("quantised");
		for (let n = 0; n < count; n += 1)
			for (let c = 0; c < classes; c += 1) logits[(from + n) * classes + c] = output[c * ROW + n]!;
	}
	let best = 100;
	let least = Number.POSITIVE_INFINITY;
	for (let hundredths = TEMPERATURES.low; hundredths <= TEMPERATURES.high; hundredths += TEMPERATURES.step) {
		const surprise = surpriseOf(logits, pictures.labels, classes, hundredths / 100);
		if (surprise >= least) continue;
		least = surprise;
		best = hundredths;
	}
	return best / 100;
}

function surpriseOf(logits: Float64Array, labels: Uint8Array, classes: number, temperature: number): number {
	let surprise = 0;
	for (const [i, label] of labels.entries()) {
		const right = logits[i * classes + label]!;
		let sum = 0;
		for (let c = 0; c < classes; c += 1) sum += exponential((logits[i * classes + c]! - right) / temperature);
		surprise += logarithm(sum);
	}
	return surprise;
}
