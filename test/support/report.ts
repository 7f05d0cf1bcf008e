// A small report for the writers: two boards, one of which has lost a reading, and a name that is markup.

import type { Board } from "../../host-sim/fleet/board.js";
import { Ledger } from "../../host-sim/fleet/ledger.js";
import { Measures } from "../../host-sim/report/measures.js";
import { type Report, reportOf } from "../../host-sim/report/report.js";

export const NASTY = `<img src="http://evil.example/x" onerror='alert(1)'>,"&`;

const COUNTS = { published: 2, settled: 2, refused: 0, lost: 0, dropped: 0, reconnects: 0 };
const SUMMARY = { devices: 2, seenOnline: 2, ...COUNTS, published: 4, settled: 4, restarts: 1, pingMedianMs: null };

export function smallReport(title = "thimble run"): Report {
	const measures = new Measures();
	const ledger = new Ledger();
	for (const [i, device] of ["a", NASTY].entries()) {
		measures.handleDial(device, i);
		measures.handleOnline(device, 20 + i);
		for (const seq of [1, 2]) {
			const name = { boot: 1, seq };
			const at = 100 * seq + i;
			ledger.handlePublished(device, 1, seq, 2);
			measures.handlePublished(device, name, 2, at);
			ledger.handleEnd(device, 1, seq, "settled");
			measures.handleEnd(device, name, "settled", at + 4);
			if (i === 1 && seq === 1) continue;
			ledger.handleArrived(device, 1, seq, 2);
			measures.handleArrived(device, name, at + 2);
		}
	}
	measures.handleFault("power-cut", 150);
	ledger.handleArrived("a", 1, 2, 2);
	return reportOf({
		title,
		clock: "virtual",
		durationMs: 400,
		summary: SUMMARY,
		boards: ["a", NASTY].map((deviceId, i) => ({ deviceId, counts: COUNTS, restarts: i })) as unknown as Board[],
		measures,
		ledger: ledger.summary(),
		violations: 0,
		memory: { bytesPerBoard: 1234, heapBytes: 32_768 },
	});
}
