import { describe, expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { linkOf } from "../../../host-sim/inspect/section.js";
import { allOf, bytesOf, statementsOf, untiled, valuesOf } from "../../support/packets.js";

const FLAGS = ["User Name Flag", "Password Flag", "Will Retain", "Will QoS", "Will Flag"] as const;

/** A CONNECT with these flags, and with the fields that they announce. */
function connect(flags: number, level: 4 | 5, clientId = "b"): Uint8Array {
	const five = level === 5;
	const body = [
		...bytesOf(0, 4, "MQTT", level, flags, 0, 60, five ? [0] : [], 0, clientId.length, clientId),
		...bytesOf((flags & 4) === 0 ? [] : [...(five ? [0] : []), 0, 1, 0x77, 0, 2, 0x68, 0x69]),
		...bytesOf((flags & 0x80) === 0 ? [] : [0, 1, 0x75], (flags & 0x40) === 0 ? [] : [0, 1, 0x70]),
	];
	return bytesOf(0x10, body.length, body);
}

/** What section 3.1.2 says of such flags. */
function expected(flags: number, level: 4 | 5): string[] {
	const five = level === 5;
	const qos = (flags >> 3) & 3;
	const will = (flags & 4) !== 0;
	return [
		...((flags & 0xc0) === 0x40 && !five ? ["MQTT-3.1.2-22"] : []),
		...((flags & 0x20) !== 0 && !will ? [five ? "MQTT-3.1.2-13" : "MQTT-3.1.2-15"] : []),
		...(qos !== 0 && !will ? [five ? "MQTT-3.1.2-11" : "MQTT-3.1.2-13"] : []),
		...(qos === 3 && will ? [five ? "MQTT-3.1.2-12" : "MQTT-3.1.2-14"] : []),
		...((flags & 1) !== 0 ? ["MQTT-3.1.2-3"] : []),
	];
}

describe.each([4, 5] as const)("the flags of CONNECT, level %i", level => {
	it("are all taken apart, and judged by their statements", () => {
		for (let flags = 0; flags < 256; flags += 1) {
			const bytes = connect(flags, level);
			const found = dissect(bytes, { version: level === 5 ? "3.1.1" : "5.0" });
			expect(untiled(found.fields, bytes.length)).toBeUndefined();
			expect(found.isWhole).toBe(true);
			const values = FLAGS.map(name => Number(valuesOf(found, name)[0]));
			expect(values).toEqual([flags >> 7, (flags >> 6) & 1, (flags >> 5) & 1, (flags >> 3) & 3, (flags >> 2) & 1]);
			expect(valuesOf(found, level === 5 ? "Clean Start" : "Clean Session")).toEqual([String((flags >> 1) & 1)]);
			expect(found.summary.clean).toBe((flags & 2) !== 0);
			expect(valuesOf(found, "Will Topic")).toEqual((flags & 4) === 0 ? [] : ["w"]);
			expect(valuesOf(found, "User Name")).toEqual((flags & 0x80) === 0 ? [] : ["u"]);
			expect(valuesOf(found, "Password")).toEqual((flags & 0x40) === 0 ? [] : ["(1 byte, not shown)"]);
			expect(statementsOf(found), `flags ${flags}`).toEqual(expected(flags, level));
		}
	});
});

it("[MQTT-3.1.3-7] an empty client id needs Clean Session 1 in 3.1.1", () => {
	expect(statementsOf(dissect(connect(0, 4, ""), { version: "3.1.1" }))).toEqual(["MQTT-3.1.3-7"]);
	expect(statementsOf(dissect(connect(2, 4, ""), { version: "3.1.1" }))).toEqual([]);
	expect(statementsOf(dissect(connect(0, 5, ""), { version: "5.0" }))).toEqual([]);
});

it("[MQTT-3.1.2-1] [MQTT-3.1.2-2] another protocol name or level is told, and the rest is read", () => {
	const old = dissect(bytesOf(0x10, 15, 0, 6, "MQIsdp", 3, 2, 0, 60, 0, 1, "b"), { version: "5.0" });
	expect(statementsOf(old)).toEqual(["MQTT-3.1.2-1", "MQTT-3.1.2-2"]);
	expect([old.version, old.summary.clientId, old.isWhole]).toEqual(["3.1.1", "b", true]);
	expect(allOf(old.fields).find(({ name }) => name === "Protocol Name")!.note).toContain("MQTT 3.1");
});

it("names each field by its section in its version", () => {
	const sections = (level: 4 | 5) =>
		Object.fromEntries(
			allOf(dissect(connect(0xc6, level), { version: "3.1.1" }).fields).map(({ name, section }) => [name, section]),
		);
	expect(sections(4)).toMatchObject({ "Will Message": "3.1.3.3", "User Name": "3.1.3.4", Password: "3.1.3.5" });
	expect(sections(5)).toMatchObject({ "Will Payload": "3.1.3.4", "User Name": "3.1.3.5", Password: "3.1.3.6" });
	expect(linkOf(sections(5)["Password"]!, "5.0")).toMatch(/#_Toc3901072$/);
});
