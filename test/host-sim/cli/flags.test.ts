import { describe, expect, it } from "vitest";
import { type Flag, Flags, flagLines } from "../../../host-sim/cli/flags.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

const table: Flag[] = [
	{ names: ["-h", "--host"], value: "HOST", help: "where" },
	{ names: ["-t", "--topic"], value: "TOPIC", many: true, help: "what" },
	{ names: ["-v"], help: "more" },
	{ names: ["-D"], value: "A B", words: rest => (rest[0] === "three" ? 3 : 2), many: true, help: "words" },
	{ names: ["-W"], value: "SECONDS", help: "time" },
];

describe("flags", () => {
	it("are asked for by their first name, however they are written", () => {
		const flags = new Flags(table, ["--host", "a", "-t", "x", "--topic=y", "-tz", "-v", "url"]);
		expect(flags.text("-h")).toBe("a");
		expect(flags.texts("-t")).toEqual(["x", "y", "z"]);
		expect(flags.has("-v")).toBe(true);
		expect(flags.has("-W")).toBe(false);
		expect(flags.rest).toEqual(["url"]);
	});

	it("take the next word, whatever it looks like; behind -- there are none", () => {
		expect(new Flags(table, ["-h", "-v"]).text("-h")).toBe("-v");
		expect(new Flags(table, ["--host=", "--", "-v"])).toMatchObject({ rest: ["-v"] });
		expect(new Flags(table, ["--host="]).text("-h")).toBe("");
		expect(new Flags(table, ["-"]).rest).toEqual(["-"]);
	});

	it("take several words where they say so", () => {
		const flags = new Flags(table, ["-D", "three", "b", "c", "-D", "a", "b", "d"]);
		expect(flags.lists("-D")).toEqual([
			["three", "b", "c"],
			["a", "b"],
		]);
		expect(flags.rest).toEqual(["d"]);
	});

	it.each([
		[["-x"], "there is no flag -x; see --help"],
		[["-xsecret"], "there is no flag -x; see --help"],
		[["--pw2=secret"], "there is no flag --pw2; see --help"],
		[["-h", "a", "--host", "b"], "--host is given twice"],
		[["-v", "-v"], "-v is given twice"],
		[["-h"], "-h wants HOST behind it"],
		[["-D", "three", "b"], "-D wants A B behind it"],
		[["-vsecret"], "-v takes no value"],
	])("%j: one sentence, without values", (args, message) => {
		expect(() => new Flags(table, args)).toThrow(new UsageError(message));
	});

	it("of numbers are whole and within their range; the sentence does not repeat them", () => {
		const flags = (text: string) => new Flags(table, ["-W", text]);
		expect(flags("7").integer("-W", 1, 7)).toBe(7);
		expect(flags("7").integer("-h", 1, 7)).toBeUndefined();
		for (const text of ["0", "8", "7x", "-1", "1.5", "", "0x1", "99999999999"])
			expect(() => flags(text).integer("-W", 1, 7)).toThrow(new UsageError("-W: expected a whole number from 1 to 7"));
		expect(flags("1.25").milliseconds("-W")).toBe(1250);
		for (const text of ["-1", "1s", "9999999", ""])
			expect(() => flags(text).milliseconds("-W")).toThrow("-W: expected seconds, at most 2147483");
	});

	it("that exclude one another are told by name", () => {
		expect(() => new Flags(table, ["-v", "-h", "a"]).atMostOne("-h", "-t", "-v")).toThrow(
			"-h and -v do not go together",
		);
		expect(() => new Flags(table, ["-v"]).atMostOne("-h", "-t", "-v")).not.toThrow();
	});

	it("are explained a line each, in columns", () => {
		expect(flagLines(table.slice(0, 3))).toEqual([
			"  -h, --host HOST    where",
			"  -t, --topic TOPIC  what",
			"  -v                 more",
		]);
	});
});
