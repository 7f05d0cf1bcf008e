// Programs written for ECMA-419's MQTT Client Class, in the simulated world, against the strict broker.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Control, MQTTClient, type MQTTClientOptions } from "../../../firmware/optional/ecma419.js";
import type { Fragment } from "../../../firmware/optional/fragments.js";
import type { WriteOptions } from "../../../firmware/optional/messages.js";
import type { WorldOptions } from "../../../host-sim/testing.js";
import { utf8 } from "../../support/peer.js";
import { TestWorld } from "../../support/world.js";

const NAMES = Object.entries(MQTTClient).filter(([, value]) => typeof value === "number");

/** A world with one program in it, and a log of what the program was told. */
class Device {
	readonly world: TestWorld;
	readonly log: string[] = [];
	readonly client: MQTTClient;
	/** What has been read, by topic. */
	readonly read: [topic: string, payload: string][] = [];
	#topic = "";
	#text = "";

	constructor(options: Partial<MQTTClientOptions> = {}, world: WorldOptions = {}) {
		this.world = new TestWorld(world);
		const { resolver, ...rest } = this.world.collaborators("d");
		this.client = new MQTTClient({
			...rest,
			dns: resolver,
			id: "d",
			onControl: message => this.log.push(told(message)),
			onReadable: (count, fragment) => this.take(count, fragment),
			onError: error => this.log.push(String(error)),
			...options,
		});
	}

