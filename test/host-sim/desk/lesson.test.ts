import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { lessonScenario } from "../../../host-sim/desk/lesson.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-lessons-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string) => writeFileSync(join(folder, `${name}.json`), content);

describe("a lesson's scenario", () => {
	it("is the field of that name in its file, checked as scenarios are", () => {
		write("qos-1", JSON.stringify({ title: { en: "QoS 1" }, scenario: { devices: 2, qos: 1, interval: "2s" } }));
		const scenario = lessonScenario("qos-1", folder)!;
		expect(scenario.boards.map(({ interval, name }) => `${name} ${interval}`)).toEqual([
			"board-01 2000",
			"board-02 2000",
		]);
	});

	it.each(["nothing", "../qos-1", "QoS-1", "qos-1.json", "", "a/b", "__proto__", "constructor"])(
		"there is none of the name %j",
		name => {
			expect(lessonScenario(name, folder)).toBeUndefined();
		},
	);

	it.each([
		["{", /^lesson bad: not JSON: /],
		["null", /^lesson bad: scenario: expected an object/],
		["{}", /^lesson bad: scenario: expected an object/],
		['{"scenario": {"devices": 0}}', "lesson bad: scenario: devices: expected a whole number from 1 to 10000, got 0"],
	])("%s: one sentence says what is wrong with the file", (content, message) => {
		write("bad", content);
		expect(() => lessonScenario("bad", folder)).toThrow(message);
	});

	it("in the package's own folder, too, there is none of a name that nobody gave", () => {
		expect(lessonScenario("no-such-lesson")).toBeUndefined();
	});
});
