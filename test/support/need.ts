// Suites that want a Debian package. Without it a person sees them skipped by name, with the reason; in CI it is a failure.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";

/** Program to the Debian package that has it. */
const PACKAGES = {
	mosquitto: "mosquitto",
	mosquitto_pub: "mosquitto-clients",
	mosquitto_sub: "mosquitto-clients",
} as const;

export type Program = keyof typeof PACKAGES;

export function describeWith(programs: readonly Program[], name: string, suite: () => void): void {
	const missing = [
		...new Set(programs.filter(program => find(program) === undefined).map(program => PACKAGES[program])),
	];
	if (missing.length === 0) describe(name, suite);
	else if (process.env["CI"] === "true")
		describe(name, () => {
			it(`needs ${missing.join(" and ")}`, () => {
				throw new Error(`not installed: ${missing.join(", ")}; npm run setup installs it`);
			});
		});
	else describe.skip(`${name} (skipped: ${missing.join(" and ")} not installed; npm run setup installs it)`, suite);
}

/** Debian puts servers where a user's PATH does not look. */
export function find(program: Program): string | undefined {
	for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]) {
		const path = join(folder, program);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Not here.
		}
	}
	return undefined;
}
