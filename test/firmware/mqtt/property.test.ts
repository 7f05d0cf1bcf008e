// Properties: the standard's table once more, written apart; and against mqtt-packet, in both directions.

import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Misuse } from "../../../firmware/mqtt/error.js";
import {
	checkProperties,
	findProperty,
	IN_ACK,
	IN_AUTH,
	IN_CONNACK,
	IN_CONNECT,
	IN_DISCONNECT,
	IN_PUBLISH,
	IN_SUBSCRIBE,
	IN_UNSUBSCRIBE,
	IN_WILL,
	integerProperty,
	type Property,
	properties,
	takeProperty,
	takeUserProperties,
} from "../../../firmware/mqtt/property.js";
import { hex, utf8 } from "../../support/peer.js";

const BAD_PROPERTY = 0x5c;
const PROPERTY_NOT_ALLOWED = 0x5d;

const PLACES = {
	CONNECT: IN_CONNECT,
	Will: IN_WILL,
	CONNACK: IN_CONNACK,
	PUBLISH: IN_PUBLISH,
	Ack: IN_ACK,
	SUBSCRIBE: IN_SUBSCRIBE,
	UNSUBSCRIBE: IN_UNSUBSCRIBE,
	DISCONNECT: IN_DISCONNECT,
	AUTH: IN_AUTH,
} as const;
type Place = keyof typeof PLACES;
const places = Object.keys(PLACES) as Place[];

type Type = "byte" | "two" | "four" | "varint" | "string" | "binary" | "pair";

interface Row {
	id: number;
	/** What mqtt-packet calls it. */
	name: string;
	type: Type;
	/** Ack stands for PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK: whatever one of them may have, all may. */
	places: readonly Place[];
	/** Zero is a protocol error: sections 3.1.2.11.3, 3.1.2.11.4, 3.2.2.3.3, 3.2.2.3.6, 3.3.2.3.8, 3.8.2.1.2. */
	noZero?: boolean;
	/** Where it may stand more than once: sections 3.3.2.3.8 and, for user properties, all of them. */
	many?: readonly Place[];
}

/** Table 2-4 of section 2.2.2.2. */
const ROWS: readonly Row[] = [
	{ id: 0x01, name: "payloadFormatIndicator", type: "byte", places: ["PUBLISH", "Will"] },
	{ id: 0x02, name: "messageExpiryInterval", type: "four", places: ["PUBLISH", "Will"] },
	{ id: 0x03, name: "contentType", type: "string", places: ["PUBLISH", "Will"] },
	{ id: 0x08, name: "responseTopic", type: "string", places: ["PUBLISH", "Will"] },
	{ id: 0x09, name: "correlationData", type: "binary", places: ["PUBLISH", "Will"] },
	{
		id: 0x0b,
		name: "subscriptionIdentifier",
		type: "varint",
		places: ["PUBLISH", "SUBSCRIBE"],
		noZero: true,
		many: ["PUBLISH"],
	},
	{ id: 0x11, name: "sessionExpiryInterval", type: "four", places: ["CONNECT", "CONNACK", "DISCONNECT"] },
	{ id: 0x12, name: "assignedClientIdentifier", type: "string", places: ["CONNACK"] },
	{ id: 0x13, name: "serverKeepAlive", type: "two", places: ["CONNACK"] },
	{ id: 0x15, name: "authenticationMethod", type: "string", places: ["CONNECT", "CONNACK", "AUTH"] },
	{ id: 0x16, name: "authenticationData", type: "binary", places: ["CONNECT", "CONNACK", "AUTH"] },
	{ id: 0x17, name: "requestProblemInformation", type: "byte", places: ["CONNECT"] },
	{ id: 0x18, name: "willDelayInterval", type: "four", places: ["Will"] },
	{ id: 0x19, name: "requestResponseInformation", type: "byte", places: ["CONNECT"] },
	{ id: 0x1a, name: "responseInformation", type: "string", places: ["CONNACK"] },
	{ id: 0x1c, name: "serverReference", type: "string", places: ["CONNACK", "DISCONNECT"] },
	{ id: 0x1f, name: "reasonString", type: "string", places: ["CONNACK", "Ack", "DISCONNECT", "AUTH"] },
	{ id: 0x21, name: "receiveMaximum", type: "two", places: ["CONNECT", "CONNACK"], noZero: true },
	{ id: 0x22, name: "topicAliasMaximum", type: "two", places: ["CONNECT", "CONNACK"] },
	// 0 is a protocol error here too [MQTT-3.3.2-8], but with a reason of its own: not this table's matter.
	{ id: 0x23, name: "topicAlias", type: "two", places: ["PUBLISH"] },
	{ id: 0x24, name: "maximumQoS", type: "byte", places: ["CONNACK"] },
	{ id: 0x25, name: "retainAvailable", type: "byte", places: ["CONNACK"] },
	{ id: 0x26, name: "userProperties", type: "pair", places, many: places },
	{ id: 0x27, name: "maximumPacketSize", type: "four", places: ["CONNECT", "CONNACK"], noZero: true },
	{ id: 0x28, name: "wildcardSubscriptionAvailable", type: "byte", places: ["CONNACK"] },
	{ id: 0x29, name: "subscriptionIdentifiersAvailable", type: "byte", places: ["CONNACK"] },
	{ id: 0x2a, name: "sharedSubscriptionAvailable", type: "byte", places: ["CONNACK"] },
];
const rowOf = (id: number) => ROWS.find(row => row.id === id);

