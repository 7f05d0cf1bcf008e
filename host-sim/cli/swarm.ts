// thimble swarm: worlds full of faults, a seed each, until a promise is broken. thimble replay: one of them again, with
// everything that happens in it.

import { availableParallelism } from "node:os";
import { parseDuration, UsageError } from "../fleet/scenario.js";
import { INVARIANTS } from "../swarm/invariant.js";
import { type Part, type Plan, partOf, planOf } from "../swarm/plan.js";
import { type Outcome, runPlan } from "../swarm/run.js";
import { type Shrunk, shrink } from "../swarm/shrink.js";
import { type SwarmResult, swarm } from "../swarm/swarm.js";

/** What the command line gave; absent where it did not. */
export interface SwarmFlags {
	seeds?: unknown;
	first?: unknown;
	jobs?: unknown;
	json?: unknown;
}

export interface ReplayFlags {
	faults?: unknown;
	boards?: unknown;
	until?: unknown;
	json?: unknown;
}

const SEEDS = 1000;
/** How often the progress is drawn, in ms. */
const DRAW_MS = 200;

/** Returns the exit code: 1 where an invariant was broken. Throws UsageError. */
export async function runSwarm(flags: SwarmFlags): Promise<number> {
	const seeds = wholeNumber("--seeds", flags.seeds ?? SEEDS, 1, 1_000_000_000);
	const first = wholeNumber("--first", flags.first ?? 1, 0, 4_294_967_295 - seeds);
	const jobs = wholeNumber("--jobs", flags.jobs ?? availableParallelism(), 1, 256);
	const json = flags.json === true;
	const begun = performance.now();
	const progress = drawProgress(seeds, json);
	const result = await swarm({ first, seeds, jobs, on: () => progress.step(), signal: interrupted() });
	progress.end();
	const seconds = (performance.now() - begun) / 1000;
	const { broken } = result;
	const shrunk = broken && shrink(planOf(broken.seed), broken);
	if (json) print({ event: "swarm", seconds, ...result, ...(broken && { replay: replayLine(broken.seed, shrunk) }) });
	else {
		console.log(summary(result, seconds));
		if (broken !== undefined) console.log(`\n${describeBroken(broken)}\n${describeShrunk(broken, shrunk!)}`);
	}
	return broken === undefined ? 0 : 1;
}

/** Plays a seed again and prints what happens. Returns the exit code: 1 where an invariant was broken. Throws UsageError. */
export function replay(seed: unknown, flags: ReplayFlags): number {
	const whole = planOf(wholeNumber("replay", seed, 0, 4_294_967_295));
	const plan = partOf(whole, partFrom(whole, flags));
	const json = flags.json === true;
	if (json) print({ event: "plan", ...plan });
	else console.log(describePlan(plan));
	const outcome = runPlan(plan, {
		trace: (atMs, board, text) => {
			if (json) print({ event: "trace", atMs, board, text });
			else console.log(`${(atMs / 1000).toFixed(3).padStart(9)}  ${board.padEnd(8)}  ${text}`);
		},
	});
	if (json) print({ event: "outcome", ...outcome });
	else
		console.log(
			outcome.broken === undefined
				? `\nseed ${outcome.seed}: every promise was kept; ${outcome.published} published, ${outcome.received} received, digest ${outcome.digest}`
				: `\n${describeBroken(outcome)}`,
		);
	return outcome.broken === undefined ? 0 : 1;
}

function partFrom(plan: Plan, { boards, faults, until }: ReplayFlags): Part {
	const chaosMs = until === undefined ? undefined : parseDuration(String(until));
	if (until !== undefined && (chaosMs === undefined || chaosMs <= 0))
		throw new UsageError(`--until: expected a time such as 20s, got ${until}`);
	return {
		...(boards !== undefined && { boards: numbers("--boards", boards, plan.boards.length) }),
		...(faults !== undefined && { faults: numbers("--faults", faults, plan.strikes.length) }),
		...(chaosMs !== undefined && { chaosMs }),
	};
}

/** "1,3": counted from 1; "0" for none. */
function numbers(name: string, value: unknown, most: number): number[] {
	if (String(value) === "0") return [];
	return String(value)
		.split(",")
		.map(word => wholeNumber(name, /^\d+$/.test(word) ? Number(word) : word, 1, most) - 1);
}

