// thimble model: networks that recognise pictures on a board. Trains one, says how good one is, and shows pictures to it. What it says
// of a model is always found out at that moment, with the code that runs on the board.

import { accessSync, constants, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import {
	HEIGHT,
	KERNEL,
	KIND,
	Model,
	MULTIPLY_ADDS,
	OUTPUTS,
	PADDING,
	ROW,
	STRIDE,
	WIDTH,
} from "../../firmware/vision/model.js";
import { Network } from "../../firmware/vision/network.js";
import { UsageError } from "../fleet/scenario.js";
import { FASHION_LABELS, hasDataset, readDataset, readTest } from "../model/dataset.js";
import { answerTo, type Measured, measure } from "../model/measure.js";
import { readPictures } from "../model/picture.js";
import { quantised } from "../model/quantise.js";
import { readModel } from "../model/reader.js";
import { FASHION_RECIPE, withEpochs } from "../model/recipe.js";
import { SAMPLE_EACH, SAMPLE_LABELS, SAMPLE_PICTURES, sampleFiles, sampleOf } from "../model/sample.js";
import { train } from "../model/trainer.js";
import { MODEL } from "./commands.js";
import { FINE } from "./errand.js";
import { Flags } from "./flags.js";
import { helpText } from "./help.js";
import { timeText } from "./progress.js";
import { Stop } from "./stop.js";

const INTERRUPTED = 130;
const MOST_EPOCHS = 1000;
const MOST_WORKERS = 64;
const DRAW_MS = 250;
const BAR = 24;

type Verb = (rest: readonly string[], flags: Flags) => number | Promise<number>;

const VERBS: Readonly<Record<string, Verb>> = { train: trainModel, info, run: runPictures, pictures };
/** Flags that only some take. */
const OWN: Readonly<Record<string, readonly string[]>> = {
	"--to": ["train", "pictures"],
	"--force": ["train", "pictures"],
	"--seed": ["train"],
	"--epochs": ["train"],
	"--workers": ["train"],
};

/** Returns the exit code; throws UsageError. */
export async function model(args: readonly string[]): Promise<number> {
	const flags = new Flags(Object.values(MODEL.options).flat(), args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(MODEL));
		return FINE;
	}
	const [verb = "", ...rest] = flags.rest;
	const handle = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
	if (handle === undefined) throw new UsageError("expected train, info, run or pictures; see thimble model --help");
	for (const [name, verbs] of Object.entries(OWN))
		if (flags.has(name) && !verbs.includes(verb)) throw new UsageError(`${name} goes with ${verbs.join(" and ")}`);
	return handle(rest, flags);
}

async function trainModel(rest: readonly string[], flags: Flags): Promise<number> {
	if (rest.length > 0) throw new UsageError(`too many arguments: ${rest.join(" ")}`);
	const seed = flags.integer("--seed", 0, 4_294_967_295) ?? FASHION_RECIPE.seed;
	const epochs = flags.integer("--epochs", 2, MOST_EPOCHS);
	const workers = flags.integer("--workers", 1, MOST_WORKERS) ?? Math.min(MOST_WORKERS, availableParallelism());
	const to = flags.text("--to") ?? "fashion.model";
	// Before hours of work, not behind them.
	checkPlace(to, flags.has("--force"));
	const recipe = { ...(epochs === undefined ? FASHION_RECIPE : withEpochs(FASHION_RECIPE, epochs)), seed };
	const stop = new Stop();
	const dataset = readDataset();
	const isJson = flags.has("--json");
	const begun = performance.now();
	const gauge = new TrainingGauge(process.stderr, process.stderr.isTTY && !isJson, () => performance.now());
	const learnt = await train(recipe, dataset, {
		workers,
		signal: stop.signal,
		onStep: (step, steps) => gauge.show(step, steps),
		onEpoch: (epoch, loss, right) => {
			gauge.told(epoch, right);
			if (isJson) print({ event: "epoch", epoch: epoch + 1, loss, validation: right });
		},
	});
	gauge.close();
	if (learnt === undefined) return INTERRUPTED;
	const bytes = quantised(recipe, learnt, dataset.validation);
	const made = new Model(bytes);
	const validation = measure(made, dataset.validation);
	// The one time that anybody looks at these.
	const test = measure(made, dataset.test);
	write(to, bytes, flags.has("--force"));
	const seconds = Math.round((performance.now() - begun) / 1000);
	if (isJson) {
		const { accuracy, confusion } = test;
		const figures = { accuracy, validation: validation.accuracy, confusion, ...figuresOf(made) };
		print({ event: "trained", file: to, seed, epochs: recipe.epochs + recipe.fineEpochs, seconds, ...figures });
	} else {
		console.log(`trained   ${to} in ${timeText(seconds * 1000)}`);
		console.log(modelLine(made));
		console.log(`right     ${percent(validation.accuracy)} of ${grouped(validation.count)} to choose by`);
		console.log(`          ${percent(test.accuracy)} of ${grouped(test.count)} to test with\n`);
		console.log(confusionText(test, labelsOf(made)));
	}
	return FINE;
}