/** Some values of each type, as hex, with what they say. */
const VALUES: Record<Type, readonly (readonly [string, unknown])[]> = {
	byte: [["01", 1]],
	two: [
		["0001", 1],
		["0100", 256],
		["ffff", 65_535],
	],
	four: [
		["00000001", 1],
		["00000100", 256],
		["01000000", 16_777_216],
		["80000000", 2_147_483_648],
		["ffffffff", 4_294_967_295],
	],
	varint: [
		["01", 1],
		["7f", 127],
		["8001", 128],
		["ff7f", 16_383],
		["808001", 16_384],
		["ffff7f", 2_097_151],
		["80808001", 2_097_152],
		["ffffff7f", 268_435_455],
	],
	string: [
		["0000", ""],
		["0001 61", "a"],
		["0006 c3a9f09f9880", "é😀"],
		["0003 efbbbf", "\ufeff"],
	],
	binary: [
		["0000", hex("")],
		["0003 0000ff", hex("0000ff")],
		["0002 edbf", hex("edbf")],
	],
	pair: [
		["0000 0000", ""],
		["0001 61 0002 6263", "a"],
		["0000 0001 61", ""],
	],
};
const ZERO: Partial<Record<Type, string>> = { byte: "00", two: "0000", four: "00000000", varint: "00" };

/** Between bytes that would be properties as well, so that reading on would be noticed. */
function check(block: Uint8Array | string, place: Place): number {
	const bytes = typeof block === "string" ? hex(block) : block;
	const results = ["01012601", "00000000", "ffffffff", "80018001", ""].map(around => {
		const stop = hex(around).length + bytes.length;
		return checkProperties(Buffer.concat([hex(around), bytes, hex(around)]), hex(around).length, stop, PLACES[place]);
	});
	expect(new Set(results).size).toBe(1);
	return results[0]!;
}

const idHex = (id: number) => id.toString(16).padStart(2, "0");

/** What a function reads of a block: the offsets. */
function watched(bytes: Uint8Array, read: (bytes: Uint8Array) => void): number[] {
	const seen: number[] = [];
	read(
		new Proxy(bytes, {
			get(target, key) {
				if (typeof key === "string" && /^-?\d+$/.test(key)) seen.push(Number(key));
				const value = Reflect.get(target, key, target) as unknown;
				return typeof value === "function" ? value.bind(target) : value;
			},
		}),
	);
	return seen;
}

