#!/usr/bin/env node
// The command line: `thimble COMMAND`. Exit codes: 0 fine, 1 it ran but did not work, 2 asked for the impossible.

import { existsSync } from "node:fs";
import cac from "cac";
import { Misuse } from "../../firmware/mqtt/error.js";
import { UsageError } from "../fleet/scenario.js";
import { type BenchFlags, bench } from "./bench.js";
import { ALL, READ_HERE } from "./catalogue.js";
import { BENCH, DECODE, EXPORT, REPLAY, RUN, SHOW, SWARM, UPDATE } from "./commands.js";
import { type DecodeFlags, decode } from "./decode.js";
import { type ExportFlags, exportRecording } from "./export.js";
import { firmware } from "./firmware.js";
import { type Help, helpText, overviewText } from "./help.js";
import { provision } from "./provision.js";
import { pub } from "./pub.js";
import { type RunFlags, run } from "./run.js";
import { type ShowFlags, show } from "./show.js";
import { sink } from "./sink.js";
import { sub } from "./sub.js";
import { type ReplayFlags, replay, runSwarm, type SwarmFlags } from "./swarm.js";
import { type UpdateFlags, update } from "./update.js";
import { version } from "./version.js";
import { watch } from "./watch.js";

/** These read their flags themselves: there, -h is a host, or what is behind it is for somebody else. */
const CLIENTS = new Map<string, (args: string[]) => Promise<number>>([
	["pub", pub],
	["sub", sub],
	["sink", sink],
	["watch", watch],
	["provision", provision],
	["firmware", firmware],
	// What these need is loaded for them alone.
	["broker", async args => (await import("./broker.js")).broker(args)],
	["certs", async args => (await import("./certs.js")).certs(args)],
	["model", async args => (await import("./model.js")).model(args)],
	["users", async args => (await import("./users.js")).users(args)],
]);

const cli = cac("thimble");
declare("run [scenario]", RUN).action((scenario: string | undefined, flags: RunFlags) => run(scenario, flags));
declare("swarm", SWARM).action((flags: SwarmFlags) => runSwarm(flags));
declare("replay <seed|file>", REPLAY).action((what: string, flags: ReplayFlags & ShowFlags) => replayAny(what, flags));
declare("show <file>", SHOW).action((file: string, flags: ShowFlags) => show(file, flags));
declare("export <file>", EXPORT).action((file: string, flags: ExportFlags) => exportRecording(file, flags));
declare("bench <url>", BENCH).action((url: string, flags: BenchFlags) => bench(url, flags));
declare("update [file]", UPDATE).action((file: string | undefined, flags: UpdateFlags) => update(file, flags));
declare("decode [...hex]", DECODE).action((hex: string[], flags: DecodeFlags) => decode(hex, flags));
cli.version(version());

try {
	const client = CLIENTS.get(process.argv[2] ?? "");
	process.exitCode = await (client === undefined ? runCommand() : client(process.argv.slice(3)));
} catch (error) {
	const { name, message } = error as Error;
	if (!(error instanceof UsageError || error instanceof Misuse) && name !== "CACError") throw error;
	// A URL in the wrong place is repeated without its password.
	console.error(`thimble: ${message.replaceAll(/\/\/(?!\[user)[^\s"]*@/g, "//…@")}`);
	process.exitCode = 2;
}

/** A command of the parser's, with the options that its help has. */
function declare(call: string, { options, purpose }: Help) {
	const command = cli.command(call, purpose);
	const flags = Object.values(options).flat();
	for (const { help, names, value } of flags) {
		// The parser has a --no-page where there is a --page; told of it, it takes --page as said where nobody says so.
		const opposite = names[0]!.replace(/^--no-/, "--");
		if (names.includes("--help") || flags.some(flag => opposite !== names[0] && flag.names.includes(opposite)))
			continue;
		const lower = value?.toLowerCase();
		const behind = lower === undefined ? "" : lower.startsWith("[") ? ` ${lower}` : ` <${lower}>`;
		command.option(`${names.join(", ")}${behind}`, help);
	}
	return command;
}

/** What --help is to say; undefined where nobody has asked for it, or of a command that there is not. */
function helpWanted([command = "", ...args]: readonly string[]): string | undefined {
	if (command === "--help" || command === "-h") return overviewText(ALL);
	const help = READ_HERE.find(help => help.command === command);
	const isAsked = args.includes("--help") || args.includes("-h");
	return isAsked && help !== undefined ? helpText(help) : undefined;
}

async function runCommand(): Promise<number> {
	const help = helpWanted(process.argv.slice(2));
	if (help !== undefined) {
		process.stdout.write(help);
		return 0;
	}
	cli.parse(process.argv, { run: false });
	if (cli.matchedCommand === undefined && !cli.options["version"]) {
		const [name] = cli.args;
		throw new UsageError(
			name === undefined ? "which command? See thimble --help" : `there is no command "${name}"; see thimble --help`,
		);
	}
	const takesMany = cli.matchedCommand?.args.some(({ variadic }) => variadic) === true;
	if (cli.args.length > 1 && !takesMany) throw new UsageError(`too many arguments: ${cli.args.slice(1).join(" ")}`);
	return (await cli.runMatchedCommand()) ?? 0;
}

/** A recording is a file, or looks like one; all else shall be a seed. */
function replayAny(what: string, { client, speed, ...flags }: ReplayFlags & ShowFlags): number | Promise<number> {
	if (/^[-\d.]+$/.test(what) || !(existsSync(what) || /[./]/.test(what))) {
		if (client !== undefined || speed !== undefined)
			throw new UsageError("--client and --speed are for recordings: leave them out with a seed");
		return replay(what, flags);
	}
	const { boards, faults, json, until } = flags;
	if (boards !== undefined || faults !== undefined || until !== undefined)
		throw new UsageError("--boards, --faults and --until are for seeds: leave them out with a recording");
	return show(what, {
		speed: speed ?? 1,
		...(client !== undefined && { client }),
		...(json !== undefined && { json }),
	});
}
