// Builds what the package ships: JavaScript and types in dist, beside the data that the simulator reads.

import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";

rmSync("dist", { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", ".ci/tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
for (const folder of ["data", "scenarios"])
	cpSync(`host-sim/${folder}`, `dist/host-sim/${folder}`, { recursive: true });
