import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { htmlReport } from "../../../host-sim/report/html.js";
import { describeWith, find } from "../../support/need.js";
import { NASTY, smallReport } from "../../support/report.js";

describe("a report as HTML", () => {
	const page = htmlReport(smallReport(NASTY));

	it("asks nobody for anything, and has no scripts", () => {
		expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b/i);
		expect(page).not.toMatch(/<[^>]*\s(src|href|action|on[a-z]+)=/i);
		expect(page).not.toMatch(/url\(|@import/i);
		expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
	});

	it("shows what is markup as text, in title, tables and plots", () => {
		const text = "&lt;img src=&quot;http://evil.example/x&quot; onerror=&#39;alert(1)&#39;&gt;,&quot;&amp;";
		expect(page).toContain(`<title>${text}</title>`);
		expect(page).toContain(`<h1>${text}</h1>`);
		expect(page).toContain(`<td>${text}</td>`);
	});

	it("has the promises, the percentiles, a plot for each, gaps and boards", () => {
		expect(page.match(/<svg /g)).toHaveLength(5);
		expect(page).toContain('<li class="broken"><b>broken</b> what is settled has arrived');
		expect(page).toContain(
			"<tr><td>publish to ack</td><td>4</td><td>4</td><td>4</td><td>4</td><td>4</td><td>4</td><td>4</td></tr>",
		);
		expect(page).toContain("<title>power-cut at 0.15 s</title>");
		expect(page).toContain("<tr><td>duplicate</td><td>a</td><td>1</td><td>2</td><td>1</td></tr>");
		expect(page).toContain("prefers-color-scheme: dark");
	});

	it("counts the boards that are too many for a page", () => {
		const report = smallReport();
		const boards = Array(505).fill(report.boards[0]);
		expect(htmlReport({ ...report, boards })).toContain("… and 5 more");
	});
});

describeWith(["python3"], "to a parser that is not ours", () => {
	it("has each tag closed where it was opened", () => {
		const program = `
import sys
from html.parser import HTMLParser
class Page(HTMLParser):
    open = []
    def handle_starttag(self, tag, attributes):
        if tag not in ("meta",): self.open.append(tag)
    def handle_startendtag(self, tag, attributes): pass
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag
page = Page()
page.feed(sys.stdin.read())
assert page.open == [], page.open`;
		const input = htmlReport(smallReport(NASTY));
		const { status, stderr } = spawnSync(find("python3")!, ["-c", program], { input, encoding: "utf8" });
		expect(stderr).toBe("");
		expect(status).toBe(0);
	});
});
