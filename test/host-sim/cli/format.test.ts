import { describe, expect, it } from "vitest";
import { plainFormat, sequenceFormat } from "../../../host-sim/cli/format.js";
import { isoTime } from "../../../host-sim/cli/json.js";
import type { Message } from "../../../host-sim/cli/message.js";
import { UsageError } from "../../../host-sim/fleet/scenario.js";

const message: Message = {
	topic: "tö/pic",
	payload: Buffer.of(0x00, 0xff, 0x41, 0x0a),
	qos: 1,
	retain: true,
	packetId: 12,
	properties: new Map<never, number | string | Uint8Array>([
		["content-type" as never, "text"],
		["message-expiry-interval" as never, 60],
		["correlation-data" as never, Buffer.of(1, 254)],
	]),
	userProperties: [
		["a", "b"],
		["a", "c"],
	],
	time: Date.UTC(2026, 6, 2, 3, 4, 5, 67),
};
const told: string[] = [];
const format = (text: string, more: Partial<Message> = {}, pretty = false) =>
	sequenceFormat(text, { pretty, newline: false, tell: text => told.push(text) })({ ...message, ...more });
const shown = (text: string, more: Partial<Message> = {}) => format(text, more).toString();

describe("payloads as they are", () => {
	it("are bytes, with a line feed unless none is wanted", () => {
		expect(plainFormat(false, true)(message)).toEqual(Buffer.of(0x00, 0xff, 0x41, 0x0a, 0x0a));
		expect(plainFormat(false, false)(message)).toEqual(message.payload);
		expect(plainFormat(true, true)(message).toString("latin1")).toBe("t\xc3\xb6/pic \0\xffA\n\n");
	});

	it("show nothing where they are empty, but for their topic", () => {
		const empty = { ...message, payload: Buffer.alloc(0) };
		expect(plainFormat(false, true)(empty).toString()).toBe("");
		expect(plainFormat(true, true)(empty).toString()).toBe("tö/pic (null)\n");
		expect(plainFormat(true, false)(empty).toString()).toBe("");
	});
});

describe("sequences", () => {
	it.each([
		["%t|%q|%r|%m|%l|%%", "tö/pic|1|1|12|4|%"],
		["%x %X", "00ff410a 00FF410A"],
		["%C|%E|%P|%R|%F|%S|%A", "text|60|a:b a:c||||"],
		["%8t|%-8t|%.2t|%5.1t|%08t", "  tö/pic|tö/pic  |tö|    t|  tö/pic"],
		["%4l|%04l|%-4l|%-04l", "   4|0004|4   |4   "],
		["%6E|%4F|%04F|%6R", "    60|    |0000|      "],
		["%2x|%6x|%06X", "00|  00ff|0000FF"],
		["%U @s.@N", "1782961445.067000000 1782961445.067000000"],
		["\\t\\n\\0\\e\\\\@@", "\t\n\0\x1b\\@"],
	])("%j", (text, expected) => {
		expect(shown(text)).toBe(expected);
	});

	it("leave payloads and correlation data as they are", () => {
		expect(format("<%p|%D>")).toEqual(Buffer.of(0x3c, 0x00, 0xff, 0x41, 0x0a, 0x7c, 1, 254, 0x3e));
		expect(format("%2p|%6p|%-5p")).toEqual(
			Buffer.concat(["\0\xff|  \0\xffA\n|\0\xffA\n "].map(text => Buffer.from(text, "latin1"))),
		);
	});

	it("have the time of day here", () => {
		const now = isoTime(message.time, false);
		expect(shown("%I")).toBe(now);
		expect(shown("@Y-@m-@dT@H:@M:@S@z")).toBe(now);
		expect(shown("@FT@T@z @y")).toBe(`${now} 26`);
	});

	it("make JSON, and tell of a payload that is none", () => {
		expect(JSON.parse(shown("%j", { payload: Buffer.from("hi") }))).toMatchObject({ payload: "hi", mid: 12 });
		expect(JSON.parse(shown("%J", { payload: Buffer.from("[1]") }))).toMatchObject({ payload: [1] });
		expect(shown("<%J>")).toBe("<>");
		expect(told).toEqual(["the payload is no JSON, on topic tö/pic"]);
		expect(format("%j", {}, true).toString()).toContain('\n\t"qos":\t1,\n');
	});

	it("end with a line feed", () => {
		const line = sequenceFormat("%q", { pretty: false, newline: true, tell() {} });
		expect(line(message).toString()).toBe("1\n");
	});

	it.each([
		["%z", "-F: there is no %z; see --help"],
		["%", "-F: there is no %; see --help"],
		["%5", "-F: there is no %; see --help"],
		["\\q", "-F: there is no \\q; see --help"],
		["\\", "-F: there is no \\; see --help"],
		["@c", "-F: there is no @c here; known are @Y @y @m @d @F @H @M @S @T @z @s @N @@"],
		["%99999t", "-F: a width may be 10000 at most"],
	])("%j means nothing, and is told at once", (text, expected) => {
		expect(() => format(text)).toThrow(new UsageError(expected));
	});
});
