import { Writable } from "node:stream";
import { expect, it } from "vitest";
import { Progress, timeText, worldLines } from "../../../host-sim/cli/progress.js";

it("writes how far it has come over what it has written, four times a second", () => {
	let text = "";
	let now = 0;
	const out = new Writable({
		write(chunk, _encoding, done) {
			text += chunk;
			done();
		},
	});
	const progress = new Progress(out, 3_600_000, () => now);
	now = 1000;
	progress.show(900_000);
	now = 1100;
	progress.show(950_000);
	now = 1250;
	progress.show(1_800_000);
	progress.close();
	expect(text.split("\r\x1b[2K")).toEqual([
		"",
		" 25 %  15 min of 1 h  900 times real time",
		" 50 %  30 min of 1 h  1,440 times real time",
		"",
	]);
});

it.each([
	[5, "5 ms"],
	[1234, "1.2 s"],
	[60_000, "1 min"],
	[90_400, "1 min 30 s"],
	[3_600_000, "1 h"],
	[5_430_000, "1 h 31 min"],
	[86_400_000, "24 h"],
])("%i ms is %s", (ms, text) => {
	expect(timeText(ms)).toBe(text);
});

it("says what a world has cost, what has arrived, how flash was used and what went wrong", () => {
	const summary = {
		devices: 2,
		seenOnline: 2,
		published: 10,
		settled: 8,
		refused: 0,
		dropped: 0,
		lost: 0,
		reconnects: 0,
		restarts: 0,
		pingMedianMs: 2,
		simulatedMs: 3_600_000,
		waiting: 2,
		arrived: 8,
		gaps: 0,
		duplicatesQos1: 3,
		duplicatesQos2: 0,
		wireBytes: 1_234_567,
		faults: { cut: 1, "wifi-loss": 20 },
		flash: {
			boards: 2,
			operations: 60,
			mostOfABoard: 31,
			perReading: 6,
			entries: 71,
			entriesPerReading: 7.1,
			years: 3.14,
		},
	};
	const cost = { wallMs: 2500, cpuMs: 2100, ratio: 1440, bytesPerBoard: 41_000 };
	expect(worldLines(summary, cost)).toEqual([
		"simulated 1 h in 2.5 s, 1440 times real time; CPU 2.1 s; grown by 41,000 bytes a board",
		"broker    8 readings arrived  gaps 0  duplicates at QoS 1 3, at QoS 2 0  2 still in flash  1,234,567 bytes on the wire",
		"flash     60 writes, 6 a reading, 31 at most on a board; 7.1 entries a reading; NVS would last 3.1 years",
		"faults    cut 1, wifi-loss 20",
	]);
	expect(worldLines(summary, cost, "it is a secret")[1]).toBe(
		"broker    what has arrived is not known: it is a secret  2 still in flash  1,234,567 bytes on the wire",
	);
	const flashLine = (flash: object) => worldLines({ ...summary, flash: { ...summary.flash, ...flash } }, cost)[2];
	expect(flashLine({ years: 31.4 })).toMatch(/ 31 years$/);
	expect(flashLine({ years: 0.5 })).toMatch(/ last 183 days$/);
	expect(flashLine({ years: null })).toMatch(/entries a reading$/);
	expect(flashLine({ boards: 0 })).toBe("flash     no board keeps its session there");
	expect(worldLines({ ...summary, waiting: 0, faults: {} }, cost).at(-1)).toBe("faults    none");
});
