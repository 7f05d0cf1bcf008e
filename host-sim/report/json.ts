// A report as JSON: all of it, under the names that it has in report.ts.

import type { Report } from "./report.js";

export function jsonReport(report: Report): string {
	return `${JSON.stringify(report, null, "\t")}\n`;
}
