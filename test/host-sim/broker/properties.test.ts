// The table of properties against the standard's own (section 2.2.2.2), and what a block may not be.

import { describe, expect, it } from "vitest";
import { Fields } from "../../../host-sim/broker/fields.js";
import {
	IN_ANSWER,
	IN_AUTH,
	IN_CONNECT,
	IN_DISCONNECT,
	IN_PUBLISH,
	IN_SUBSCRIBE,
	IN_UNSUBSCRIBE,
	IN_WILL,
	readProperties,
} from "../../../host-sim/broker/properties.js";
import { Refusal } from "../../../host-sim/broker/reason.js";
import { hex } from "../../support/peer.js";

/** Places by the letters below. */
const PLACES: Record<string, number> = {
	C: IN_CONNECT,
	W: IN_WILL,
	P: IN_PUBLISH,
	a: IN_ANSWER,
	S: IN_SUBSCRIBE,
	U: IN_UNSUBSCRIBE,
	D: IN_DISCONNECT,
	A: IN_AUTH,
};

/** Each property: where a client may send it, a value as hex, and values that it may not have, with the reason. */
const TABLE: [id: string, places: string, value: string, ...bad: [value: string, reason: number][]][] = [
	["01", "WP", "01", ["02", 0x82]],
	["02", "WP", "00000000", ["000000", 0x81]],
	["03", "WP", "0000", ["0001 ff", 0x81]],
	["08", "WP", "0001 61", ["0001 2b", 0x82], ["0000", 0x82], ["0001 23", 0x82]],
	["09", "WP", "0001 ff", ["0002 ff", 0x81]],
	["0b", "S", "ffffff7f", ["00", 0x82], ["8000", 0x81]],
	["11", "CD", "ffffffff", ["ffff", 0x81]],
	["15", "CA", "0001 61", ["0003 eda080", 0x81]],
	["16", "CA", "0000", ["00", 0x81]],
	["17", "C", "00", ["02", 0x82]],
	["18", "W", "00000001", ["01", 0x81]],
	["19", "C", "01", ["ff", 0x82]],
	["1f", "aDA", "0001 61", ["0001 00", 0x81]],
	["21", "C", "0001", ["0000", 0x82]],
	["22", "C", "0000", ["00", 0x81]],
	["23", "P", "ffff", ["0000", 0x94]],
	["26", "CWPaSUDA", "0001 61 0000", ["0001 61", 0x81], ["0000 0001 ff", 0x81]],
	["27", "C", "00000001", ["00000000", 0x82]],
];

function read(body: string, place: number) {
	const bytes = hex(body);
	return readProperties(new Fields(Buffer.concat([Buffer.of(bytes.length), bytes])), place);
}

/** The reason that it is refused for, or 0. */
function reasonFor(body: string, place: number): number {
	try {
		read(body, place);
		return 0;
	} catch (error) {
		if (error instanceof Refusal) return error.reason;
		throw error;
	}
}

describe("properties of a client", () => {
	it.each(TABLE)(
		"%s stands where it may and nowhere else, once, with a value that it may have",
		(id, places, value, ...bad) => {
			for (const [letter, place] of Object.entries(PLACES)) {
				const reason = reasonFor(id + value, place);
				if (places.includes(letter)) expect(reason, letter).toBe(0);
				else expect(reason, letter).toBe(id === "0b" && letter === "P" ? 0x82 : 0x81);
			}
			const place = PLACES[places[0]!]!;
			expect(reasonFor(id + value + id + value, place)).toBe(id === "26" ? 0 : 0x82);
			for (const [wrong, reason] of bad) expect(reasonFor(id + wrong, place), wrong).toBe(reason);
		},
	);

	it("are not those that only a server sends, nor unknown ones", () => {
		const known = new Set([...TABLE.map(([id]) => Number.parseInt(id, 16)), 28]);
		for (let id = 0; id < 128; id += 1) {
			if (known.has(id)) continue;
			for (const place of Object.values(PLACES))
				expect(reasonFor(`${id.toString(16).padStart(2, "0")}00000000`, place)).toBe(0x81);
		}
		// A server's reference to another server is no client's, but DISCONNECT has such a property.
		expect([reasonFor("1c 0001 61", IN_DISCONNECT), reasonFor("1c 0001 61", IN_CONNECT)]).toEqual([0x82, 0x81]);
	});

	it("[MQTT-3.3.2-18] keep the order of the user's own, whatever their names are", () => {
		const { user, ids } = read("26 0001 62 0001 31  03 0001 74  26 0001 32 0001 32  26 0001 62 0001 33", IN_PUBLISH);
		expect(user).toEqual([
			["b", "1"],
			["2", "2"],
			["b", "3"],
		]);
		expect([...ids]).toEqual([3]);
	});

	it("end where their length says", () => {
		const fields = new Fields(hex("02 01 01 ff"));
		expect(readProperties(fields, IN_PUBLISH).ids.size).toBe(1);
		expect(fields.byte()).toBe(255);
		expect(() => readProperties(new Fields(hex("01 01 01")), IN_PUBLISH)).toThrow("packet too short");
		expect(() => readProperties(new Fields(hex("05 01 01")), IN_PUBLISH)).toThrow("packet too short");
		expect(() => readProperties(new Fields(hex("")), IN_PUBLISH)).toThrow("packet too short");
	});
});
