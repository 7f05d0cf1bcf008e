// A process that runs the seeds that its parent sends, one at a time, and sends the outcomes back.

import { planOf } from "./plan.js";
import { runPlan } from "./run.js";

process.on("message", (seed: number) => process.send!(runPlan(planOf(seed))));
