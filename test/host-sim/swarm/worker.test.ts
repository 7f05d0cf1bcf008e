import { fork } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { planOf } from "../../../host-sim/swarm/plan.js";
import { runPlan } from "../../../host-sim/swarm/run.js";

it("a worker answers each seed with its outcome", async () => {
	const worker = fork("host-sim/swarm/worker.ts", { execArgv: ["--import", "tsx"] });
	for (const seed of [3, 4]) {
		worker.send(seed);
		const [outcome] = await once(worker, "message");
		expect(outcome).toEqual(JSON.parse(JSON.stringify(runPlan(planOf(seed)))));
	}
	worker.kill();
});
