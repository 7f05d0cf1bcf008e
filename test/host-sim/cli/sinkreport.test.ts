// What thimble sink says of its work.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SinkReport } from "../../../host-sim/cli/sinkreport.js";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function make(how: "json" | "line" | "quiet") {
	const out: string[] = [];
	let waiting = 0;
	const report = new SinkReport({ write: text => out.push(text) }, how, () => waiting);
	const stored = (readings: number) => report.handle({ event: "stored", messages: 1, readings, lagMs: 1500 });
	const wait = (count: number) => {
		waiting = count;
	};
	return { out, report, stored, wait };
}

it("in a terminal a line that is written over itself, and wiped away before another", () => {
	const { out, report, stored, wait } = make("line");
	stored(1234);
	wait(20);
	vi.advanceTimersByTime(1000);
	stored(10);
	report.handle({ event: "dead", topic: "t", reason: "no JSON" });
	vi.advanceTimersByTime(1000);
	report.close();
	vi.advanceTimersByTime(5000);
	expect(out).toEqual([
		"\r\x1b[2K1,234 readings  1,234/s  lag 1.5 s  waiting 20",
		"\r\x1b[2K1,244 readings  10/s  lag 1.5 s  waiting 20  dead letters 1",
		"\r\x1b[2K",
		"1,244 readings stored, dead letters 1\n",
	]);
});

it("with --json an object a second where something has happened, one for each dead letter, and a summary", () => {
	const { out, report, stored } = make("json");
	stored(2);
	report.handle({ event: "dead", topic: "t", reason: "no JSON" });
	vi.advanceTimersByTime(10_000);
	report.close();
	expect(out.map(line => JSON.parse(line))).toEqual([
		{ time: 0, event: "dead", topic: "t", reason: "no JSON" },
		{ time: 1000, event: "progress", messages: 1, readings: 2, dead: 1, waiting: 0, perSecond: 2, lagMs: 1500 },
		{ time: 10_000, event: "summary", messages: 1, readings: 2, dead: 1, waiting: 0 },
	]);
});

it("elsewhere only the last sentence", () => {
	const { out, report, stored } = make("quiet");
	stored(2);
	report.print({ event: "online" });
	vi.advanceTimersByTime(10_000);
	report.close();
	expect(out).toEqual(["2 readings stored, dead letters 0\n"]);
});
