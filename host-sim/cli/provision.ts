// thimble provision: tells a board over its serial port what it is set to, or asks it; or a simulated one, to try it.

import { readFileSync } from "node:fs";
import type { Refusal } from "../../firmware/device/settings.js";
import { TUNABLES, type Tunable } from "../../firmware/device/tunables.js";
import { UsageError } from "../fleet/scenario.js";
import { Bench } from "../node/bench.js";
import { type Cable, CableError, SerialCable } from "../node/cable.js";
import { FolderKeyValue, MemoryKeyValue } from "../node/keyvalue.js";
import { plain } from "../sentence.js";
import { type Answer, Dialogue, Silence } from "./dialogue.js";
import { FAILED, FINE } from "./errand.js";
import { type Flag, Flags } from "./flags.js";
import { EXIT_FINE, EXIT_IMPOSSIBLE, type Help, helpText } from "./help.js";
import { HELP, json } from "./option.js";
import { Interrupted, Prompt } from "./prompt.js";

const FLAGS: readonly Flag[] = [
	{ names: ["-p", "--port"], value: "PATH", help: "the serial port, such as /dev/ttyUSB0 or /dev/cu.usbserial-10" },
	{ names: ["--baud"], value: "BAUD", help: "its speed (default 115200, which the firmware has)" },
	{ names: ["--simulated"], help: "a simulated board instead, in this process" },
	{ names: ["--store"], value: "FOLDER", help: "with --simulated: where its flash is (default: forgotten in the end)" },
	{ names: ["--ssid"], value: "NAME", help: "the Wi-Fi network" },
	{ names: ["--password-file"], value: "FILE", help: "its password, in a file; - for standard input" },
	{ names: ["--password-env"], value: "NAME", help: "its password, in an environment variable" },
	{ names: ["--password"], value: "TEXT", help: "its password; others on this computer can see it here" },
	{ names: ["--broker"], value: "ADDRESS", help: "[mqtt://][user[:password]@]host[:port], and more behind commas" },
	{ names: ["--broker-file"], value: "FILE", help: "the same in a file; - for standard input" },
	{ names: ["--device"], value: "ID", help: "client id, and part of the topics" },
	{ names: ["--set"], value: "NAME=VALUE", many: true, help: "any other setting; telemetry is JSON" },
	{ names: ["--unset"], value: "NAME", many: true, help: "give a setting back to the build" },
	{ names: ["--get"], help: "print all settings, but no secret, after that" },
	{ names: ["--info"], help: "print what the board says of itself" },
	{ names: ["--restart"], help: "start the board anew, even if nothing asks for it" },
	{ names: ["--no-restart"], help: "do not start it anew where a change asks for it" },
	{ names: ["--wait"], value: "SECONDS", help: "how long to wait for an answer (default 10)" },
	json("a line"),
	HELP,
];

export const PROVISION: Help = {
	command: "provision",
	usage: ["--port PATH [options]", "--simulated [--store FOLDER] [options]"],
	purpose: "Tells a board over its serial port what it is set to",
	options: { Options: FLAGS },
	more: {
		Notes: [
			"At a terminal it asks for what the board waits for and the command line has not.",
			"A change that counts from the next start on starts the board anew.",
		],
	},
	exits: [
		EXIT_FINE,
		["1", "no such port, no answer, or a value refused"],
		EXIT_IMPOSSIBLE,
		["130", "stopped by Ctrl-C"],
	],
	examples: [
		"provision --port /dev/ttyUSB0 --ssid home --password-env WIFI --broker 192.168.1.10",
		"provision --port /dev/ttyUSB0 --get",
	],
};

const BAUD = 115_200;
const WAIT_MS = 10_000;
/** After its answer a board goes on for half a second. */
const RESTARTS_AFTER_MS = 700;
/** A board that starts has its boot loader, and its flash, to go through. */
const RESTART_WAIT_MS = 15_000;
const INTERRUPTED = 130;
const MOST_REQUEST = 1900;

type Changes = Record<string, unknown>;

/** Returns the exit code; throws UsageError. */
export async function provision(args: readonly string[]): Promise<number> {
	const flags = new Flags(FLAGS, args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(PROVISION));
		return FINE;
	}
	// Not told what it is: it may be a password with a space in it.
	if (flags.rest.length > 0) throw new UsageError("there is a word that belongs to no flag");
	flags.atMostOne("--restart", "--no-restart");
	const changes = changesOf(flags);
	const asksOnly = Object.keys(changes).length === 0;
	const isIdle = asksOnly && !["--get", "--info", "--restart"].some(name => flags.has(name));
	const { stdin } = process;
	if (isIdle && !stdin.isTTY) throw new UsageError("nothing to do: give --ssid, --broker, --set, --get or --info");
	const waitMs = flags.milliseconds("--wait") ?? WAIT_MS;
	if (waitMs === 0) throw new UsageError("--wait: expected more than 0 seconds");
	try {
		const errand = new Errand(new Dialogue(cableOf(flags)), flags, waitMs);
		try {
			return await errand.run(changes, stdin.isTTY && (isIdle || !asksOnly));
		} finally {
			errand.close();
		}
	} catch (error) {
		if (error instanceof Interrupted) return INTERRUPTED;
		if (!(error instanceof CableError || error instanceof Silence || error instanceof Refused)) throw error;
		console.error(`thimble: ${error.message}`);
		return FAILED;
	}
}

