// Flash with a power cut in it: what is there when the power is back.

import { describe, expect, it } from "vitest";
import { CUT_MODES, type CutMode, Flash, type FlashOptions, PowerCut } from "../../../host-sim/world/flash.js";

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

	it("full, takes what it has already, and deletions; worn, neither; both can be read", () => {
		const flash = new Flash();
		flash.write("a", bytes(1));
		flash.isFull = true;
		for (const key of ["a", "b"]) expect(() => flash.write(key, bytes(2))).toThrow("flash is full");
		flash.write("a", bytes(1));
		flash.isFull = false;
		flash.write("b", bytes(3));
		flash.isFull = true;
		flash.delete("b");
		expect([values(flash, "a"), values(flash, "b"), flash.operations]).toEqual([[1], undefined, 4]);
		flash.isFull = false;
		flash.isWorn = true;
		for (const act of [() => flash.write("a", bytes(1)), () => flash.delete("a")]) expect(act).toThrow("flash is worn");
		expect([values(flash, "a"), flash.operations]).toEqual([[1], 4]);
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

describe("flash as NVS has it", () => {
	it("counts entries: two for a blob and one for each 32 bytes; none for what is there, or is deleted", () => {
		const flash = new Flash();
		const entries = (act: () => void) => {
			const before = flash.entries;
			act();
			return flash.entries - before;
		};
		const write = (length: number, byte = 1) =>
			entries(() => flash.write("k", new Uint8Array(length).fill(byte).buffer));
		expect([write(0), write(1), write(32), write(33), write(33), write(33, 2)]).toEqual([2, 3, 3, 4, 0, 4]);
		expect(flash.usedEntries).toBe(4);
		expect(entries(() => flash.delete("k"))).toBe(0);
		expect([flash.usedEntries, flash.operations, flash.deletions]).toEqual([0, 7, 1]);
	});

	it("that is full takes what finds room, the old value beside the new one, and a deletion makes some", () => {
		const flash = new Flash({ capacity: 9 });
		flash.write("a", bytes(1));
		flash.write("b", bytes(2));
		flash.write("b", bytes(3));
		flash.write("c", bytes(4));
		for (const act of [() => flash.write("d", bytes(5)), () => flash.write("a", bytes(6))]) expect(act).toThrow("full");
		// As it is: nothing to write.
		flash.write("a", bytes(1));
		expect(["a", "b", "c", "d"].map(key => values(flash, key))).toEqual([[1], [3], [4], undefined]);
		flash.delete("c");
		flash.write("a", bytes(6));
		expect([values(flash, "a"), flash.entries]).toEqual([[6], 15]);
	});

	it("that is worn can be read, and nothing else, for good", () => {
		const flash = new Flash({ endurance: 2 });
		flash.write("a", bytes(1));
		flash.write("b", bytes(2));
		for (const act of [() => flash.write("a", bytes(3)), () => flash.delete("a")]) expect(act).toThrow("worn");
		flash.cut();
		flash.restore();
		expect(() => flash.write("c", bytes(3))).toThrow("worn");
		expect([values(flash, "a"), values(flash, "b"), flash.operations]).toEqual([[1], [2], 2]);
	});
});

describe("flash behind a cache", () => {
	/** Two that are safe, and three changes that are not. */
	function changed(options: FlashOptions = { cached: true }) {
		const flash = new Flash(options);
		flash.write("a", bytes(1));
		flash.write("b", bytes(2));
		flash.sync();
		flash.write("a", bytes(3));
		flash.delete("b");
		flash.write("a", bytes(4));
		return flash;
	}
	const both = (flash: Flash) => ["a", "b"].map(key => values(flash, key)?.[0]);

	it("loses the last of what waits for sync(), and never one in the middle", () => {
		const left = [0, 1, 2, 3].map(kept => {
			const flash = changed();
			expect(both(flash)).toEqual([4, undefined]);
			flash.cut(kept);
			expect(() => flash.sync()).toThrow(PowerCut);
			flash.restore();
			return both(flash);
		});
		expect(left).toEqual([
			[1, 2],
			[3, 2],
			[3, undefined],
			[4, undefined],
		]);
		const synced = changed();
		synced.sync();
		synced.cut();
		synced.restore();
		expect(both(synced)).toEqual([4, undefined]);
	});

	it("may lose it in an operation, which waits like the others", () => {
		const left = [0, 3, 4].map(kept => {
			const flash = changed();
			flash.cutAt(1, "after", () => {}, kept);
			expect(() => flash.write("b", bytes(5))).toThrow(PowerCut);
			flash.restore();
			return both(flash);
		});
		expect(left).toEqual([
			[1, 2],
			[4, undefined],
			[4, 5],
		]);
	});

	it("that lies loses what it has called safe, and keeps what came later", () => {
		const flash = changed({ cached: true, lossy: true });
		flash.cut(1);
		flash.restore();
		expect(both(flash)).toEqual([3, undefined]);
		// Without a cache, it is the last write of all.
		const direct = new Flash({ lossy: true });
		direct.write("a", bytes(1));
		direct.write("b", bytes(2));
		direct.cutAt(1, "after", () => {});
		expect(() => direct.write("c", bytes(3))).toThrow(PowerCut);
		direct.restore();
		expect(["a", "b", "c"].map(key => values(direct, key))).toEqual([[1], undefined, [3]]);
	});
});
