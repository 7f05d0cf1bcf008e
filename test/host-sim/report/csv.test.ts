import { expect, it } from "vitest";
import { csvOf, csvReport } from "../../../host-sim/report/csv.js";
import { NASTY, smallReport } from "../../support/report.js";

it("puts cells in quotes where they have to be, and leaves what nobody knows empty", () => {
	expect(
		csvOf([
			["a", 1, null],
			['say "x"', "b,c", "d\ne"],
		]),
	).toBe('a,1,\r\n"say ""x""","b,c","d\ne"\r\n');
});

it("has a figure a line, and whose it is", () => {
	const text = csvReport(smallReport("day, one"));
	const lines = text.split("\r\n");
	const name = `"${NASTY.replaceAll('"', '""')}"`;
	expect(lines[0]).toBe("of,name,figure,value");
	for (const line of [
		'run,"day, one",durationMs,400',
		'run,"day, one",arrived,3',
		'run,"day, one",pingMedianMs,',
		'run,"day, one",bytesPerBoard,1234',
		"promise,what is settled has arrived,verdict,broken",
		"latency,acknowledged,count,4",
		"latency,acknowledged,p99Ms,4",
		`gap,${name},boot 1 reading 1,1`,
		"duplicate,a,boot 1 reading 2,1",
		"board,a,published,2",
		"board,a,acknowledgedMaxMs,4",
		`board,${name},gaps,1`,
	])
		expect(lines).toContain(line);
	expect(lines.at(-1)).toBe("");
});
