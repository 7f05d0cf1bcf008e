import { describe, expect, it } from "vitest";
import { countBoot } from "../../../firmware/device/boot.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { CUT_MODES, Flash } from "../../../host-sim/world/flash.js";

describe("the number of a start", () => {
	it("counts its starts in its store, and does not mind what is no count there", () => {
		const store = new MemoryKeyValue();
		const start = () => countBoot(store);
		expect([start(), start(), start()]).toEqual([1, 2, 3]);
		for (const bytes of [[], [1, 2, 3], [255, 255, 255, 255], [0, 0, 0, 9, 0, 0, 0, 0], Array(9).fill(0)]) {
			for (const key of ["boot", "boot2"]) store.write(key, Uint8Array.from(bytes).buffer);
			expect([start(), start()], `${bytes}`).toEqual([1, 2]);
		}
	});

	it.each([
		["a new board", []],
		["one that firmware before has counted to 6", [0, 0, 0, 6]],
		["one at 255 then", [0, 0, 0, 255]],
		["one at 65,535 then", [0, 0, 255, 255]],
	])("no number of a start comes twice, wherever the power goes in however many starts: %s", (_name, before) => {
		const start = (flash: Flash) => countBoot(flash);
		const fates = ["whole", ...CUT_MODES] as const;
		let lives: (typeof fates)[number][][] = [[]];
		for (let starts = 1; starts <= 4; starts += 1) lives = lives.flatMap(life => fates.map(fate => [...life, fate]));
		for (const life of lives) {
			const flash = new Flash();
			if (before.length > 0) flash.write("boot", Uint8Array.from(before).buffer);
			// The last number that is in flash as a whole, used or not.
			let last = before.reduce((number, byte) => number * 256 + byte, 0);
			for (const fate of [...life, "whole"] as const) {
				if (fate === "whole") expect(start(flash), `${life}`).toBe(last + 1);
				else {
					flash.cutAt(1, fate, () => {});
					// Whoever goes on in the dark has no number.
					expect(start(flash)).toBe(0);
					flash.restore();
				}
				if (fate === "whole" || fate === "after") last += 1;
			}
		}
	});

	it("a board whose flash takes no write starts, and says that it has no number", () => {
		const flash = new Flash();
		flash.isFull = true;
		expect(countBoot(flash)).toBe(0);
		flash.isFull = false;
		expect(countBoot(flash)).toBe(1);
	});
});
