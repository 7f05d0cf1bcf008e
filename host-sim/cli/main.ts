#!/usr/bin/env node
// The command line: `thimble COMMAND`. Exit codes: 0 fine, 1 it ran but did not work, 2 asked for the impossible.

import { existsSync } from "node:fs";
import cac from "cac";
import { Misuse } from "../../firmware/mqtt/error.js";
import { UsageError } from "../fleet/scenario.js";
import { type BenchFlags, bench } from "./bench.js";
import { type DecodeFlags, decode } from "./decode.js";
import { type ExportFlags, exportRecording } from "./export.js";
import { firmware } from "./firmware.js";
import { provision } from "./provision.js";
import { pub } from "./pub.js";
import { type RunFlags, run } from "./run.js";
import { type ShowFlags, show } from "./show.js";
import { sub } from "./sub.js";
import { type ReplayFlags, replay, runSwarm, type SwarmFlags } from "./swarm.js";
import { type UpdateFlags, update } from "./update.js";
import { version } from "./version.js";
import { watch } from "./watch.js";

/** These read their flags themselves: there, -h is a host, or what is behind it is for somebody else. */
const CLIENTS = new Map<string, (args: string[]) => Promise<number>>([
	["pub", pub],
	["sub", sub],
	["watch", watch],
	["provision", provision],
	["firmware", firmware],
]);

const cli = cac("thimble");

cli
	.command("run [scenario]", "Run simulated boards; without --broker, with a broker of its own")
	.option("--devices <n>", "How many boards (default 3)")
	.option("--seed <n>", "Where the noise of the sensors begins (default 1)")
	.option("--broker <url>", "An existing broker: mqtt://[user[:password]@]host[:port], or mqtts://, ws://, wss://")
	.option("--cafile <file>", "TLS: who may have signed the broker's certificate (default: as Node has it)")
	.option("--cert <file>", "TLS: the boards' own certificate, with --key")
	.option("--key <file>", "TLS: its key")
	.option("--insecure", "TLS: the broker's certificate may be for any name")
	.option("--port <port>", "Port of the embedded broker (default 1883, or the next free one)")
	.option("--qos <qos>", "QoS of the readings: 0, 1 or 2 (default 1)")
	.option("--protocol <version>", "Version of MQTT: 3.1.1 or 5 (default 3.1.1)")
	.option("--interval <time>", "From one reading to the next: 500ms, 1s, 2m (default 1s)")
	.option("--home-assistant [prefix]", "Home Assistant is to find the boards (default prefix homeassistant)")
	.option("--duration <time>", "Stop after that time (default: at Ctrl-C)")
	.option("--speed <n>", "In virtual time: so many times real time, or max")
	.option("--until <time>", "Stop at that time of the scenario; in virtual time, as fast as it goes without --speed")
	.option("--engine <engine>", "node, or xs: each board a real XS machine in a process of its own (default node)")
	.option("--heap <size>", "With --engine xs: memory of a board, such as 24k (default 32k, or 64k for whole boards)")
	.option("--check", "Tell each statement of the standard that a board breaks, and end with 1 (embedded broker)")
	.option("--record <file>", "Take down every packet there, without passwords: see show, replay and export")
	.option("--report <file>", "Write a report: .html .json .csv .xml (JUnit) or .txt; may be repeated")
	.option(
		"--page [port]",
		"The page's port (default 8080, or the next free one); --no-page: none, as with --duration and --json",
	)
	.option("--host <address>", "Where the page is found; from other machines it takes a token (default 127.0.0.1)")
	.option("--open", "Show the page in the browser, which is done on a desktop; --no-open: leave it closed")
	.option("--json", "One JSON object a line instead of a table")
	.action((scenario: string | undefined, flags: RunFlags) => run(scenario, flags));

cli
	.command("swarm", "Worlds full of faults, a seed each, until a promise of the client is broken")
	.option("--seeds <n>", "How many (default 1000)")
	.option("--first <seed>", "The first one (default 1)")
	.option("--jobs <n>", "Processes (default: as many as there are cores)")
	.option("--json", "One JSON object")
	.action((flags: SwarmFlags) => runSwarm(flags));

cli
	.command(
		"replay <seed|file>",
		"One seed of the swarm again, with everything that happens; or a recording, at its pace",
	)
	.option("--faults <list>", "Only these of its faults, such as 2,5; 0 for none")
	.option("--boards <list>", "Only these of its boards")
	.option("--until <time>", "Where the faults end")
	.option("--speed <n>", "Of a recording: so many times its own pace, or max (default 1)")
	.option("--client <name>", "Of a recording: only that client")
	.option("--json", "One JSON object a line")
	.action((what: string, flags: ReplayFlags & ShowFlags) => replayAny(what, flags));

