// The page as a client, against the broker in this process.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Misuse } from "../../../../firmware/mqtt/error.js";
import { Broker, type BrokerOptions } from "../../../../host-sim/broker/broker.js";
import { listen } from "../../../../host-sim/node/listen.js";
import { Link, type Message } from "../../../../host-sim/web/model/link.js";
import { until } from "../../../support/mosquitto.js";

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

describe.each(["3.1.1", "5.0"] as const)("MQTT %s", version => {
	it("subscribes before it is online and after, and gets copies that stay", async () => {
		const url = await brokerAt();
		const link = linkOf();
		const got: Message[] = [];
		const first = link.subscribe("a/#", message => got.push(message), { qos: 2 });
		link.open({ url, version });
		await until("the first", () => first.granted === 2);
		const second = link.subscribe("b", message => got.push(message));
		await until("the second", () => second.granted === 0);
		const text = (message: Message) => `${message.topic} ${new TextDecoder().decode(message.payload)} ${message.qos}`;
		expect(await link.publish("a/1", new TextEncoder().encode("one"), { qos: 2 })).toBeUndefined();
		expect(await link.publish("b", new TextEncoder().encode("two"), { qos: 1 })).toBeUndefined();
		await until("both", () => got.length === 2);
		expect(got.map(text)).toEqual(["a/1 one 2", "b two 0"]);
	});

	it("takes a subscription back", async () => {
		const link = linkOf();
		const got: string[] = [];
		link.open({ url: await brokerAt(), version });
		const one = link.subscribe("one", ({ topic }) => got.push(topic), { qos: 1 });
		const two = link.subscribe("two", ({ topic }) => got.push(topic), { qos: 1 });
		await until("both", () => one.granted === 1 && two.granted === 1);
		one.end();
		await link.publish("one", new Uint8Array(1), { qos: 1 });
		await link.publish("two", new Uint8Array(1), { qos: 1 });
		await until("the other", () => got.length === 1);
		expect(got).toEqual(["two"]);
	});

	it("is back after the connection broke, with its subscriptions", async () => {
		const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
		closing.push(() => listener.close());
		const link = linkOf();
		const got: string[] = [];
		const wanted = link.subscribe("a", ({ topic }) => got.push(topic), { qos: 1 });
		link.open({ url: `ws://127.0.0.1:${listener.port}/mqtt`, version });
		await until("it stands", () => wanted.granted === 1);
		// It may be back before anybody looks: the first delay is anything from nothing to half a second.
		const troubles: (string | undefined)[] = [];
		vi.spyOn(link, "changed").mockImplementation(() => troubles.push(link.trouble));
		const { asked } = wanted;
		listener.destroy("page-1");
		await until("it is back, and asks again", () => wanted.asked > asked);
		expect(troubles[0]).toBe("connection lost");
		expect(await link.publish("a", new Uint8Array(1), { qos: 1 })).toBeUndefined();
		await until("a message", () => got.length > 0);
	});
});

it("goes to another broker, and asks there for the same", async () => {
	const [one, two] = [await brokerAt(), await brokerAt()];
	const link = linkOf();
	const got: string[] = [];
	const wanted = link.subscribe("a", ({ topic }) => got.push(topic), { qos: 1 });
	link.open({ url: one, version: "5.0" });
	await until("the first", () => wanted.granted === 1);
	link.open({ url: two, version: "5.0" });
	expect(wanted.granted).toBeUndefined();
	await until("the second", () => wanted.granted === 1);
	await link.publish("a", new Uint8Array(1), { qos: 1 });
	await until("the message", () => got.length === 1);
});

it("says why it is not online, and what has become of publishes", async () => {
	const link = linkOf();
	expect(await link.publish("a", new Uint8Array(1))).toBe("not connected");
	link.open({ url: "ws://127.0.0.1:1/mqtt", version: "5.0" });
	expect(await link.publish("a", new Uint8Array(1))).toBe("offline");
	await until("why", () => link.trouble !== undefined);
	expect(link.trouble).toMatch(/WebSocket/);
	const waiting = link.publish("a", new Uint8Array(1), { qos: 1 });
	link.close();
	expect(await waiting).toBe("closed");
});

it("throws for topics and filters that are none", async () => {
	const link = linkOf();
	link.open({ url: await brokerAt(), version: "5.0" });
	expect(() => link.publish("a/#", new Uint8Array(1))).toThrow(Misuse);
	expect(() => link.subscribe("a/#/b", () => {})).toThrow(Misuse);
});
