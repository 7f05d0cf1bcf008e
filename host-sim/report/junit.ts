// A report as JUnit's XML, which build servers read: each promise is a test case. One that nobody has looked at is skipped.

import { escaped } from "./markup.js";
import type { Judgement } from "./promise.js";
import type { Report } from "./report.js";

export function junitReport({ durationMs, judgements, title }: Report): string {
	const count = (verdict: string) => judgements.filter(each => each.verdict === verdict).length;
	const seconds = (durationMs / 1000).toFixed(3);
	const totals = `tests="${judgements.length}" failures="${count("broken")}" errors="0" skipped="${count("unknown")}" time="${seconds}"`;
	return [
		'<?xml version="1.0" encoding="UTF-8"?>',
		`<testsuites ${totals}>`,
		`\t<testsuite name="${escaped(title)}" ${totals}>`,
		...judgements.flatMap(each => caseLines(title, each)),
		"\t</testsuite>",
		"</testsuites>",
		"",
	].join("\n");
}

function caseLines(title: string, { detail, name, verdict }: Judgement): string[] {
	const attributes = `classname="${escaped(title)}" name="${escaped(name)}"`;
	if (verdict === "kept") return [`\t\t<testcase ${attributes}/>`];
	const element = verdict === "broken" ? "failure" : "skipped";
	return [`\t\t<testcase ${attributes}>`, `\t\t\t<${element} message="${escaped(detail)}"/>`, "\t\t</testcase>"];
}
