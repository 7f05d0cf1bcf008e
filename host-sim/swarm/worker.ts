// A process that runs the seeds that its parent sends, one at a time, and sends the outcomes back.

import { planOf } from "./plan.js";
import { runPlan } from "./run.js";

process.on("message", (seed: number) => process.send!(runPlan(planOf(seed))));
// Ctrl-C reaches the whole group: the parent decides. Without a parent there is nothing to do.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());
