import { describe, expect, it } from "vitest";
import { checkConnect, checkFilter, checkFlags, refuseHandle } from "../../../firmware/mqtt/check.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import type { ClientOptions } from "../../../firmware/mqtt/options.js";

const options = (given: Partial<ClientOptions>) => ({ clientId: "c", ...given }) as ClientOptions;

describe("what a caller can do wrong", () => {
	it("is said in a few words, with a code", () => {
		const wrong: [() => unknown, number, RegExp][] = [
			[() => refuseHandle(7, "topic name"), 0x05, /^7 is not the handle of a topic name$/],
			[() => checkFlags(6), 0x07, /flags 6/],
			[() => checkFlags(16), 0x07, /flags 16/],
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
		for (const flags of [0, 1, 2, 3, 4, 5]) checkFlags(flags);
		checkFilter("+/a/#");
		checkConnect(options({}));
		// Will message and password are binary data: U+0000 is a byte of them like any other.
		checkConnect(options({ will: { topic: "w", payload: "\0" } }));
		checkConnect(
			options({ userName: "u", password: "p", will: { topic: "w", payload: new Uint8Array(65_535), qos: 2 } }),
		);
	});
});
