import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { buildEngine, hash, sourcePath, xsDirectory } from "../../../host-sim/xs/build.js";
import { describeWith } from "../../support/need.js";

it("finds its sources also from where the built package lies", () => {
	expect(existsSync(sourcePath("engine/main.c"))).toBe(true);
	expect(existsSync(`${xsDirectory()}/sources/xsAll.h`)).toBe(true);
});

it("tells lists of parts apart, wherever the cuts are", () => {
	expect(hash(["ab", "c"])).not.toBe(hash(["a", "bc"]));
	expect(hash(["ab", "c"])).toBe(hash(["ab", "c"]));
});

describeWith(["gcc"], "the engine", () => {
	it("is built once, also where several ask for it at a time", async () => {
		const said: string[] = [];
		const paths = await Promise.all([1, 2, 3].map(() => buildEngine("64", text => said.push(text))));
		expect(new Set(paths).size).toBe(1);
		expect(said.length).toBeLessThan(2);
		await buildEngine("64", text => said.push(`again ${text}`));
		expect(said.join()).not.toMatch(/again/);
	}, 120_000);

	it("says which package is missing where there is no compiler", async () => {
		const path = process.env["PATH"];
		process.env["PATH"] = "/nowhere";
		// Another warning flag would do as well: what is in the cache needs no compiler.
		const attempt = buildEngine("64", () => {}, ["-DTHIMBLE_UNUSED"]);
		process.env["PATH"] = path;
		await expect(attempt).rejects.toThrow("as root, apt-get install gcc libc6-dev");
	});
});
