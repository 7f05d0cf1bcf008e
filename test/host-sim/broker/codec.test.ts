import type { Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Codec } from "../../../host-sim/broker/codec.js";
import { Refusal } from "../../../host-sim/broker/reason.js";
import { hex } from "../../support/peer.js";

const CONNECT = { 4: "100d 0004 4d515454 04 02 0000 0001 61", 5: "100e 0004 4d515454 05 02 0000 00 0001 61" };

/** A codec that has read CONNECT. */
function codec(version: 4 | 5): Codec {
	const made = new Codec();
	made.decode(hex(CONNECT[version]));
	return made;
}

function reasonOf(run: () => unknown): number {
	try {
		run();
		return 0;
	} catch (error) {
		if (error instanceof Refusal) return error.reason;
		throw error;
	}
}

const text = (bytes: Buffer | undefined) => bytes?.toString("hex");

describe("the codec", () => {
	it("takes its version from CONNECT, and says nothing before", () => {
		const fresh = new Codec();
		expect(fresh.encode({ cmd: "pingresp" })).toBeUndefined();
		expect(reasonOf(() => fresh.decode(hex("c000")))).toBe(0x82);
		expect(fresh.decode(hex(CONNECT[5])).packet).toMatchObject({ cmd: "connect", protocolVersion: 5, clientId: "a" });
		expect(text(fresh.encode({ cmd: "puback", messageId: 1, reasonCode: 0x10 }))).toBe("400400011000");
		expect(text(codec(4).encode({ cmd: "puback", messageId: 1, reasonCode: 0x10 }))).toBe("40020001");
	});

	it("[MQTT-3.1.2-2] refuses another version as 3.1.1 does", () => {
		for (const level of ["03", "06", "84"]) {
			const fresh = new Codec();
			expect(reasonOf(() => fresh.decode(hex(`100d 0004 4d515454 ${level} 02 0000 0001 61`)))).toBe(0x84);
			expect(text(fresh.encode({ cmd: "connack", reasonCode: 0x84, sessionPresent: false }))).toBe("20020001");
		}
		const other = new Codec();
		expect(reasonOf(() => other.decode(hex("100f 0006 4d5149736470 03 02 0000 0001 61")))).toBe(0x81);
		expect(other.encode({ cmd: "connack", reasonCode: 0x81, sessionPresent: false })).toBeUndefined();
	});

	it("leaves out what 3.1.1 cannot say", () => {
		const four = codec(4);
		const packets: [Packet, string | undefined][] = [
			[{ cmd: "connack", reasonCode: 0, sessionPresent: true, properties: { receiveMaximum: 3 } }, "20020100"],
			[{ cmd: "connack", reasonCode: 0x86, sessionPresent: false }, "20020004"],
			[{ cmd: "connack", reasonCode: 0x9a, sessionPresent: false }, undefined],
			[{ cmd: "suback", messageId: 1, granted: [2, 0x87, 0x9e] }, "900500 01 02 80 80"],
			[{ cmd: "unsuback", messageId: 1, granted: [0x11] }, "b0020001"],
			[{ cmd: "pubrel", messageId: 1, reasonCode: 0x92 }, "62020001"],
			[{ cmd: "disconnect", reasonCode: 0x8e }, undefined],
			[{ cmd: "auth", reasonCode: 0x18 }, undefined],
		];
		for (const [packet, bytes] of packets)
			expect(text(four.encode(packet)), packet.cmd).toBe(bytes?.replaceAll(" ", ""));
	});

	it("[MQTT-3.3.2-18] gives user properties in the order in which they stand", () => {
		const { packet, userProperties } = codec(5).decode(
			hex("3016 0001 61 12 26 0001 62 0001 31 26 0001 61 0000 26 0000 0000"),
		);
		expect(packet).toMatchObject({ cmd: "publish", topic: "a" });
		expect(userProperties).toEqual([
			["b", "1"],
			["a", ""],
			["", ""],
		]);
	});

	it("reads on after a packet that it refused", () => {
		const five = codec(5);
		expect(reasonOf(() => five.decode(hex("8206 0001 00 0001 61")))).toBe(0x81);
		expect(five.decode(hex("c000")).packet.cmd).toBe("pingreq");
	});
});
