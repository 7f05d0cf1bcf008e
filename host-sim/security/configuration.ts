// The broker's configuration: one file of JSON, checked before anything listens. All that is wrong with it is told at once, each with its
// place; what is in the files that it names is never told.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { duration, faultIn, object, parsedJson, UsageError, wholeNumber } from "../fleet/schema.js";
import { Access, rule } from "./access.js";
import type { Naming } from "./identity.js";
import { Tokens } from "./token.js";
import { Users } from "./users.js";

const text = v.pipe(v.string("expected a text"), v.minLength(1, "expected a text"));
const file = v.pipe(v.string("expected a file"), v.minLength(1, "expected a file"));
const flag = v.boolean("expected true or false");
const count = (low: number, high: number, otherwise: number) => v.optional(wholeNumber(low, high), otherwise);
const MEGABYTE = 1_048_576;

const limits = object({
	/** Clients that are in. */
	connections: count(1, 1_000_000, 10_000),
	/** Connections that are not in yet, of all and of one address, and how long they may take. */
	waiting: count(1, 1_000_000, 1000),
	waitingPerAddress: count(1, 1_000_000, 100),
	connectTime: v.optional(duration("100ms", "10s"), "10s"),
	/** Bytes of CONNECT, and of any packet behind it. */
	connectPacketSize: count(64, 16 * MEGABYTE, 16_384),
	packetSize: count(64, 16 * MEGABYTE, 262_144),
	/** Failed logins of an address before it has to wait. */
	failedLogins: count(1, 1000, 5),
	/** What one client may say in a second. */
	packetsPerSecond: count(1, 1_000_000, 10_000),
	bytesPerSecond: count(100, 1_000_000_000, 10_000_000),
	/** Messages under way to one client; waiting for it, and their bytes; and bytes of any kind that it does not read. */
	inFlight: count(1, 65_535, 20),
	queue: count(0, 1_000_000, 1000),
	queueBytes: count(0, 1024 * MEGABYTE, MEGABYTE),
	unreadBytes: count(1024, 1024 * MEGABYTE, 4 * MEGABYTE),
	/** Messages of QoS 2 under way from one client (5.0). */
	receiveMaximum: count(1, 65_535, 100),
	subscriptions: count(1, 100_000, 100),
	sessions: count(1, 1_000_000, 10_000),
	sessionExpiry: v.optional(duration("0s", "8760h"), "24h"),
	retained: count(0, 1_000_000, 10_000),
	retainedBytes: count(0, 1024 * MEGABYTE, 64 * MEGABYTE),
});

const listener = object({
	port: wholeNumber(0, 65_535),
	host: v.optional(
		v.pipe(
			v.string("expected an address"),
			v.check(host => isIP(host) !== 0 || host === "localhost", "expected an address such as 127.0.0.1, 0.0.0.0 or ::"),
		),
		"127.0.0.1",
	),
	webSocket: v.optional(flag, false),
	tls: v.optional(
		object({
			cert: file,
			key: file,
			/** Clients have to show a certificate that one of these has signed, and are who it says. */
			ca: v.optional(file),
			identity: v.optional(v.picklist(["commonName", "hostName"], 'expected "commonName" or "hostName"'), "commonName"),
		}),
	),
	anonymous: v.optional(flag),
	/** Passwords may come without TLS from other machines. */
	plainText: v.optional(flag, false),
});

const token = v.pipe(
	object({
		secret: v.optional(file),
		publicKey: v.optional(file),
		keySet: v.optional(file),
		issuer: v.optional(text),
		audience: v.optional(text),
		subject: v.optional(v.picklist(["userName", "clientId"], 'expected "userName" or "clientId"'), "userName"),
	}),
	v.check(
		({ keySet, publicKey, secret }) => [keySet, publicKey, secret].filter(given => given !== undefined).length === 1,
		"expected one of secret, publicKey and keySet",
	),
);

const configuration = object({
	listeners: v.pipe(v.array(listener, "expected a list of listeners"), v.minLength(1, "expected a listener or more")),
	users: v.optional(file),
	token: v.optional(token),
	/** What a client may be called: anything, or as its user, perhaps with a slash and more behind it. */
	clientIds: v.optional(v.picklist(["any", "userName"], 'expected "any" or "userName"'), "any"),
	access: v.optional(v.array(rule, "expected a list of rules"), []),
	limits: v.optional(limits, {}),
});

type Written = v.InferOutput<typeof configuration>;
export type ClientLimits = v.InferOutput<typeof limits>;

/** A port, and who may come in there. */
export interface Entrance {
	readonly port: number;
	readonly host: string;
	readonly webSocket: boolean;
	readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
	/** Where clients have to show a certificate: what in it is their name. */
	readonly naming?: Naming;
	readonly anonymous: boolean;
}

export interface Configuration {
	readonly entrances: readonly Entrance[];
	readonly users?: Users;
	readonly tokens?: Tokens;
	readonly clientIds: "any" | "userName";
	readonly access: Access;
	readonly limits: ClientLimits;
}

/** Without a file: this machine alone, and everybody on it. */
export function withoutFile(port: number): Configuration {
	const entrance = { port, host: "127.0.0.1", webSocket: false, anonymous: true };
	return { entrances: [entrance], clientIds: "any", access: new Access([]), limits: v.parse(limits, {}) };
}