/** The board has said no. */
class Refused extends Error {}

class Errand {
	readonly #dialogue: Dialogue;
	readonly #flags: Flags;
	readonly #waitMs: number;
	readonly #isJson: boolean;

	constructor(dialogue: Dialogue, flags: Flags, waitMs: number) {
		this.#dialogue = dialogue;
		this.#flags = flags;
		this.#waitMs = waitMs;
		this.#isJson = flags.has("--json");
	}

	async run(given: Changes, mayAsk: boolean): Promise<number> {
		const flags = this.#flags;
		const info = await this.#info(this.#waitMs);
		if (flags.has("--info") || !this.#isJson) this.#tell("info", info, infoLines(info));
		const changes = mayAsk ? await askedFor(given, info) : given;
		let isDue = flags.has("--restart");
		if (Object.keys(changes).length > 0) {
			const { restart } = await this.#ask({ set: changes });
			const names = Object.keys(changes);
			this.#tell("set", { names, restart }, [`Set       ${names.join(", ")}`]);
			if (restart === true && flags.has("--no-restart") && !this.#isJson)
				console.log("Restart   some of it counts from the next start on");
			isDue ||= restart === true && !flags.has("--no-restart");
		}
		if (isDue) await this.#restart();
		if (flags.has("--get")) {
			const { settings } = await this.#ask({ get: true });
			this.#tell("settings", { settings }, settingLines(settings as Changes));
		}
		return FINE;
	}

	close(): void {
		this.#dialogue.close();
	}

	async #info(waitMs: number): Promise<Changes> {
		const { info } = await this.#ask({ info: true }, waitMs);
		return (typeof info === "object" && info !== null ? info : {}) as Changes;
	}

	async #restart(): Promise<void> {
		await this.#ask({ restart: true });
		await new Promise(resolve => setTimeout(resolve, RESTARTS_AFTER_MS));
		const { waiting } = await this.#info(Math.max(this.#waitMs, RESTART_WAIT_MS));
		const lacking = namesIn(waiting);
		const note = lacking.length === 0 ? "done" : `done; the board still waits for ${lacking.join(" and ")}`;
		this.#tell("restarted", { waiting: lacking }, [`Restart   ${note}`]);
	}

	/** Throws Refused where the board does not do it. Values are in no message: one may be a password. */
	async #ask(request: object, waitMs = this.#waitMs): Promise<Answer> {
		if (Buffer.byteLength(JSON.stringify(request)) > MOST_REQUEST)
			throw new Refused(`too much at once for a board: ${MOST_REQUEST} bytes are the most; set some of it first`);
		const answer = await this.#dialogue.ask(request, waitMs).catch(error => {
			throw error instanceof Silence ? new Silence(this.#whySilent(error.message, waitMs)) : error;
		});
		if (answer["ok"] === true) return answer;
		const { error, expected, name } = answer as unknown as Partial<Refusal>;
		const refusal = { error: text(error), name: text(name), expected: text(expected) };
		if (this.#isJson) this.#print("refused", refusal);
		const what = refusal.name === "" ? "that" : refusal.name;
		throw new Refused(`the board does not take ${what} (${refusal.error}): expected ${refusal.expected}`);
	}

	#whySilent(why: string, waitMs: number): string {
		const where = this.#flags.text("-p") ?? "the simulated board";
		if (why !== "no answer") return `${where}: ${why}`;
		return (
			`${where}: no answer in ${waitMs / 1000} s; is it a board with this firmware in a release build ` +
			`(without -d and -i), at ${this.#flags.text("--baud") ?? BAUD} baud?`
		);
	}

	#tell(event: string, fields: object, lines: readonly string[]): void {
		if (this.#isJson) this.#print(event, fields);
		else for (const line of lines) console.log(line);
	}

	#print(event: string, fields: object): void {
		console.log(JSON.stringify({ event, ...fields }));
	}
}

function cableOf(flags: Flags): Cable {
	const path = flags.text("-p");
	const store = flags.text("--store");
	const baud = flags.integer("--baud", 300, 4_000_000) ?? BAUD;
	if (flags.has("--simulated")) {
		if (path !== undefined) throw new UsageError("--port and --simulated do not go together");
		return new Bench(store === undefined ? new MemoryKeyValue() : folder(store));
	}
	if (store !== undefined) throw new UsageError("--store is for --simulated");
	if (path === undefined) throw new UsageError("which board? Give --port, or --simulated");
	return new SerialCable(path, baud);
}

function folder(path: string): FolderKeyValue {
	try {
		return new FolderKeyValue(path);
	} catch (error) {
		throw new UsageError(`--store: ${path} cannot be made (${(error as NodeJS.ErrnoException).code})`);
	}
}

