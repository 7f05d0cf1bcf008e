// What the lessons of the page run: each has a file with its texts, and in its field "scenario" what it is about.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkScenario, type Scenario } from "../fleet/scenario.js";
import { UsageError } from "../fleet/schema.js";

/** Beside the sources, and beside the built files. */
const FOLDER = fileURLToPath(new URL("../lessons/", import.meta.url));
const NAME = /^[a-z0-9-]+$/;

/** The scenario of that lesson; undefined where there is no such lesson. Throws UsageError where its file is not what it should be. */
export function lessonScenario(name: string, folder = FOLDER): Scenario | undefined {
	if (!NAME.test(name)) return undefined;
	let text: string;
	try {
		text = readFileSync(join(folder, `${name}.json`), "utf8");
	} catch {
		return undefined;
	}
	let lesson: { scenario?: unknown } | null;
	try {
		lesson = JSON.parse(text);
	} catch (error) {
		throw new UsageError(`lesson ${name}: not JSON: ${(error as Error).message}`);
	}
	return checkScenario(lesson?.scenario, `lesson ${name}: scenario: `);
}
