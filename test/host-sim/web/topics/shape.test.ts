import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	PAYLOAD_FORMAT_INDICATOR,
	properties,
	RESPONSE_TOPIC,
	SUBSCRIPTION_IDENTIFIER,
	USER_PROPERTY,
} from "../../../../firmware/mqtt/property.js";
import {
	harmless,
	hexLinesOf,
	jsonOf,
	propertiesOf,
	summaryOf,
	textOf,
} from "../../../../host-sim/web/topics/shape.js";

const encode = (text: string) => new TextEncoder().encode(text);

describe("text", () => {
	it("is UTF-8 without what would hide or turn round", () => {
		expect(textOf(encode("21,5 °C\n\t好"))).toBe("21,5 °C\n\t好");
		expect(textOf(encode("a\u202eb\u001b[31m\u2028"))).toBe("a\ufffdb\ufffd[31m\ufffd");
		expect(textOf(Uint8Array.of(0xff, 0x41))).toBeUndefined();
		expect(textOf(Uint8Array.of(0x41, 0))).toBeUndefined();
	});

	it("harmless leaves markup as it is: it is shown as text", () => {
		expect(harmless("<b>&amp;</b>")).toBe("<b>&amp;</b>");
	});
});

describe("JSON", () => {
	it("is set out, empty ones on their line, numbers as they were sent", () => {
		const text = '{"a":[1,2.50,{}],"b":{"c":"x, {y}\\" :"},"d":[],"e":12345678901234567890,"f":null}';
		expect(jsonOf(encode(text))).toBe(
			[
				"{",
				'  "a": [',
				"    1,",
				"    2.50,",
				"    {}",
				"  ],",
				'  "b": {',
				'    "c": "x, {y}\\" :"',
				"  },",
				'  "d": [],',
				'  "e": 12345678901234567890,',
				'  "f": null',
				"}",
			].join("\n"),
		);
		expect(jsonOf(encode(" 7 "))).toBe("7");
	});

	it("means the same set out as before", () => {
		fc.assert(
			fc.property(fc.json(), text => {
				// What is harmless may be other text; all else is the same.
				fc.pre(harmless(text) === text);
				expect(JSON.parse(jsonOf(encode(text))!)).toEqual(JSON.parse(text));
			}),
		);
	});

	it("is not what is none, or too long", () => {
		expect(jsonOf(encode("{a:1}"))).toBeUndefined();
		expect(jsonOf(encode(""))).toBeUndefined();
		expect(jsonOf(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined();
		expect(jsonOf(encode(`"${"x".repeat(40_000)}"`))).toBeUndefined();
	});
});

it("bytes are lines of sixteen, as many as are wanted", () => {
	const lines = hexLinesOf(encode("0123456789abcdefAB\n"));
	expect(lines).toEqual([
		"0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
		`0010  41 42 0a${" ".repeat(39)}  AB.`,
	]);
	expect(hexLinesOf(new Uint8Array(1000), 3)).toHaveLength(3);
	expect(hexLinesOf(new Uint8Array(0))).toEqual([]);
});

describe("summary", () => {
	it("is one line of text, or some bytes", () => {
		expect(summaryOf(encode("a\n  b"))).toBe("a b");
		expect(summaryOf(Uint8Array.of(0xff, 1))).toBe("0x ff 01");
		expect(summaryOf(new Uint8Array(30).fill(0xff))).toBe(`0x ${"ff ".repeat(23)}ff…`);
		expect(summaryOf(new Uint8Array(0))).toBe("");
	});

	it("is cut between characters", () => {
		expect(summaryOf(encode("好".repeat(100)))).toBe(`${"好".repeat(40)}…`);
		expect(summaryOf(encode(`a${"好".repeat(100)}`))).toBe(`a${"好".repeat(39)}…`);
	});
});

it("properties of a message come by name, without the page's own identifiers", () => {
	const block = properties(
		[SUBSCRIPTION_IDENTIFIER, 3],
		[USER_PROPERTY, "room", "kitchen\u0007"],
		[CONTENT_TYPE, "text/plain"],
		[PAYLOAD_FORMAT_INDICATOR, 1],
		[MESSAGE_EXPIRY_INTERVAL, 60],
		[RESPONSE_TOPIC, "back/here"],
		[CORRELATION_DATA, encode("id7")],
		[USER_PROPERTY, "room", "hall"],
	);
	expect(propertiesOf(block)).toEqual([
		{ name: "contentType", value: "text/plain" },
		{ name: "format", value: "1" },
		{ name: "expiry", value: "60" },
		{ name: "responseTopic", value: "back/here" },
		{ name: "correlation", value: "69 64 37 · id7" },
		{ name: "user", key: "room", value: "kitchen\ufffd" },
		{ name: "user", key: "room", value: "hall" },
	]);
	expect(propertiesOf(properties([CORRELATION_DATA, Uint8Array.of(0xff)]))).toEqual([
		{ name: "correlation", value: "ff" },
	]);
	expect(propertiesOf(new Uint8Array(0))).toEqual([]);
});
