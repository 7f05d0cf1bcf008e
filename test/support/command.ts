// Programs as a person runs them: real processes, with what they say as bytes, and an end to all that is left over.

import { type ChildProcess, spawn } from "node:child_process";
import { afterEach } from "vitest";
import { until } from "./mosquitto.js";

const running: ChildProcess[] = [];
afterEach(() => {
	for (const child of running.splice(0)) child.kill("SIGKILL");
});

export interface Command {
	readonly child: ChildProcess;
	/** What it has printed so far. */
	out(): Buffer;
	err(): string;
	readonly code: Promise<number | null>;
}

/** `input` goes to its standard input, which is closed behind it; without, it stays open. */
export function command(program: string, args: readonly string[], input?: string | Uint8Array): Command {
	const child = spawn(program, args, { stdio: "pipe" });
	running.push(child);
	const out: Buffer[] = [];
	let err = "";
	child.stdout.on("data", chunk => out.push(chunk));
	child.stderr.on("data", chunk => (err += chunk));
	// It may have gone before it has read everything.
	child.stdin.on("error", () => {});
	if (input !== undefined) child.stdin.end(input);
	return {
		child,
		out: () => Buffer.concat(out),
		err: () => err,
		code: new Promise(resolve => child.once("close", code => resolve(code))),
	};
}

/** Our own command line. */
export function thimble(args: readonly string[], input?: string | Uint8Array): Command {
	return command(process.execPath, ["--import", "tsx", "host-sim/cli/main.ts", ...args], input);
}

/** What it has told with --json so far: whole lines. */
export function eventsOf(run: Command): Record<string, unknown>[] {
	return `${run.out()}`
		.split("\n")
		.slice(0, -1)
		.map(line => JSON.parse(line));
}

/** The port in the URL that this event has, when it has come. */
export async function portOf(run: Command, event: string): Promise<number> {
	await until(event, () => `${run.out()}`.includes(`"event":"${event}","url"`));
	return Number(new URL(String(eventsOf(run).find(each => each["event"] === event)!["url"])).port);
}
