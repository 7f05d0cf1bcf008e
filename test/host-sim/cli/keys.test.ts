import { expect, it } from "vitest";
import { Keys } from "../../../host-sim/cli/keys.js";

it.each([
	["q", ["q"]],
	["\u001b[A\u001b[B\u001b[C\u001b[D", ["up", "down", "right", "left"]],
	["\u001bOA\u001bOH\u001bOF", ["up", "home", "end"]],
	["\u001b[5~\u001b[6~\u001b[1~\u001b[4~", ["page-up", "page-down", "home", "end"]],
	["\u001b", ["escape"]],
	["\u001bq", ["escape", "q"]],
	["\r\n", ["enter", "enter"]],
	["\u007f\u0008\u0015\u0003", ["backspace", "backspace", "erase", "interrupt"]],
	["ö板🙂", ["ö", "板", "🙂"]],
	["\u001b[1;5Ax", ["x"]],
	["\u0001\u009bx", ["x"]],
])("%j is %j", (text, keys) => {
	expect(new Keys().take(Buffer.from(text))).toEqual(keys);
});

it("what comes in pieces is put together", () => {
	const keys = new Keys();
	const bytes = Buffer.from("\u001b[5~ö");
	// From the second byte on: an escape by itself is the key.
	expect(keys.take(bytes.subarray(0, 2))).toEqual([]);
	const rest = [...bytes.subarray(2)].flatMap(byte => keys.take(Uint8Array.of(byte)));
	expect(rest).toEqual(["page-up", "ö"]);
});

it("a sequence without end is given up", () => {
	const keys = new Keys();
	expect(keys.take(Buffer.from(`\u001b[${"1".repeat(40)}`)).slice(0, 3)).toEqual(["escape", "[", "1"]);
});