describe("[MQTT-2.2.2-1] the table of properties", () => {
	it("has 27 of them", () => {
		expect(ROWS.length).toBe(27);
		expect(new Set(ROWS.map(row => row.id)).size).toBe(27);
	});

	it.each(places)("section 2.2.2.2: %s may have what it may have, and nothing else", place => {
		for (let id = 0; id < 256; id += 1) {
			const row = rowOf(id);
			if (row?.places.includes(place))
				for (const [value] of VALUES[row.type]) expect(check(idHex(id) + value, place), `${row.name} ${value}`).toBe(0);
			// Whatever stands behind it, an id without a place here is refused.
			else
				for (const value of row === undefined ? ["", "00", "01", "0000", "00000000"] : VALUES[row.type].map(([v]) => v))
					expect(check(idHex(id) + value, place), `${id} ${value}`).toBe(BAD_PROPERTY);
		}
	});

	it.each(ROWS)("$name is a $type, and nothing shorter", ({ id, name, type, places }) => {
		for (const place of places)
			for (const [value, meaning] of VALUES[type]) {
				const bytes = new Uint8Array(hex(idHex(id) + value));
				expect(takeProperty(bytes, 0, bytes.length, id), name).toEqual(
					Buffer.isBuffer(meaning) ? new Uint8Array(meaning) : meaning,
				);
				for (let length = 1; length < bytes.length; length += 1)
					expect(check(bytes.subarray(0, length), place), `${value} cut to ${length}`).toBe(BAD_PROPERTY);
				// One byte more is the id of another; there is none with 0.
				expect(check(Buffer.concat([bytes, hex("00")]), place)).toBe(BAD_PROPERTY);
			}
	});

	it.each(ROWS.filter(row => row.type === "byte"))("$name is 0 or 1", ({ id, places }) => {
		for (const place of places)
			for (let value = 0; value < 256; value += 1)
				expect(check(idHex(id) + idHex(value), place)).toBe(value < 2 ? 0 : PROPERTY_NOT_ALLOWED);
	});

	it.each(ROWS.filter(row => row.type in ZERO))("$name may be zero, or not", ({ id, name, type, places, noZero }) => {
		for (const place of places)
			expect(check(idHex(id) + ZERO[type]!, place), name).toBe(noZero === true ? PROPERTY_NOT_ALLOWED : 0);
	});

	it.each(ROWS)("$name stands as often as it may", ({ id, type, places, many }) => {
		for (const place of places) {
			const once = idHex(id) + VALUES[type][0]![0];
			const other = idHex(id) + VALUES[type].at(-1)![0];
			const wanted = many?.includes(place) ? 0 : PROPERTY_NOT_ALLOWED;
			expect(check(once + other, place), place).toBe(wanted);
			// Also with something between, that may be there as often as it likes.
			expect(check(`${once}2600000000${other}2600000000`, place), place).toBe(wanted);
			expect(check(`2600000000${once}2600000000`, place), place).toBe(0);
		}
	});

	it("each may stand beside all the others", () => {
		for (const place of places) {
			const ids = ROWS.filter(row => row.places.includes(place));
			for (const order of [ids, [...ids].reverse()])
				expect(check(order.map(row => idHex(row.id) + VALUES[row.type][0]![0]).join(""), place), place).toBe(0);
		}
	});

	it("[MQTT-1.5.5-1] a variable byte integer has as few bytes as it needs, and four at most", () => {
		for (const value of ["8000", "8100", "808000", "80808000", "8080808001", "ffffffff7f", "ffffffff", "80"])
			expect(check(`0b${value}`, "PUBLISH"), value).toBe(BAD_PROPERTY);
	});

	it("[MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] strings are UTF-8 without U+0000; bytes are bytes", () => {
		const wrong = ["00", "6100", "c0", "c080", "80", "eda080", "f4908080", "c3", "ff"];
		for (const text of wrong) {
			const value = idHex(0) + idHex(text.length / 2) + text;
			for (const row of ROWS.filter(row => row.type === "string"))
				expect(check(idHex(row.id) + value, row.places[0]!), `${row.name} ${text}`).toBe(BAD_PROPERTY);
			expect(check(`26${value}0000`, "AUTH"), text).toBe(BAD_PROPERTY);
			expect(check(`260000${value}`, "AUTH"), text).toBe(BAD_PROPERTY);
			for (const row of ROWS.filter(row => row.type === "binary"))
				expect(check(idHex(row.id) + value, row.places[0]!), text).toBe(0);
		}
		// A character that goes on behind the end of its string is none, whatever the next byte is.
		expect(check("03 0001 c3 03 0001 a9", "PUBLISH")).toBe(BAD_PROPERTY);
	});

	it("nothing is a block as well", () => {
		for (const place of places) expect(check("", place)).toBe(0);
		expect(properties()).toEqual(new Uint8Array());
		expect(findProperty(hex("0101"), 1, 1, 1)).toBe(0);
	});
});

