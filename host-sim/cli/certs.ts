// thimble certs: an authority, and what it signs for a broker and for clients, as files that the embedded broker, mosquitto and boards take.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../fleet/scenario.js";
import { Authority, daysFrom, faultOfClient, faultOfHost, type Identity, type Keys } from "../security/authority.js";
import { CERTS } from "./commands.js";
import { FINE } from "./errand.js";
import { Flags } from "./flags.js";
import { helpText } from "./help.js";

const DAYS = 365;
const MOST_DAYS = 3650;

interface Made {
	readonly name: string;
	readonly identity: Identity;
}

/** Returns the exit code; throws UsageError. */
export async function certs(args: readonly string[]): Promise<number> {
	const flags = new Flags(CERTS.options["Options"]!, args);
	if (flags.has("--help")) {
		process.stdout.write(helpText(CERTS));
		return FINE;
	}
	if (flags.rest.length > 0) throw new UsageError(`too many arguments: ${flags.rest.join(" ")}`);
	const folder = flags.text("--to");
	if (folder === undefined || folder === "") throw new UsageError("where to? Give --to DIR");
	const names = checked(flags.texts("--name"), "--name", faultOfHost);
	const clients = checked(flags.texts("--client"), "--client", faultOfClient);
	const days = flags.integer("--days", 1, MOST_DAYS) ?? DAYS;
	const keys: Keys = flags.has("--rsa") ? "rsa" : "p256";
	const wanted = [...(names.length > 0 ? ["server"] : []), ...clients.map(client => `client-${client}`)];
	const has = (name: string, ending: string) => existsSync(join(folder, `${name}.${ending}`));
	if (has("ca", "pem") !== has("ca", "key"))
		throw new UsageError(`--to: ${folder} has one of ca.pem and ca.key, but not the other`);
	if (has("ca", "pem") && wanted.length === 0) throw new UsageError("the authority is there: give --name or --client");
	const there = wanted.find(name => has(name, "pem") || has(name, "key"));
	if (there !== undefined && !flags.has("--force"))
		throw new UsageError(`--to: ${there} is in ${folder} already: --force writes over it`);
	const term = daysFrom(Date.now(), days);
	const made: Made[] = [];
	let authority: Authority;
	if (has("ca", "pem")) {
		const read = (ending: string) => readFileSync(join(folder, `ca.${ending}`), "utf8");
		authority = await Authority.read({ cert: read("pem"), key: read("key") });
	} else {
		authority = await Authority.make(keys);
		made.push({ name: "ca", identity: authority.identity });
	}
	if (names.length > 0) made.push({ name: "server", identity: await authority.issue({ server: names }, term, keys) });
	for (const client of clients)
		made.push({ name: `client-${client}`, identity: await authority.issue({ client }, term, keys) });
	write(folder, made);
	for (const { name } of made) {
		const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
		if (flags.has("--json")) console.log(JSON.stringify({ event: "made", name, cert, key }));
		else console.log(`${cert} and ${key}`);
	}
	return FINE;
}

function checked(
	names: readonly string[],
	flag: string,
	faultOf: (name: string) => string | undefined,
): readonly string[] {
	for (const [i, name] of names.entries()) {
		const fault = faultOf(name);
		if (fault !== undefined) throw new UsageError(`${flag} ${name}: ${fault}`);
		if (names.indexOf(name) < i) throw new UsageError(`${flag} ${name} is given twice`);
	}
	return names;
}

function write(folder: string, made: readonly Made[]): void {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		for (const { identity, name } of made) {
			put(join(folder, `${name}.key`), identity.key, 0o600);
			put(join(folder, `${name}.pem`), identity.cert, 0o644);
		}
	} catch (error) {
		const { code, path = folder } = error as NodeJS.ErrnoException;
		throw new UsageError(`--to: ${path}: cannot be written (${code})`);
	}
}

/** Whoever looks meanwhile sees the old or the new one, and a key never with the rights of an older file. */
function put(path: string, text: string, mode: number): void {
	const beside = `${path}.new`;
	writeFileSync(beside, text, { mode, flag: "wx" });
	renameSync(beside, path);
}
