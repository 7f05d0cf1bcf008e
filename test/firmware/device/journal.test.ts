// What flash knows of an update, also after a power cut in the middle of a write.

import { describe, expect, it } from "vitest";
import { APPLIED, CONFIRMED, FAILED, Journal, NONE, RECEIVING } from "../../../firmware/device/journal.js";
import { CUT_MODES, Flash, PowerCut } from "../../../host-sim/world/flash.js";

function written(flash: Flash): Journal {
	const journal = new Journal(flash);
	journal.stage = RECEIVING;
	journal.reached = 8192;
	journal.starts = 3;
	journal.size = 1_000_000;
	journal.issue = 0xffff_ffff;
	journal.sha256 = Uint8Array.from({ length: 32 }, (_, i) => i * 8);
	journal.version = "1.2.0-rc.1";
	journal.from = "1.1.0";
	journal.reason = "starts";
	expect(journal.keep()).toBe(true);
	return journal;
}

function fieldsOf({ from, issue, reached, reason, sha256, size, stage, starts, version }: Journal) {
	return { from, issue, reached, reason, sha256: [...sha256], size, stage, starts, version };
}

describe("a journal", () => {
	it("of a board that has never been updated says so", () => {
		expect(fieldsOf(new Journal(new Flash()))).toMatchObject({ stage: NONE, reached: 0, version: "", starts: 0 });
	});

	it("is what it was, in the next life", () => {
		const flash = new Flash();
		const journal = written(flash);
		expect(fieldsOf(new Journal(flash))).toEqual(fieldsOf(journal));
		for (const stage of [APPLIED, CONFIRMED, FAILED, NONE]) {
			journal.stage = stage;
			journal.keep();
			expect(new Journal(flash).stage).toBe(stage);
		}
		expect(flash.values.size).toBe(2);
	});

	it.each(CUT_MODES)("has the record before it, or the new one, where the power goes at a write: %s", mode => {
		const flash = new Flash();
		let journal = written(flash);
		for (let round = 0; round < 4; round += 1) {
			journal.reached += 4096;
			flash.cutAt(1, mode, () => {});
			// A cut is what a write can meet: to the journal it is flash that has failed.
			expect(journal.keep()).toBe(false);
			flash.restore();
			const after = new Journal(flash);
			expect(after.reached).toBe(journal.reached - (mode === "after" ? 0 : 4096));
			after.reached = journal.reached;
			expect(after.keep()).toBe(true);
			expect(new Journal(flash).reached).toBe(journal.reached);
			journal = after;
		}
	});

	it("takes nothing from records that are torn or foreign, and nothing from flash that cannot be read", () => {
		const flash = new Flash();
		written(flash);
		for (const key of [...flash.values.keys()]) flash.values.get(key)![20]! ^= 1;
		expect(new Journal(flash).stage).toBe(NONE);
		flash.write("update0", Uint8Array.of(1, 2, 3).buffer);
		expect(new Journal(flash).stage).toBe(NONE);
		flash.cut();
		expect(() => flash.read("update0")).toThrow(PowerCut);
		expect(new Journal(flash).stage).toBe(NONE);
	});
});
