// The broker's guard: finds out who a client is, by its certificate, its token or its password, and asks the rules what it may. What a
// client hears of a refusal is the same whichever part of what it brought was wrong.

import type { IConnectPacket } from "mqtt-packet";
import type { Client, Entry, Guard } from "../broker/guard.js";
import {
	BAD_USER_NAME_OR_PASSWORD,
	CLIENT_ID_NOT_VALID,
	NOT_AUTHORIZED,
	Refusal,
	SERVER_BUSY,
} from "../broker/reason.js";
import type { Transport } from "../transport.js";
import type { Action } from "./access.js";
import type { Configuration, Entrance } from "./configuration.js";
import { addressOf, Failures } from "./failures.js";
import { entryOf } from "./identity.js";
import { Tokens } from "./token.js";

const MOST_CLIENT_ID = 256;

export interface DoorkeeperOptions {
	readonly configuration: Configuration;
	/** For who comes by none of the entrances. Default: there is no other way in. */
	readonly inside?: Entrance | undefined;
	/** Clients that are in. */
	clients(): number;
	/** ms on a clock that does not jump. */
	now(): number;
	denied(client: Client, action: Action, topic: string): void;
}

export class Doorkeeper implements Guard {
	/** May be changed for another while clients are in. */
	configuration: Configuration;
	readonly #options: DoorkeeperOptions;
	readonly #failures: Failures;

	constructor(options: DoorkeeperOptions) {
		this.#options = options;
		this.configuration = options.configuration;
		this.#failures = new Failures(options.configuration.limits.failedLogins);
	}

	authenticate(connect: IConnectPacket, transport: Transport): Entry | Promise<Entry> {
		const { tokens, users } = this.configuration;
		const { clientId, password, username } = connect;
		const entrance = (transport.entrance as Entrance | undefined) ?? this.#options.inside;
		if (entrance === undefined) throw new Refusal(NOT_AUTHORIZED, "no entrance");
		if (this.#options.clients() >= this.configuration.limits.connections)
			throw new Refusal(SERVER_BUSY, "too many clients");
		if (Buffer.byteLength(clientId) > MOST_CLIENT_ID || /\p{Cc}/u.test(clientId))
			throw new Refusal(CLIENT_ID_NOT_VALID, "a client id that is too long, or has control characters");
		if (entrance.naming !== undefined) {
			const entry = entryOf(transport.certificate, entrance.naming);
			if (entry === undefined) throw new Refusal(NOT_AUTHORIZED, "a certificate without a name");
			return this.#bound(connect, entry);
		}
		const hasNames = users !== undefined || tokens !== undefined;
		if (!hasNames || (username === undefined && password === undefined)) {
			if (!entrance.anonymous) throw new Refusal(NOT_AUTHORIZED, "nobody may in without a name");
			return { owner: { kind: "anonymous", name: "" } };
		}
		const address = addressOf(transport.peer);
		if (this.#failures.isWaiting(address, username ?? "", this.#options.now()))
			throw new Refusal(SERVER_BUSY, "too many failed logins, try later");
		return this.#ask(connect, address);
	}

	authorize(client: Client, action: Action, topic: string): number | undefined {
		if (this.configuration.access.allows(client, action, topic)) return undefined;
		this.#options.denied(client, action, topic);
		return NOT_AUTHORIZED;
	}

	async #ask(connect: IConnectPacket, address: string): Promise<Entry> {
		const { username = "" } = connect;
		const entry = await this.#proven(connect);
		if (entry === undefined) {
			this.#failures.put(address, username, this.#options.now());
			throw new Refusal(BAD_USER_NAME_OR_PASSWORD, "bad user name or password");
		}
		this.#failures.putRight(address, username);
		return this.#bound(connect, entry);
	}

	async #proven({ clientId, password, username }: IConnectPacket): Promise<Entry | undefined> {
		const { tokens, users } = this.configuration;
		const secret = password?.toString() ?? "";
		if (tokens !== undefined && Tokens.isLike(secret)) {
			const claim = await tokens.read(secret);
			if (claim === undefined) return undefined;
			const { lastsMs, subject } = claim;
			if (tokens.subject === "clientId")
				return subject === clientId ? { owner: { kind: "client", name: subject }, lastsMs } : undefined;
			// 5.0 may leave the user name out.
			const isTheirs = username === undefined || username === subject;
			return isTheirs ? { owner: { kind: "user", name: subject }, lastsMs } : undefined;
		}
		const isRight = users !== undefined && (await users.isRight(username ?? "", secret));
		return isRight ? { owner: { kind: "user", name: username! } } : undefined;
	}

	/** Throws where that client may not be called so. */
	#bound({ clientId }: IConnectPacket, entry: Entry): Entry {
		const { kind, name } = entry.owner;
		const isOwn = clientId === "" || clientId === name || clientId.startsWith(`${name}/`);
		if (this.configuration.clientIds === "userName" && kind !== "client" && !isOwn)
			throw new Refusal(CLIENT_ID_NOT_VALID, "the client id has to be the user name");
		return entry;
	}
}