function wholeNumber(name: string, value: unknown, low: number, high: number): number {
	const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
	if (typeof number === "number" && Number.isInteger(number) && number >= low && number <= high) return number;
	throw new UsageError(`${name}: expected a whole number from ${low} to ${high}, got ${value}`);
}

function describePlan({ boards, chaosMs, strikes }: Plan): string {
	return [
		...boards.map(
			({ durability, name, protocolVersion }, i) =>
				`board ${i + 1}   ${name}, MQTT ${protocolVersion === 5 ? "5.0" : "3.1.1"}, session in ${durability}`,
		),
		...strikes.map(({ atMs, board, fault, forMs }, i) => {
			const { fault: name, ...rest } = fault;
			const more = Object.entries(rest).map(([key, value]) => ` ${key} ${value}`);
			const whom = board < 0 ? "" : ` to ${boards[board]!.name}`;
			return `fault ${i + 1}   at ${(atMs / 1000).toFixed(3)} s${whom}: ${name}${more.join("")}, for ${forMs / 1000} s`;
		}),
		`until     ${chaosMs / 1000} s, then calm`,
		"",
	].join("\n");
}

function describeBroken({ broken, seed }: Outcome): string {
	const { atMs, board, invariant, what } = broken!;
	const where = board === "" ? "" : ` (${board})`;
	return [
		`seed ${seed} breaks "${invariant}" at ${(atMs / 1000).toFixed(3)} s${where}: ${what}`,
		`what must hold: ${INVARIANTS[invariant]}`,
	].join("\n");
}

function describeShrunk({ seed }: Outcome, shrunk: Shrunk): string {
	const plan = planOf(seed);
	return [
		`shrunk from ${plan.strikes.length} faults and ${plan.boards.length} boards to ${shrunk.part.faults.length} and ${shrunk.part.boards.length}, in ${shrunk.runs} runs`,
		`again:  ${replayLine(seed, shrunk)}`,
	].join("\n");
}

/** What to type to see the smallest part of it that breaks. */
function replayLine(seed: number, shrunk: Shrunk | undefined): string {
	if (shrunk === undefined) return `thimble replay ${seed}`;
	const { boards, chaosMs, faults } = shrunk.part;
	const list = (indices: readonly number[]) => (indices.length === 0 ? "0" : indices.map(i => i + 1).join(","));
	return `thimble replay ${seed} --faults ${list(faults)} --boards ${list(boards)} --until ${chaosMs / 1000}s`;
}

function summary(result: SwarmResult, seconds: number): string {
	const { boots, connections, hours, published, received, seeds, struck } = result;
	const met = Object.entries(struck).filter(([, count]) => count > 0);
	const never = Object.entries(struck).filter(([, count]) => count === 0);
	const count = (number: number) => number.toLocaleString("en");
	return [
		`${count(seeds)} seeds in ${seconds.toFixed(1)} s, ${hours.toFixed(1)} hours of their own: ${count(published)} published, ${count(received)} received, ${count(connections)} connections, ${count(boots)} boots`,
		`faults    ${met.map(([kind, times]) => `${kind} ${count(times)}`).join(", ")}`,
		...(never.length === 0 ? [] : [`never met ${never.map(([kind]) => kind).join(", ")}: run more seeds`]),
		...(result.broken === undefined ? ["every promise was kept"] : []),
	].join("\n");
}

function drawProgress(seeds: number, json: boolean) {
	const out = process.stderr;
	const isShown = out.isTTY && !json;
	const begun = performance.now();
	let done = 0;
	let drawnAt = 0;
	return {
		step() {
			done += 1;
			const now = performance.now();
			if (!isShown || now - drawnAt < DRAW_MS) return;
			drawnAt = now;
			const rate = (done * 1000) / (now - begun);
			const left = Math.ceil((seeds - done) / rate);
			out.write(`\r\x1b[2K${done} of ${seeds} seeds, ${Math.round(rate)} a second, ${left} s left`);
		},
		end() {
			if (isShown) out.write("\r\x1b[2K");
		},
	};
}

/** Aborted at the first signal; a second one ends the process at once. */
function interrupted(): AbortSignal {
	const controller = new AbortController();
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, () => {
			if (controller.signal.aborted) process.exit(130);
			controller.abort();
		});
	return controller.signal;
}

function print(event: object): void {
	process.stdout.write(`${JSON.stringify(event)}\n`);
}
