import { describe, expect, it } from "vitest";
import type { Message } from "../../../host-sim/broker/message.js";
import { Session, type SubscriptionOptions } from "../../../host-sim/broker/session.js";
import { Subscriptions } from "../../../host-sim/broker/subscriptions.js";

function make() {
	const subscriptions = new Subscriptions();
	const sent: string[] = [];
	const session = (name: string) => {
		const made = new Session(name, 0, { maxInflight: 10, maxQueued: 10 });
		made.attach(packet => {
			if (packet.cmd === "publish") sent.push(`${name} ${packet.topic} q${packet.qos}`);
		});
		return made;
	};
	const set = (owner: Session, filter: string, qos: 0 | 1 | 2 = 0, options: SubscriptionOptions = {}) =>
		subscriptions.set({ session: owner, filter, qos, ...options });
	const route = (topic: string, more: Partial<Message> = {}) => {
		const found = subscriptions.route({ topic, payload: Buffer.alloc(0), qos: 2, retain: false, ...more });
		return [found, ...sent.splice(0).sort()];
	};
	return { subscriptions, session, set, route };
}

describe("subscriptions", () => {
	it("[MQTT-3.8.4-3] take the place of the same session's to the same filter", () => {
		const { session, set, route } = make();
		const a = session("a");
		expect([set(a, "t", 0), set(a, "t", 1), set(a, "t/#", 0)]).toEqual([true, false, true]);
		expect(route("t")).toEqual([true, "a t q1"]);
	});

	it("[MQTT-3.3.4-2] that overlap get one copy, and a shared one beside them one of its own", () => {
		const { session, set, route } = make();
		const a = session("a");
		const b = session("b");
		set(a, "t", 0);
		set(a, "+", 1);
		set(b, "#", 0);
		set(a, "$share/g/t", 0);
		expect(route("t")).toEqual([true, "a t q0", "a t q1", "b t q0"]);
	});

	it("[MQTT-3.8.3-3] with no local are not for their own client's messages", () => {
		const { session, set, route } = make();
		set(session("a"), "t", 0, { noLocal: true });
		expect(route("t", { publisher: "a" })).toEqual([false]);
		expect(route("t", { publisher: "b" })).toEqual([true, "a t q0"]);
		expect(route("t")).toEqual([true, "a t q0"]);
	});

	it("[MQTT-3.10.4-1] end by their filter as it was written, shared ones too", () => {
		const { subscriptions, session, set, route } = make();
		const a = session("a");
		const b = session("b");
		set(a, "t");
		for (const member of [a, b]) set(member, "$share/g/t");
		expect(subscriptions.delete(a, "+")).toBe(false);
		expect(subscriptions.delete(a, "$share/h/t")).toBe(false);
		expect(subscriptions.delete(a, "t")).toBe(true);
		expect(subscriptions.delete(a, "$share/g/t")).toBe(true);
		expect(route("t")).toEqual([true, "b t q0"]);
		expect(subscriptions.delete(b, "$share/g/t")).toBe(true);
		expect(route("t")).toEqual([false]);
	});

	it("of several shares to one filter get a message each", () => {
		const { session, set, route } = make();
		const [a, b] = [session("a"), session("b")];
		for (const member of [a, b]) for (const name of ["g", "h"]) set(member, `$share/${name}/t/+`);
		expect(route("t/x")).toEqual([true, "a t/x q0", "a t/x q0"]);
		expect(route("t/x")).toEqual([true, "b t/x q0", "b t/x q0"]);
	});
});
