import { afterEach, describe, expect, it, vi } from "vitest";
import type { Violation } from "../../../host-sim/checker/checker.js";
import { Commentary } from "../../../host-sim/cli/commentary.js";
import { summaryLine } from "../../../host-sim/cli/screen.js";
import type { Desk } from "../../../host-sim/desk/server.js";

afterEach(() => vi.restoreAllMocks());

const summary = {
	devices: 1,
	seenOnline: 1,
	published: 2,
	settled: 2,
	refused: 0,
	dropped: 0,
	lost: 0,
	reconnects: 0,
	restarts: 0,
	pingMedianMs: null,
};
const violation: Violation = {
	clientId: "b",
	version: "5.0",
	statement: "MQTT-3.3.1-2",
	sentence: "DUP is 0 at QoS 0",
	peer: "p",
	connection: 1,
	packet: "PUBLISH",
	atMs: 0,
};
const desk = { url: "http://127.0.0.1:8080/" } as Desk;

/** What is written to standard output and standard error while that goes. */
function written(go: () => void): { out: string; err: string } {
	let out = "";
	let err = "";
	vi.spyOn(process.stdout, "write").mockImplementation(text => {
		out += text;
		return true;
	});
	vi.spyOn(console, "error").mockImplementation(text => {
		err += `${text}\n`;
	});
	go();
	vi.restoreAllMocks();
	return { out, err };
}

function whole(commentary: Commentary, isFast = false): void {
	commentary.begin({ event: { event: "world", seed: 1 }, lines: ["intro"], boards: [], desk, isFast });
	commentary.handleEvent({ event: "online", device: "b", sessionPresent: false });
	commentary.checks.violated?.(violation);
	commentary.end({ ...summary, wireBytes: 3 }, summary, ["more"]);
}

describe("what a run says", () => {
	it("for programs: an object a line, each with the time, the page behind the beginning and the summary last", () => {
		const { err, out } = written(() => whole(new Commentary({ json: true, check: true, now: () => 7 })));
		const lines = out.trimEnd().split("\n");
		expect(lines.map(line => JSON.parse(line))).toEqual([
			{ time: 7, event: "world", seed: 1 },
			{ time: 7, event: "page", url: desk.url },
			{ time: 7, event: "online", device: "b", sessionPresent: false },
			{
				time: 7,
				event: "violation",
				device: "b",
				version: "5.0",
				statement: "MQTT-3.3.1-2",
				sentence: "DUP is 0 at QoS 0",
			},
			{ time: 7, event: "summary", ...summary, wireBytes: 3 },
		]);
		expect(err).toBe("");
	});

	it("for people: the page first, what happens, and the summary with what there is beside it", () => {
		const { err, out } = written(() => whole(new Commentary({ json: false, check: true })));
		expect(out).toBe(`Page      ${desk.url}\nintro\nb online\n${summaryLine(summary)}\nmore\n`);
		expect(err).toBe("b breaks MQTT-3.3.1-2 of MQTT 5.0: DUP is 0 at QoS 0\n");
	});

	it("for people, where it goes by too fast to be seen: how it begins and ends", () => {
		const { out } = written(() => whole(new Commentary({ json: false, check: false }), true));
		expect(out).toBe(`Page      ${desk.url}\nintro\n${summaryLine(summary)}\nmore\n`);
	});

	it("counts what breaks a statement where that is looked at, and has nobody to tell of it elsewhere", () => {
		const commentary = new Commentary({ json: false, check: true });
		expect(commentary.violations).toBe(0);
		written(() => {
			commentary.checks.violated?.(violation);
			commentary.checks.violated?.(violation);
		});
		expect(commentary.violations).toBe(2);
		const { checks, violations } = new Commentary({ json: false, check: false });
		expect([checks, violations]).toEqual([{}, undefined]);
	});
});
