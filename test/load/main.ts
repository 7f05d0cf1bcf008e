// npm run load [-- --rounds N] [--connections N] [--seconds S] [--json]: the embedded broker beside mosquitto and aedes on this machine, in
// one run: connections, messages and memory, with the same load at each, as figures and as ratios to mosquitto's.

import { parseArgs } from "node:util";
import { find } from "../support/need.js";
import { compare, tableOf } from "./comparison.js";

const { values } = parseArgs({
	options: {
		rounds: { type: "string", default: "3" },
		connections: { type: "string", default: "1000" },
		seconds: { type: "string", default: "2" },
		json: { type: "boolean", default: false },
	},
});
const [rounds, connections, seconds] = [values.rounds, values.connections, values.seconds].map(Number);
const isWhole = (value: number | undefined) => Number.isInteger(value) && value! > 0;
if (!isWhole(rounds) || !isWhole(connections) || !(seconds! > 0)) {
	console.error("load: --rounds and --connections expect a whole number above 0, --seconds a number above 0");
	process.exit(2);
}
if (find("mosquitto") === undefined) {
	console.error("load: mosquitto is not installed; npm run setup installs it");
	process.exit(1);
}
const isShown = process.stderr.isTTY === true;
const comparison = await compare({
	rounds: rounds!,
	connections: connections!,
	seconds: seconds!,
	told: what => isShown && process.stderr.write(`\r\x1b[2K${what}`),
});
if (isShown) process.stderr.write("\r\x1b[2K");
if (values.json) console.log(JSON.stringify({ rounds, connections, seconds, ...comparison }));
else for (const line of tableOf(comparison)) console.log(line);