	take(count: number, { more, topic }: Fragment): void {
		if (topic !== undefined) this.#topic = topic;
		this.#text += text(this.client.read(count));
		if (more) return;
		this.read.push([this.#topic, this.#text]);
		this.#text = "";
	}

	told(): string[] {
		this.world.run(2000);
		return this.log.splice(0);
	}

	publish(topic: string, payload: string, options: WriteOptions = {}): number {
		return this.client.write(utf8(payload), { topic, ...options });
	}

	subscribe(...items: { topic: string; QoS?: number }[]): void {
		this.client.write(null, { operation: MQTTClient.SUBSCRIBE, items });
	}
}

function told({ operation, payload, ...more }: Control): string {
	const name = NAMES.find(([, value]) => value === operation)![0];
	const rest = Object.values(more).join(" ");
	return `${name}${rest === "" ? "" : ` ${rest}`}${payload === undefined ? "" : ` [${payload}]`}`;
}

function text(bytes: ArrayBuffer | undefined): string {
	return String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
}

function online(options: Partial<MQTTClientOptions> = {}, world: WorldOptions = {}): Device {
	const device = new Device(options, world);
	expect(device.told()).toEqual(["CONNACK 0 false"]);
	device.world.told();
	return device;
}

describe("a program for ECMA-419's class", () => {
	it("is told CONNACK, and not from inside the constructor; before that it cannot write", () => {
		const device = new Device();
		expect(device.log).toEqual([]);
		expect(() => device.publish("a", "b")).toThrow("not connected");
		expect(device.told()).toEqual(["CONNACK 0 false"]);
		expect(device.world.told()).toEqual(["connected d"]);
	});

	it("cannot be made without a host, or with options that are wrong", () => {
		expect(() => new Device({ host: "" })).toThrow("host required");
		expect(() => new Device({ format: "string" })).toThrow(RangeError);
		expect(() => new Device({ port: 70_000 })).toThrow("port");
	});

	it("is called back with its instance as `this`, which has its target", () => {
		let seen: unknown;
		const device = new Device({
			target: "mine",
			onControl() {
				seen = this;
			},
		});
		device.told();
		expect(seen).toBe(device.client);
		expect(device.client.target).toBe("mine");
	});

	it("is acknowledged at each QoS, under its own ids", () => {
		const device = online();
		device.publish("a", "zero");
		device.publish("a", "one", { QoS: 1, id: 1234 });
		device.publish("a", "two", { QoS: 2, id: 77, retain: true });
		expect(device.told()).toEqual(["PUBACK 1234", "PUBREC 77", "PUBCOMP 77"]);
		expect(device.world.told()).toEqual(["publish a zero", "publish a one", "publish a two retained"]);
	});

	it("subscribes to several filters, each with its QoS, and takes some back that it never had", () => {
		const device = online();
		const { client } = device;
		client.write(null, {
			operation: MQTTClient.SUBSCRIBE,
			id: 9,
			items: [{ topic: "foo/+", QoS: 2 }, { topic: "bar/foo" }, { topic: "baz", QoS: 1 }],
		});
		client.write(null, {
			operation: MQTTClient.UNSUBSCRIBE,
			id: 10,
			items: [{ topic: "frogs" }, { topic: "bar/foo" }],
		});
		expect(device.told()).toEqual(["SUBACK 9 [2,0,1]", "UNSUBACK 10"]);
		for (const topic of ["foo/bar", "bar/foo", "baz", "frogs"]) device.publish(topic, `to ${topic}`);
		device.told();
		expect(device.read).toEqual([
			["foo/bar", "to foo/bar"],
			["baz", "to baz"],
		]);
	});

	it("gets a message once that matches several of its filters, and each of two that are equal", () => {
		const device = online();
		device.subscribe({ topic: "foo/#" }, { topic: "foo/bar" }, { topic: "+/bar" });
		device.told();
		device.publish("foo/bar", "same");
		device.publish("foo/bar", "same");
		device.told();
		expect(device.read).toEqual([
			["foo/bar", "same"],
			["foo/bar", "same"],
		]);
	});

	it("that subscribes and publishes in one callback gets its own messages", () => {
		const device: Device = new Device({
			onControl({ operation }) {
				if (operation !== MQTTClient.CONNACK) return;
				this.write(utf8("before"), { topic: "a" });
				this.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "a", QoS: 1 }] });
				this.write(utf8("behind"), { topic: "a" });
			},
		});
		device.told();
		expect(device.read).toContainEqual(["a", "behind"]);
	});

	it("is refused a filter for which there is no room, and the others stand", () => {
		const device = online({ client: { limits: { topics: 2 } } });
		device.subscribe({ topic: "a" }, { topic: "b", QoS: 1 }, { topic: "c" });
		expect(device.told()).toEqual(["SUBACK 1 [0,1,128]"]);
		device.subscribe({ topic: "d" });
		expect(device.log).toEqual([]);
		expect(device.told()).toEqual(["SUBACK 2 [128]"]);
	});

	it("is told of an empty message, with nothing to read", () => {
		const counts: (number | undefined)[] = [];
		const device = online({
			onReadable(count, { byteLength, more }) {
				counts.push(count, byteLength, Number(more), this.read(count)?.byteLength, this.read()?.byteLength);
			},
		});
		device.subscribe({ topic: "a" });
		device.publish("a", "");
		device.told();
		expect(counts).toEqual([0, 0, 0, 0, undefined]);
	});

	it("reads when it likes, and is told of the next fragment when the one before has been read", () => {
		const shown: string[] = [];
		const device = online({ onReadable: (count, { more, topic }) => shown.push(`${count} ${more} ${topic}`) });
		device.subscribe({ topic: "#" });
		device.told();
		for (let i = 0; i < 12; i += 1) device.publish(`a/${i}`, `${i}`.repeat(100));
		device.told();
		expect(shown).toEqual(["100 false a/0"]);
		const part = new Uint8Array(60);
		expect(device.client.read(part)).toBe(60);
		expect(part.every(byte => byte === 0x30)).toBe(true);
		device.told();
		expect(shown).toHaveLength(1);
		expect(device.client.read(60)?.byteLength).toBe(40);
		expect(device.client.read()).toBeUndefined();
		device.told();
		expect(shown).toEqual(["100 false a/0", "100 false a/1"]);
		for (let i = 1; i < 12; i += 1) {
			expect(text(device.client.read())).toBe(`${i}`.repeat(100));
			device.told();
		}
		expect(shown).toHaveLength(12);
	});

	it("writes a small message in two pieces, and nothing else in between", () => {
		const device = online();
		expect(device.publish("foo", "SM", { byteLength: 6, QoS: 2, id: 5 })).toBe(4);
		expect(() => device.publish("foo", "x")).toThrow("not complete");
		expect(() => device.client.write(utf8("too much"))).toThrow("overflow");
		device.client.write(utf8("ALL\n"));
		expect(device.told()).toEqual(["PUBREC 5", "PUBCOMP 5"]);
		expect(device.world.told()).toEqual(["publish foo SMALL\n"]);
	});

	it("writes a large message as onWritable allows, whose bytes arrive as they were, at any QoS and in any pieces", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 20_000 }),
				fc.constantFrom(0, 1, 2),
				fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 }),
				fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }),
				fc.integer({ min: 1, max: 1460 }),
				(total, QoS, writes, reads, slice) => {
					const payload = Uint8Array.from({ length: total }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
					let sent = -1;
					let step = 0;
					const got: number[] = [];
					const piece = (count: number, from: number) => {
						step += 1;
						return payload.subarray(from, from + Math.min(count, writes[step % writes.length]!));
					};
					let due: number | undefined;
					const device = online(
						{
							onWritable(count) {
								if (sent < 0 || sent >= total) return;
								const data = piece(count, sent);
								this.write(data);
								sent += data.length;
							},
							onReadable(count) {
								step += 1;
								const first = reads[step % reads.length]!;
								got.push(...new Uint8Array(this.read(first)!));
								if (first < count) due = count - first;
							},
						},
						{ link: { slice } },
					);
					device.subscribe({ topic: "big", QoS: 2 });
					device.told();
					const first = piece(1000, 0);
					sent = first.length;
					device.client.write(first, { topic: "big", QoS, byteLength: total, id: 3 });
					device.world.runUntil(() => {
						if (due !== undefined) {
							due = undefined;
							got.push(...new Uint8Array(device.client.read()!));
						}
						return got.length === total;
					}, 600_000);
					expect(got.length).toBe(total);
					expect(got.every((byte, i) => byte === payload[i])).toBe(true);
					expect(device.told()).toEqual([[], ["PUBACK 3"], ["PUBREC 3", "PUBCOMP 3"]][QoS]);
				},
			),
			{ seed: 419, numRuns: 25 },
		);
	});

	it("is not taken at its word: too much, nothing or the wrong thing to write throws, and nothing was taken", () => {
		const device = online();
		const { client } = device;
		expect(() => client.write(utf8("x"))).toThrow("options required");
		expect(() => client.write(utf8("x"), {})).toThrow("topic required");
		expect(() => client.write(utf8("xyz"), { topic: "a", byteLength: 2 })).toThrow("byteLength");
		expect(() => client.write(new Uint8Array(5000), { topic: "a" })).toThrow("overflow");
		expect(() => device.publish("a/#", "x")).toThrow("topic name");
		expect(() => client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [] })).toThrow("items");
		expect(() => device.subscribe({ topic: "a/#/b" })).toThrow();
		expect(() => device.subscribe({ topic: "a", QoS: 3 })).toThrow(RangeError);
		for (const operation of [MQTTClient.CONNECT, MQTTClient.PUBREL, 15])
			expect(() => client.write(null, { operation })).toThrow("not for writing");
		for (const operation of [MQTTClient.PUBACK, MQTTClient.PUBREC, MQTTClient.PUBCOMP])
			client.write(null, { operation, id: 1 });
		expect(device.told()).toEqual([]);
		expect(device.world.told()).toEqual([]);
	});

	it("is told onWritable after CONNACK, and after what it writes, and never from inside write", () => {
		let inside = false;
		const counts: number[] = [];
		const device = online({
			onWritable(count) {
				expect(inside).toBe(false);
				counts.push(count);
			},
		});
		expect(counts).toHaveLength(1);
		inside = true;
		expect(device.publish("a", "b")).toBeGreaterThan(0);
		inside = false;
		device.told();
		expect(counts).toHaveLength(2);
	});

	it("[MQTT-3.1.2-24] pings by its keepalive in ms, and when it asks, and hears the answers", () => {
		const device = online({ keepalive: 10_000 });
		device.client.write(null, { operation: MQTTClient.PINGREQ });
		expect(device.told()).toEqual(["PINGRESP"]);
		device.world.run(20_000);
		expect(device.log.length).toBeGreaterThanOrEqual(1);
		expect(device.log.every(line => line === "PINGRESP")).toBe(true);
		expect(device.world.told()).toEqual([]);
	});

	it("says DISCONNECT when it asks for it, behind what it has written, keeps its will to itself, and is told the end", () => {
		const device = online({ will: { topic: "will", message: "gone" } });
		device.publish("a", "last", { QoS: 1, id: 4 });
		device.subscribe({ topic: "b" });
		device.client.write(null, { operation: MQTTClient.DISCONNECT });
		expect(() => device.publish("a", "later")).toThrow("not connected");
		expect(device.told()).toEqual(["PUBACK 4", "SUBACK 1 [0]", "Error: connection closed: 0x19"]);
		expect(device.world.told().map(line => line.slice(0, 14))).toEqual(["publish a last", "disconnected d"]);
	});

	it("closes without a word: the will speaks, and nothing is called any more", () => {
		const will = { topic: utf8("will"), message: utf8("gone").buffer as ArrayBuffer, QoS: 1, retain: 1 };
		const device = online({ will });
		device.publish("a", "b", { QoS: 1 });
		device.client.close();
		device.client.close();
		expect(device.told()).toEqual([]);
		expect(device.world.told()).toContain("publish will gone retained");
		expect(() => device.publish("a", "c")).toThrow("not connected");
	});

	it("may close inside any callback", () => {
		for (const name of ["onControl", "onReadable", "onWritable"] as const) {
			const heard: string[] = [];
			const device = new Device({
				onControl(message) {
					heard.push(told(message));
					if (name === "onControl") this.close();
					else if (message.operation === MQTTClient.CONNACK) {
						this.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "a" }] });
						this.write(utf8("x"), { topic: "a" });
					}
				},
				onReadable() {
					heard.push("readable");
					if (name === "onReadable") this.close();
				},
				onWritable() {
					if (name === "onWritable") this.close();
				},
			});
			device.told();
			const before = heard.length;
			expect(() => device.publish("a", "c")).toThrow("not connected");
			device.world.run(60_000);
			expect(heard).toHaveLength(before);
			expect(device.log).toEqual([]);
		}
	});

	it("is told once that its connection has gone, and that is its end", () => {
		const device = online();
		device.world.link("d").cut();
		expect(device.told()).toEqual(["Error: connection closed: 0x38"]);
		device.world.run(600_000);
		expect(device.log).toEqual([]);
		expect(device.world.told().some(line => line.startsWith("connected"))).toBe(false);
		device.client.close();
	});

	it("is told why it is refused, by a number, and nothing of its password", () => {
		const users = { me: "secret" };
		const right = new Device({ user: "me", password: utf8("secret").buffer as ArrayBuffer }, { broker: { users } });
		expect(right.told()).toEqual(["CONNACK 0 false"]);
		const wrong = new Device({ user: "me", password: "guessed" }, { broker: { users } });
		expect(wrong.told()).toEqual(["Error: connection closed: 0x86"]);
	});

	it("that asks to reconnect goes on: subscriptions stand, and what was under way arrives", () => {
		const device = online({ reconnect: true, clean: false });
		device.subscribe({ topic: "a", QoS: 1 });
		device.told();
		device.world.link("d").cut();
		device.world.run(1);
		device.world.runUntil(() => device.log.length === 2, 120_000);
		expect(device.log.splice(0)).toEqual(["DISCONNECT 56", "CONNACK 0 true"]);
		device.publish("a", "back", { QoS: 1, id: 6 });
		expect(device.told()).toEqual(["PUBACK 6"]);
		expect(device.read).toEqual([["a", "back"]]);
	});

	it("that asks to reconnect hears of a message whose pieces are gone with the connection", () => {
		const device = online({ reconnect: true, clean: false });
		device.client.write(new Uint8Array(1000), { topic: "a", QoS: 1, byteLength: 9000, id: 8 });
		device.world.run(100);
		device.world.link("d").cut();
		device.world.runUntil(() => device.log.at(-1) === "CONNACK 0 true", 120_000);
		expect(device.log[0]).toBe("DISCONNECT 56");
		expect(device.log.slice(1).some(line => line.startsWith("PUBLISH 8 "))).toBe(true);
		device.log.length = 0;
		device.publish("a", "next", { QoS: 1, id: 9 });
		expect(device.told()).toEqual(["PUBACK 9"]);
	});
});
