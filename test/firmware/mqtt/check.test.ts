import { describe, expect, it } from "vitest";
import {
	checkCollaborators,
	checkConnect,
	checkFilter,
	checkPublish,
	refuseHandle,
	refuseInSource,
	subscriptionOptions,
} from "../../../firmware/mqtt/check.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import {
	CONTENT_TYPE,
	checkBlock,
	IN_PUBLISH,
	IN_WILL,
	properties,
	RECEIVE_MAXIMUM,
	SESSION_EXPIRY_INTERVAL,
	TOPIC_ALIAS_MAXIMUM,
	USER_PROPERTY,
	WILL_DELAY_INTERVAL,
} from "../../../firmware/mqtt/property.js";
import { online, utf8 } from "../../support/peer.js";
import { makeSession } from "../../support/session.js";

const options = (given: Partial<ClientOptions>) => ({ clientId: "c", ...given }) as ClientOptions;
const collaborators = (given: Partial<ClientOptions>): ClientOptions => ({ ...makeSession().options, ...given });

const five = (given: Partial<ClientOptions> = {}) => options({ protocolVersion: 5, ...given });
const expiry = properties([SESSION_EXPIRY_INTERVAL, 60]);

describe("what a caller can do wrong", () => {
	it("is said in a few words, with a code", () => {
		const bytes = utf8("x");
		const wrong: [() => unknown, number, RegExp][] = [
			[() => refuseHandle(7, "topic name"), 0x05, /^7 is not the handle of a topic name$/],
			[() => checkPublish(1, 500, bytes, 1, 6, 0), 0x07, /flags 6/],
			[() => checkPublish(1, 500, bytes, 1, 16, 0), 0x07, /flags 16/],
			[() => checkPublish(7, 0, bytes, 1, 0, 0), 0x05, /^7 is not the handle of a topic name$/],
			[() => checkPublish(7, -500, bytes, 1, 0, 0), 0x05, /^7 is not the handle of a topic name$/],
			[() => checkPublish(7.5, undefined as never, bytes, 1, 0, 0), 0x05, /^7\.5 is not the handle/],
			[() => checkPublish(1, 500, bytes, 2, 0, 3), 0x06, /no 2 bytes from 3 on/],
			[() => checkPublish(1, 500, "text", 4, 0, 0), 0x06, /Uint8Array/],
			[() => checkPublish(1, 500, bytes, -1, 0, 0), 0x06, /no -1 bytes/],
			[() => checkPublish(1, 500, bytes, 1.5, 0, 0), 0x06, /no 1\.5 bytes/],
			[() => checkPublish(1, 500, bytes, 0, 0, -1), 0x06, /from -1 on/],
			[() => refuseInSource(), 0x02, /Source\.read/],
			[() => checkCollaborators(collaborators({ socket: {} as never })), 0x01, /^socket\.io/],
			[() => checkCollaborators(collaborators({ timer: {} as never })), 0x01, /^timer\.io/],
			[() => checkCollaborators(collaborators({ clock: {} as never })), 0x01, /^clock/],
			[() => checkCollaborators(collaborators({ random: {} as never })), 0x01, /^random/],
			[() => checkFilter(utf8("a/#/b"), undefined), 0x04, /"a\/#\/b"/],
			[() => checkFilter(utf8("$share/n"), undefined), 0x04, /share/],
			[() => checkFilter(utf8("$share/n/a"), { noLocal: true }), 0x01, /^noLocal/],
			[() => checkConnect(options({ clientId: 5 as never })), 0x01, /clientId/],
			[() => checkConnect(options({ clientId: "", cleanSession: false })), 0x01, /clientId/],
			[() => checkConnect(options({ password: "p" })), 0x01, /password/],
			[() => checkConnect(options({ protocolVersion: 3 as never })), 0x01, /^protocolVersion: .* 3$/],
			[() => checkConnect(options({ protocolVersion: "5" as never })), 0x01, /^protocolVersion/],
			[() => checkConnect(options({ properties: properties([TOPIC_ALIAS_MAXIMUM, 0]) })), 0x01, /protocolVersion 5/],
			[() => checkConnect(options({ will: { topic: "w", properties: new Uint8Array() } })), 0x01, /protocolVersion 5/],
			[() => checkConnect(five({ sessionExpiry: -1 })), 0x01, /sessionExpiry/],
			[() => checkConnect(five({ sessionExpiry: 4_294_967_296 })), 0x01, /sessionExpiry/],
			[() => checkConnect(five({ sessionExpiry: 0.5 })), 0x01, /sessionExpiry/],
			[() => checkConnect(five({ properties: expiry })), 0x01, /options of their own/],
			[() => checkConnect(five({ properties: properties([RECEIVE_MAXIMUM, 5]) })), 0x01, /options of their own/],
			[() => checkConnect(five({ properties: properties([WILL_DELAY_INTERVAL, 5]) })), 0x01, /^properties/],
			[() => checkConnect(five({ properties: utf8("x") })), 0x01, /^properties/],
			[() => checkConnect(five({ properties: "x" as never })), 0x01, /^properties/],
			[() => checkConnect(five({ will: { topic: "w", properties: expiry } })), 0x01, /^properties/],
			[() => checkConnect(options({ will: { topic: "w", qos: 3 } })), 0x01, /will\.qos/],
			[() => checkConnect(options({ will: { topic: "#" } })), 0x03, /will\.topic/],
			[() => checkConnect(options({ will: { topic: "w", payload: new Uint8Array(65_536) } })), 0x01, /will\.payload/],
		];
		for (const [call, code, message] of wrong) {
			let thrown: unknown;
			try {
				call();
			} catch (error) {
				thrown = error;
			}
			expect(thrown).toBeInstanceOf(Misuse);
			expect((thrown as Misuse).code).toBe(code);
			expect((thrown as Misuse).message).toMatch(message);
		}
	});

	it("and what is right passes", () => {
		for (const flags of [0, 1, 2, 3, 4, 5]) checkPublish(1, 500, utf8("x"), 1, flags, 0);
		checkPublish(1, 500, utf8("abc"), 0, 0, 3);
		checkConnect(options({ protocolVersion: 4 }));
		// 5.0 knows a password without a user name, and leaves it to the server to name a client that has a session.
		checkConnect(five({ password: "p" }));
		checkConnect(five({ clientId: "", cleanSession: false }));
		checkConnect(five({ sessionExpiry: 0xffff_ffff, properties: properties([USER_PROPERTY, "k", "v"]) }));
		checkConnect(five({ properties: new Uint8Array(), will: { topic: "w", properties: new Uint8Array() } }));
		checkConnect(five({ will: { topic: "w", properties: properties([WILL_DELAY_INTERVAL, 5]) } }));
		checkCollaborators(collaborators({}));
		checkFilter(utf8("+/a/#"), undefined);
		checkFilter(utf8("a"), { noLocal: true });
		checkFilter(utf8("$share/n/a"), { noLocal: false });
		checkFilter(utf8("$share"), { noLocal: true });
		checkConnect(options({}));
		// Will message and password are binary data: U+0000 is a byte of them like any other.
		checkConnect(options({ will: { topic: "w", payload: "\0" } }));
		checkConnect(
			options({ userName: "u", password: "p", will: { topic: "w", payload: new Uint8Array(65_535), qos: 2 } }),
		);
	});

	it("properties are what their packet may have, and 3.1.1 has none", () => {
		checkBlock(five(), new Uint8Array(), IN_PUBLISH);
		checkBlock(five(), properties([USER_PROPERTY, "a", "b"]), IN_PUBLISH);
		checkBlock(five(), properties([WILL_DELAY_INTERVAL, 5]), IN_WILL);
		const twice = properties([CONTENT_TYPE, "a"], [CONTENT_TYPE, "b"]);
		for (const block of [expiry, twice, utf8("?"), properties([CONTENT_TYPE, "a"]).slice(0, 3), [], undefined])
			expect(() => checkBlock(five(), block as never, IN_PUBLISH)).toThrow(Misuse);
		expect(() => checkBlock(options({}), new Uint8Array(), IN_PUBLISH)).toThrow(/protocolVersion 5/);
		expect(() => checkBlock(options({ protocolVersion: 4 }), new Uint8Array(), IN_PUBLISH)).toThrow(Misuse);
	});

	it("[MQTT-3.3.4-6] a PUBLISH of ours has no subscription identifier", () => {
		const { client } = online({ protocolVersion: 5 });
		expect(() => client.publishWith(properties([11, 5]), client.topic("a"), utf8("x"))).toThrow(Misuse);
		expect(() => client.publish("a", "x", { properties: properties([11, 5]) })).toThrow(Misuse);
	});

	it("[MQTT-3.2.2-17] [MQTT-3.2.2-18] [MQTT-3.3.2-9] nor a topic alias, which no server has been asked for", () => {
		const { client } = online({ protocolVersion: 5 });
		expect(() => client.publishWith(properties([35, 5]), client.topic("a"), utf8("x"))).toThrow(Misuse);
		expect(() => client.publish("a", "x", { properties: properties([35, 5]) })).toThrow(Misuse);
	});

	it("[MQTT-3.3.2-14] a response topic has no wildcards", () => {
		const { client } = online({ protocolVersion: 5 });
		for (const topic of ["a/#", "+", "a+b", ""])
			expect(() => client.publishWith(properties([8, topic]), client.topic("a"), utf8("x")), topic).toThrow(Misuse);
		expect(client.publishWith(properties([8, "a/b"]), client.topic("a"), utf8("x"))).toBe(0);
	});

	it("section 3.1.2.11.5: no server is promised that we know aliases, since each of them closes the link", () => {
		for (const maximum of [0, 5])
			expect(() => checkConnect(five({ properties: properties([TOPIC_ALIAS_MAXIMUM, maximum]) }))).toThrow(Misuse);
	});

	it("section 3.8.3.1: subscription options are one byte, of which 3.1.1 has the QoS", () => {
		expect(
			[undefined, {}, { qos: 1 }, { qos: 2, stream: true }].map(each => subscriptionOptions(options({}), each)),
		).toEqual([0, 0, 1, 2]);
		expect(subscriptionOptions(options({}), { noLocal: false, retainAsPublished: false, retainHandling: 0 })).toBe(0);
		for (const each of [
			{ noLocal: true },
			{ retainAsPublished: true },
			{ retainHandling: 1 },
			{ retainHandling: 2 },
		] as const)
			expect(() => subscriptionOptions(options({}), each)).toThrow(/protocolVersion 5/);
		for (const qos of [0, 1, 2])
			for (const noLocal of [false, true])
				for (const retainAsPublished of [false, true])
					for (const retainHandling of [0, 1, 2] as const)
						expect(subscriptionOptions(five(), { qos, noLocal, retainAsPublished, retainHandling })).toBe(
							qos + (noLocal ? 4 : 0) + (retainAsPublished ? 8 : 0) + retainHandling * 16,
						);
		for (const each of [
			{ qos: 3 },
			{ qos: -1 },
			{ qos: 0.5 },
			{ retainHandling: 3 as never },
			{ retainHandling: -1 as never },
		])
			expect(() => subscriptionOptions(five(), each)).toThrow(Misuse);
	});

	it("[MQTT-3.8.3-4] no local on a shared subscription is misuse", () => {
		const { client } = online({ protocolVersion: 5 });
		expect(() => client.subscribe("$share/n/a", () => {}, { noLocal: true })).toThrow(Misuse);
	});

	it("a part of a payload is a part of it, or refused", () => {
		const { client } = online();
		const topic = client.topic("a");
		const bytes = utf8("abc");
		for (const [length, offset] of [
			[3, 0],
			[0, 3],
			[0, 0],
			[2, 1],
			[undefined, 2],
			[undefined, 3],
		] as const)
			expect(client.publish(topic, bytes, length, 0, offset)).toBe(0);
		for (const [length, offset] of [
			[4, 0],
			[3, 1],
			[1, 3],
			[-1, 0],
			[1, -1],
			[undefined, 4],
			[1.5, 0],
			[1, 0.5],
			[Number.NaN, 0],
			[1, Number.NaN],
			[4_294_967_296, 0],
			[1, 4_294_967_296],
		] as const)
			expect(() => client.publish(topic, bytes, length, 0, offset), `${length} from ${offset} on`).toThrow(Misuse);
		for (const payload of [new Uint16Array(2), "abc", [1, 2, 3], new DataView(new ArrayBuffer(3))])
			expect(() => client.publish(topic, payload as never, 1, 0)).toThrow(Misuse);
	});

	it("a handle is a name's own, and nothing else is one", () => {
		const { client } = online();
		client.topic("a");
		const filter = client.subscribe("a", () => {});
		for (const handle of [0, -1, 3, 99, 1.5, Number.NaN, 4_294_967_297, filter]) {
			expect(() => client.publish(handle, utf8("x"), 1, 0)).toThrow(Misuse);
			expect(() => client.publishFrom(handle, { read: () => 1 }, 1, 0)).toThrow(Misuse);
		}
		// A publish by name leaves nothing behind either, whether it is taken or not.
		client.publish("b", "x");
		expect(() => client.publish("b", "x", { qos: 3 })).toThrow(Misuse);
		expect(() => client.publish("b", new Uint16Array(2) as never)).toThrow(Misuse);
		expect(() => client.publish(0, utf8("x"), 1, 0)).toThrow(Misuse);
	});

	it("flags are QOS_1 or QOS_2, and RETAIN: the client looks at them on its way, and has refused here", () => {
		const { client } = online();
		const topic = client.topic("a");
		const bytes = utf8("x");
		const source = { read: () => 1 };
		for (const flags of [0, 1, 2, 3, 4, 5]) {
			client.publish(topic, bytes, 1, flags);
			client.publishFrom(topic, source, 1, flags);
		}
		for (const flags of [6, 7, 8, 16, -1, 1.5, Number.NaN, -32, -31, 32, 33]) {
			expect(() => client.publish(topic, bytes, 1, flags), String(flags)).toThrow(Misuse);
			expect(() => client.publishFrom(topic, source, 1, flags)).toThrow(Misuse);
			expect(() => checkPublish(topic, 500, bytes, 1, flags, 0), String(flags)).toThrow(`flags ${flags} are not`);
		}
	});
});
