// Our client and the broker at 5.0, in a world of virtual time: what the one says the other understands, and what the
// server allows the client keeps to.

import { describe, expect, it } from "vitest";
import { type ClientOptions, QOS_1 } from "../../../firmware/mqtt/client.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	properties,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../../firmware/mqtt/property.js";
import { ScramSha256 } from "../../../firmware/optional/scram.js";
import { Broker, type BrokerOptions } from "../../../host-sim/broker/broker.js";
import { nodeDigest } from "../../../host-sim/node/digest.js";
import { Scram, scramVerifier } from "../../../host-sim/security/scram.js";
import type { LinkOptions } from "../../../host-sim/world/path.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { TestWorld } from "../../support/world.js";

function make(broker: BrokerOptions = {}, link: Partial<LinkOptions> = {}) {
	const world = new TestWorld({ broker, link: { latencyMs: 5, slice: 7, ...link } });
	const join = (name: string, options: Partial<ClientOptions> = {}) => {
		const log: string[] = [];
		const client = world.client(name, {
			protocolVersion: 5,
			backoff: { baseMs: 200, capMs: 500 },
			onOnline: present => log.push(present ? "online again" : "online"),
			onOffline: code => log.push(`offline ${code.toString(16)}`),
			onPublishEnd: (_ticket, end, code) => log.push(`end ${end} ${code.toString(16)}`),
			...options,
		});
		client.open();
		world.run(100);
		return { client, log };
	};
	return { world, join };
}

/** Ends of connections for which the broker had a reason of its own. */
const refusals = (world: TestWorld) =>
	world.told().filter(line => /^disconnected .*(?<!lost|goodbye|over)$/.test(line));

