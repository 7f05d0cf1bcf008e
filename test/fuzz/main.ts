// npm run fuzz [-- --seconds N] [--seed S]: seeds from S (or the clock) on for N seconds (60), and the first that finds
// something; once that is mended, it belongs into corpus/found.json, and runs in every test.
//
// npm run fuzz -- --corpus N: of the seeds from 1 to N, the fewest that meet every code that any of them meets, into
// corpus/seeds.json. To be done whenever the hostile server has learnt something: the same seed is another case then.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({
	options: { seconds: { type: "string" }, seed: { type: "string" }, corpus: { type: "string" } },
});
const seconds = Number(values.seconds ?? 60);
const first = Number(values.seed ?? Date.now() % 1_000_000_000);
const most = Number(values.corpus ?? 1);
if (!(seconds > 0) || !Number.isInteger(first) || !(most > 0)) {
	console.error("fuzz: --seconds and --corpus expect a number above 0, --seed a whole number");
	process.exit(2);
}
if (values.corpus !== undefined) collect();
else search();

function search(): void {
	const stop = performance.now() + seconds * 1000;
	let seed = first;
	let broken = 0;
	while (performance.now() < stop) {
		broken += fuzz(seed).broken;
		seed += 1;
	}
	console.log(`${seed - first} cases, ${broken} links broken off, nothing found; the next seed is ${seed}`);
}

function collect(): void {
	const bySeed = new Map<number, Set<number>>();
	for (let seed = 1; seed <= most; seed += 1) bySeed.set(seed, fuzz(seed).codes);
	const missing = new Set([...bySeed.values()].flatMap(codes => [...codes]));
	const all = missing.size;
	const chosen: number[] = [];
	while (missing.size > 0) {
		const gain = ([, codes]: [number, Set<number>]) => [...codes].filter(code => missing.has(code)).length;
		const [seed, codes] = [...bySeed].reduce((best, each) => (gain(each) > gain(best) ? each : best));
		chosen.push(seed);
		for (const code of codes) missing.delete(code);
	}
	writeFileSync(new URL("corpus/seeds.json", import.meta.url), `[${chosen.sort((a, b) => a - b).join(", ")}]\n`);
	console.log(`${chosen.length} seeds meet ${all} codes`);
}
