// Subscriptions of the page that overlap, against brokers that send one message for all of them, or one for each.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Broker, type BrokerOptions } from "../../../../host-sim/broker/broker.js";
import { listen } from "../../../../host-sim/node/listen.js";
import { Link } from "../../../../host-sim/web/model/link.js";
import { answers, freePort, Mosquitto, sleep, until } from "../../../support/mosquitto.js";
import { describeWith } from "../../../support/need.js";

const closing: (() => unknown)[] = [];
beforeEach(() => void vi.stubGlobal("WebSocket", WebSocket));
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	vi.unstubAllGlobals();
});

async function brokerAt(options: BrokerOptions = {}): Promise<string> {
	const listener = await listen(new Broker(options), 0, "127.0.0.1", { webSocket: true });
	closing.push(() => listener.close());
	return `ws://127.0.0.1:${listener.port}/mqtt`;
}

function linkOf(): Link {
	const link = new Link("page-1");
	closing.push(() => link.close());
	return link;
}

const one = new TextEncoder().encode("1");

/** What takers of overlapping filters get of two messages. */
async function gotAt(url: string, version: "3.1.1" | "5.0"): Promise<string[]> {
	const link = linkOf();
	const got: string[] = [];
	const filters = ["#", "a/#", "a/b", "+/b"];
	const wanted = filters.map(filter =>
		link.subscribe(filter, ({ topic }) => got.push(`${filter} ${topic}`), { qos: 1 }),
	);
	link.open({ url, version });
	await until("all are there", () => wanted.every(({ granted }) => granted === 1));
	await link.publish("a/b", one, { qos: 1 });
	await link.publish("end", one, { qos: 1 });
	await until("the last", () => got.includes("# end"));
	return got.sort();
}
const once = ["# a/b", "# end", "+/b a/b", "a/# a/b", "a/b a/b"];

it.each([
	["3.1.1", {}],
	["5.0", {}],
	["5.0", { subscriptionIdentifiers: false }],
] as const)("each taker gets each message once: MQTT %s, limits %o", async (version, limits) => {
	expect(await gotAt(await brokerAt({ limits }), version)).toEqual(once);
});

describeWith(["mosquitto"], "mosquitto, which sends a copy for each subscription", () => {
	it.each(["3.1.1", "5.0"] as const)("each taker gets each message once: MQTT %s", async version => {
		const port = await freePort();
		const mosquitto = await Mosquitto.start([`listener ${port} lo`, "protocol websockets"]);
		closing.push(() => mosquitto.close());
		// The port for TCP is there before this one.
		while (!(await answers(port))) await sleep(25);
		expect(await gotAt(`ws://127.0.0.1:${port}/mqtt`, version)).toEqual(once);
	});
});

it("several takers of one filter are one subscription, which ends with the last of them", async () => {
	const link = linkOf();
	const got: string[] = [];
	link.open({ url: await brokerAt(), version: "5.0" });
	const first = link.subscribe("a", () => got.push("first"), { qos: 1 });
	await until("it is there", () => first.granted === 1);
	const second = link.subscribe("a", () => got.push("second"), { qos: 2 });
	await until("it is asked for anew", () => first.granted === 2 && second.granted === 2);
	await link.publish("a", one, { qos: 1 });
	await until("both", () => got.length === 2);
	expect(got).toEqual(["first", "second"]);
	second.end();
	// What the first has asked for counts again.
	await until("as before", () => first.granted === 1);
	await link.publish("a", one, { qos: 1 });
	await until("the first", () => got.length === 3);
	first.end();
	first.end();
	const other = link.subscribe("b", () => got.push("other"), { qos: 1 });
	await until("the other", () => other.granted === 1);
	await link.publish("a", one, { qos: 1 });
	await link.publish("b", one, { qos: 1 });
	await until("the other", () => got.includes("other"));
	expect(got).toEqual(["first", "second", "first", "other"]);
});

it("counts how often a broker was asked", async () => {
	const link = linkOf();
	const wanted = link.subscribe("a", () => {});
	expect(wanted.asked).toBe(0);
	link.open({ url: await brokerAt(), version: "5.0" });
	await until("it is there", () => wanted.granted === 0);
	expect(wanted.asked).toBe(1);
	link.subscribe("a", () => {});
	expect(wanted.asked).toBe(2);
	link.open({ url: await brokerAt(), version: "3.1.1" });
	await until("it is there again", () => wanted.granted === 0);
	expect(wanted.asked).toBe(3);
});

it("a filter that the client refuses leaves what was there", async () => {
	const link = linkOf();
	link.open({ url: await brokerAt(), version: "5.0" });
	const got: string[] = [];
	const wanted = link.subscribe("$share/x/a", ({ topic }) => got.push(topic), { qos: 1 });
	await until("it is there", () => wanted.granted === 1);
	expect(() => link.subscribe("$share/x/a", () => {}, { noLocal: true })).toThrow("noLocal");
	await link.publish("a", one, { qos: 1 });
	await until("it comes", () => got.length === 1);
});

it("options of 5.0 are left out with 3.1.1", async () => {
	const link = linkOf();
	const wanted = link.subscribe("a", () => {}, { qos: 2, retainAsPublished: true, noLocal: true });
	link.open({ url: await brokerAt(), version: "3.1.1" });
	await until("it is there", () => wanted.granted === 2);
});
