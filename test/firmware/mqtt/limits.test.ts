import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { DEFAULT_LIMITS, withDefaults } from "../../../firmware/mqtt/limits.js";

describe("limits", () => {
	it("are the documented ones where none are given", () => {
		expect(withDefaults(undefined)).toEqual({
			receive: 512,
			send: 512,
			outbox: 1024,
			messages: 8,
			received: 20,
			topics: 8,
			topicBytes: 288,
			aliases: 0,
			aliasBytes: 512,
		});
		expect(withDefaults({})).toEqual(DEFAULT_LIMITS);
	});

	it("round bytes up to multiples of eight", () => {
		expect(withDefaults({ receive: 65, send: 72, outbox: 101, topicBytes: 17 })).toMatchObject({
			receive: 72,
			send: 72,
			outbox: 104,
			topicBytes: 24,
		});
		expect(withDefaults({ receive: 65_535 }).receive).toBe(65_536);
	});

	it.each([
		["receive", 63],
		["receive", 65_536],
		["send", 0],
		["outbox", -1],
		["messages", 0],
		["messages", 1025],
		["received", 1.5],
		["topics", Number.NaN],
		["topicBytes", 15],
	] as const)("%s: %d is misuse, and the message says what was expected", (name, value) => {
		expect(() => withDefaults({ [name]: value })).toThrow(Misuse);
		expect(() => withDefaults({ [name]: value })).toThrow(
			new RegExp(`^${name}: expected an integer from \\d+ to \\d+, got `),
		);
	});
});