function info(rest: readonly string[], flags: Flags): number {
	const [file, ...more] = rest;
	if (file === undefined || more.length > 0) throw new UsageError("info: expected one FILE");
	const read = readModel(file);
	const isFashion = labelsOf(read).join() === FASHION_LABELS.join() && shapeText(read) === "1 x 28 x 28";
	const measured = isFashion && hasDataset() ? measure(read, readTest()) : undefined;
	if (flags.has("--json")) {
		const { channels, height, width } = read;
		const more = { labels: labelsOf(read), input: { channels, height, width }, layers: layersOf(read) };
		print({ event: "model", file, accuracy: measured?.accuracy ?? null, ...figuresOf(read), ...more });
		return FINE;
	}
	console.log(modelLine(read));
	console.log(`labels    ${labelsOf(read).join(", ")}`);
	console.log(`picture   ${shapeText(read)}`);
	for (const [i, { height, kind, multiplyAdds, outputs, width, ...window }] of layersOf(read).entries()) {
		const how = window.kernel > 0 ? ` ${window.kernel} x ${window.kernel}` : "";
		const stride = window.stride > 1 ? `, stride ${window.stride}` : "";
		const padding = window.padding > 0 ? `, padding ${window.padding}` : "";
		const shape = shapeText({ channels: outputs, height, width });
		console.log(
			`layer ${String(i + 1).padEnd(4)}${`${kind}${how}${stride}${padding}`.padEnd(40)}${shape.padEnd(13)}${grouped(multiplyAdds).padStart(9)} multiply-adds`,
		);
	}
	if (!isFashion) console.log("right     not known: it is not of Fashion-MNIST");
	else if (measured === undefined)
		console.log("right     not known: install Debian's package dataset-fashion-mnist, as npm run setup does");
	else console.log(`right     ${percent(measured.accuracy)} of ${grouped(measured.count)} to test with`);
	return FINE;
}

function runPictures(rest: readonly string[], flags: Flags): number {
	const [file, ...paths] = rest;
	if (file === undefined || paths.length === 0) throw new UsageError("run: expected FILE and a picture or more");
	const read = readModel(file);
	if (read.channels !== 1)
		throw new UsageError(`${file}: it wants ${read.channels} colours, and these pictures are grey`);
	// All of them are read before the first answer.
	const files = paths.map(path => ({ path, pictures: readPictures(path, read.width, read.height) }));
	const network = new Network(read);
	for (const { path, pictures } of files)
		for (const [i, { pixels }] of pictures.entries()) {
			const begun = performance.now();
			const answer = answerTo(network, pixels);
			const ms = Math.round((performance.now() - begun) * 100) / 100;
			if (flags.has("--json")) {
				print({ event: "answer", file: path, picture: i, ...answer, ms });
				continue;
			}
			const [first, ...others] = answer.top.map(({ confidence, label }) => `${label} ${percent(confidence / 1000)}`);
			const name = pictures.length === 1 ? path : `${path} ${i}`;
			const next = others.length === 0 ? "" : `, then ${others.join(", ")}`;
			console.log(`${name}  ${first}${next}  ${ms} ms`);
		}
	return FINE;
}

function pictures(rest: readonly string[], flags: Flags): number {
	if (rest.length > 0) throw new UsageError(`too many arguments: ${rest.join(" ")}`);
	const to = flags.text("--to");
	if (to === undefined) throw new UsageError("--to: which folder shall they go to?");
	const isForced = flags.has("--force");
	try {
		mkdirSync(to, { recursive: true });
	} catch (error) {
		throw new UsageError(`${to}: no folder can be made there (${(error as NodeJS.ErrnoException).code})`);
	}
	const sample = sampleOf(readTest(), SAMPLE_EACH, 1);
	const paths = [SAMPLE_PICTURES, SAMPLE_LABELS].map(name => join(to, name));
	for (const path of paths) checkPlace(path, isForced);
	for (const [i, bytes] of sampleFiles(sample).entries()) write(paths[i]!, bytes, isForced);
	if (flags.has("--json")) print({ event: "pictures", files: paths, count: sample.count });
	else console.log(`${sample.count} pictures in ${paths[0]}, what they are in ${paths[1]}`);
	return FINE;
}

