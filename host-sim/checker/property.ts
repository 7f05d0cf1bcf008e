// The properties of MQTT 5.0 as the checker reads them (section 2.2.2.2): what type each has, and which packets a client
// and a server may put it in. A list of its own, apart from the firmware's, so that a mistake in one shows in the other.

import type { Fields } from "./reader.js";
import { Malformed } from "./reader.js";
import type { Rule } from "./statements.js";

export const MESSAGE_EXPIRY = 2;
export const RESPONSE_TOPIC = 8;
export const SUBSCRIPTION_IDENTIFIER = 11;
export const SESSION_EXPIRY = 17;
export const ASSIGNED_CLIENT_ID = 18;
export const SERVER_KEEP_ALIVE = 19;
export const AUTHENTICATION_METHOD = 21;
export const AUTHENTICATION_DATA = 22;
export const REASON_STRING = 31;
export const RECEIVE_MAXIMUM = 33;
export const TOPIC_ALIAS_MAXIMUM = 34;
export const TOPIC_ALIAS = 35;
export const MAXIMUM_QOS = 36;
export const RETAIN_AVAILABLE = 37;
export const USER_PROPERTY = 38;
export const MAXIMUM_PACKET_SIZE = 39;
export const WILDCARD_AVAILABLE = 40;
export const IDENTIFIER_AVAILABLE = 41;
export const SHARED_AVAILABLE = 42;

/** By id. Of text and bytes only what a rule needs; a user property is just noted. */
export type Properties = ReadonlyMap<number, number | string>;

type Kind = "bit" | "two" | "four" | "varint" | "text" | "binary" | "pair";
export type PropertyEntry = readonly [name: string, kind: Kind, fromClient: string, fromServer: string, notZero?: true];

const ACKS = "PUBACK PUBREC PUBREL PUBCOMP";
const OF_SERVER = `CONNACK PUBLISH ${ACKS} SUBACK UNSUBACK DISCONNECT AUTH`;

const TABLE: Readonly<Record<number, PropertyEntry>> = {
	1: ["Payload Format Indicator", "bit", "PUBLISH WILL", "PUBLISH"],
	2: ["Message Expiry Interval", "four", "PUBLISH WILL", "PUBLISH"],
	3: ["Content Type", "text", "PUBLISH WILL", "PUBLISH"],
	8: ["Response Topic", "text", "PUBLISH WILL", "PUBLISH"],
	9: ["Correlation Data", "binary", "PUBLISH WILL", "PUBLISH"],
	11: ["Subscription Identifier", "varint", "SUBSCRIBE", "PUBLISH", true],
	17: ["Session Expiry Interval", "four", "CONNECT DISCONNECT", "CONNACK"],
	18: ["Assigned Client Identifier", "text", "", "CONNACK"],
	19: ["Server Keep Alive", "two", "", "CONNACK"],
	21: ["Authentication Method", "text", "CONNECT AUTH", "CONNACK AUTH"],
	22: ["Authentication Data", "binary", "CONNECT AUTH", "CONNACK AUTH"],
	23: ["Request Problem Information", "bit", "CONNECT", ""],
	24: ["Will Delay Interval", "four", "WILL", ""],
	25: ["Request Response Information", "bit", "CONNECT", ""],
	26: ["Response Information", "text", "", "CONNACK"],
	28: ["Server Reference", "text", "", "CONNACK DISCONNECT"],
	31: ["Reason String", "text", `${ACKS} DISCONNECT AUTH`, `CONNACK ${ACKS} SUBACK UNSUBACK DISCONNECT AUTH`],
	33: ["Receive Maximum", "two", "CONNECT", "CONNACK", true],
	34: ["Topic Alias Maximum", "two", "CONNECT", "CONNACK"],
	35: ["Topic Alias", "two", "PUBLISH", "PUBLISH"],
	36: ["Maximum QoS", "bit", "", "CONNACK"],
	37: ["Retain Available", "bit", "", "CONNACK"],
	38: ["User Property", "pair", `CONNECT WILL PUBLISH ${ACKS} SUBSCRIBE UNSUBSCRIBE DISCONNECT AUTH`, OF_SERVER],
	39: ["Maximum Packet Size", "four", "CONNECT", "CONNACK", true],
	40: ["Wildcard Subscription Available", "bit", "", "CONNACK"],
	41: ["Subscription Identifier Available", "bit", "", "CONNACK"],
	42: ["Shared Subscription Available", "bit", "", "CONNACK"],
};

/** Strings with a statement of their own, and those whose U+0000 another statement forbids. */
export const UTF8: Readonly<Record<number, readonly [utf8: Rule, nul: Rule]>> = {
	3: ["utf8ContentType", "nul"],
	8: ["utf8ResponseTopic", "nulTopic"],
	38: ["utf8Pair", "utf8Pair"],
};

/** What section 2.2.2.2 says of a property, or undefined where there is none with that id. */
export function propertyOf(id: number): PropertyEntry | undefined {
	return TABLE[id];
}

export const NO_PROPERTIES: Properties = new Map();

/** Reads a block, its length first. `place` is a packet's name, or WILL. */
export function takeProperties(fields: Fields, place: string, fromClient: boolean): Properties {
	// Without properties the length is still there, as 0 [MQTT-2.2.2-1].
	if (fields.left === 0) throw new Malformed("propertyLength", `${place} ends where its Property Length has to be`);
	const length = fields.varint("Property Length");
	const stop = fields.at + length;
	if (length > fields.left) throw new Malformed("length", `${length} bytes of properties, and ${fields.left} are left`);
	const found = new Map<number, number | string>();
	while (fields.at < stop) {
		const id = fields.byte("a property's id");
		const entry = TABLE[id];
		if (entry === undefined) throw new Malformed("property", `there is no property ${id}`);
		const [name, kind, fromClientIn, fromServerIn, notZero] = entry;
		const places = fromClient ? fromClientIn : fromServerIn;
		if (fromClient && place === "PUBLISH" && id === SUBSCRIPTION_IDENTIFIER)
			fields.breach("subscriptionIdentifier", "a PUBLISH from a client has a Subscription Identifier");
		else if (!places.split(" ").includes(place)) fields.breach("property", `${name} has no place in ${place}`);
		const many = kind === "pair" || (id === SUBSCRIPTION_IDENTIFIER && place === "PUBLISH");
		if (found.has(id) && !many) fields.breach("property", `${name} stands twice`);
		const value = takeValue(fields, id, name, kind);
		if ((kind === "bit" && Number(value) > 1) || (notZero === true && value === 0))
			fields.breach("property", `${name} is ${value}`);
		found.set(id, value);
		if (fields.at > stop) throw new Malformed("length", `${name} reaches past the end of the properties`);
	}
	return found;
}

function takeValue(fields: Fields, id: number, name: string, kind: Kind): number | string {
	const [utf8, nul] = UTF8[id] ?? (["utf8", "nul"] as const);
	switch (kind) {
		case "bit":
			return fields.byte(name);
		case "two":
			return fields.uint16(name);
		case "four":
			return fields.uint32(name);
		case "varint":
			return fields.varint(name);
		case "text":
			return fields.text(name, utf8, nul);
		case "binary":
			return fields.binary(name).length;
		case "pair":
			fields.text("a User Property's name", utf8, nul);
			fields.text("a User Property's value", utf8, nul);
			return 0;
	}
}

/** The number of this property, or `otherwise`. */
export function numberOf(properties: Properties, id: number, otherwise: number): number {
	const value = properties.get(id);
	return typeof value === "number" ? value : otherwise;
}