describe("our client at 5.0 and the broker", () => {
	it("hand on properties at every QoS, in their order, and the message's time", () => {
		const { world, join } = make();
		const got: unknown[] = [];
		const s = join("s");
		s.client.subscribe(
			"t",
			message =>
				got.push([
					message.qos,
					message.property(CONTENT_TYPE),
					message.property(CORRELATION_DATA),
					message.property(MESSAGE_EXPIRY_INTERVAL),
					message.userProperties(),
				]),
			{ qos: 2 },
		);
		const p = join("p");
		const block = properties(
			[USER_PROPERTY, "b", "1"],
			[CONTENT_TYPE, "text"],
			[USER_PROPERTY, "a", "2"],
			[CORRELATION_DATA, Uint8Array.of(0, 255)],
			[USER_PROPERTY, "b", "3"],
			[MESSAGE_EXPIRY_INTERVAL, 60],
		);
		for (const qos of [0, 1, 2]) p.client.publish("t", "x", { qos, properties: block });
		world.run(1000);
		const user = [
			["b", "1"],
			["a", "2"],
			["b", "3"],
		];
		expect(got).toEqual([0, 1, 2].map(qos => [qos, "text", Uint8Array.of(0, 255), 60, user]));
	});

	it("agree on QoS, retain, packet size and how many at once: nothing that the client sends is refused", () => {
		const { world, join } = make({
			limits: { maximumQos: 1, retainAvailable: false, receiveMaximum: 2, maximumPacketSize: 60 },
		});
		const { client, log } = join("c", { limits: { messages: 8 } });
		expect(client.publish("t", "x", { qos: 2 })).toBe(-0x9b);
		expect(client.publish("t", "x", { qos: 1, retain: true })).toBe(-0x9a);
		expect(client.publish("t", "x".repeat(100), { qos: 1 })).toBeLessThan(0);
		for (let i = 0; i < 8; i += 1) expect(client.publish("t", String(i), { qos: 1 })).toBeGreaterThan(0);
		world.run(5000);
		// Nobody is subscribed: 0x10.
		expect(log).toEqual(["online", ...Array.from({ length: 8 }, () => "end 0 10")]);
		expect(refusals(world)).toEqual([]);
	});

	it("keep to the client's Receive Maximum while it holds back its acknowledgements", () => {
		const { world, join } = make();
		const tokens: number[] = [];
		const { client } = join("c", { limits: { received: 3 } });
		client.subscribe("t", message => tokens.push(message.hold()), { qos: 2 });
		world.run(100);
		for (let i = 0; i < 20; i += 1) world.broker.publish({ topic: "t", payload: Buffer.of(i), qos: 2, retain: false });
		world.run(1000);
		expect([tokens.length, client.isOnline]).toEqual([3, true]);
		for (let rounds = 0; rounds < 20; rounds += 1) {
			for (const token of tokens.splice(0)) client.acknowledge(token);
			world.run(200);
		}
		expect([world.broker.sessions.get("c")!.owed, client.isOnline, refusals(world)]).toEqual([0, true, []]);
	});

	it("[MQTT-3.1.2-21] keep alive as the server says", () => {
		const { world, join } = make({ limits: { serverKeepAlive: 4 } });
		const { log } = join("c", { keepAlive: 600 });
		world.run(60_000);
		expect([log, refusals(world)]).toEqual([["online"], []]);
	});

	it("find the session again while its interval lasts, and not later", () => {
		for (const [awayMs, back, heard] of [
			[5000, "online again", ["kept"]],
			[15_000, "online", []],
		] as const) {
			const { world, join } = make();
			const got: string[] = [];
			const { client, log } = join("c", { cleanSession: false, sessionExpiry: 10 });
			client.subscribe("t", message => got.push(message.text()!), { qos: 1 });
			world.run(100);
			world.stopBroker();
			world.broker.publish({ topic: "t", payload: Buffer.from("kept"), qos: 1, retain: false });
			world.run(awayMs);
			world.resumeBroker();
			world.run(3000);
			expect(log.filter(line => line.startsWith("online"))).toEqual(["online", back]);
			expect(got).toEqual(heard);
			world.broker.publish({ topic: "t", payload: Buffer.from("new"), qos: 1, retain: false });
			world.run(100);
			expect(got).toEqual([...heard, "new"]);
		}
	});

	it("publish a delayed will only if the board stays away", () => {
		for (const [awayMs, wills] of [
			[2000, 0],
			[9000, 1],
		] as const) {
			const { world, join } = make();
			const will = { topic: "will", payload: "gone", properties: properties([WILL_DELAY_INTERVAL, 5]) };
			join("c", { cleanSession: false, will });
			world.stopBroker();
			world.run(awayMs);
			world.resumeBroker();
			world.run(10_000);
			expect(world.told().filter(line => line === "publish will gone").length).toBe(wills);
		}
	});

	it("tell why: another server, a takeover, a broker that stops", () => {
		const { world, join } = make();
		const { log } = join("c");
		world.broker.disconnect("c", 0x9d, { serverReference: "other" });
		world.run(100);
		expect(log).toEqual(["online", "offline 9d"]);
		const first = join("d");
		const second = join("d");
		expect(first.log.slice(0, 2)).toEqual(["online", "offline 8e"]);
		second.log.length = 0;
		world.broker.close();
		world.run(100);
		expect(second.log[0]).toBe("offline 8b");
		const refused = make({ serverReference: { to: "other" } }).join("c");
		expect(refused.log).toEqual(["offline 9c"]);
	});

	it("prove to each other who they are by SCRAM-SHA-256, again on a connection that stands, and refuse who cannot", () => {
		const users = { board: scramVerifier("correct horse") };
		const { world, join } = make({ authenticators: [new Scram(users)] });
		const prove = (name: string, userName: string, password: string) => {
			const random = new SeededRandom(name.length);
			const log: string[] = [];
			const authentication = new ScramSha256({ userName, password, digest: nodeDigest, random });
			const joined = join(name, { authentication, onAuthenticated: () => log.push("authenticated") });
			return { ...joined, said: log };
		};
		const { client, log, said } = prove("good", "board", "correct horse");
		expect(log).toEqual(["online"]);
		client.publish("t", "x", { qos: 2 });
		expect(client.authenticate()).toBe(true);
		world.run(200);
		expect([log, said, client.isOnline]).toEqual([["online", "end 0 0"], ["authenticated"], true]);
		// Over the next connection as well, without the rounds of hash.
		world.link("good").cut();
		world.run(2000);
		expect(client.isOnline).toBe(true);
		expect(prove("wrong", "board", "battery staple").log).toEqual(["offline 87"]);
		expect(prove("nobody", "bored", "correct horse").log).toEqual(["offline 87"]);
	});

	it("send a client to another broker, and it goes there", () => {
		const { world, join } = make({ serverReference: { to: "10.0.0.9" } });
		const said: string[] = [];
		const other = new Broker({ on: { connected: id => said.push(id) } });
		world.network.listen("10.0.0.9", 1883, (transport, now) => other.accept(transport, now));
		const { log } = join("c", { redirects: 1, resolver: { io: world.network.resolverFor("c") } });
		world.run(2000);
		expect([log, said]).toEqual([["offline 9c", "online"], ["c"]]);
	});

	it("use topic aliases both ways, through a link that slices and breaks", () => {
		const { world, join } = make({ limits: { topicAliasMaximum: 2 } });
		const got: string[] = [];
		const { client } = join("c", { cleanSession: false, limits: { aliases: 2, aliasBytes: 100 } });
		client.subscribe("long/enough/to/matter/+", message => got.push(`${message.topic} ${message.text()}`), { qos: 1 });
		world.run(100);
		const topics = [1, 2, 3].map(i => client.topic(`long/enough/to/matter/${i}`));
		const expected: string[] = [];
		for (let round = 0; round < 5; round += 1) {
			for (const [i, topic] of topics.entries()) {
				const text = new TextEncoder().encode(`${round}`);
				expect(client.publish(topic, text, text.length, QOS_1)).toBeGreaterThan(0);
				expected.push(`long/enough/to/matter/${i + 1} ${round}`);
			}
			if (round === 2) {
				world.run(7);
				world.link("c").cut();
			}
			world.run(2000);
		}
		expect([...new Set(got)]).toEqual(expected);
		expect(refusals(world)).toEqual([]);
	});

	it("refuse filters and topics with reasons that the client tells", () => {
		const { world, join } = make({ refusedFilters: { "no/#": 0x87 }, refusedTopics: { no: 0x97 } });
		const codes: number[] = [];
		const { client, log } = join("c", { onSubscribed: (_handle, code) => codes.push(code) });
		client.subscribe("no/#", () => {}, { qos: 1 });
		client.subscribe("yes", () => {}, { qos: 1 });
		world.run(100);
		for (const qos of [1, 2]) client.publish("no", "x", { qos });
		world.run(100);
		expect(codes).toEqual([0x87, 1]);
		expect(log).toEqual(["online", "end 1 97", "end 1 97"]);
	});

	it("share a subscription between boards, at both versions, and lose nothing when one goes for good", () => {
		const { world, join } = make();
		const got = new Map<string, string[]>();
		const member = (name: string, protocolVersion: 4 | 5) => {
			const list: string[] = [];
			got.set(name, list);
			const { client } = join(name, {
				protocolVersion,
				cleanSession: false,
				...(protocolVersion === 5 && { sessionExpiry: 3 }),
			});
			client.subscribe("$share/g/t", message => list.push(message.text()!), { qos: 1 });
			return client;
		};
		const five = member("five", 5);
		member("four", 4);
		world.run(200);
		const publish = (i: number) =>
			world.broker.publish({ topic: "t", payload: Buffer.from(String(i)), qos: 1, retain: false });
		for (let i = 0; i < 10; i += 1) publish(i);
		world.run(1000);
		expect([...got.values()].map(list => list.length)).toEqual([5, 5]);
		// The messages are on their way when the link breaks, and nobody comes back.
		for (let i = 10; i < 20; i += 1) publish(i);
		world.link("five").cut();
		five.close(false);
		world.run(10_000);
		const all = new Set([...got.values()].flat().map(Number));
		expect(all.size).toBe(20);
		expect(world.broker.sessions.has("five")).toBe(false);
	});
});
