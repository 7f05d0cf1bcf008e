// The package as somebody else gets it: built, packed, unpacked into a project of their own, whose vitest file uses
// thimble/testing, and whose compiler checks it.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "thimble-package-"));
const modules = join(folder, "node_modules");
const node = (args: string[], cwd: string) =>
	execFileSync(process.execPath, args, { cwd, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });

const THEIR_TEST = `
import { expect, it } from "vitest";
import { Agent, Client, QOS_1, World } from "thimble/testing";
import { Client as Same } from "thimble";

it("my device's readings survive a power cut of the link", () => {
	const world = new World({ seed: 7, link: { latencyMs: 20, slice: 3 } });
	const seen: string[] = [];
	const watcher = new Client({ clientId: "watcher", ...world.collaborators("watcher") });
	watcher.subscribe("thimble/+/telemetry", message => seen.push(message.text()!), { qos: 1 });
	watcher.open();
	const sensor = { configure() {}, sample: () => ({ temperature: 20 }), close() {} };
	const agent = new Agent({ deviceId: "mine", sensors: [sensor], intervalMs: 500, ...world.board("mine") });
	agent.start();
	world.run(5000);
	world.link("mine")!.cut();
	world.run(20_000);
	agent.stop(5000);
	world.run(5000);
	expect(agent.counts.lost).toBe(0);
	expect(new Set(seen.map(text => JSON.parse(text).seq)).size).toBe(agent.counts.settled);
	expect([Same, QOS_1]).toEqual([Client, 2]);
});
`;

describe("the package", () => {
	beforeAll(() => {
		node([".ci/build.mjs"], ".");
		const tarball = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
			encoding: "utf8",
		}).trim();
		mkdirSync(join(modules, "thimble"), { recursive: true });
		execFileSync("tar", [
			"xzf",
			join(folder, tarball.split("\n").at(-1)!),
			"--strip-components=1",
			"-C",
			join(modules, "thimble"),
		]);
		for (const name of readdirSync("node_modules"))
			if (!name.startsWith(".")) symlinkSync(resolve("node_modules", name), join(modules, name));
		writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
		writeFileSync(join(folder, "mine.test.ts"), THEIR_TEST);
		const options = {
			module: "nodenext",
			target: "es2024",
			strict: true,
			noEmit: true,
			skipLibCheck: false,
			types: [],
		};
		writeFileSync(
			join(folder, "tsconfig.json"),
			JSON.stringify({ compilerOptions: options, include: ["mine.test.ts"] }),
		);
	}, 120_000);

	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it("runs in somebody else's vitest", () => {
		const out = node([resolve("node_modules/vitest/vitest.mjs"), "run", "--root", folder], folder);
		expect(out).toMatch(/Tests\s+1 passed/);
	});

	it("has types that their compiler accepts", () => {
		const config = join(folder, "tsconfig.json");
		expect(node([resolve("node_modules/typescript/bin/tsc"), "-p", config, "--skipLibCheck"], folder)).toBe("");
	});

	it("brings the command, its data and its scenarios", () => {
		const cli = join(modules, "thimble/dist/host-sim/cli/main.js");
		expect(node([cli, "--version"], folder)).toMatch(/^thimble\/\d+\.\d+\.\d+ /);
		const out = node([cli, "run", "first-light", "--port", "0", "--duration", "500ms", "--json"], folder);
		expect(JSON.parse(out.trimEnd().split("\n").at(-1)!)).toMatchObject({ event: "summary", devices: 3, lost: 0 });
	});

	it("brings a model, and pictures for it", () => {
		const root = join(modules, "thimble/dist");
		const files = ["firmware/vision/fashion.model", "host-sim/data/fashion-200-images-idx3-ubyte"];
		const out = node(
			[join(root, "host-sim/cli/main.js"), "model", "run", ...files.map(file => join(root, file))],
			folder,
		);
		expect(out.split("\n").length).toBe(201);
	});

	it("holds what it should and nothing else", () => {
		const top = readdirSync(join(modules, "thimble")).sort();
		expect(top.filter(name => !/^(README.*|ARCHITECTURE|CHANGELOG)\.md$/.test(name))).toEqual([
			"LICENSE",
			"dist",
			"firmware",
			"manifest.json",
			"package.json",
		]);
	});
});
