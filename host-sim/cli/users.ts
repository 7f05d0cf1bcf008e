// thimble users: the password file of the embedded broker, and of mosquitto. A password comes from the terminal, without being shown, or
// from a file: what stands on a command line is for everybody on the machine to see.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { UsageError } from "../fleet/scenario.js";
import { type Form, faultOfName, hashOf, weaknessOf } from "../security/password.js";
import { Users, withoutUser, withUser } from "../security/users.js";
import { USERS } from "./commands.js";
import { FINE } from "./errand.js";
import { Flags } from "./flags.js";
import { helpText } from "./help.js";
import { Interrupted, Prompt } from "./prompt.js";

const INTERRUPTED = 130;

/** Returns the exit code; throws UsageError. */
export async function users(args: readonly string[]): Promise<number> {
	const flags = new Flags(USERS.options["Options"]!, args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(USERS));
		return FINE;
	}
	const [file, verb, name, ...more] = flags.rest;
	if (file === undefined || verb === undefined)
		throw new UsageError("expected FILE and add, remove or list; see thimble users --help");
	// Not told what it is: a password in the wrong place.
	if (more.length > 0)
		throw new UsageError("too many arguments; a password comes from the terminal or --password-file");
	if (verb !== "add" && (flags.has("--password-file") || flags.has("--mosquitto") || flags.has("--force")))
		throw new UsageError("--password-file, --mosquitto and --force go with add");
	if (verb === "list") {
		if (name !== undefined) throw new UsageError("list takes no name");
		for (const each of read(file, false).users.names)
			console.log(flags.has("--json") ? JSON.stringify({ user: each }) : each);
		return FINE;
	}
	if (verb !== "add" && verb !== "remove") throw new UsageError("expected add, remove or list");
	if (name === undefined) throw new UsageError(`${verb}: which user?`);
	const tell = (event: string, text: string) =>
		console.log(flags.has("--json") ? JSON.stringify({ event, user: name }) : text);
	if (verb === "remove") {
		const { text, users } = read(file, false);
		if (!users.names.includes(name)) throw new UsageError(`${file}: there is no user of that name`);
		write(file, withoutUser(text, name));
		tell("removed", `${name} is removed`);
		return FINE;
	}
	const fault = faultOfName(name);
	if (fault !== undefined) throw new UsageError(`nobody can have that name: ${fault}`);
	const { text, users } = read(file, true);
	const isThere = users.names.includes(name);
	if (isThere && !flags.has("--force"))
		throw new UsageError(`${file}: that user is there: --force gives it a new password`);
	const form: Form = flags.has("--mosquitto") ? "mosquitto" : "scrypt";
	try {
		const password = await passwordOf(name, flags);
		const weakness = weaknessOf(password, name);
		if (weakness !== undefined) throw new UsageError(`that password is too weak: ${weakness}`);
		write(file, withUser(text, name, await hashOf(password, form)));
	} catch (error) {
		if (error instanceof Interrupted) return INTERRUPTED;
		throw error;
	}
	tell(isThere ? "changed" : "added", `${name} ${isThere ? "has a new password" : "is added"}`);
	return FINE;
}

async function passwordOf(name: string, flags: Flags): Promise<string> {
	const path = flags.text("--password-file");
	if (path !== undefined) return fileText(path);
	if (!process.stdin.isTTY)
		throw new UsageError("there is no terminal to ask at: give --password-file FILE, or - for standard input");
	const prompt = new Prompt({ input: process.stdin, output: process.stderr });
	const password = await prompt.ask(`Password for ${name}: `, true);
	if ((await prompt.ask("The same again: ", true)) !== password) throw new UsageError("these two are not the same");
	return password;
}

/** Without the line's end. */
function fileText(path: string): string {
	try {
		return readFileSync(path === "-" ? 0 : path, "utf8").replace(/\r?\n$/, "");
	} catch (error) {
		throw new UsageError(`--password-file: ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
	}
}

function read(file: string, mayBeNew: boolean): { text: string; users: Users } {
	if (mayBeNew && !existsSync(file)) return { text: "", users: new Users("") };
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`${file}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`);
	}
	try {
		return { text, users: new Users(text) };
	} catch (error) {
		if (!(error instanceof UsageError)) throw error;
		throw new UsageError(`${file}: ${error.message}`);
	}
}

/** All of it or nothing: a broker may read it at any moment. */
function write(file: string, text: string): void {
	const beside = `${file}.new`;
	try {
		writeFileSync(beside, text, { mode: 0o600, flag: "wx" });
		renameSync(beside, file);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const why =
			code === "EEXIST"
				? `${beside} is there: somebody else is writing, or was cut off`
				: `cannot be written (${code})`;
		throw new UsageError(`${file}: ${why}`);
	}
}
