import { beforeAll, expect, it } from "vitest";
import { buildEngine, sourcePath } from "../../../host-sim/xs/build.js";
import { buildImage, type ModuleSource, moduleName, modulesOf, namesOf } from "../../../host-sim/xs/image.js";
import { describeWith } from "../../support/need.js";

it("names modules as the manifests do", () => {
	expect(moduleName("firmware/mqtt/session/dispatch.ts")).toBe("thimble/mqtt/session/dispatch");
	expect(moduleName(sourcePath("device/board.ts"))).toBe("xs/device/board");
});

describeWith(["gcc", "gcc -m32"], "an image", () => {
	let modules: ModuleSource[];
	beforeAll(async () => {
		modules = await modulesOf([sourcePath("device/board.ts")]);
	});

	it("has every module once, behind those that it imports", () => {
		const names = modules.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(names.at(-1)).toBe("xs/device/board");
		expect(names.indexOf("thimble/mqtt/wire")).toBeLessThan(names.indexOf("thimble/mqtt/encode"));
		expect(names.indexOf("thimble/mqtt/client")).toBeLessThan(names.indexOf("thimble/device/agent"));
	});

	it("has the same bytecode from a 64-bit and a 32-bit engine", async () => {
		const sizes = [];
		for (const variant of ["64", "32"] as const) sizes.push(buildImage(await buildEngine(variant), modules).modules);
		expect(sizes[0]).toEqual(sizes[1]);
		expect(sizes[0]!.find(({ name }) => name === "thimble/mqtt/client")!.code).toBeGreaterThan(1000);
	}, 120_000);

	it("has names that modules share, which count once for all of them", async () => {
		const engine = await buildEngine("64");
		const source = "export const shared = 1; export const other = 2;";
		const once = buildImage(engine, [{ name: "a", source, preload: true }]);
		const twice = buildImage(engine, [
			{ name: "a", source, preload: true },
			{ name: "b", source: source.replace("other", "third"), preload: true },
		]);
		const symbols = (modules: typeof twice.modules) => modules.reduce((sum, module) => sum + module.symbols, 0);
		// Two bytes say how many names a module has.
		expect(namesOf(once)).toBe(symbols(once.modules) - 2);
		expect(namesOf(twice)).toBe(namesOf(once) + "third\0".length);
		expect(symbols(twice.modules)).toBe(symbols(once.modules) * 2);
	}, 120_000);

	it("is not made of what is no module", async () => {
		const engine = await buildEngine("64");
		expect(() => buildImage(engine, [{ name: "x", source: "this is no module", preload: false }])).toThrow(
			"could not compile",
		);
	}, 120_000);
});
