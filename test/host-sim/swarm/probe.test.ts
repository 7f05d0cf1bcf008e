// The application of a swarm's board, in a world without faults: it uses what it says that it uses.

import { expect, it } from "vitest";
import { partOf, planOf } from "../../../host-sim/swarm/plan.js";
import { runPlan } from "../../../host-sim/swarm/run.js";

it("publishes and receives at every QoS, holds back, says goodbye and comes back, and has its effect in flash", () => {
	const lines: string[] = [];
	const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
	for (const seed of seeds)
		runPlan(partOf(planOf(seed), { faults: [] }), { trace: (_atMs, _board, text) => lines.push(text) });
	for (const qos of [0, 1, 2]) {
		expect(lines.some(line => line.startsWith("publish ") && line.includes(`at QoS ${qos}`))).toBe(true);
		expect(lines.some(line => line.startsWith("received ") && line.endsWith(`at QoS ${qos}`))).toBe(true);
	}
	for (const what of [/^acknowledge \d+$/, /^goodbye$/, /^> DISCONNECT$/, /^> PINGREQ$/, /^online, session resumed$/])
		expect(
			lines.some(line => what.test(line)),
			String(what),
		).toBe(true);
});
