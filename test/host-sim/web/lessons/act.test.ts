import { expect, it } from "vitest";
import { Actor } from "../../../../host-sim/web/lessons/act.js";

function stage() {
	const done: unknown[] = [];
	const actor = new Actor({
		publish: (topic, payload, options) => done.push(["publish", topic, new TextDecoder().decode(payload), options]),
		subscribe: (filter, options) => {
			done.push(["subscribe", filter, options]);
			return { end: () => done.push(["end", filter]) };
		},
		strike: fault => done.push(["strike", fault]),
	});
	return { actor, done };
}

it("does what a button says, in its order", () => {
	const { actor, done } = stage();
	actor.do([
		{ subscribe: "a/#", qos: 1 },
		{ publish: "a/b", payload: "héllo", qos: 2, retain: true },
		{ fault: "power-cut", for: "3s" },
	]);
	expect(done).toEqual([
		["subscribe", "a/#", { qos: 1 }],
		["publish", "a/b", "héllo", { qos: 2, retain: true }],
		["strike", { fault: "power-cut", for: "3s" }],
	]);
});

it("subscribes anew where it has subscribed, and takes all back", () => {
	const { actor, done } = stage();
	actor.do([{ subscribe: "a", qos: 0 }]);
	actor.do([{ subscribe: "a", qos: 0 }]);
	actor.do([{ subscribe: "b", qos: 0 }, { unsubscribe: true }, { unsubscribe: true }]);
	expect(done.map(each => (each as string[]).slice(0, 2).join(" "))).toEqual([
		"subscribe a",
		"end a",
		"subscribe a",
		"subscribe b",
		"end a",
		"end b",
	]);
});

it("makes the properties of 5.0", () => {
	const { actor, done } = stage();
	const properties = { contentType: "text/plain", expiry: 60, user: ["a", "b"] as const };
	actor.do([{ publish: "a", payload: "", qos: 0, properties }]);
	const [, , , options] = done[0] as [string, string, string, { properties: Uint8Array }];
	expect(Buffer.from(options.properties).toString("hex")).toBe(
		"03000a746578742f706c61696e020000003c2600016100" + "0162",
	);
});
