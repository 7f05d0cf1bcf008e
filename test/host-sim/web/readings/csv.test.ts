import { expect, it } from "vitest";
import { csvOf } from "../../../../host-sim/web/readings/csv.js";
import { Series } from "../../../../host-sim/web/readings/series.js";

function seriesOf(...readings: readonly object[]) {
	const series = new Series(100);
	readings.forEach((values, i) => {
		series.take({ boot: 1, seq: i + 1, late: false, readings: [{ time: 1000 * (i + 1), values }] }, 100_000);
	});
	return series;
}

it("has a row for each reading in that time, with what any of them speaks of", () => {
	const a = seriesOf({ temperature: 20.5 }, { temperature: 21, voltage: 3.3 }, { temperature: 22 });
	const b = seriesOf({}, { voltage: 3.30001 });
	expect(
		csvOf(
			[
				["a", a],
				["b", b],
			],
			1500,
			2500,
		),
	).toBe(
		[
			"board,time,boot,seq,temperature,voltage",
			"a,1970-01-01T00:00:02.000Z,1,2,21.00,3.300",
			"b,1970-01-01T00:00:02.000Z,1,2,,3.30001",
			"",
		].join("\r\n"),
	);
});

it.each([
	["plain", "plain"],
	["a,b", '"a,b"'],
	['say "x"', '"say ""x"""'],
	["two\nlines", '"two\nlines"'],
	["=1+1", "'=1+1"],
	["@cmd,x", '"\'@cmd,x"'],
	["-1", "'-1"],
])("a board called %j is written so that it stays a name", (id, field) => {
	expect(csvOf([[id, seriesOf({ humidity: 1 })]], 0, 5000)).toBe(
		`board,time,boot,seq,humidity\r\n${field},1970-01-01T00:00:01.000Z,1,1,1.0\r\n`,
	);
});

it("what is no time is a number", () => {
	const series = new Series(9);
	series.take({ boot: 1, seq: 1, late: false, readings: [{ time: -9e15, values: {} }] }, 0);
	expect(csvOf([["a", series]], -1e16, 0)).toContain("a,-9000000000000000,1,1");
});
