// npm run fuzz [-- --seconds N] [--seed S]: seeds from S (or the clock) on for N seconds (60), and the first that finds
// something. What it has found is added to corpus/seeds.json once it is mended, and then runs in every test.

import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } });
const seconds = Number(values.seconds ?? 60);
let seed = Number(values.seed ?? Date.now() % 1_000_000_000);
if (!(seconds > 0) || !Number.isInteger(seed)) {
	console.error("fuzz: --seconds expects a number above 0, --seed a whole number");
	process.exit(2);
}
const stop = performance.now() + seconds * 1000;
let cases = 0;
let broken = 0;
while (performance.now() < stop) {
	const { broken: links } = fuzz(seed);
	broken += links;
	cases += 1;
	seed += 1;
}
console.log(`${cases} cases, ${broken} links broken off, nothing found; the next seed is ${seed}`);
