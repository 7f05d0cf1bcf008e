// Builds what the package ships: JavaScript and types in dist, beside the data that the simulator reads, and the page.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

rmSync("dist", { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", ".ci/tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(1);
for (const folder of ["data", "lessons", "scenarios", "security/mosquitto", "security/broker.json"])
	if (existsSync(`host-sim/${folder}`)) cpSync(`host-sim/${folder}`, `dist/host-sim/${folder}`, { recursive: true });
cpSync("firmware/vision/fashion.model", "dist/firmware/vision/fashion.model");
if (existsSync("host-sim/web/index.html")) {
	const { build } = await import("vite");
	await build({
		root: "host-sim/web",
		configFile: "host-sim/web/vite.config.ts",
		logLevel: "warn",
		build: { outDir: resolve("dist/host-sim/web"), emptyOutDir: true },
	});
}
