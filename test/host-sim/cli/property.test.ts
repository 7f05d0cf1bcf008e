import { describe, expect, it } from "vitest";
import * as property from "../../../firmware/mqtt/property.js";
import { blocksOf, propertyWords } from "../../../host-sim/cli/property.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

const ALL = ["CONNECT", "PUBLISH", "WILL"] as const;

describe("properties on the command line", () => {
	it("have three words, a user property four", () => {
		expect(propertyWords(["publish", "content-type", "x"])).toBe(3);
		expect(propertyWords(["publish", "user-property", "a", "b"])).toBe(4);
	});

	it("become a block for each command", () => {
		const blocks = blocksOf(
			[
				["publish", "content-type", "text/plain"],
				["PUBLISH", "user-property", "a", "b"],
				["PUBLISH", "user-property", "a", "c"],
				["PUBLISH", "message-expiry-interval", "4294967295"],
				["publish", "correlation-data", "é"],
				["WILL", "will-delay-interval", "0"],
				["connect", "request-problem-information", "1"],
				["SUBSCRIBE", "subscription-identifier", "268435455"],
				["UNSUBSCRIBE", "user-property", "k", "v"],
				["DISCONNECT", "session-expiry-interval", "0"],
				["DISCONNECT", "reason-string", "done"],
			],
			[...ALL, "SUBSCRIBE", "UNSUBSCRIBE", "DISCONNECT"],
		);
		expect(blocks).toEqual({
			options: new Map(),
			SUBSCRIBE: property.properties([property.SUBSCRIPTION_IDENTIFIER, 268_435_455]),
			UNSUBSCRIBE: property.properties([property.USER_PROPERTY, "k", "v"]),
			DISCONNECT: property.properties([property.SESSION_EXPIRY_INTERVAL, 0], [property.REASON_STRING, "done"]),
			PUBLISH: property.properties(
				[property.CONTENT_TYPE, "text/plain"],
				[property.USER_PROPERTY, "a", "b"],
				[property.USER_PROPERTY, "a", "c"],
				[property.MESSAGE_EXPIRY_INTERVAL, 4_294_967_295],
				[property.CORRELATION_DATA, Uint8Array.of(0xc3, 0xa9)],
			),
			WILL: property.properties([property.WILL_DELAY_INTERVAL, 0]),
			CONNECT: property.properties([property.REQUEST_PROBLEM_INFORMATION, 1]),
		});
		expect(blocksOf([], ALL)).toEqual({ options: new Map() });
	});

	it("of CONNECT are options of the client, where it has some for them", () => {
		const given = [
			["CONNECT", "maximum-packet-size", "1000"],
			["CONNECT", "receive-maximum", "7"],
			["CONNECT", "topic-alias-maximum", "0"],
			["CONNECT", "session-expiry-interval", "60"],
		];
		const options = new Map([
			[property.MAXIMUM_PACKET_SIZE, 1000],
			[property.RECEIVE_MAXIMUM, 7],
			[property.TOPIC_ALIAS_MAXIMUM, 0],
			[property.SESSION_EXPIRY_INTERVAL, 60],
		]);
		expect(blocksOf(given, ALL)).toEqual({ options });
	});

	it.each([
		[
			["SUBSCRIBE", "user-property", "a", "b"],
			'-D: properties go with CONNECT, PUBLISH, WILL here, not with "SUBSCRIBE"',
		],
		[
			["CONNECT", "content-type", "a"],
			'-D: CONNECT has no "content-type"; known are request-problem-information, request-response-information, maximum-packet-size, receive-maximum, topic-alias-maximum, session-expiry-interval, user-property',
		],
		[
			["PUBLISH", "payload-format-indicator", "2"],
			"-D PUBLISH payload-format-indicator: expected a whole number from 0 to 1",
		],
		[
			["CONNECT", "maximum-packet-size", "0"],
			"-D CONNECT maximum-packet-size: expected a whole number from 64 to 268435460",
		],
		[["PUBLISH", "content-type", "\0"], "-D PUBLISH content-type: expected text of at most 65535 bytes without U+0000"],
		[
			["PUBLISH", "content-type", "x".repeat(65_536)],
			"-D PUBLISH content-type: expected text of at most 65535 bytes without U+0000",
		],
	])("%.60j: one sentence", (words, message) => {
		expect(() => blocksOf([words], ALL)).toThrow(new UsageError(message));
	});

	it("stand once in a packet, but for user properties", () => {
		const twice = ["PUBLISH", "content-type", "a"];
		expect(() => blocksOf([twice, twice], ALL)).toThrow("-D: PUBLISH content-type is given twice");
	});
});
