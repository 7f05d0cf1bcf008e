// The model that comes with it, made again from its pictures by the command, whole.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventsOf, thimble } from "../support/command.js";

it("thimble model train makes the model that comes with it, bit for bit", { timeout: 7_200_000 }, async () => {
	const folder = mkdtempSync(join(tmpdir(), "thimble-model-"));
	const to = join(folder, "fashion.model");
	try {
		const run = thimble(["model", "train", "--to", to, "--json"], "");
		expect(await run.code).toBe(0);
		const { accuracy, seconds, validation } = eventsOf(run).at(-1)!;
		console.log(`trained in ${seconds} s: validation ${validation}, test ${accuracy}`);
		expect(readFileSync(to).equals(readFileSync("firmware/vision/fashion.model"))).toBe(true);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
