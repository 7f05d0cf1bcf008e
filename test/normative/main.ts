// npm run statements: writes STATEMENTS.md, and says how many statements are tested and what is wrong.

import { writeFileSync } from "node:fs";
import { count, readCoverage, TABLE, tableOf, VERSIONS } from "./coverage.js";

const coverage = readCoverage();
writeFileSync(TABLE, tableOf(coverage));
for (const version of VERSIONS) {
	const { tested, untested, pending } = count(coverage, version);
	console.log(`MQTT ${version}: ${tested} tested, ${untested} without a test, ${pending} not tested yet`);
}
for (const fault of coverage.faults) console.error(fault);
process.exitCode = coverage.faults.length > 0 ? 1 : 0;
