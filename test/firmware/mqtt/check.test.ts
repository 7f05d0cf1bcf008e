import { describe, expect, it } from "vitest";
import { checkFilter, checkFlags, connectFields, refuseHandle } from "../../../firmware/mqtt/check.js";
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
			[() => connectFields(options({ clientId: 5 as never }), 60), 0x01, /clientId/],
			[() => connectFields(options({ clientId: "", cleanSession: false }), 60), 0x01, /clientId/],
			[() => connectFields(options({ password: "p" }), 60), 0x01, /password/],
			[() => connectFields(options({ will: { topic: "w", qos: 3 } }), 60), 0x01, /will\.qos/],
			[() => connectFields(options({ will: { topic: "#" } }), 60), 0x03, /will\.topic/],
			[
				() => connectFields(options({ will: { topic: "w", payload: new Uint8Array(65_536) } }), 60),
				0x01,
				/will\.payload/,
			],
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

	it("and what is right passes, with the defaults filled in", () => {
		for (const flags of [0, 1, 2, 3, 4, 5]) checkFlags(flags);
		checkFilter("+/a/#");
		expect(connectFields(options({}), 30)).toEqual({
			clientId: "c",
			cleanSession: true,
			keepAlive: 30,
			userName: undefined,
			password: undefined,
			will: undefined,
			willPayload: new Uint8Array(0),
		});
	});
});
