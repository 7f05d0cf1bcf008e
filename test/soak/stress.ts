// The session suite under sanitizers with a collection before every single allocation: half an hour and more.

import { expect, it } from "vitest";
import { testFiles } from "../xs/program.js";
import { runTests } from "../xs/run.js";

it("the session suite reads nothing that a collection has taken, whenever it comes", async () => {
	const files = testFiles().filter(file => file.includes("/session/"));
	const { passed, failed, output, status } = await runTests("asan", files, { bytes: 4_000_000, every: 1 });
	expect({ failed, status, output }).toEqual({ failed: 0, status: 0, output: `${passed} passed, 0 failed\n` });
}, 10_800_000);
