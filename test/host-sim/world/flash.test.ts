// Flash with a power cut in it: what is there when the power is back.

import { describe, expect, it } from "vitest";
import { CUT_MODES, type CutMode, Flash, PowerCut } from "../../../host-sim/world/flash.js";

const bytes = (...values: number[]) => Uint8Array.from(values).buffer;
const values = (flash: Flash, key: string) => {
	const value = flash.read(key);
	return value === undefined ? undefined : [...new Uint8Array(value)];
};

/** A flash with one value, and the power gone while it is replaced. */
function replaced(mode: CutMode): { flash: Flash; cuts: number } {
	const flash = new Flash();
	let cuts = 0;
	flash.write("k", bytes(1, 2, 3, 4));
	flash.cutAt(1, mode, () => {
		cuts += 1;
	});
	expect(() => flash.write("k", bytes(5, 6, 7, 8))).toThrow(PowerCut);
	return { flash, cuts };
}

describe("flash", () => {
	it.each<[CutMode, number[]]>([
		["before", [1, 2, 3, 4]],
		["torn", [5, 6, 255, 255]],
		["lost", [255, 255, 255, 255]],
		["after", [5, 6, 7, 8]],
	])("a write that the power cut meets %s it leaves that value", (mode, expected) => {
		const { cuts, flash } = replaced(mode);
		expect(cuts).toBe(1);
		flash.restore();
		expect(values(flash, "k")).toEqual(expected);
		flash.write("k", bytes(9));
		expect(values(flash, "k")).toEqual([9]);
	});

	it("a deletion has happened or not", () => {
		for (const mode of CUT_MODES) {
			const flash = new Flash();
			flash.write("k", bytes(1));
			flash.cutAt(1, mode, () => {});
			expect(() => flash.delete("k")).toThrow(PowerCut);
			flash.restore();
			expect(values(flash, "k"), mode).toEqual(mode === "before" ? [1] : undefined);
		}
	});

	it("does nothing without power, and has what it had when that is back", () => {
		const flash = new Flash();
		flash.write("a", bytes(1));
		flash.cut();
		for (const act of [() => flash.read("a"), () => flash.write("a", bytes(2)), () => flash.delete("a")])
			expect(act).toThrow(PowerCut);
		flash.restore();
		expect([values(flash, "a"), values(flash, "none"), flash.operations]).toEqual([[1], undefined, 1]);
		flash.close();
	});

	it("counts from the call on, and keeps copies", () => {
		const flash = new Flash();
		const value = bytes(1);
		flash.write("a", value);
		new Uint8Array(value)[0] = 7;
		flash.cutAt(2, "after", () => {});
		flash.write("b", bytes(2));
		expect(() => flash.write("c", bytes(3))).toThrow(PowerCut);
		flash.restore();
		expect(["a", "b", "c"].map(key => values(flash, key))).toEqual([[1], [2], [3]]);
		new Uint8Array(flash.read("a")!)[0] = 9;
		expect(values(flash, "a")).toEqual([1]);
	});
});
