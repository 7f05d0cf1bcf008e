// Which version is newer.

import { describe, expect, it } from "vitest";
import { compareVersions, isVersion } from "../../../firmware/device/version.js";

describe("a version", () => {
	it.each([
		"0.0.0",
		"1.2.3",
		"10.20.30",
		"1.0.0-rc.1",
		"1.0.0-0",
		"1.0.0-alpha-7",
		"1.0.0-x.7.z.92",
		`1.0.${"9".repeat(28)}`,
	])("is %s", text => expect(isVersion(text)).toBe(true));

	it.each([
		"",
		"1",
		"1.2",
		"1.2.3.4",
		"01.2.3",
		"1.2.x",
		"v1.2.3",
		"1.2.3-",
		"1.2.3-a..b",
		"1.2.3-01",
		"1.2.3+build",
		"1.2.3-ä",
		" 1.2.3",
		`1.0.${"9".repeat(29)}`,
	])('is not "%s"', text => expect(isVersion(text)).toBe(false));

	it("has its place among all others, as semantic versioning has it", () => {
		const order = [
			"0.9.9",
			"1.0.0-0",
			"1.0.0-2",
			"1.0.0-10",
			"1.0.0-alpha",
			"1.0.0-alpha.1",
			"1.0.0-alpha.beta",
			"1.0.0-beta",
			"1.0.0-beta.2",
			"1.0.0-beta.11",
			"1.0.0-rc.1",
			"1.0.0",
			"1.0.1",
			"1.2.0",
			"1.10.0",
			"2.0.0",
			"10.0.0",
			"10.0.9007199254740993",
			"10.0.9007199254740994",
		];
		for (const [i, one] of order.entries())
			for (const [j, other] of order.entries())
				expect(Math.sign(compareVersions(one, other)), `${one} and ${other}`).toBe(Math.sign(i - j));
	});
});
