// A block of properties of 5.0 as fields: its length, and of each property the id and the value, by name, type and section.

import { propertyOf, RESPONSE_TOPIC, SUBSCRIPTION_IDENTIFIER, UTF8 } from "../checker/property.js";
import { Malformed } from "../checker/reader.js";
import { checkTopicName } from "../checker/topic.js";
import { hexCode, type Parts } from "./field.js";

/** The section of each place's block; behind its first part, the length, its parts are about these properties in turn. */
const SECTIONS: Readonly<Record<string, readonly [section: string, ids: readonly number[]]>> = {
	CONNECT: ["3.1.2.11", [17, 33, 39, 34, 25, 23, 38, 21, 22]],
	WILL: ["3.1.3.2", [24, 1, 2, 3, 8, 9, 38]],
	CONNACK: ["3.2.2.3", [17, 33, 36, 37, 39, 18, 34, 31, 38, 40, 41, 42, 19, 26, 28, 21, 22]],
	PUBLISH: ["3.3.2.3", [1, 2, 35, 8, 9, 38, 11, 3]],
	PUBACK: ["3.4.2.2", [31, 38]],
	PUBREC: ["3.5.2.2", [31, 38]],
	PUBREL: ["3.6.2.2", [31, 38]],
	PUBCOMP: ["3.7.2.2", [31, 38]],
	SUBSCRIBE: ["3.8.2.1", [11, 38]],
	SUBACK: ["3.9.2.1", [31, 38]],
	UNSUBSCRIBE: ["3.10.2.1", [38]],
	UNSUBACK: ["3.11.2.1", [31, 38]],
	DISCONNECT: ["3.14.2.2", [17, 31, 38, 28]],
	AUTH: ["3.15.2.2", [21, 22, 31, 38]],
};

const TYPES = {
	bit: "Byte",
	two: "Two Byte Integer",
	four: "Four Byte Integer",
	varint: "Variable Byte Integer",
	text: "UTF-8 Encoded String",
	binary: "Binary Data",
	pair: "UTF-8 String Pair",
} as const;

const AUTHENTICATION_DATA = 22;
/** Those that are seconds. */
const SECONDS = [2, 17, 19, 24];

/** What a property may be, by who may have sent it; where that is not known, either. */
export interface Sender {
	readonly fromClient?: boolean | undefined;
}

export function takeProperties(parts: Parts, place: string, { fromClient }: Sender): void {
	const [section, ids] = SECTIONS[place]!;
	parts.group(place === "WILL" ? "Will Properties" : "Properties", section, group => {
		if (parts.left === 0) throw new Malformed("propertyLength", `${place} ends where its Property Length has to be`);
		const { value: length } = parts.varint("Property Length", `${section}.1`);
		const stop = parts.stop;
		if (length > parts.left)
			throw new Malformed("length", `${length} bytes of properties, and ${parts.left} are left of it`);
		parts.stop = parts.at + length;
		const found = new Set<number>();
		while (parts.left > 0) takeProperty(parts, place, section, ids, found, fromClient);
		parts.stop = stop;
		if (length === 0) group.note = "none";
		return length === 0 ? "" : `${group.fields!.length - 1}`;
	});
}

function takeProperty(
	parts: Parts,
	place: string,
	section: string,
	ids: readonly number[],
	found: Set<number>,
	fromClient: boolean | undefined,
): void {
	parts.need(1, "a property's id");
	const id = parts.bytes[parts.at]!;
	const entry = propertyOf(id);
	if (entry === undefined) throw new Malformed("property", `there is no property ${id}`);
	const [name, kind, clientPlaces, serverPlaces, notZero] = entry;
	const order = ids.indexOf(id);
	const own = order < 0 ? "2.2.2.2" : `${section}.${order + 2}`;
	parts.group(name, own, group => {
		const identifier = parts.leaf("Identifier", 1, String(id), "2.2.2.2", { note: `${hexCode(id)} ${name}` });
		group.note = TYPES[kind];
		const places =
			fromClient === undefined ? `${clientPlaces} ${serverPlaces}` : fromClient ? clientPlaces : serverPlaces;
		if (fromClient === true && place === "PUBLISH" && id === SUBSCRIPTION_IDENTIFIER)
			parts.fault(identifier, "subscriptionIdentifier", "a client's PUBLISH may not have one");
		else if (!places.split(" ").includes(place))
			parts.fault(identifier, "property", `${name} has no place in ${place}`);
		if (found.has(id) && kind !== "pair" && !(id === SUBSCRIPTION_IDENTIFIER && place === "PUBLISH"))
			parts.fault(identifier, "property", `${name} stands twice`);
		found.add(id);
		const value = takeValue(parts, id, name, kind, own);
		const [field] = group.fields!.slice(-1);
		if ((kind === "bit" && Number(value) > 1) || (notZero === true && value === "0"))
			parts.fault(field!, "property", `${name} may not be ${value}`);
		return value;
	});
}

function takeValue(parts: Parts, id: number, name: string, kind: keyof typeof TYPES, section: string): string {
	const [utf8, nul] = UTF8[id] ?? (["utf8", "nul"] as const);
	const seconds = SECONDS.includes(id) ? "seconds" : undefined;
	switch (kind) {
		case "bit":
			return parts.byte("Value", section).value;
		case "two":
			return String(parts.uint16("Value", section, seconds));
		case "four":
			return String(parts.uint32("Value", section, seconds));
		case "varint":
			return String(parts.varint("Value", section).value);
		case "binary":
			return parts.binary("Value", section, id === AUTHENTICATION_DATA).value;
		case "text":
			return parts.text("Value", section, utf8, nul, (text, breach) => {
				if (id === RESPONSE_TOPIC) checkTopicName(text, name, "wildcardInResponse", breach);
			});
		case "pair": {
			const key = parts.text("Name", section, utf8, nul);
			return `${key} = ${parts.text("Value", section, utf8, nul)}`;
		}
	}
}
