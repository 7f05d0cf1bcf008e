import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { junitReport } from "../../../host-sim/report/junit.js";
import { describeWith, find } from "../../support/need.js";
import { NASTY, smallReport } from "../../support/report.js";

it("has a test case for each promise, with what was found, and skips what nobody knows", () => {
	expect(junitReport(smallReport("a & b"))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="2" errors="0" skipped="1" time="0.400">
	<testsuite name="a &amp; b" tests="5" failures="2" errors="0" skipped="1" time="0.400">
		<testcase classname="a &amp; b" name="every board came online"/>
		<testcase classname="a &amp; b" name="what is settled has arrived">
			<failure message="1 settled readings have not arrived"/>
		</testcase>
		<testcase classname="a &amp; b" name="nothing arrives twice at QoS 2">
			<failure message="1 readings came twice at QoS 2"/>
		</testcase>
		<testcase classname="a &amp; b" name="orders are answered">
			<skipped message="no orders were given"/>
		</testcase>
		<testcase classname="a &amp; b" name="boards keep to the standard"/>
	</testsuite>
</testsuites>
`);
});

describeWith(["python3"], "to an XML parser that is not ours", () => {
	it("is well formed whatever the scenario is called, and means the same", () => {
		const title = `${NASTY}\x07\ud800 ]]>`;
		const program = `
import sys, json, xml.etree.ElementTree as tree
suite = tree.fromstring(sys.stdin.buffer.read()).find("testsuite")
print(json.dumps([suite.get("name"), [[c.get("name"), [e.tag for e in c]] for c in suite]]))`;
		const input = junitReport(smallReport(title));
		const { status, stdout } = spawnSync(find("python3")!, ["-c", program], { input, encoding: "utf8" });
		expect(status).toBe(0);
		expect(JSON.parse(stdout)).toEqual([
			`${NASTY}\ufffd\ufffd ]]>`,
			[
				["every board came online", []],
				["what is settled has arrived", ["failure"]],
				["nothing arrives twice at QoS 2", ["failure"]],
				["orders are answered", ["skipped"]],
				["boards keep to the standard", []],
			],
		]);
	});
});
