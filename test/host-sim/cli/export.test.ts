// thimble export, as a person runs it; what Wireshark makes of it is in record/pcapng.test.ts, too.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Recorder } from "../../../host-sim/record/recorder.js";
import { closingLine, entryLine, headerLine } from "../../../host-sim/record/recording.js";
import { thimble } from "../../support/command.js";
import { describeWith } from "../../support/need.js";
import { tsharkComplaints, tsharkTypes } from "../../support/tshark.js";

let folder: string;
let file: string;
let to: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-"));
	file = join(folder, "run.jsonl");
	to = join(folder, "run.pcapng");
	let text = headerLine({ seed: 1, thimble: "0.1.0", startedAt: 0 });
	const recorder = new Recorder({ put: entry => (text += entryLine(entry)) });
	const track = recorder.begin("p", 0);
	track.handleBytes("client", Buffer.from("100d00044d515454040200000001630000".slice(0, 30), "hex"), 1);
	track.handleBytes("broker", Buffer.from("20020000", "hex"), 2);
	track.handleBytes("client", Buffer.from("c000", "hex"), 3);
	writeFileSync(file, `${text}${closingLine(3, 4)}`);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("thimble export", () => {
	it("writes a file and says what is in it", async () => {
		const run = thimble(["export", file, "--to", to]);
		expect(await run.code).toBe(0);
		expect([`${run.out()}`, run.err()]).toEqual([`exported  packets 3  connections 1  in ${to}\n`, ""]);
		expect(readFileSync(to).readUInt32LE(0)).toBe(0x0a0d0d0a);
		const json = thimble(["export", file, "--to", to, "--json"]);
		expect(await json.code).toBe(0);
		expect(JSON.parse(`${json.out()}`)).toEqual({ event: "exported", file: to, connections: 1, packets: 3 });
	});

	it("refuses in one sentence what cannot be, and leaves no file behind", async () => {
		const broken = join(folder, "broken.jsonl");
		writeFileSync(broken, readFileSync(file, "utf8").replace('"c000"', '"c0"x'));
		for (const [args, expected] of [
			[[file], "--to: which file shall it be? Such as --to run.pcapng"],
			[[broken, "--to", to], `${broken}, line 5: not JSON`],
			[[file, "--to", file], "--to: that is the recording itself: choose another file"],
			[[file, "--to", folder], `${folder} cannot be written: EISDIR: illegal operation on a directory`],
			[[file, "--to", "/dev/full"], "/dev/full cannot be written: ENOSPC: no space left on device"],
		] as const) {
			const run = thimble(["export", ...args]);
			expect(await run.code).toBe(2);
			expect([run.err(), `${run.out()}`]).toEqual([`thimble: ${expected}\n`, ""]);
		}
		expect(existsSync(to)).toBe(false);
		expect(readFileSync(file, "utf8")).toMatch(/"whole"/);
	});
});

describeWith(["tshark"], "what is exported", () => {
	it("is read by tshark", async () => {
		await thimble(["export", file, "--to", to]).code;
		expect(tsharkTypes(to)).toEqual({ 1: 1, 2: 1, 12: 1 });
		expect(tsharkComplaints(to)).toEqual([]);
	});
});