/** Throws UsageError where a file cannot be written there. */
function checkPlace(path: string, isForced: boolean): void {
	if (existsSync(path) && statSync(path).isDirectory())
		throw new UsageError(`${path} is a folder: give it a file name`);
	if (existsSync(path) && !isForced) throw new UsageError(`${path} is there: --force writes over it`);
	try {
		accessSync(dirname(path), constants.W_OK);
	} catch (error) {
		throw new UsageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
	}
}

/** All of it or nothing. */
function write(path: string, bytes: Uint8Array, isForced: boolean): void {
	checkPlace(path, isForced);
	const beside = `${path}.new`;
	try {
		writeFileSync(beside, bytes);
		renameSync(beside, path);
	} catch (error) {
		throw new UsageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
	}
}

/** A bar that is written over itself, where somebody sees it. */
class TrainingGauge {
	readonly #out: NodeJS.WritableStream;
	readonly #isShown: boolean;
	readonly #clock: () => number;
	readonly #begun: number;
	#drawnAt = Number.NEGATIVE_INFINITY;
	#last = "";

	constructor(out: NodeJS.WritableStream, isShown: boolean, clock: () => number) {
		this.#out = out;
		this.#isShown = isShown;
		this.#clock = clock;
		this.#begun = clock();
	}

	told(epoch: number, right: number): void {
		this.#last = `  epoch ${epoch + 1}: ${percent(right)} right`;
	}

	show(step: number, steps: number): void {
		const now = this.#clock();
		if (!this.#isShown || now - this.#drawnAt < DRAW_MS) return;
		this.#drawnAt = now;
		const done = step / steps;
		const bar = "#".repeat(Math.floor(done * BAR)).padEnd(BAR, ".");
		const left = timeText(((now - this.#begun) * (1 - done)) / done);
		this.#out.write(`\r\x1b[2K${bar} ${String(Math.floor(done * 100)).padStart(3)} %${this.#last}  ${left} left`);
	}

	close(): void {
		if (this.#isShown) this.#out.write("\r\x1b[2K");
	}
}

const KINDS = ["", "convolution", "depthwise", "largest", "mean", "dense"];

interface LayerInfo {
	readonly kind: string;
	readonly kernel: number;
	readonly stride: number;
	readonly padding: number;
	readonly outputs: number;
	readonly height: number;
	readonly width: number;
	readonly multiplyAdds: number;
}

function layersOf({ layers, plan }: Model): LayerInfo[] {
	return Array.from({ length: layers }, (_, i) => {
		const of = (field: number) => plan[i * ROW + field]!;
		return {
			kind: KINDS[of(KIND)]!,
			kernel: of(KERNEL),
			stride: of(STRIDE),
			padding: of(PADDING),
			outputs: of(OUTPUTS),
			height: of(HEIGHT),
			width: of(WIDTH),
			multiplyAdds: of(MULTIPLY_ADDS),
		};
	});
}

/** What a model costs a board. */
function figuresOf(read: Model) {
	const { bytes, multiplyAdds } = read;
	return { version: read.version(), bytes: bytes.length, multiplyAdds, arenaBytes: new Network(read).bufferBytes };
}

function modelLine(read: Model): string {
	const { arenaBytes, bytes, multiplyAdds, version } = figuresOf(read);
	return `model     ${version}  ${grouped(bytes)} bytes, ${grouped(multiplyAdds)} multiply-adds a picture, ${grouped(arenaBytes)} bytes of RAM`;
}

function labelsOf(read: Model): string[] {
	return Array.from({ length: read.classes }, (_, i) => read.label(i));
}

/** A line for what a picture is, a column for what it was taken for. */
function confusionText({ confusion }: Measured, labels: readonly string[]): string {
	const name = Math.max(...labels.map(label => label.length));
	const short = labels.map(label => label.slice(0, 5));
	const head = `${"".padEnd(name)}  ${short.map(label => label.padStart(5)).join("  ")}`;
	const lines = confusion.map(
		(row, i) => `${labels[i]!.padEnd(name)}  ${row.map(count => String(count || ".").padStart(5)).join("  ")}`,
	);
	return [head, ...lines].join("\n");
}

function shapeText({ channels, height, width }: { channels: number; height: number; width: number }): string {
	return `${channels} x ${height} x ${width}`;
}

function percent(share: number): string {
	return `${(share * 100).toFixed(1)} %`;
}

function grouped(value: number): string {
	return value.toLocaleString("en");
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify(event)}\n`);
}
