// The users of a run whose broker does not take everybody: its boards, its page and whoever gives its orders, each with a password that
// is made for that run, beside those that the scenario has. Passwords are compared as they are: nothing of them is kept on a disk, and
// a world's time does not stand still for scrypt, so that the same seed gives the same run.

import type { IConnectPacket } from "mqtt-packet";
import * as v from "valibot";
import { utf8Length } from "../../firmware/mqtt/wire.js";
import { type Client, type Entry, type Guard, isSameOwner } from "../broker/guard.js";
import { BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED, Refusal } from "../broker/reason.js";
import type { BoardPlan } from "../fleet/scenario.js";
import { object } from "../fleet/schema.js";
import type { Transport } from "../transport.js";
import { Access, type Action, type Rule, rule } from "./access.js";

const MOST_BYTES = 256;
const textOf = (what: string) => {
	const expected = `expected ${what} of 1 to ${MOST_BYTES} bytes without control characters`;
	const isGood = (text: string) => text !== "" && utf8Length(text) <= MOST_BYTES && ![...text].some(isControl);
	return v.pipe(v.string(expected), v.check(isGood, expected));
};
export const userName = textOf("a user name");
export const password = textOf("a password");

/** Who may come to the broker of a scenario, with their passwords, and what they may. */
export const security = object({
	users: v.optional(v.record(userName, password, "expected an object of user names and passwords"), {}),
	access: v.optional(v.array(rule, "expected a list of rules"), []),
});

export type Security = v.InferOutput<typeof security>;

export interface Credentials {
	readonly userName: string;
	readonly password: string;
}

export interface RosterOptions extends Partial<Security> {
	/** A board that does not say who it is has a user of its own name. */
	readonly boards: readonly BoardPlan[];
	/** A password for the run's own user of that name. */
	secret(name: string): string;
	/** Asked about everybody who is none of the run's own, and for what they may, in the place of the rules. */
	readonly beyond?: Guard | undefined;
}

const PAGE = "page";
const OPERATOR = "operator";

export class Roster implements Guard {
	/** The run's own: they may everything, since what they are asked to do is asked for elsewhere. */
	readonly #free = new Map<string, string>();
	readonly #users: Map<string, string>;
	readonly #rules: Access;
	readonly #all = new Access([]);
	readonly #beyond: Guard | undefined;

	constructor({ access = [], beyond, boards, secret, users = {} }: RosterOptions) {
		this.#users = new Map(Object.entries(users));
		this.#rules = new Access(access as readonly Rule[]);
		this.#beyond = beyond;
		for (const { name, userName } of boards)
			if (userName === undefined && !this.#users.has(name)) this.#users.set(name, secret(name));
		for (const name of [PAGE, OPERATOR]) if (!this.#users.has(name)) this.#free.set(name, secret(name));
	}

	/** Of the page; a scenario's user of that name is the page's. */
	get page(): Credentials {
		return this.#ours(PAGE);
	}

	/** Of who gives orders, likewise. */
	get operator(): Credentials {
		return this.#ours(OPERATOR);
	}

	/** What a board says in CONNECT: what its plan has, and else what is right. */
	credentialsOf(plan: BoardPlan): Pick<BoardPlan, "userName" | "password"> {
		const { name, userName = name } = plan;
		const { password = this.#users.get(userName) } = plan;
		return { userName, ...(password !== undefined && { password }) };
	}

	authenticate(connect: IConnectPacket, transport: Transport): Entry | Promise<Entry> {
		const { password, username: name } = connect;
		const own = name === undefined ? undefined : (this.#users.get(name) ?? this.#free.get(name));
		if (own !== undefined && isSame(own, password?.toString() ?? ""))
			return { owner: { kind: "user", name: name as string } };
		if (this.#beyond === undefined)
			throw name === undefined
				? new Refusal(NOT_AUTHORIZED, "nobody may in without a name")
				: new Refusal(BAD_USER_NAME_OR_PASSWORD, "bad user name or password");
		const entry = this.#beyond.authenticate(connect, transport);
		return entry instanceof Promise ? entry.then(each => this.#checked(each)) : this.#checked(entry);
	}

	authorize(client: Client, action: Action, topic: string): number | undefined {
		if (this.#isFree(client)) return this.#all.allows(client, action, topic) ? undefined : NOT_AUTHORIZED;
		if (this.#beyond !== undefined) return this.#beyond.authorize(client, action, topic);
		return this.#rules.allows(client, action, topic) ? undefined : NOT_AUTHORIZED;
	}

	#ours(name: string): Credentials {
		return { userName: name, password: this.#users.get(name) ?? this.#free.get(name)! };
	}

	#isFree({ owner }: Pick<Client, "owner">): boolean {
		return owner !== undefined && [...this.#free.keys()].some(name => isSameOwner(owner, { kind: "user", name }));
	}

	/** Somebody else's user, or token, of such a name would have the page's rights. */
	#checked(entry: Entry): Entry {
		if (this.#isFree(entry)) throw new Refusal(BAD_USER_NAME_OR_PASSWORD, "that name is the run's own");
		return entry;
	}
}

/** As Unicode has them; the engine, which runs scenarios too, knows no names of classes. */
function isControl(character: string): boolean {
	return character < " " || (character >= "\x7f" && character < "\xa0");
}

/** Takes as long for any text of the same length: how much of it was right cannot be measured. */
function isSame(one: string, other: string): boolean {
	let different = one.length ^ other.length;
	for (let i = 0; i < other.length; i += 1) different |= one.charCodeAt(i % one.length) ^ other.charCodeAt(i);
	return different === 0;
}
