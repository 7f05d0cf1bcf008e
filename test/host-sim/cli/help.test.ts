import { describe, expect, it } from "vitest";
import { EXIT_FINE, EXIT_IMPOSSIBLE, type Help, helpText, overviewText } from "../../../host-sim/cli/help.js";

const SAIL: Help = {
	command: "sail",
	usage: ["HARBOUR [options]", "--anywhere"],
	purpose: "Sails to a harbour",
	options: {
		Options: [{ names: ["-f", "--fast"], help: "with all sails" }],
		Weather: [{ names: ["--wind"], value: "BEAUFORT", help: "how much of it" }],
	},
	more: { Notes: ["It ends on land."] },
	exits: [EXIT_FINE, EXIT_IMPOSSIBLE, ["130, 143", "stopped"]],
	examples: ["sail sussex --fast"],
};

describe("the help of a command", () => {
	it("is in one order: usage, purpose, options, the rest, exit codes, examples", () => {
		expect(helpText(SAIL)).toBe(`Usage: thimble sail HARBOUR [options]
       thimble sail --anywhere

Sails to a harbour.

Options
  -f, --fast  with all sails

Weather
  --wind BEAUFORT  how much of it

Notes
  It ends on land.

Exit codes
  0         fine
  2         something was asked for that cannot be
  130, 143  stopped

Example
  thimble sail sussex --fast
`);
		expect(helpText({ ...SAIL, examples: ["sail", "sail wight"] })).toMatch(
			/\nExamples\n {2}thimble sail\n {2}thimble sail wight\n$/,
		);
	});

	it("is a line of the list of all", () => {
		expect(overviewText([SAIL, { ...SAIL, command: "row", purpose: "Rows" }])).toContain(
			"\nCommands\n  sail  Sails to a harbour\n  row   Rows\n\nExit codes\n",
		);
	});
});
