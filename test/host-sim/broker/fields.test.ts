import { describe, expect, it } from "vitest";
import { Fields } from "../../../host-sim/broker/fields.js";
import { hex } from "../../support/peer.js";

const fields = (text: string) => new Fields(hex(text));

describe("fields", () => {
	it("come one after the other", () => {
		const all = fields("07 0102 01020304 8001 0002 c3a9 0001 00 09");
		expect([all.byte(), all.uint16(), all.uint32(), all.variable(), all.string(), all.binary()]).toEqual([
			7,
			258,
			0x0102_0304,
			128,
			"é",
			Buffer.of(0),
		]);
		expect(all.atEnd).toBe(false);
		expect(() => all.end()).toThrow("bytes behind the end");
		const block = all.block(1);
		expect([all.atEnd, block.byte(), block.atEnd]).toEqual([true, 9, true]);
		all.end();
	});

	it("end where the packet ends", () => {
		for (const read of ["byte", "uint16", "uint32", "variable", "string", "binary"] as const)
			expect(() => fields("")[read](), read).toThrow("packet too short");
		expect(() => fields("0003 6161").string()).toThrow("packet too short");
		expect(() => fields("80").variable()).toThrow("packet too short");
		expect(() => fields("01").block(2)).toThrow("packet too short");
	});

	it("[MQTT-1.5.5-1] have integers of one to four bytes, none longer than it needs", () => {
		expect(["00", "7f", "8001", "ff7f", "808001", "ffffff7f"].map(text => fields(text).variable())).toEqual([
			0, 127, 128, 16_383, 16_384, 268_435_455,
		]);
		expect(() => fields("8000").variable()).toThrow("more bytes than it needs");
		expect(() => fields("80808001 01").variable()).not.toThrow();
		expect(() => fields("8080808001").variable()).toThrow("five bytes");
	});

	it("[MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.4-3] have strings of well-formed UTF-8 without U+0000, and keep U+FEFF", () => {
		for (const bytes of ["0001 ff", "0003 eda080", "0002 c080", "0004 f4908080"])
			expect(() => fields(bytes).string(), bytes).toThrow("ill-formed UTF-8");
		expect(() => fields("0003 610061").string()).toThrow("U+0000");
		expect(fields("0004 efbbbf61").string()).toBe("\ufeffa");
	});

	it("[MQTT-2.2.1-3] have packet ids that are not 0, which is an error of protocol", () => {
		expect(fields("0100").packetId()).toBe(256);
		expect(() => fields("0000").packetId()).toThrow(expect.objectContaining({ reason: 0x82 }));
		expect(() => fields("00").packetId()).toThrow(expect.objectContaining({ reason: 0x81 }));
	});
});
