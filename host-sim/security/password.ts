// Passwords at rest: what is good enough to be one, and what of it is kept. Two forms are known: scrypt, and the PBKDF2 of mosquitto's
// password files, so that both brokers can have the same file.

import { pbkdf2, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** As node:crypto has them by default: 16 MiB and some 50 ms for each try. */
const LOG_N = 14;
const R = 8;
const P = 1;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** mosquitto_passwd takes 101, which is nothing; mosquitto itself waits while it counts. */
const ROUNDS = 20_000;
const MOSQUITTO_SALT_BYTES = 12;
const MOSQUITTO_KEY_BYTES = 64;
const LEAST_LENGTH = 10;
const MOST_BYTES = 1024;
const LEAST_DISTINCT = 5;

const COMMON = [
	"0123456789012345678901234567890",
	"09876543210987654321",
	"abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm",
	"passwordpasswordpassword",
	"letmeinletmeinletmein",
	"changemechangemechangeme",
	"administratoradministrator",
	"mosquittomosquitto",
	"thimblethimblethimble",
];

type Scrypt = (password: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer>;
const scryptOf = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt) as Scrypt;
const pbkdf2Of = promisify(pbkdf2);

/** Which of the two forms. */
export type Form = "scrypt" | "mosquitto";

/** Why that is no password, in words that say nothing of it; undefined where it is one. */
export function weaknessOf(password: string, userName: string): string | undefined {
	if ([...password].length < LEAST_LENGTH) return `it is shorter than ${LEAST_LENGTH} characters`;
	if (Buffer.byteLength(password) > MOST_BYTES) return `it is longer than ${MOST_BYTES} bytes`;
	if (!password.isWellFormed() || /\p{Cc}/u.test(password)) return "it has characters that nobody can type";
	const low = password.toLowerCase();
	if (new Set(low).size < LEAST_DISTINCT) return `it has fewer than ${LEAST_DISTINCT} different characters`;
	const own = userName.toLowerCase();
	if (low.includes(own) && [...low.replaceAll(own, "")].length < LEAST_LENGTH)
		return "it is little more than the user name";
	const letters = low.replaceAll(/[^a-z]/g, "");
	if (
		COMMON.some(
			common =>
				common.includes(low) || (letters.length >= 6 && low.length - letters.length <= 4 && common.includes(letters)),
		)
	)
		return "it is one of those that are tried first";
	return undefined;
}

/** Why nobody can have that name, or undefined. */
export function faultOfName(name: string): string | undefined {
	if (name === "") return "it is empty";
	if (Buffer.byteLength(name) > 256) return "it is longer than 256 bytes";
	if (!name.isWellFormed() || /\p{Cc}/u.test(name)) return "it has characters that nobody can type";
	if (/[+#/:]/.test(name)) return "it has one of + # / : in it, which mean something in topics and in the file";
	if (name.startsWith("$")) return "it begins with $, which is for the broker's own topics";
	if (name !== name.trim()) return "it begins or ends with a space";
	return undefined;
}

/** What is kept of a password. */
export async function hashOf(password: string, form: Form): Promise<string> {
	if (form === "mosquitto") {
		const salt = randomBytes(MOSQUITTO_SALT_BYTES);
		const key = await pbkdf2Of(password, salt, ROUNDS, MOSQUITTO_KEY_BYTES, "sha512");
		return `$7$${ROUNDS}$${salt.toString("base64")}$${key.toString("base64")}`;
	}
	const salt = randomBytes(SALT_BYTES);
	const key = await scryptOf(password, salt, KEY_BYTES, costOf(LOG_N, R, P));
	return `$scrypt$ln=${LOG_N},r=${R},p=${P}$${salt.toString("base64")}$${key.toString("base64")}`;
}

/** A hash as it is in a file, ready to be compared with. */
export class Hash {
	readonly #key: Buffer;
	readonly #derive: (password: string) => Promise<Buffer>;

	private constructor(key: Buffer, derive: (password: string) => Promise<Buffer>) {
		this.#key = key;
		this.#derive = derive;
	}

	/** Undefined where it is none, or so costly that a try would stop everything else. */
	static parse(text: string): Hash | undefined {
		const ours = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,}={0,2})\$([\w+/]{22,}={0,2})$/.exec(
			text,
		);
		if (ours !== null) {
			const [logN, r, p] = [Number(ours[1]), Number(ours[2]), Number(ours[3])];
			if (logN < 10 || logN > 18 || r < 1 || r > 16 || p < 1 || p > 4) return undefined;
			const salt = Buffer.from(ours[4]!, "base64");
			const key = Buffer.from(ours[5]!, "base64");
			return new Hash(key, password => scryptOf(password, salt, key.length, costOf(logN, r, p)));
		}
		const theirs = /^\$7\$(\d{1,7})\$([\w+/]{16}={0,2})\$([\w+/]{86}==)$/.exec(text);
		if (theirs === null || theirs[1] === "0") return undefined;
		const salt = Buffer.from(theirs[2]!, "base64");
		const key = Buffer.from(theirs[3]!, "base64");
		return new Hash(key, password => pbkdf2Of(password, salt, Number(theirs[1]), key.length, "sha512"));
	}

	/** How long it takes says nothing of how much of it is right. */
	async matches(password: string): Promise<boolean> {
		return timingSafeEqual(await this.#derive(password), this.#key);
	}
}

function costOf(logN: number, r: number, p: number): ScryptOptions {
	const N = 2 ** logN;
	return { N, r, p, maxmem: 256 * N * r };
}
