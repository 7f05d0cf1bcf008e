import { expect, it } from "vitest";
import { readingsWords } from "../../../../host-sim/web/readings/words.js";

it("a chart says what it is of, and a gap how large it is and when", () => {
	const { en, zh } = readingsWords;
	expect(en.chart("Position", "", 2)).toMatch(/^Position: a chart with a line for each of 2 boards/);
	expect(en.chart("Humidity", "%", 2)).toMatch(/^Humidity in %: /);
	expect(zh.chart("湿度", "%", 2)).toMatch(/^湿度（%）曲线图，共 2 台设备/);
	expect([en.gap(1, "10:00:00", "10:00:02"), en.gap(5, "a", "b")]).toEqual([
		"1 reading, 10:00:00 to 10:00:02",
		"5 readings, a to b",
	]);
	expect(zh.gap(5, "a", "b")).toBe("5 条读数，a 至 b");
});
