import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { version } from "../../../host-sim/cli/version.js";

it("is the package's", () => {
	expect(version()).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
});
