import { describe, expect, it } from "vitest";
import { checkBlock, IN_PUBLISH, takeProperty, takeUserProperties } from "../../../../firmware/mqtt/property.js";
import {
	type Draft,
	draftOf,
	EMPTY,
	type Form,
	filterProblem,
	isProblem,
	topicProblem,
} from "../../../../host-sim/web/topics/draft.js";

describe("topics", () => {
	it.each(["a", "/", "a//b", "$SYS/x", " ", "好/🌡"])("%j is one", topic => expect(topicProblem(topic)).toBeUndefined());

	it.each([
		["", "empty"],
		["a/+/b", "wildcard"],
		["a#", "wildcard"],
		["a\0", "null"],
		["a\ud800", "surrogate"],
		["x".repeat(65_536), "long"],
		["好".repeat(21_846), "long"],
	] as const)("[MQTT-3.3.2-2] %j is none: %s", (topic, problem) => expect(topicProblem(topic)).toBe(problem));
});

describe("filters", () => {
	it.each(["#", "+", "a/+/c/#", "/#", "$share/g/a/#", "$SYS/#"])("%j is one", filter =>
		expect(filterProblem(filter, false)).toBeUndefined(),
	);

	it.each([
		["", "empty"],
		["a/#/b", "hash"],
		["a#", "hash"],
		["#/", "hash"],
		["a+/b", "plus"],
		["a/++", "plus"],
		["$share/g", "share"],
		["$share//a", "share"],
		["$share/g+/a", "share"],
		["a\0", "null"],
	] as const)("[MQTT-4.7.1-2] [MQTT-4.7.1-3] %j is none: %s", (filter, problem) =>
		expect(filterProblem(filter, false)).toBe(problem),
	);

	it("[MQTT-3.8.3-4] a shared one has no No Local", () => {
		expect(filterProblem("$share/g/a", true)).toBe("shareLocal");
		expect(filterProblem("a", true)).toBeUndefined();
	});
});

const made = (part: Partial<Form>, isFive = true) => draftOf({ ...EMPTY, topic: "a", ...part }, isFive);

describe("drafts", () => {
	it("text goes as it is, JSON as it was typed, hex as bytes", () => {
		expect(made({ payload: "21 °C", qos: 1, retain: true })).toEqual({
			topic: "a",
			payload: new TextEncoder().encode("21 °C"),
			options: { qos: 1, retain: true },
		});
		expect(made({ payload: '{ "a": 1 }', shape: "json" })).toMatchObject({
			payload: new TextEncoder().encode('{ "a": 1 }'),
		});
		expect(made({ payload: "0x00 ff", shape: "hex" })).toMatchObject({ payload: Uint8Array.of(0, 255) });
		expect(made({ payload: "", shape: "hex" })).toMatchObject({ payload: new Uint8Array(0) });
	});

	it("all properties of 5.0 make a block that the client takes", () => {
		const draft = made({
			contentType: "text/plain",
			expiry: " 60 ",
			responseTopic: "back",
			correlation: "01 02",
			correlationShape: "hex",
			isText: true,
			user: [
				["room", "kitchen"],
				["", ""],
				["room", ""],
			],
		}) as Draft;
		const block = draft.options.properties!;
		expect(() => checkBlock({ protocolVersion: 5 } as never, block, IN_PUBLISH)).not.toThrow();
		expect([1, 2, 3, 8, 9].map(id => takeProperty(block, 0, block.length, id))).toEqual([
			1,
			60,
			"text/plain",
			"back",
			Uint8Array.of(1, 2),
		]);
		expect(takeUserProperties(block, 0, block.length)).toEqual([
			["room", "kitchen"],
			["room", ""],
		]);
	});

	it("3.1.1 has none of them, right or wrong", () => {
		expect(made({ contentType: "text/plain", expiry: "soon" }, false)).toEqual({
			topic: "a",
			payload: new Uint8Array(0),
			options: { qos: 0, retain: false },
		});
	});

	it.each([
		[{ topic: "a/#" }, "topic", "wildcard"],
		[{ payload: "{", shape: "json" }, "payload", "json"],
		[{ payload: "0g", shape: "hex" }, "payload", "hex"],
		[{ expiry: "-1" }, "expiry", "expiry"],
		[{ expiry: "4294967296" }, "expiry", "expiry"],
		[{ expiry: "1.5" }, "expiry", "expiry"],
		[{ contentType: "a\0" }, "contentType", "null"],
		[{ responseTopic: "a/+" }, "responseTopic", "wildcard"],
		[{ correlation: "abc", correlationShape: "hex" }, "correlation", "hex"],
		[{ correlation: "x".repeat(65_536) }, "correlation", "long"],
		[{ user: [["a", "\ud800"]] }, "user", "surrogate"],
	] as const)("%o is wrong in its %s: %s", (part, field, problem) => {
		const draft = made(part);
		expect(isProblem(draft) && [draft.field, draft.problem]).toEqual([field, problem]);
	});
});