/** A value for each type, as the application gives it. */
const text = fc.stringMatching(/^[a-zé😀\ufeff ]{0,12}$/u);
const VALUE: Record<Exclude<Type, "pair">, (row: Row) => fc.Arbitrary<number | string | Uint8Array>> = {
	byte: () => fc.nat(1),
	two: row => fc.integer({ min: row.noZero ? 1 : 0, max: 65_535 }),
	four: row => fc.integer({ min: row.noZero ? 1 : 0, max: 0xffff_ffff }),
	varint: () => fc.oneof(fc.integer({ min: 1, max: 268_435_455 }), fc.integer({ min: 1, max: 20_000 })),
	string: () => text,
	binary: () => fc.uint8Array({ maxLength: 20 }),
};

/** Any properties that such a packet may have, in any order; user properties too, names more than once. */
function list(place: Place): fc.Arbitrary<Property[]> {
	const single = ROWS.filter(row => row.places.includes(place) && row.type !== "pair").map(row =>
		fc
			.array(VALUE[row.type as Exclude<Type, "pair">](row), { maxLength: row.many?.includes(place) ? 3 : 1 })
			.map(values => values.map((value): Property => [row.id, value])),
	);
	// mqtt-packet forgets an empty value where another of the same name follows: see meaningOf().
	const pairs = fc
		.array(fc.tuple(fc.stringMatching(/^[a-cé]{0,2}$/u), text), { maxLength: 4 })
		.map(pairs => pairs.map(([name, value]): Property => [38, name, value]));
	return fc
		.tuple(...single, pairs)
		.map(lists => lists.flat())
		.chain(all => fc.shuffledSubarray(all, { minLength: 0, maxLength: all.length }));
}

/** A packet of that place around a block. */
function packetAround(place: Place, block: Uint8Array): Buffer {
	const around: Record<Place, [first: number, before: string, behind: string]> = {
		CONNECT: [0x10, "0004 4d515454 05 02 003c", "0001 63"],
		Will: [0x10, "0004 4d515454 05 06 003c 00 0001 63", "0001 77 0000"],
		CONNACK: [0x20, "0000", ""],
		PUBLISH: [0x30, "0001 61", ""],
		Ack: [0x40, "0001 00", ""],
		SUBSCRIBE: [0x82, "0001", "0001 61 00"],
		UNSUBSCRIBE: [0xa2, "0001", "0001 61"],
		DISCONNECT: [0xe0, "00", ""],
		AUTH: [0xf0, "00", ""],
	};
	const [first, before, behind] = around[place];
	const body = Buffer.concat([hex(before), varint(block.length), block, hex(behind)]);
	return Buffer.concat([Buffer.of(first), varint(body.length), body]);
}

function varint(value: number): Buffer {
	const bytes: number[] = [];
	do {
		bytes.push((value & 127) | (value > 127 ? 128 : 0));
		value >>= 7;
	} while (value > 0);
	return Buffer.from(bytes);
}

type Meaning = Record<string, unknown>;

/** A block as mqtt-packet reads it in such a packet; undefined where it does not. */
function readByReference(place: Place, block: Uint8Array): Meaning | undefined {
	const packets: Packet[] = [];
	let failed = false;
	const codec = parser({ protocolVersion: 5 });
	codec.on("packet", packet => packets.push(packet));
	codec.on("error", () => {
		failed = true;
	});
	try {
		codec.parse(packetAround(place, block));
	} catch {
		return undefined;
	}
	if (failed || packets.length === 0) return undefined;
	const packet = packets[0] as { properties?: Meaning; will?: { properties?: Meaning } };
	const read = { ...(place === "Will" ? packet.will?.properties : packet.properties) };
	return {
		...read,
		...(read["userProperties"] !== undefined && { userProperties: { ...(read["userProperties"] as object) } }),
	};
}

