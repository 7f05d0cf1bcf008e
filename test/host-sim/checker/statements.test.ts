// Every statement of the standards that binds a client is looked for, or named with the reason why nobody can; and what
// is looked for has a conversation that breaks it.

import { describe, expect, it } from "vitest";
import { REPORTED_AS, RULES, type Rule, statementOf, UNSEEN } from "../../../host-sim/checker/statements.js";
import statements from "../../normative/statements.json" with { type: "json" };
import * as connect from "../../support/breaches/connect.js";
import * as encoding from "../../support/breaches/encoding.js";
import * as messages from "../../support/breaches/messages.js";
import { idOf } from "../../support/breaches.js";

const breaches = [connect, encoding, messages].flatMap(part => Object.values(part).flat());

describe.each(["3.1.1", "5.0"] as const)("statements of %s", version => {
	const of = statements.filter(statement => statement.version === version);
	const ids = new Set(of.map(({ id }) => id));
	const looked = new Set(
		(Object.keys(RULES) as Rule[]).map(rule => statementOf(rule, version)).filter(id => id.startsWith("MQTT")),
	);

	it("that bind a client are each in exactly one place: looked for, said by another, or not to be seen", () => {
		const clients = of.filter(({ binds }) => binds !== "server").map(({ id }) => id);
		expect(clients.length).toBeGreaterThan(70);
		for (const id of clients) {
			const places = [looked.has(id), id in REPORTED_AS[version], id in UNSEEN[version]].filter(Boolean).length;
			expect(places, id).toBe(1);
		}
	});

	it("are all that is looked for or named", () => {
		for (const id of [...looked, ...Object.keys(REPORTED_AS[version]), ...Object.keys(UNSEEN[version])])
			expect(ids.has(id), id).toBe(true);
		for (const other of Object.values(REPORTED_AS[version])) expect(looked.has(other), other).toBe(true);
	});

	it("that are looked for, each by a conversation that breaks it", () => {
		const broken = new Set(breaches.map(breach => idOf(breach, version)));
		for (const rule of Object.keys(RULES) as Rule[]) {
			const id = statementOf(rule, version);
			if (id !== "") expect(broken.has(id), `${rule}, ${id}`).toBe(true);
		}
	});
});
