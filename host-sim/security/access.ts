// Access rules: who may publish to which topics, and subscribe to which filters. Rules only ever allow; where there are any, the rest is
// forbidden. A subscription is taken where one rule allows all that it can match, and otherwise refused as a whole, so that nobody takes
// silence for an empty topic, and no message has to be looked at again on its way out.

import * as v from "valibot";
import type { Client, Owner } from "../broker/guard.js";
import { isShared, isTopicFilter, splitShared } from "../broker/topic.js";
import { object } from "../fleet/schema.js";

const name = v.pipe(v.string("expected a name"), v.minLength(1, "expected a name"));
const filters = v.pipe(
	v.array(
		v.pipe(
			v.string("expected a topic filter"),
			v.check(text => isTopicFilter(text), "expected a topic filter"),
			v.check(
				text => !isShared(text),
				"a rule for a filter is one for its shared subscriptions, too: leave out $share",
			),
			v.check(text => !/%(?![uc])/.test(text), "known are %u, the user name, and %c, the client id"),
		),
		"expected a list of topic filters",
	),
);

/** A rule: whom it is for, which is everybody where it does not say, and what they may. */
export const rule = v.pipe(
	object({
		user: v.optional(name),
		certificate: v.optional(name),
		clientId: v.optional(name),
		publish: v.optional(filters, []),
		subscribe: v.optional(filters, []),
	}),
	v.check(
		({ certificate, clientId, user }) => [certificate, clientId, user].filter(who => who !== undefined).length < 2,
		"expected one of user, certificate and clientId, or none for everybody",
	),
);

export type Rule = v.InferOutput<typeof rule>;
export type Action = "publish" | "subscribe";

export class Access {
	readonly #rules: readonly Rule[];

	/** Without rules everybody who is in may everything. */
	constructor(rules: readonly Rule[]) {
		this.#rules = rules;
	}

	/** Whether a topic may be published to, or all that a filter matches be subscribed to. */
	allows(client: Client, action: Action, topic: string): boolean {
		// What the broker says of itself is said by nobody else.
		if (action === "publish" && /^\$SYS(\/|$)/.test(topic)) return false;
		if (this.#rules.length === 0) return true;
		const asked = (isShared(topic) ? splitShared(topic).rest : topic).split("/");
		return this.#rules.some(
			rule =>
				isFor(rule, client) &&
				rule[action].some(pattern => {
					const filter = filled(pattern, client);
					return filter !== undefined && covers(filter.split("/"), asked);
				}),
		);
	}
}

function isFor({ certificate, clientId, user }: Rule, client: Client): boolean {
	const { owner } = client;
	if (user !== undefined) return owner?.kind === "user" && owner.name === user;
	if (certificate !== undefined) return owner?.kind === "certificate" && owner.name === certificate;
	return clientId === undefined || client.clientId === clientId;
}

/**
 * A pattern with the names in it; undefined where it has none to fill in. A name that means something in a filter, + # or /, would
 * open more than its place; so would one that begins with $ at the beginning.
 */
function filled(pattern: string, { clientId, owner }: Client): string | undefined {
	let isGood = true;
	const filter = pattern.replaceAll(/%([uc])/g, (_all, letter) => {
		const name = letter === "u" ? userNameOf(owner) : clientId;
		if (name === undefined || name === "" || /[+#/\0]/.test(name)) isGood = false;
		return name ?? "";
	});
	if (!isGood || (filter.startsWith("$") && !pattern.startsWith("$"))) return undefined;
	return filter;
}

/** Only a name that is proven counts. */
function userNameOf(owner: Owner | undefined): string | undefined {
	return owner?.kind === "user" || owner?.kind === "certificate" ? owner.name : undefined;
}

/** Whether a filter matches all that the other, or a topic, matches. */
export function covers(filter: readonly string[], asked: readonly string[]): boolean {
	// Wildcards in the first level do not see the server's own topics [MQTT-4.7.2-1].
	if (asked[0]!.startsWith("$") && filter[0] !== asked[0]) return false;
	for (const [i, level] of filter.entries()) {
		if (level === "#") return true;
		const other = asked[i];
		if (other === undefined || other === "#" || (level !== "+" && level !== other)) return false;
	}
	return asked.length === filter.length;
}