/** A checked block as our functions read it, in the words of mqtt-packet. */
function meaningOf(block: Uint8Array): Meaning {
	const meaning: Meaning = {};
	for (const { id, name, type } of ROWS) {
		if (type === "pair" || findProperty(block, 0, block.length, id) === 0) continue;
		const value = takeProperty(block, 0, block.length, id);
		if (name === "subscriptionIdentifier") {
			const all: number[] = [];
			// One behind the other, from where the last was found.
			for (let at = 0; ; ) {
				at = findProperty(block, at, block.length, id);
				if (at === 0) break;
				all.push(integerProperty(block, at - 1, block.length, id, 0));
				while (block[at]! > 127) at += 1;
				at += 1;
			}
			expect(all[0]).toBe(value);
			meaning[name] = all.length === 1 ? all[0] : all;
		} else if (type === "byte" && name !== "maximumQoS") meaning[name] = value === 1;
		else meaning[name] = type === "binary" ? Buffer.from(value as Uint8Array) : value;
		if (typeof value === "number") expect(integerProperty(block, 0, block.length, id, -1)).toBe(value);
	}
	const pairs = takeUserProperties(block, 0, block.length);
	if (pairs.length > 0) {
		const byName: Record<string, string | string[]> = {};
		for (const [name, value] of pairs) {
			const before = byName[name];
			byName[name] = before === undefined || before === "" ? value : [before, value].flat();
		}
		meaning["userProperties"] = byName;
		expect(takeProperty(block, 0, block.length, 38)).toBe(pairs[0]![0]);
	}
	return meaning;
}

describe("a block", () => {
	it.each(places)("that properties() made says what was given, to us and to mqtt-packet: %s", place => {
		fc.assert(
			fc.property(list(place), given => {
				const block = properties(...given);
				expect(check(block, place)).toBe(0);
				for (const { id, type } of ROWS) {
					const all = given.filter(each => each[0] === id);
					if (type === "pair") {
						const pairs = all.map(([, name, value]) => [name, value]);
						expect(takeUserProperties(block, 0, block.length)).toEqual(pairs);
						continue;
					}
					expect(takeProperty(block, 0, block.length, id)).toEqual(all[0]?.[1]);
					expect(findProperty(block, 0, block.length, id) === 0).toBe(all.length === 0);
					if (type === "byte" || type === "two" || type === "four" || type === "varint")
						expect(integerProperty(block, 0, block.length, id, -1)).toBe(all[0]?.[1] ?? -1);
				}
				expect(readByReference(place, block)).toEqual(meaningOf(block));
			}),
			{ numRuns: 200 },
		);
	});

	it.each(places)("is to the byte what mqtt-packet writes: %s", place => {
		fc.assert(
			fc.property(list(place), given => {
				// In an object each name stands once, with all its values; a list of none is more than its writer can bear.
				const names = new Set<unknown>();
				const once = given.filter(([id, name]) => id !== 38 || (!names.has(name) && names.add(name)));
				const ids = [...new Set(once.map(([id]) => id))];
				const ordered = ids.flatMap(id => once.filter(each => each[0] === id));
				const object: Record<string, unknown> = {};
				for (const id of ids) {
					const all = ordered.filter(each => each[0] === id);
					const row = rowOf(id)!;
					if (row.type === "pair") object[row.name] = Object.fromEntries(all.map(([, name, value]) => [name, value]));
					else {
						const values = all.map(([, value]) =>
							row.type === "byte" && row.name !== "maximumQoS"
								? value === 1
								: row.type === "binary"
									? Buffer.from(value as Uint8Array)
									: value,
						);
						object[row.name] = values.length === 1 ? values[0] : values;
					}
				}
				const block = properties(...ordered);
				// The shortest acknowledgement has no place for a block.
				if (place === "Ack" && block.length === 0) return;
				expect(writeByReference(place, object).toString("hex")).toBe(packetAround(place, block).toString("hex"));
			}),
			{ numRuns: 200 },
		);
	});

	it.each(places)("cut anywhere is refused, or is the properties before the cut: %s", place => {
		fc.assert(
			fc.property(list(place), given => {
				const block = properties(...given);
				// Where properties end.
				const ends = given.map((_, i) => properties(...given.slice(0, i)).length);
				for (let length = 0; length < block.length; length += 1)
					expect(check(block.subarray(0, length), place)).toBe(ends.includes(length) ? 0 : BAD_PROPERTY);
			}),
			{ numRuns: 100 },
		);
	});

	// What is laxer in mqtt-packet: it lets any property stand in any packet, takes any byte for true, zero where there is
	// none, integers in more bytes than they need, characters that are none (read as U+FFFD), a property twice (as a list,
	// or the second for the first where that is 0, false or empty), and values that reach past the end of the block. It is
	// stricter in nothing.
	it.each(places)("with a byte changed is refused, or means what mqtt-packet sees in it: %s", place => {
		let accepted = 0;
		fc.assert(
			fc.property(
				list(place).filter(given => given.length > 0),
				fc.nat(),
				fc.integer({ min: 1, max: 255 }),
				(given, where, change) => {
					const block = properties(...given);
					block[where % block.length]! ^= change;
					const code = check(block, place);
					expect([0, BAD_PROPERTY, PROPERTY_NOT_ALLOWED]).toContain(code);
					if (code !== 0) return;
					accepted += 1;
					expect(readByReference(place, block)).toEqual(meaningOf(block));
				},
			),
			{ numRuns: 2000 },
		);
		// Not all of them are refused.
		expect(accepted).toBeGreaterThan(0);
	});

	it("of any bytes is refused, or means what mqtt-packet sees in it", () => {
		// Bytes that are likely to be something.
		const byte = fc.constantFrom(...ROWS.map(row => row.id), 0, 0, 0, 1, 1, 2, 3, 0x61, 0x80, 0xc3, 0xa9, 0xff);
		fc.assert(
			fc.property(fc.array(byte, { maxLength: 24 }), fc.constantFrom(...places), (bytes, place) => {
				const block = Uint8Array.from(bytes);
				if (check(block, place) === 0) expect(readByReference(place, block)).toEqual(meaningOf(block));
			}),
			{ numRuns: 20_000 },
		);
	});

	it("is read up to its end, and no further", () => {
		const changed = fc.tuple(fc.nat(), fc.nat(255));
		fc.assert(
			fc.property(
				fc.constantFrom(...places).chain(place => fc.tuple(fc.constant(place), list(place))),
				fc.nat(),
				fc.option(changed, { nil: undefined }),
				([place, given], cut, change) => {
					const whole = properties(...given);
					if (change !== undefined && whole.length > 0) whole[change[0] % whole.length] = change[1];
					const stop = 4 + (cut % (whole.length + 1));
					const bytes = Uint8Array.from([1, 1, 1, 1, ...whole, 1, 1, 1, 1]);
					const seen = watched(bytes, bytes => {
						if (checkProperties(bytes, 4, stop, PLACES[place]) !== 0) return;
						for (const { id } of ROWS) takeProperty(bytes, 4, stop, id);
						takeUserProperties(bytes, 4, stop);
					});
					expect(Math.min(4, ...seen)).toBe(4);
					expect(Math.max(0, ...seen)).toBeLessThan(stop);
				},
			),
			{ numRuns: 3000 },
		);
	});
});

