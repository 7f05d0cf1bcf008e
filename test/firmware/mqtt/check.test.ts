import { describe, expect, it } from "vitest";
import {
	checkCollaborators,
	checkConnect,
	checkFilter,
	refuseHandle,
	refuseInSource,
	refusePublish,
} from "../../../firmware/mqtt/check.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";
import { online, utf8 } from "../../support/peer.js";
import { makeSession } from "../../support/session.js";

const options = (given: Partial<ClientOptions>) => ({ clientId: "c", ...given }) as ClientOptions;
const collaborators = (given: Partial<ClientOptions>): ClientOptions => ({ ...makeSession().options, ...given });

describe("what a caller can do wrong", () => {
	it("is said in a few words, with a code", () => {
		const bytes = utf8("x");
		const wrong: [() => unknown, number, RegExp][] = [
			[() => refuseHandle(7, "topic name"), 0x05, /^7 is not the handle of a topic name$/],
			[() => refusePublish(1, 500, bytes, 1, 6, 0), 0x07, /flags 6/],
			[() => refusePublish(1, 500, bytes, 1, 16, 0), 0x07, /flags 16/],
			[() => refusePublish(7, 0, bytes, 1, 0, 0), 0x05, /^7 is not the handle of a topic name$/],
			[() => refusePublish(7, -500, bytes, 1, 0, 0), 0x05, /^7 is not the handle of a topic name$/],
			[() => refusePublish(7.5, undefined as never, bytes, 1, 0, 0), 0x05, /^7\.5 is not the handle/],
			[() => refusePublish(1, 500, bytes, 2, 0, 3), 0x06, /no 2 bytes from 3 on/],
			[() => refusePublish(1, 500, "text", 4, 0, 0), 0x06, /Uint8Array/],
			[() => refuseInSource(), 0x02, /Source\.read/],
			[() => checkCollaborators(collaborators({ socket: {} as never })), 0x01, /^socket\.io/],
			[() => checkCollaborators(collaborators({ timer: {} as never })), 0x01, /^timer\.io/],
			[() => checkCollaborators(collaborators({ clock: {} as never })), 0x01, /^clock/],
			[() => checkCollaborators(collaborators({ random: {} as never })), 0x01, /^random/],
			[() => checkFilter("a/#/b"), 0x04, /"a\/#\/b"/],
			[() => checkConnect(options({ clientId: 5 as never })), 0x01, /clientId/],
			[() => checkConnect(options({ clientId: "", cleanSession: false })), 0x01, /clientId/],
			[() => checkConnect(options({ password: "p" })), 0x01, /password/],
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
		checkCollaborators(collaborators({}));
		checkFilter("+/a/#");
		checkConnect(options({}));
		// Will message and password are binary data: U+0000 is a byte of them like any other.
		checkConnect(options({ will: { topic: "w", payload: "\0" } }));
		checkConnect(
			options({ userName: "u", password: "p", will: { topic: "w", payload: new Uint8Array(65_535), qos: 2 } }),
		);
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
		for (const flags of [6, 7, 8, 16, -1, 1.5, Number.NaN]) {
			expect(() => client.publish(topic, bytes, 1, flags)).toThrow(Misuse);
			expect(() => client.publishFrom(topic, source, 1, flags)).toThrow(Misuse);
		}
	});
});
