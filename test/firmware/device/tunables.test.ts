import { describe, expect, it } from "vitest";
import { Settings } from "../../../firmware/device/settings.js";
import { expectedOf, TUNABLES, type Tunable } from "../../../firmware/device/tunables.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";

const rows: readonly Tunable[] = TUNABLES;

describe("the table of what can be set", () => {
	it("has no name twice, and none that a record could not hold", () => {
		const names = rows.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		for (const name of names) {
			expect(name.length).toBeLessThan(33);
			for (const character of name) expect(character < "\u0080").toBe(true);
		}
	});

	it("has defaults that are within their own ranges, or none", () => {
		for (const { default: fallback, kind, name } of rows) {
			if (fallback === "") continue;
			const value = kind === "integer" ? Number(fallback) : kind === "object" ? JSON.parse(fallback) : fallback;
			expect(new Settings(new MemoryKeyValue()).check({ [name]: value }), name).toBe(undefined);
		}
	});

	it("is frozen, as what lies in flash is", () => {
		expect(Object.isFrozen(TUNABLES)).toBe(true);
		for (const row of rows) expect(Object.isFrozen(row) && Object.isFrozen(row.choices), row.name).toBe(true);
	});

	it("says what is asked of a value", () => {
		const expected = (name: string) => expectedOf(rows.find(row => row.name === name)!);
		expect(expected("interval")).toBe("an integer from 10 to 86400000 ms");
		expect(expected("qos")).toBe("an integer from 0 to 2");
		expect(expected("logLevel")).toBe("error, warn, info, debug");
		expect(expected("ssid")).toBe("a text of at most 32 bytes");
		expect(expected("device")).toBe("a text of at most 64 bytes: letters, digits, - and _");
		expect(expected("telemetry")).toBe("an object of at most 512 bytes: the options of telemetry");
	});
});
