// Tests that fail, to see that it is seen.

import { describe, expect, it } from "vitest";

describe("outer", () => {
	it("1 is no 2", () => expect(1).toBe(2));
	it("throws", () => {
		throw new Error("on purpose");
	});
	it("passes", () => expect({ a: [1, { b: undefined }] }).toEqual({ a: [1, {}] }));
});