/** What the command line wants set. Throws UsageError, which has no value in it. */
function changesOf(flags: Flags): Changes {
	const changes: Changes = {};
	const put = (name: string, value: unknown) => {
		if (Object.hasOwn(changes, name)) throw new UsageError(`${name} is given twice`);
		changes[name] = value;
	};
	for (const name of ["ssid", "broker", "device"]) {
		const value = flags.text(`--${name}`);
		if (value !== undefined) put(name, value);
	}
	flags.atMostOne("--broker", "--broker-file");
	flags.atMostOne("--password", "--password-file", "--password-env");
	if (flags.text("--password-file") === "-" && flags.text("--broker-file") === "-")
		throw new UsageError("--password-file and --broker-file cannot both be standard input");
	for (const name of ["password", "broker"]) {
		const file = flags.text(`--${name}-file`);
		if (file !== undefined) put(name, lineIn(file, `--${name}-file`));
	}
	const variable = flags.text("--password-env");
	if (variable !== undefined) {
		const value = process.env[variable];
		if (value === undefined) throw new UsageError(`--password-env: there is no variable ${variable}`);
		put("password", value);
	}
	const password = flags.text("--password");
	if (password !== undefined) put("password", password);
	for (const pair of flags.texts("--set")) {
		const at = pair.indexOf("=");
		if (at < 1) throw new UsageError("--set: expected NAME=VALUE");
		put(pair.slice(0, at), jsonOf(pair.slice(0, at), pair.slice(at + 1)));
	}
	for (const name of flags.texts("--unset")) put(name, null);
	// Standard input, files and variables are nobody else's; the command line is in the list of processes.
	const isOpen = flags.texts("--set").some(pair => pair.startsWith("password=") || /^broker=.*:.*@/.test(pair));
	if (isOpen || password || /^(mqtt:\/\/)?[^@]*:[^@]*@/.test(flags.text("--broker") ?? ""))
		console.error("thimble: others on this computer can see a password on the command line; a file hides it");
	return changes;
}

/** As JSON wants it. What is none is left as it is: the board says what it expects. */
function jsonOf(name: string, value: string): unknown {
	const row: Tunable | undefined = TUNABLES.find(each => each.name === name);
	if (row?.kind === "integer" && /^-?\d{1,15}$/.test(value)) return Number(value);
	if (row?.kind !== "object") return value;
	try {
		return JSON.parse(value) as unknown;
	} catch {
		throw new UsageError(`--set: ${name} is an object in JSON`);
	}
}

/** The first line of a file. */
function lineIn(path: string, flag: string): string {
	try {
		return readFileSync(path === "-" ? 0 : path, "utf8").split(/\r?\n/, 1)[0]!;
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(
			`${flag}: ${path}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`,
		);
	}
}

/** Asks the person for what the board waits for, and for the password of a network that has none yet. Rejects with Interrupted. */
async function askedFor(given: Changes, info: Changes): Promise<Changes> {
	const prompt = new Prompt({ input: process.stdin, output: process.stderr });
	const changes = { ...given };
	const lacking = namesIn(info["waiting"]);
	const isIdle = Object.keys(given).length === 0;
	for (const [name, question] of [
		["ssid", "Wi-Fi network"],
		["broker", "Broker, as [user[:password]@]host[:port]"],
	] as const) {
		if (Object.hasOwn(changes, name)) continue;
		const isLacking = lacking.includes(name);
		if (!isLacking && !isIdle) continue;
		const value = await prompt.ask(`${question}${isLacking ? "" : " (empty: as it is)"}: `, name === "broker");
		if (value !== "") changes[name] = value;
	}
	if (typeof changes["ssid"] === "string" && !Object.hasOwn(changes, "password"))
		changes["password"] = await prompt.ask(`Password of ${plain(changes["ssid"])} (empty: none): `, true);
	return changes;
}

function namesIn(value: unknown): string[] {
	return Array.isArray(value) ? value.map(text) : [];
}

/** What a board says, for a terminal. */
function text(value: unknown): string {
	return plain(typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));
}

function infoLines(info: Changes): string[] {
	const { board, device, firmware, problems, restart, version, waiting } = info;
	const lines = [`Board     ${text(device)}, ${text(firmware)} ${text(version)} on ${text(board)}`];
	const lacking = namesIn(waiting);
	if (lacking.length > 0) lines.push(`Waits     for ${lacking.join(" and ")}`);
	if (restart === true) lines.push("Restart   due: something has been set that counts from the next start on");
	if (Array.isArray(problems))
		for (const { error, name, source } of problems as Changes[])
			lines.push(`Problem   ${text(name)} of the ${text(source)}: ${text(error)}`);
	return lines;
}

function settingLines(settings: Changes): string[] {
	const width = Math.max(...Object.keys(settings).map(name => name.length));
	return Object.entries(settings).map(([name, value]) => `${text(name).padEnd(width)}  ${text(value)}`.trimEnd());
}
