import { expect, it } from "vitest";
import { jsonReport } from "../../../host-sim/report/json.js";
import { smallReport } from "../../support/report.js";

it("has all of the report, under its names", () => {
	const report = smallReport();
	// What JSON cannot say is left out.
	expect(JSON.parse(jsonReport(report))).toEqual(JSON.parse(JSON.stringify(report)));
	expect(jsonReport(report)).toMatch(/^\{\n\t"title": "thimble run",\n\t"clock": "virtual",\n[\s\S]*\}\n$/);
});
