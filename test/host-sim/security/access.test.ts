import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { Owner } from "../../../host-sim/broker/guard.js";
import { FilterTree, isTopicFilter } from "../../../host-sim/broker/topic.js";
import { Access, covers, rule } from "../../../host-sim/security/access.js";

const access = (...rules: object[]) => new Access(rules.map(each => v.parse(rule, each)));
const user = (name: string, clientId = name) => ({ clientId, owner: { kind: "user", name } as Owner });
const NOBODY = { clientId: "guest", owner: { kind: "anonymous", name: "" } as Owner };

describe("rules", () => {
	it("allow what they say, and nothing else where there are any", () => {
		const rules = access({ user: "ops", publish: ["a/#"], subscribe: ["#"] }, { publish: ["public/+"] });
		expect(rules.allows(user("ops"), "publish", "a/b")).toBe(true);
		expect(rules.allows(user("ops"), "publish", "b")).toBe(false);
		expect(rules.allows(user("ops"), "subscribe", "b/#")).toBe(true);
		expect(rules.allows(user("ann"), "publish", "a/b")).toBe(false);
		expect(rules.allows(NOBODY, "publish", "public/x")).toBe(true);
		expect(rules.allows(NOBODY, "subscribe", "public/x")).toBe(false);
		expect(access().allows(NOBODY, "subscribe", "#")).toBe(true);
	});

	it("for a user, a certificate and a client id are for them alone", () => {
		const rules = access(
			{ user: "x", publish: ["u"] },
			{ certificate: "x", publish: ["c"] },
			{ clientId: "x", publish: ["i"] },
		);
		const shown = { clientId: "y", owner: { kind: "certificate", name: "x" } as Owner };
		const topics = ["u", "c", "i"];
		const may = (client: Parameters<Access["allows"]>[0]) =>
			topics.filter(topic => rules.allows(client, "publish", topic));
		expect(may(user("x", "y"))).toEqual(["u"]);
		expect(may(shown)).toEqual(["c"]);
		expect(may({ clientId: "x", owner: NOBODY.owner })).toEqual(["i"]);
		expect(may({ clientId: "z" })).toEqual([]);
	});

	it("have names in them: of a user where it is proven, of a client as it says", () => {
		const rules = access({ publish: ["u/%u/x", "c-%c"], subscribe: ["u/%u/#"] });
		expect(rules.allows(user("ann", "a1"), "publish", "u/ann/x")).toBe(true);
		expect(rules.allows(user("ann", "a1"), "publish", "u/bob/x")).toBe(false);
		expect(rules.allows(user("ann", "a1"), "publish", "c-a1")).toBe(true);
		expect(rules.allows({ ...NOBODY, clientId: "ann" }, "publish", "u/ann/x")).toBe(false);
		expect(rules.allows({ clientId: "ann", owner: { kind: "client", name: "ann" } }, "publish", "u/ann/x")).toBe(false);
	});

	it.each(["+", "#", "a/b", "+/x", "x/#", "", "a\0b"])("never match by the name %j", name => {
		const rules = access({ publish: ["t/%u/#", "t/%c/#"], subscribe: ["t/%u/#", "t/%c/#", "%u/#"] });
		for (const asked of ["t/#", "t/+/#", "t/a/b/c", "t/x", "t//x", "a/b/c", "+/#", "#", "t/a\0b/c"])
			for (const action of ["publish", "subscribe"] as const)
				expect(rules.allows(user(name), action, asked), `${action} ${asked}`).toBe(false);
	});

	it("take nothing in a name for a pattern of their own, and no $ at the beginning", () => {
		const rules = access({ publish: ["%u/x", "t/%u/x"] });
		expect(rules.allows(user("%c", "admin"), "publish", "t/admin/x")).toBe(false);
		expect(rules.allows(user("%c", "admin"), "publish", "t/%c/x")).toBe(true);
		expect(rules.allows(user("$&"), "publish", "t/%u/x")).toBe(false);
		expect(rules.allows(user("$SYS"), "publish", "$SYS/x")).toBe(false);
		expect(access({ subscribe: ["%u/#"] }).allows(user("$SYS"), "subscribe", "$SYS/#")).toBe(false);
	});

	it("let nobody publish under $SYS, and # does not reach it", () => {
		const rules = access({ publish: ["#", "$SYS/#"], subscribe: ["#"] });
		expect(rules.allows(user("ops"), "publish", "$SYS/broker/version")).toBe(false);
		expect(access().allows(user("ops"), "publish", "$SYS")).toBe(false);
		expect(rules.allows(user("ops"), "subscribe", "$SYS/#")).toBe(false);
		expect(rules.allows(user("ops"), "subscribe", "$share/g/$SYS/#")).toBe(false);
		expect(access({ subscribe: ["$SYS/#"] }).allows(user("ops"), "subscribe", "$SYS/broker/+")).toBe(true);
	});

	it("are the same for shared subscriptions", () => {
		const rules = access({ subscribe: ["a/+"] });
		expect(rules.allows(user("x"), "subscribe", "$share/g/a/b")).toBe(true);
		expect(rules.allows(user("x"), "subscribe", "$share/a/b")).toBe(false);
		expect(rules.allows(user("x"), "subscribe", "$share/g/#")).toBe(false);
	});

	it("are refused where they could not mean anything", () => {
		const faultOf = (value: object) => v.safeParse(rule, value).issues?.[0]?.message;
		expect(faultOf({ user: "a", clientId: "b" })).toMatch(/one of user/);
		expect(faultOf({ publish: ["a/#/b"] })).toBe("expected a topic filter");
		expect(faultOf({ publish: ["a/%n"] })).toMatch(/known are %u/);
		expect(faultOf({ publish: ["$share/g/a"] })).toMatch(/leave out \$share/);
		expect(faultOf({ publsh: ["a"] })).toMatch(/unknown; known are user/);
	});
});

