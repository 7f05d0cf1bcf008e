// thimble run --jobs 4: the same run in four processes on this machine, each a part as with --shard, since one process has but one
// core. Without --broker this process has the broker, and nothing else to do.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Broker } from "../broker/broker.js";
import { type Scenario, UsageError } from "../fleet/scenario.js";
import { fingerprint, partOf } from "../fleet/shard.js";
import { describeEndpoint } from "./endpoint.js";
import { serveSomewhere } from "./port.js";
import { Stop } from "./stop.js";

const MOST_JOBS = 64;

/** What the command line gave. */
export interface JobFlags {
	jobs?: unknown;
	broker?: unknown;
	port?: unknown;
	run?: unknown;
}

/** Throws UsageError. */
export function parseJobs(value: unknown, whole: Scenario): number {
	const jobs = Number(value);
	if (!Number.isInteger(jobs) || jobs < 1 || jobs > MOST_JOBS)
		throw new UsageError(`--jobs: expected a whole number from 1 to ${MOST_JOBS}, got ${value}`);
	partOf(whole, { number: jobs, count: jobs });
	return jobs;
}

/**
 * What the command line of a part is: that of the whole, without what is the whole's alone. Reports are the first part's to write.
 */
export function partArguments(
	given: readonly string[],
	{ broker, jobs, number, run }: { number: number; jobs: number; run: string; broker: string | undefined },
): string[] {
	const dropped = [
		"--jobs",
		"--run",
		...(broker === undefined ? [] : ["--port"]),
		...(number === 1 ? [] : ["--report"]),
	];
	const kept: string[] = [];
	for (let i = 0; i < given.length; i += 1) {
		const [name] = given[i]!.split("=") as [string];
		if (!dropped.includes(name)) kept.push(given[i]!);
		else if (name === given[i]) i += 1;
	}
	return [...kept, "--shard", `${number}/${jobs}`, "--run", run, ...(broker === undefined ? [] : ["--broker", broker])];
}

/** Runs them all. Returns the exit code, which the first part has made of the whole; throws UsageError. */
export async function runJobs(whole: Scenario, flags: JobFlags): Promise<number> {
	const jobs = parseJobs(flags.jobs, whole);
	const found = flags.broker === undefined ? await serveSomewhere(new Broker(), flags.port) : undefined;
	const broker = found && describeEndpoint(found.endpoint);
	const run =
		flags.run === undefined ? `jobs-${fingerprint(whole, jobs)}-${randomBytes(4).toString("hex")}` : String(flags.run);
	const children = Array.from({ length: jobs }, (_, i) => {
		const args = partArguments(process.argv.slice(2), { number: i + 1, jobs, run, broker });
		return spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
			// A terminal's Ctrl-C is for this process, which passes it on once.
			detached: true,
			stdio: ["ignore", i === 0 ? "inherit" : "ignore", "inherit", "ipc"],
		});
	});
	const ends = children.map(ended);
	void new Stop().when().then(() => {
		for (const child of children) if (child.connected) child.send("stop");
	});
	const [first = 1] = await Promise.all(ends);
	await found?.listener.close();
	return first;
}

/** Its exit code; 1 where it was killed, or could not be made. */
function ended(child: ChildProcess): Promise<number> {
	return new Promise(resolve => {
		child.once("error", () => resolve(1));
		child.once("exit", code => resolve(code ?? 1));
	});
}
