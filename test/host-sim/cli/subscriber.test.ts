import { describe, expect, it } from "vitest";
import { checkFilter, isMatch, Subscriber } from "../../../host-sim/cli/subscriber.js";
import { type BrokerOptions, Client, World } from "../../../host-sim/testing.js";

function subscriberOf(
	subscribe: string[],
	unsubscribe: string[] = [],
	broker: BrokerOptions = {},
	world = new World({ broker }),
) {
	const heard: string[] = [];
	const told: string[] = [];
	const answers: boolean[] = [];
	const client: Client = new Client({
		clientId: "c",
		cleanSession: false,
		// Of what an earlier run has subscribed to.
		onMessage: message => heard.push(`${message.topic} ${message.text()}`),
		onSubscribed: (handle, code) => subscriber.handleSubscribed(handle, code),
		onUnsubscribed: (handle, code) => subscriber.handleUnsubscribed(handle, code),
		...world.collaborators("c"),
	});
	const subscriber: Subscriber = new Subscriber({
		client,
		subscribe,
		unsubscribe,
		how: { qos: 1 },
		onMessage: message => heard.push(`${message.topic} ${message.text()}`),
		explain: code => `code ${code}`,
		tell: text => told.push(text),
		onAnswered: anyStands => answers.push(anyStands),
	});
	client.open();
	world.run(1000);
	const other = new Client({ clientId: "other", ...world.collaborators("other") });
	other.open();
	world.run(1000);
	const publish = (topic: string, payload: string) => {
		other.publish(topic, payload, { qos: 1 });
		world.run(1000);
	};
	return { world, heard, told, answers, publish };
}

describe("a subscriber", () => {
	it("hands on each copy once, however many filters match", () => {
		const { answers, heard, publish } = subscriberOf(["a/#", "a/+", "a/b", "c"]);
		for (const topic of ["a/b", "a/x", "a/x/y", "c", "d"]) publish(topic, "1");
		expect(heard).toEqual(["a/b 1", "a/x 1", "a/x/y 1", "c 1"]);
		expect(answers).toEqual([true]);
	});

	it("tells which filters are refused, once, and whether any stands", () => {
		const { told, answers, world } = subscriberOf(["a", "b", "c"], [], { refusedFilters: ["a", "c"] });
		expect(told).toEqual([
			'the subscription to "a" is refused: code 128',
			'the subscription to "c" is refused: code 128',
		]);
		expect(answers).toEqual([true]);
		world.startBroker();
		world.run(60_000);
		expect(told).toHaveLength(2);
		expect(answers).toHaveLength(1);
		expect(subscriberOf(["a", "c"], [], { refusedFilters: ["a", "c"] }).answers).toEqual([false]);
	});

	it("unsubscribes from what an earlier run has subscribed to, and from nothing else", () => {
		const received: string[] = [];
		const { world, publish } = subscriberOf(["a", "b"], [], {
			on: { received: (client, { cmd }) => client === "c" && received.push(cmd) },
		});
		world.link("c")!.cut();
		const next = subscriberOf([], ["b"], {}, world);
		publish("a", "1");
		publish("b", "2");
		expect(next.heard).toEqual(["a 1"]);
		expect(next.answers).toEqual([true]);
		expect(received.filter(cmd => cmd.includes("subscribe"))).toEqual(["subscribe", "unsubscribe"]);
	});
});

describe("filters", () => {
	it("match as in the standard (section 4.7)", () => {
		expect(isMatch("a/+/c", "a/b/c")).toBe(true);
		expect(isMatch("#", "a")).toBe(true);
		expect(isMatch("#", "$SYS/x")).toBe(false);
		expect(isMatch("a", "aa")).toBe(false);
		expect(isMatch("ä/#", "ä")).toBe(true);
	});

	it("are checked", () => {
		expect(() => checkFilter("a/#", "-t")).not.toThrow();
		for (const filter of ["a#", "", "a+/b", "#/a"])
			expect(() => checkFilter(filter, "-t")).toThrow(`-t: "${filter}" is no topic filter`);
	});
});
