// thimble model as a person runs it.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { model } from "../../../host-sim/cli/model.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";
import { FASHION_LABELS } from "../../../host-sim/model/dataset.js";
import { Learner } from "../../../host-sim/model/learner.js";
import { quantised } from "../../../host-sim/model/quantise.js";
import { eventsOf, thimble } from "../../support/command.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { Terminal } from "../../support/terminal.js";
import { TOY_RECIPE, toys } from "../../support/toys.js";

const MODEL = "firmware/vision/fashion.model";
const SAMPLE = "host-sim/data/fashion-200-images-idx3-ubyte";
const LABELS = "host-sim/data/fashion-200-labels-idx1-ubyte";
const folder = mkdtempSync(join(tmpdir(), "thimble-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function said(...args: string[]) {
	const run = thimble(["model", ...args], "");
	return {
		code: await run.code,
		out: run.out().toString(),
		err: run.err(),
		events: args.includes("--json") ? eventsOf(run) : [],
	};
}

function file(name: string, bytes: Uint8Array | string): string {
	const path = join(folder, name);
	writeFileSync(path, bytes);
	return path;
}

describe("thimble model run", () => {
	it("says what it sees, how sure it is, and what else it could be, of each picture", async () => {
		const { code, events } = await said("run", MODEL, SAMPLE, "--json");
		expect([code, events.length]).toEqual([0, 200]);
		expect(events[0]).toMatchObject({ event: "answer", file: SAMPLE, picture: 0 });
		const labels = readFileSync(LABELS).subarray(8);
		const right = events.filter(({ label }, i) => label === FASHION_LABELS[labels[i]!]).length;
		expect(right).toBeGreaterThan(160);
		for (const { confidence, top, label } of events) {
			const best = (top as { label: string; confidence: number }[])[0]!;
			expect([best.label, best.confidence]).toEqual([label, confidence]);
		}
	});

	it("says it to a person in a line", async () => {
		const boot = file("one.grey", readFileSync(SAMPLE).subarray(16, 16 + 784));
		const { code, out } = await said("run", MODEL, boot);
		expect(code).toBe(0);
		expect(out).toMatch(
			/^\S+one\.grey {2}[\w -]+ \d+\.\d %, then [\w -]+ \d+\.\d %, [\w -]+ \d+\.\d % {2}[\d.]+ ms\n$/,
		);
	});
});

describe("thimble model", () => {
	it.each([
		[[], "expected train, info, run or pictures; see thimble model --help"],
		[["toString"], "expected train, info, run or pictures; see thimble model --help"],
		[["info"], "info: expected one FILE"],
		[["info", "a", "b"], "info: expected one FILE"],
		[["info", "no.model"], "no.model: there is no such file"],
		[["info", SAMPLE], `${SAMPLE}: the model is refused: not a model`],
		[["run", MODEL], "run: expected FILE and a picture or more"],
		[["run", MODEL, "no.png"], "no.png: there is no such file"],
		[["info", MODEL, "--seed", "3"], "--seed goes with train"],
		[["train", "--epochs", "1"], "--epochs: expected a whole number from 2 to 1000"],
		[["train", "--workers", "0"], "--workers: expected a whole number from 1 to 64"],
		[["train", "more"], "too many arguments: more"],
		[["train", "--to", MODEL], `${MODEL} is there: --force writes over it`],
		[["train", "--to", "/nowhere/a.model"], "/nowhere/a.model: cannot be written (ENOENT)"],
		[["train", "--force", "--to", "host-sim"], "host-sim is a folder: give it a file name"],
		[["pictures", "--to", "package.json"], "package.json: no folder can be made there (EEXIST)"],
		[["pictures"], "--to: which folder shall they go to?"],
	])("%j is refused in one sentence", async (args, sentence) => {
		const error = await model(args).catch(error => error);
		expect(error).toBeInstanceOf(UsageError);
		expect(error.message).toBe(sentence);
	});

	it("info of a model of something else tells no accuracy, and why", async () => {
		const learner = new Learner(TOY_RECIPE, toys(32, 1));
		learner.quantise();
		const { parameters, stages } = learner.replica;
		const steps = stages.map(({ step }) => step);
		const path = file("toys.model", quantised(TOY_RECIPE, { parameters, steps }, toys(16, 2)));
		expect((await said("info", path)).out).toMatch(/\nright {5}not known: it is not of Fashion-MNIST\n$/);
		expect((await said("info", path, "--json")).events[0]).toMatchObject({ accuracy: null, version: "shapes-1" });
	});

	it("refuses a damaged model in a sentence", async () => {
		const bytes = readFileSync(MODEL);
		bytes[bytes.length - 20]! ^= 1;
		const path = file("damaged.model", bytes);
		const { code, err } = await said("run", path, SAMPLE);
		expect([code, err]).toEqual([2, `thimble: ${path}: the model is refused: damaged\n`]);
	});
});

describeWith(["fashion-mnist"], "with the data set, thimble model", () => {
	it("info measures what it tells", async () => {
		const { code, events } = await said("info", MODEL, "--json");
		expect(code).toBe(0);
		const [{ accuracy, arenaBytes, bytes, layers, multiplyAdds }] = events as [Record<string, unknown>];
		expect(bytes).toBe(readFileSync(MODEL).length);
		expect(accuracy).toBeGreaterThanOrEqual(0.9);
		expect(arenaBytes).toBeLessThanOrEqual(16_384);
		const each = (layers as { multiplyAdds: number }[]).map(layer => layer.multiplyAdds);
		expect(each.reduce((sum, part) => sum + part, 0)).toBe(multiplyAdds);
	}, 60_000);

	it("pictures makes those that come with the simulator, and writes over nothing", async () => {
		expect((await said("pictures", "--to", join(folder, "made"))).code).toBe(0);
		const made = join(folder, "made/fashion-200-images-idx3-ubyte");
		expect(readFileSync(made).equals(readFileSync(SAMPLE))).toBe(true);
		const { code, err } = await said("pictures", "--to", join(folder, "made"));
		expect([code, err]).toEqual([2, `thimble: ${made} is there: --force writes over it\n`]);
	});

	it("train is quiet without a terminal, and leaves nothing behind where it is stopped", async () => {
		const to = join(folder, "stopped.model");
		const run = thimble(["model", "train", "--epochs", "2", "--to", to]);
		// It reads 70,000 pictures first.
		await new Promise(resolve => setTimeout(resolve, 4000));
		run.child.kill("SIGINT");
		expect([await run.code, run.out().toString(), run.err()]).toEqual([130, "", ""]);
		expect([existsSync(to), existsSync(`${to}.new`)]).toEqual([false, false]);
	});
});

describeWith(["python3", "fashion-mnist"], "in a terminal, thimble model train", () => {
	it("shows how far it is", async () => {
		const terminal = new Terminal(24, 100, ["model", "train", "--epochs", "2", "--to", join(folder, "seen.model")]);
		await until("a bar", () => /#*\.+ +\d+ % .*left/.test(terminal.display.text), 60_000);
		terminal.press("\x03");
		expect(await terminal.end()).toMatchObject({ code: 130 });
	}, 90_000);
});