it("a filter covers another exactly where no topic shows the opposite", () => {
	const level = fc.constantFrom("a", "b", "+", "#", "", "$s");
	const filter = fc
		.array(level, { minLength: 1, maxLength: 4 })
		.map(levels => levels.join("/"))
		.filter(isTopicFilter);
	const names = fc
		.array(fc.constantFrom("a", "b", "c", "", "$s"), { minLength: 1, maxLength: 5 })
		.map(levels => levels.join("/"));
	const matches = (pattern: string, topic: string) => {
		const tree = new FilterTree<true>();
		tree.set(pattern, "", true);
		let found = false;
		tree.match(topic, () => {
			found = true;
		});
		return found;
	};
	fc.assert(
		fc.property(filter, filter, fc.array(names, { minLength: 1, maxLength: 20 }), (wide, narrow, topics) => {
			if (!covers(wide.split("/"), narrow.split("/"))) return;
			for (const topic of topics.filter(topic => topic !== "" && matches(narrow, topic)))
				expect(matches(wide, topic), `${wide} ${narrow} ${topic}`).toBe(true);
		}),
		{ numRuns: 3000 },
	);
	for (const [wide, narrow] of [
		["#", "a/#"],
		["a/#", "a"],
		["a/#", "a/+/b"],
		["+/b", "a/b"],
		["+/+", "+/a"],
		["+", "+"],
	])
		expect(covers(wide!.split("/"), narrow!.split("/")), `${wide} ${narrow}`).toBe(true);
	for (const [wide, narrow] of [
		["a/+", "a/#"],
		["a/+/#", "a/#"],
		["a", "a/#"],
		["+/b", "#"],
		["a/b", "a"],
		["#", "$s/#"],
		["+/x", "$s/x"],
	])
		expect(covers(wide!.split("/"), narrow!.split("/")), `${wide} ${narrow}`).toBe(false);
});
