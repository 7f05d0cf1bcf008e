// --report: which files a run leaves behind, each in the form that its name ends with. Names are looked at before the run begins,
// so that a day's run is not lost to a slip.

import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { UsageError } from "../fleet/scenario.js";
import { codeOf } from "../record/file.js";
import { csvReport } from "../report/csv.js";
import { htmlReport } from "../report/html.js";
import { jsonReport } from "../report/json.js";
import { junitReport } from "../report/junit.js";
import type { Report } from "../report/report.js";
import { textReport } from "../report/text.js";

const WRITERS: Readonly<Record<string, (report: Report) => string>> = {
	".html": htmlReport,
	".json": jsonReport,
	".csv": csvReport,
	".xml": junitReport,
	".txt": textReport,
};

export interface ReportFile {
	readonly path: string;
	readonly write: (report: Report) => string;
}

/** `value` is what the command line's parser makes of no flag, one, or several. Throws UsageError. */
export function reportFiles(value: unknown): ReportFile[] {
	const paths = value === undefined ? [] : Array.isArray(value) ? value : [value];
	return paths.map(each => {
		const path = String(each);
		const write = WRITERS[extname(path).toLowerCase()];
		if (write === undefined)
			throw new UsageError(`--report: expected a file that ends with ${Object.keys(WRITERS).join(", ")}, got ${path}`);
		checkWritable("--report", path);
		return { path, write };
	});
}

/** Throws UsageError where no file can be there. */
export function checkWritable(flag: string, path: string): void {
	const there = statSync(path, { throwIfNoEntry: false });
	if (there?.isDirectory()) throw new UsageError(`${flag}: ${path} is a folder`);
	try {
		accessSync(there === undefined ? dirname(path) : path, constants.W_OK);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`${flag}: ${path} cannot be written (${code})`);
	}
}

/** Returns, for each that could not be written, why. */
export function writeReports(files: readonly ReportFile[], report: Report): string[] {
	return files.flatMap(({ path, write }) => {
		try {
			writeFileSync(path, write(report));
			return [];
		} catch (error) {
			return [`${path} cannot be written: ${codeOf(error)}`];
		}
	});
}

/** What a report of a run is called. */
export function titleOf(scenarioName: string | undefined): string {
	return scenarioName === undefined ? "thimble run" : `thimble run ${scenarioName}`;
}
