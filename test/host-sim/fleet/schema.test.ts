import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
	checked,
	duration,
	forbidden,
	number,
	object,
	parseDuration,
	parsedJson,
	signedDuration,
	UsageError,
	wholeNumber,
} from "../../../host-sim/fleet/schema.js";

const schema = object({
	count: wholeNumber(1, 9),
	wait: v.optional(duration("1s", "1h")),
	shift: v.optional(signedDuration("1h")),
	share: v.optional(number(0, 1)),
	never: forbidden("it makes no sense here: leave it out"),
	inner: v.optional(v.array(object({ deep: wholeNumber(0, 1) }))),
});

describe("what is checked", () => {
	it("comes out with durations in ms", () => {
		expect(checked(schema, { count: 3, wait: "2.5s", shift: "-1m", share: 0.5 }, "")).toEqual({
			count: 3,
			wait: 2500,
			shift: -60_000,
			share: 0.5,
		});
	});

	it.each([
		[{}, "x: count: missing; expected a whole number from 1 to 9"],
		[{ count: 0 }, "x: count: expected a whole number from 1 to 9, got 0"],
		[{ count: 1, wait: 5 }, 'x: wait: expected a duration from 1s to 1h, such as "500ms", "10s" or "2m", got 5'],
		[{ count: 1, wait: "2h" }, 'x: wait: expected a duration from 1s to 1h, such as "500ms", "10s" or "2m", got "2h"'],
		[{ count: 1, shift: "-2h" }, /^x: shift: expected a duration from -1h to 1h/],
		[{ count: 1, share: 2 }, "x: share: expected a number from 0 to 1, got 2"],
		[{ count: 1, never: 1 }, "x: never: it makes no sense here: leave it out"],
		[{ count: 1, nosuch: 1 }, "x: nosuch: unknown; known are count, wait, shift, share, inner"],
		[{ count: 1, inner: [{ deep: 0 }, { deep: 2 }] }, "x: inner[1].deep: expected a whole number from 0 to 1, got 2"],
		[{ count: 1, inner: [3] }, "x: inner[0]: expected an object, got 3"],
		[null, "x: expected an object, got null"],
	])("or one sentence says where and what was expected: %j", (value, message) => {
		expect(() => checked(schema, value, "x: ")).toThrow(UsageError);
		expect(() => checked(schema, value, "x: ")).toThrow(message);
	});
});

it("nothing is repeated of what stands where passwords do, in whatever form", () => {
	const text = v.string("expected a text");
	const secrets = object({
		password: v.optional(text),
		users: v.optional(v.record(text, text, "expected an object")),
		security: v.optional(object({ users: v.optional(text) })),
	});
	for (const value of [
		{ password: 73313 },
		{ users: "ann:73313" },
		{ users: { ann: 73313 } },
		{ security: "ann:73313" },
		{ security: { users: 73313 } },
	])
		expect(() => checked(secrets, value, ""), JSON.stringify(value)).toThrow(/^(?!.*73313)[a-z.]+: expected/);
});

it.each([
	['{"password":sesame}', "x: not JSON: Unexpected token 's'"],
	['"pw":1', /^x: not JSON: (?!.*pw)/],
	[
		'{"a":1,"users":{"ann":"sesame" "bob":"street"},"x":"long enough to be cut in the middle"}',
		/^x: not JSON: (?!.*ses)/,
	],
	['{"password":"ses\name"}', /^x: not JSON: (?!.*ses)/],
	['sesame "is not valid JSON', "x: not JSON: Unexpected token 's'"],
	["", "x: not JSON: Unexpected end of JSON input"],
])("nor of a text that is not JSON: %j", (text, message) => {
	expect(() => parsedJson(text, "x: ")).toThrow(UsageError);
	expect(() => parsedJson(text, "x: ")).toThrow(message);
});

it.each([
	["500ms", 500],
	["1s", 1000],
	["1.5m", 90_000],
	["24h", 86_400_000],
	["", undefined],
	["5", undefined],
	["-1s", undefined],
	["1 s", undefined],
])("duration %j", (text, expected) => {
	expect(parseDuration(text)).toBe(expected);
});
