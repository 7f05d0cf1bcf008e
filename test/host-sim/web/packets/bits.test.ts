import { describe, expect, it } from "vitest";
import { dissect } from "../../../../host-sim/inspect/dissect.js";
import { rangeOf, rowsAt, rowsOf, secretsIn } from "../../../../host-sim/web/packets/bits.js";
import { SAMPLES } from "../../../support/packets.js";

const bytes = Uint8Array.of(0x34, 9, 0, 2, 0x61, 0x62, 0, 7, 0x68, 0x69, 0x21);
const rows = rowsOf(dissect(bytes, { version: "3.1.1" }).fields, bytes);
const nameAt = (index: number) => rows[index]!.field.name;

describe("rows of fields", () => {
	it("stand in their order, each group in front of its parts", () => {
		expect(rows.slice(0, 6).map(({ depth, field }) => `${depth} ${field.name}`)).toEqual([
			"0 Fixed header",
			"1 Type and flags",
			"2 Packet type",
			"2 DUP",
			"2 QoS",
			"2 RETAIN",
		]);
	});

	it("show the eight bits of a byte, and which are their own", () => {
		const qos = rows.find(({ field }) => field.name === "QoS")!;
		expect(qos.bits!.map(({ digit, isOwn }) => (isOwn ? digit : "."))).toEqual([".", ".", ".", ".", ".", 1, 0, "."]);
		expect(qos.bits!.map(({ digit }) => digit).join("")).toBe("00110100");
	});

	it("show the bytes of leaves, and of a byte of flags as a whole", () => {
		const hex = Object.fromEntries(rows.map(({ field, hex }) => [field.name, hex]));
		expect(hex).toMatchObject({
			"Fixed header": "",
			"Type and flags": "34",
			"Topic Name": "",
			Text: "61 62",
			"Packet Identifier": "00 07",
			Payload: "68 69 21",
		});
	});

	it("show the first bytes of many, and of secrets none", () => {
		const connect = SAMPLES.find(({ title }) => title === "connect 3.1.1 (7)")!;
		const secret = rowsOf(dissect(connect.bytes, { version: "3.1.1" }).fields, connect.bytes);
		const last = secret.at(-1)!;
		expect(last).toMatchObject({ field: { name: "Bytes", secret: true }, hex: "·· ·· ·· ·· ·· ·· ·· ··", more: 3 });
		expect(secretsIn(dissect(connect.bytes, { version: "3.1.1" }).fields)).toEqual([rangeOf(last)]);
		expect(secretsIn(dissect(connect.bytes, { version: "3.1.1", showsSecrets: true }).fields)).toEqual([]);
	});
});

describe("who points at a byte", () => {
	it("sees its field, or all fields whose bits are in it", () => {
		expect(rowsAt(rows, 0).map(nameAt)).toEqual(["Packet type", "DUP", "QoS", "RETAIN"]);
		expect(rowsAt(rows, 7).map(nameAt)).toEqual(["Packet Identifier"]);
		expect(rowsAt(rows, bytes.length)).toEqual([]);
	});

	it.each(SAMPLES)("sees for any byte of $title a field whose bytes it is among", ({ bytes: all, version }) => {
		const found = rowsOf(dissect(all, { version }).fields, all);
		for (let at = 0; at < Math.min(300, all.length); at += 1) {
			const here = rowsAt(found, at).map(i => rangeOf(found[i]!));
			expect(here.length).toBeGreaterThan(0);
			for (const { from, to } of here) expect(at >= from && at < to).toBe(true);
		}
	});
});
