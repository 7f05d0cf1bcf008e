// The password file: a line for each user, its name, a colon and what is kept of its password (password.ts). Lines that begin with # are
// left as they are.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { UsageError } from "../fleet/schema.js";
import { faultOfName, Hash } from "./password.js";

/** Of nobody's password: who is not known takes as long as who is. */
const NOBODY = "$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

interface User {
	readonly text: string;
	readonly hash: Hash;
	/** Of the password that was right last time, under a key of this process: boards come back often, and scrypt is slow. */
	known?: Buffer;
}

export class Users {
	readonly #users: ReadonlyMap<string, User>;
	readonly #nobody = Hash.parse(NOBODY)!;
	readonly #key = randomBytes(32);

	/** `text` is the file's. Throws UsageError: a line's number and what is wrong with it, but nothing that is in it. */
	constructor(text: string) {
		const users = new Map<string, User>();
		for (const [i, line] of linesOf(text).entries()) {
			if (line === "" || line.startsWith("#")) continue;
			const { hash: kept, name } = partsOf(line);
			const hash = Hash.parse(kept);
			const where = `line ${i + 1}`;
			if (hash === undefined)
				throw new UsageError(`${where}: expected NAME:$scrypt$… or NAME:$7$…, as thimble users writes it`);
			const fault = faultOfName(name);
			if (fault !== undefined) throw new UsageError(`${where}: nobody can have that name: ${fault}`);
			if (users.has(name)) throw new UsageError(`${where}: that name is there already`);
			users.set(name, { text: kept, hash });
		}
		this.#users = users;
	}

	get names(): string[] {
		return [...this.#users.keys()];
	}

	async isRight(name: string, password: string): Promise<boolean> {
		const user = this.#users.get(name);
		if (user === undefined) {
			await this.#nobody.matches(password);
			return false;
		}
		const digest = createHmac("sha256", this.#key).update(password).digest();
		if (user.known !== undefined && timingSafeEqual(user.known, digest)) return true;
		if (!(await user.hash.matches(password))) return false;
		user.known = digest;
		return true;
	}

	/** Whether that user is there, with the same password, in the other file. */
	isSameIn(other: Users, name: string): boolean {
		const text = this.#users.get(name)?.text;
		return text !== undefined && text === other.#users.get(name)?.text;
	}
}

/** The file with that user in it, in its old place or at the end. */
export function withUser(text: string, name: string, hash: string): string {
	const lines = linesOf(text);
	const at = lines.findIndex(line => !line.startsWith("#") && partsOf(line).name === name);
	const line = `${name}:${hash}`;
	return joined(at < 0 ? [...lines, line] : lines.with(at, line));
}

/** The file without that user. */
export function withoutUser(text: string, name: string): string {
	return joined(linesOf(text).filter(line => line.startsWith("#") || partsOf(line).name !== name));
}

function linesOf(text: string): string[] {
	const lines = text.split(/\r?\n/);
	if (lines.at(-1) === "") lines.pop();
	return lines;
}

function joined(lines: readonly string[]): string {
	return lines.map(line => `${line}\n`).join("");
}

function partsOf(line: string): { name: string; hash: string } {
	const at = line.indexOf(":");
	return at < 0 ? { name: "", hash: line } : { name: line.slice(0, at), hash: line.slice(at + 1) };
}