/** The packet as mqtt-packet writes it with these properties. */
function writeByReference(place: Place, given: Meaning): Buffer {
	const more = Object.keys(given).length > 0 ? { properties: given } : {};
	const connect = { cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId: "c", clean: true, keepalive: 60 };
	const packets: Record<Place, object> = {
		CONNECT: { ...connect, ...more },
		Will: { ...connect, will: { topic: "w", payload: Buffer.alloc(0), qos: 0, retain: false, ...more } },
		CONNACK: { cmd: "connack", reasonCode: 0, sessionPresent: false, ...more },
		PUBLISH: { cmd: "publish", topic: "a", payload: "", qos: 0, dup: false, retain: false, ...more },
		Ack: { cmd: "puback", messageId: 1, reasonCode: 0, ...more },
		SUBSCRIBE: { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 0 }], ...more },
		UNSUBSCRIBE: { cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a"], ...more },
		DISCONNECT: { cmd: "disconnect", reasonCode: 0, ...more },
		AUTH: { cmd: "auth", reasonCode: 0, ...more },
	};
	return generate(packets[place] as Packet, { protocolVersion: 5 });
}

describe("searching", () => {
	const block = properties(
		[2, 7],
		[38, "a", "\u0002"],
		[8, "\u0001\u0001"],
		[38, "b", "c"],
		[11, 300],
		[11, 5],
		[1, 1],
	);

	it("finds the first with an id, not bytes that look like one", () => {
		const found = (id: number) => findProperty(block, 0, block.length, id);
		expect([found(2), found(38), found(1), found(3), found(0), found(255)]).toEqual([1, 6, block.length - 1, 0, 0, 0]);
		expect(integerProperty(block, 0, block.length, 11, -1)).toBe(300);
		expect(integerProperty(block, 0, block.length, 34, -1)).toBe(-1);
		expect(integerProperty(block, 0, block.length, 33, 65_535)).toBe(65_535);
		expect(takeProperty(block, 0, block.length, 38)).toBe("a");
		expect(takeProperty(block, 0, block.length, 9)).toBeUndefined();
		expect(takeUserProperties(block, 0, block.length)).toEqual([
			["a", "\u0002"],
			["b", "c"],
		]);
	});

	it("within its bounds only, wherever they lie", () => {
		const bytes = Uint8Array.from([...properties([1, 0]), ...block, ...properties([3, "x"])]);
		const [at, stop] = [2, 2 + block.length];
		expect([
			takeProperty(bytes, at, stop, 1),
			takeProperty(bytes, at, stop, 3),
			takeProperty(bytes, at, stop, 2),
		]).toEqual([1, undefined, 7]);
	});

	it("gives copies of bytes", () => {
		const some = properties([9, utf8("abc")]);
		const value = takeProperty(some, 0, some.length, 9) as Uint8Array;
		some.fill(0);
		expect(value).toEqual(utf8("abc"));
	});
});