cli
	.command("show <file>", "A recording, one line a packet")
	.option("--client <name>", "Only that client, by its id")
	.option("--json", "One JSON object a line")
	.action((file: string, flags: ShowFlags) => show(file, flags));

cli
	.command("export <file>", "A recording as pcapng, for Wireshark and tshark")
	.option("--to <file>", "Where it shall be written, such as run.pcapng")
	.option("--json", "One JSON object")
	.action((file: string, flags: ExportFlags) => exportRecording(file, flags));

cli
	.command("bench <url>", "Boards that publish to any broker at a rate, and how long things take there")
	.option("--devices <n>", "How many boards (default 10)")
	.option("--rate <n>", "Messages a second of all together (default: as fast as it goes)")
	.option("--window <n>", "Messages under way for each board, above QoS 0 (default 16)")
	.option("--size <bytes>", "Of each payload (default 64)")
	.option("--qos <qos>", "0, 1 or 2 (default 1)")
	.option("--protocol <version>", "Version of MQTT: 3.1.1 or 5 (default 3.1.1)")
	.option("--warm-up <time>", "How long to publish before anything counts (default 1s)")
	.option("--duration <time>", "How long to measure (default 10s)")
	.option("--cafile <file>", "TLS: who may have signed the broker's certificate (default: as Node has it)")
	.option("--cert <file>", "TLS: our own certificate, with --key")
	.option("--key <file>", "TLS: its key")
	.option("--insecure", "TLS: the broker's certificate may be for any name")
	.option("--csv <file>", "Write a line for each second, and one for all")
	.option("--json", "One JSON object a line: bench, progress, summary")
	.action((url: string, flags: BenchFlags) => bench(url, flags));

cli
	.command("update [file]", "Sign new firmware and bring it to boards; --new-key makes the key")
	.option("--device <ids>", "Which boards: their ids, with commas between them")
	.option("--release <version>", "The version that it is, such as 1.2.0")
	.option("--key <file>", "The private key that signs it, in PEM")
	.option("--kind <name>", "What kind of board it is for (default thimble)")
	.option("--downgrade", "It may take the place of a newer version")
	.option("--broker <url>", "mqtt://[user[:password]@]host[:port], or mqtts://, ws://, wss:// (default localhost)")
	.option("--protocol <version>", "Version of MQTT: 3.1.1 or 5 (default 3.1.1)")
	.option("--cafile <file>", "TLS: who may have signed the broker's certificate (default: as Node has it)")
	.option("--cert <file>", "TLS: our own certificate, with --cert-key")
	.option("--cert-key <file>", "TLS: its key")
	.option("--insecure", "TLS: the broker's certificate may be for any name")
	.option("--timeout <time>", "End with code 27 after that time (default: when all boards are done, or at Ctrl-C)")
	.option("--new-key <file>", "Make a private key in that file, and print the public one for updateKey=")
	.option("--ed25519", "With --new-key: of Ed25519, which the SDK's boards cannot verify (default P-256)")
	.option("--json", "One JSON object a line")
	.action((file: string | undefined, flags: UpdateFlags) => update(file, flags));

cli
	.command("decode [...hex]", "Packets in hexadecimal, bit by bit; from standard input where none are given")
	.option("--file <file>", "Read them from that file")
	.option("-V, --protocol <version>", "Version of MQTT: 3.1.1 or 5 (default: as CONNECT says, or as they look)")
	.option("--secrets", "Show passwords and authentication data")
	.option("--json", "One JSON object a packet")
	.action((hex: string[], flags: DecodeFlags) => decode(hex, flags));

cli.command("provision", "Tell a board over its serial port what it is set to: thimble provision --help");
cli.command("pub [url]", "Publish to a broker, as mosquitto_pub does: thimble pub --help");
cli.command("sub [url]", "Print what a broker sends, as mosquitto_sub does: thimble sub --help");
cli.command("watch [url]", "Boards at a broker as a table: who is there, what is missing: thimble watch --help");
cli.command("firmware [platform]", "Build the firmware for a board with Moddable's mcconfig: thimble firmware --help");

cli.help();
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

async function runCommand(): Promise<number> {
	cli.parse(process.argv, { run: false });
	if (cli.matchedCommand === undefined && !cli.options["help"] && !cli.options["version"]) {
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
