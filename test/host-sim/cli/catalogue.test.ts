// That each of them can be called is in commands.test.ts, as a person does it.

import { expect, it } from "vitest";
import { ALL, READ_HERE } from "../../../host-sim/cli/catalogue.js";
import { overviewText } from "../../../host-sim/cli/help.js";

it("has each command once, and the overview a line for each", () => {
	const names = ALL.map(({ command }) => command);
	expect(new Set(names).size).toBe(names.length);
	for (const name of names) expect(overviewText(ALL)).toMatch(new RegExp(`^  ${name} +[A-Z]`, "m"));
	for (const help of READ_HERE) expect(ALL).toContain(help);
});