/** Throws UsageError with a line for each mistake. */
export function readConfiguration(path: string): Configuration {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(`${path}: ${code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`}`);
	}
	const value = parsedJson(text, `${path}: `);
	const result = v.safeParse(configuration, value);
	if (!result.success) throw new UsageError(result.issues.map(issue => `${path}: ${faultIn(issue)}`).join("\n"));
	const reading = new Reading(dirname(path), result.output);
	const made = reading.make();
	if (reading.faults.length > 0) throw new UsageError(reading.faults.map(fault => `${path}: ${fault}`).join("\n"));
	return made;
}

/** From what is written to what is meant, with the files that it names. */
class Reading {
	readonly faults: string[] = [];
	readonly #folder: string;
	readonly #written: Written;

	constructor(folder: string, written: Written) {
		this.#folder = folder;
		this.#written = written;
	}

	make(): Configuration {
		const { access, clientIds, limits, listeners } = this.#written;
		const users = this.#users();
		const tokens = this.#tokens();
		if (limits.connectPacketSize > limits.packetSize)
			this.faults.push("limits.connectPacketSize: expected no more than packetSize");
		return {
			entrances: listeners.map((listener, i) => this.#entrance(listener, `listeners[${i}]`)),
			...(users !== undefined && { users }),
			...(tokens !== undefined && { tokens }),
			clientIds,
			access: new Access(access),
			limits,
		};
	}

	#users(): Users | undefined {
		const { users } = this.#written;
		return users === undefined ? undefined : this.#take(users, "users", text => new Users(text.toString()));
	}

	#tokens(): Tokens | undefined {
		const { token } = this.#written;
		if (token === undefined) return undefined;
		const { audience, issuer, keySet, publicKey, secret, subject } = token;
		const held = { subject, ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
		// A line feed at the end is the editor's.
		if (secret !== undefined)
			return this.#take(secret, "token.secret", bytes => new Tokens({ ...held, secret: withoutEnd(bytes) }));
		if (publicKey !== undefined)
			return this.#take(publicKey, "token.publicKey", text => new Tokens({ ...held, publicKey: text.toString() }));
		return this.#take(keySet!, "token.keySet", text => new Tokens({ ...held, keySet: text.toString() }));
	}

	#entrance(listener: Written["listeners"][number], where: string): Entrance {
		const { host, plainText, port, tls, webSocket } = listener;
		const isHere = host === "localhost" || host === "::1" || host.startsWith("127.");
		const { token, users } = this.#written;
		const hasPasswords = users !== undefined || token !== undefined;
		const isNamed = hasPasswords || tls?.ca !== undefined;
		const anonymous = listener.anonymous ?? (isHere && !isNamed);
		if (!anonymous && !isNamed)
			this.faults.push(`${where}: nobody could come in: give users, token or tls.ca, or say "anonymous": true`);
		if (anonymous && tls?.ca !== undefined)
			this.faults.push(`${where}.anonymous: who shows a certificate is not anonymous: leave out one of them`);
		if (hasPasswords && tls === undefined && !isHere && !plainText)
			this.faults.push(`${where}: passwords would come as plain text: give tls, or say "plainText": true`);
		const secure = tls === undefined ? undefined : this.#secure(tls, `${where}.tls`);
		return {
			port,
			host,
			webSocket,
			anonymous,
			...(secure !== undefined && { tls: secure }),
			...(tls?.ca !== undefined && { naming: tls.identity }),
		};
	}

	#secure(tls: NonNullable<Written["listeners"][number]["tls"]>, where: string): Entrance["tls"] {
		const cert = this.#take(tls.cert, `${where}.cert`, text => [text.toString(), certificateIn(text)] as const);
		const key = this.#take(tls.key, `${where}.key`, text => [text.toString(), keyIn(text)] as const);
		const ca =
			tls.ca === undefined
				? undefined
				: this.#take(tls.ca, `${where}.ca`, text => [text.toString(), certificateIn(text)] as const);
		if (cert === undefined || key === undefined) return undefined;
		if (!cert[1].checkPrivateKey(key[1])) this.faults.push(`${where}.key: ${tls.key} is not the key of ${tls.cert}`);
		if (Date.parse(cert[1].validTo) < Date.now()) this.faults.push(`${where}.cert: ${tls.cert} has expired`);
		return { cert: cert[0], key: key[0], ...(ca !== undefined && { ca: ca[0] }) };
	}

	/** What a file has, with its name in front of what is wrong with it. */
	#take<T>(name: string, where: string, take: (bytes: Buffer) => T): T | undefined {
		let bytes: Buffer;
		try {
			bytes = readFileSync(resolve(this.#folder, name));
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			const why = code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
			this.faults.push(`${where}: ${name}: ${why}`);
			return undefined;
		}
		try {
			return take(bytes);
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			this.faults.push(`${where}: ${name}: ${error.message}`);
			return undefined;
		}
	}
}

function withoutEnd(bytes: Buffer): Buffer {
	const isLine = bytes.at(-1) === 10;
	return bytes.subarray(0, bytes.length - (isLine ? (bytes.at(-2) === 13 ? 2 : 1) : 0));
}

function certificateIn(text: Buffer): X509Certificate {
	try {
		return new X509Certificate(text);
	} catch {
		throw new UsageError("there is no certificate in PEM in it");
	}
}

function keyIn(text: Buffer) {
	try {
		return createPrivateKey(text);
	} catch {
		throw new UsageError("there is no key in PEM in it, or one with a passphrase");
	}
}
