import { describe, expect, it } from "vitest";
import { introduction } from "../../../host-sim/cli/introduction.js";
import { scenarioOf } from "../../../host-sim/cli/scenario.js";

const plain = scenarioOf(undefined, {});
const night = scenarioOf("bad-night", { duration: "90s" });
const endpoint = { host: "h", port: 1884 };

describe("the first lines of a run", () => {
	it("with a broker that others can come to: where, what boards, how to look on, and how it ends", () => {
		expect(introduction(plain, { endpoint, brokerNote: " (port 1883 is taken)", boardNote: ", on XS" })).toEqual([
			"Broker    mqtt://h:1884 (port 1883 is taken)",
			"Boards    3 boards, a reading every 1000 ms at QoS 1, on XS",
			"Look on   mosquitto_sub -h h -p 1884 -t 'thimble/#' -v",
			"Stop      Ctrl-C",
		]);
	});

	it("of a world: how its time goes, its seed, and how many faults there will be", () => {
		const lines = introduction(night, { endpoint, pace: "in real time" });
		expect(lines[1]).toBe("World     virtual, in real time, seed 7, 10 faults in its timeline");
		expect(lines.at(-1)).toBe("Stop      after 1 min 30 s, or Ctrl-C");
	});

	it("of a world that nobody can come to: it ends by the scenario's clock", () => {
		expect(introduction(night, { pace: "at 60 times real time" })).toEqual([
			"World     virtual, at 60 times real time, seed 7, 10 faults in its timeline",
			expect.stringMatching(/^Boards {4}20 boards/),
			"Stop      after 1 min 30 s of the scenario, or Ctrl-C",
		]);
	});

	it.each([
		[0, 0, "no faults"],
		[1, 0, "1 fault"],
		[2, 1, "2 faults, 1 order"],
		[0, 2, "no faults, 2 orders"],
	])("with %i faults and %i orders says so", (faults, orders, text) => {
		const scenario = {
			...plain,
			timeline: Array.from({ length: faults }, () => night.timeline[0]!),
			orders: Array.from({ length: orders }, () => ({}) as never),
		};
		expect(introduction(scenario, { pace: "in real time" })[0]).toContain(`, ${text} in its timeline`);
	});
});