describe("wrong values", () => {
	const wrong: [string, unknown[]][] = [
		["no property", [0, 1]],
		["no property", [4, 1]],
		["no property", [43, 1]],
		["no property", [256, 1]],
		["no property", [-1, 1]],
		["no property", [1.5, 1]],
		["a byte above 1", [1, 2]],
		["a byte below 0", [37, -1]],
		["a byte as a boolean", [37, true]],
		["a byte as a string", [37, "1"]],
		["two bytes of more", [33, 65_536]],
		["four bytes of more", [2, 4_294_967_296]],
		["four bytes of less", [2, -1]],
		["a fraction", [2, 0.5]],
		["no number", [2, Number.NaN]],
		["a variable byte integer of more", [11, 268_435_456]],
		["a number for a string", [3, 5]],
		["bytes for a string", [3, new Uint8Array(1)]],
		["a string for bytes", [9, "x"]],
		["a number for bytes", [9, 1]],
		["other bytes", [9, new Uint16Array(1)]],
		["too many bytes", [9, new Uint8Array(65_536)]],
		["too long a string", [3, "x".repeat(65_536)]],
		["[MQTT-1.5.4-2] U+0000", [3, "a\0"]],
		["[MQTT-1.5.4-1] half a surrogate pair", [3, "\ud800"]],
		["a user property without a value", [38, "a"]],
		["a user property of bytes", [38, new Uint8Array(1), "a"]],
		["a user property of a number", [38, 1, "a"]],
		["[MQTT-1.5.7-1] U+0000 in a name", [38, "a\0", "b"]],
		["[MQTT-1.5.7-1] U+0000 in a value", [38, "a", "b\0"]],
		["[MQTT-1.5.7-1] half a surrogate pair in a value", [38, "a", "\udc00"]],
		["a value that is too long", [38, "a", "x".repeat(65_536)]],
		["two strings for one", [3, "a", "b"]],
		["a number and a string", [2, 1, "b"]],
		["nothing", [2, undefined]],
	];
	it.each(wrong)("%s is misuse: %j", (_name, property) => {
		expect(() => properties([1, 1], property as unknown as Property)).toThrow(Misuse);
	});

	it.each<[string, Property]>([
		["subscription identifier 0", [11, 0]],
		["receive maximum 0", [33, 0]],
		["maximum packet size 0", [39, 0]],
	])("%s is misuse: %j", (_name, property) => {
		expect(() => properties(property)).toThrow(Misuse);
	});

	it("and the largest and smallest are right", () => {
		for (const [property, length] of [
			[[2, 4_294_967_295], 5],
			[[2, 0], 5],
			[[33, 65_535], 3],
			[[11, 268_435_455], 5],
			[[9, new Uint8Array(65_535)], 65_538],
			[[3, "x".repeat(65_535)], 65_538],
			[[3, ""], 3],
			[[38, "", ""], 5],
		] as [Property, number][])
			expect(properties(property).length).toBe(length);
	});
});
