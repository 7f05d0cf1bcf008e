// Frames of both directions into packets, by the letter: fixed header, variable header, payload. What a packet breaks
// that can be seen from itself alone is told while it is read; what it breaks at its place in the conversation is for
// others to find.

import { type Connect, takeConnect } from "./connect.js";
import { NO_PROPERTIES, type Properties, RESPONSE_TOPIC, TOPIC_ALIAS, takeProperties } from "./property.js";
import { type Breach, Fields, type Frame, Malformed } from "./reader.js";
import { brokenByReason, hex } from "./reason.js";
import type { Rule, Version } from "./statements.js";
import { checkTopicFilter, checkTopicName, isShared } from "./topic.js";

export interface Packet {
	/** As in the standard: "PUBLISH". */
	readonly name: string;
	/** Bytes in all. */
	readonly size: number;
	/** Packet id, or 0 where it has none. */
	id: number;
	reason: number;
	properties: Properties;
	/** Of CONNACK. */
	sessionPresent: boolean;
	connect?: Connect;
	publish?: Publish;
	/** Of SUBSCRIBE and UNSUBSCRIBE. */
	filters: string[];
}

export interface Publish {
	readonly qos: number;
	readonly dup: boolean;
	readonly retain: boolean;
	/** Empty where an alias stands for it. */
	readonly topic: string;
	/** Stands for the payload, which is not kept. */
	readonly payload: string;
}

/** By packet type. */
export const NAMES = [
	"",
	"CONNECT",
	"CONNACK",
	"PUBLISH",
	"PUBACK",
	"PUBREC",
	"PUBREL",
	"PUBCOMP",
	"SUBSCRIBE",
	"SUBACK",
	"UNSUBSCRIBE",
	"UNSUBACK",
	"PINGREQ",
	"PINGRESP",
	"DISCONNECT",
	"AUTH",
] as const;

export const FROM_CLIENT = new Set(
	"CONNECT PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE UNSUBSCRIBE PINGREQ DISCONNECT AUTH".split(" "),
);
export const FROM_SERVER = new Set(
	"CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK PINGRESP DISCONNECT AUTH".split(" "),
);

/** The rule of wrong flags, where it is not the general one. */
export const FLAGS: Readonly<Record<string, Rule>> = {
	PUBREL: "flagsOfPubrel",
	SUBSCRIBE: "flagsOfSubscribe",
	UNSUBSCRIBE: "flagsOfUnsubscribe",
	DISCONNECT: "flagsOfDisconnect",
	AUTH: "flagsOfAuth",
};

/** What the packet calls itself. */
export function nameOf(frame: Frame): string {
	return NAMES[frame.bytes[0]! >> 4] || "packet type 0";
}

/** Reads a packet; undefined for one that cannot be read to its end. */
export function takePacket(frame: Frame, version: Version, fromClient: boolean, breach: Breach): Packet | undefined {
	const name = nameOf(frame);
	const five = version === "5.0";
	if (!(fromClient ? FROM_CLIENT : FROM_SERVER).has(name) || (name === "AUTH" && !five)) {
		breach("packetType", `a ${fromClient ? "client" : "server"} never sends ${name}`);
		return undefined;
	}
	if (frame.padded) breach("variableByteInteger", "the remaining length takes more bytes than it needs");
	const flags = frame.bytes[0]! & 15;
	const expected = name === "PUBREL" || name === "SUBSCRIBE" || name === "UNSUBSCRIBE" ? 2 : 0;
	if (name !== "PUBLISH" && flags !== expected)
		breach(FLAGS[name] ?? "flags", `the flags are ${flags}, and have to be ${expected}`);
	const packet: Packet = {
		name,
		size: frame.bytes.length,
		id: 0,
		reason: 0,
		properties: NO_PROPERTIES,
		sessionPresent: false,
		filters: [],
	};
	try {
		takeBody(packet, new Fields(frame.bytes, frame.body, frame.bytes.length, breach), five, fromClient, flags);
		return packet;
	} catch (error) {
		if (!(error instanceof Malformed)) throw error;
		breach(error.rule, error.message);
		return undefined;
	}
}

function takeBody(packet: Packet, fields: Fields, five: boolean, fromClient: boolean, flags: number): void {
	switch (packet.name) {
		case "CONNECT":
			packet.connect = takeConnect(fields);
			packet.properties = packet.connect.properties;
			return;
		case "CONNACK":
			return takeConnack(packet, fields, five);
		case "PUBLISH":
			return takePublish(packet, fields, five, fromClient, flags);
		case "SUBSCRIBE":
		case "UNSUBSCRIBE":
			return takeRequest(packet, fields, five);
		case "SUBACK":
		case "UNSUBACK":
			return takeGrants(packet, fields, five);
		case "PINGREQ":
		case "PINGRESP":
			return fields.end();
		case "DISCONNECT":
		case "AUTH":
			return takeReason(packet, fields, five, fromClient);
		default:
			packet.id = fields.uint16("the packet id");
			return takeReason(packet, fields, five, fromClient);
	}
}

/** Reason and properties, each of which may be left out with what is behind it. */
function takeReason(packet: Packet, fields: Fields, five: boolean, fromClient: boolean): void {
	if (five && fields.left > 0) {
		packet.reason = fields.byte("the reason");
		const rule = brokenByReason(packet.name, packet.reason, fromClient);
		if (rule !== undefined)
			fields.breach(rule, `${hex(packet.reason)} is no reason for a ${packet.name} of this sender`);
		if (fields.left > 0) packet.properties = takeProperties(fields, packet.name, fromClient);
	} else if (packet.name === "AUTH" && fromClient) {
		// Left out it is 0x00, which is for a server to say.
		fields.breach("reasonOfAuth", "0x00 is no reason for an AUTH of this sender");
	}
	fields.end();
}

function takeConnack(packet: Packet, fields: Fields, five: boolean): void {
	const flags = fields.byte("the flags");
	if (flags > 1) fields.breach("flags", `the acknowledge flags are ${flags}`);
	packet.sessionPresent = (flags & 1) === 1;
	packet.reason = fields.byte("the reason");
	const known = five ? brokenByReason("CONNACK", packet.reason, false) === undefined : packet.reason <= 5;
	if (!known) fields.breach("length", `${hex(packet.reason)} is no reason for a CONNACK`);
	if (packet.sessionPresent && packet.reason !== 0) fields.breach("length", "a session is present, and refused");
	if (five) packet.properties = takeProperties(fields, "CONNACK", false);
	fields.end();
}

function takePublish(packet: Packet, fields: Fields, five: boolean, fromClient: boolean, flags: number): void {
	const qos = (flags >> 1) & 3;
	const dup = (flags & 8) !== 0;
	if (qos === 3) throw new Malformed("qosThree", "both QoS bits are set");
	if (qos === 0 && dup) fields.breach("dupAtQos0", "DUP is set at QoS 0");
	const topic = fields.text("the topic name", "utf8TopicName", "nulTopic");
	if (qos > 0) {
		packet.id = fields.uint16("the packet id");
		if (packet.id === 0) fields.breach("packetIdZero", "the packet id is 0");
	}
	if (five) packet.properties = takeProperties(fields, "PUBLISH", fromClient);
	const byAlias = packet.properties.has(TOPIC_ALIAS) && topic === "";
	if (!byAlias) checkTopicName(topic, "the topic name", "wildcardInName", fields.breach);
	checkResponseTopic(packet.properties, fields.breach);
	const payload = fingerprint(fields.bytes, fields.at, fields.stop);
	packet.publish = { qos, dup, retain: (flags & 1) === 1, topic, payload };
}

/** Short, and another for another payload, but for one chance in 2^64: payloads themselves are not kept. */
function fingerprint(bytes: Uint8Array, at: number, stop: number): string {
	let first = 0x811c9dc5;
	let second = stop - at;
	for (let i = at; i < stop; i += 1) {
		first = Math.imul(first ^ bytes[i]!, 0x01000193);
		second = Math.imul(second ^ first, 0x85ebca6b) ^ (second >>> 15);
	}
	return `${first >>> 0}.${second >>> 0}`;
}

function checkResponseTopic(properties: Properties, breach: Breach): void {
	const topic = properties.get(RESPONSE_TOPIC);
	if (topic !== undefined) checkTopicName(String(topic), "the Response Topic", "wildcardInResponse", breach);
}

function takeRequest(packet: Packet, fields: Fields, five: boolean): void {
	const subscribes = packet.name === "SUBSCRIBE";
	packet.id = fields.uint16("the packet id");
	if (packet.id === 0) fields.breach("packetIdZero", "the packet id is 0");
	if (five) packet.properties = takeProperties(fields, packet.name, true);
	if (fields.left === 0) fields.breach(subscribes ? "subscribeEmpty" : "unsubscribeEmpty", "there is no topic filter");
	while (fields.left > 0) {
		const filter = fields.text("a topic filter", subscribes ? "utf8Subscribe" : "utf8Unsubscribe", "nulTopic");
		checkTopicFilter(filter, five, fields.breach);
		packet.filters.push(filter);
		if (subscribes) checkOptions(fields.byte("the subscription options"), filter, five, fields.breach);
	}
}

function checkOptions(options: number, filter: string, five: boolean, breach: Breach): void {
	const what = `the subscription options of ${JSON.stringify(filter)} are ${hex(options)}:`;
	if ((options & 3) === 3) breach("optionsValue", `${what} there is no QoS 3`);
	if ((options & (five ? 0xc0 : 0xfc)) !== 0) breach("optionsReserved", `${what} reserved bits are set`);
	if (!five) return;
	if (((options >> 4) & 3) === 3) breach("optionsValue", `${what} there is no Retain Handling 3`);
	if ((options & 4) !== 0 && isShared(filter)) breach("noLocalShared", `${what} No Local, of a shared subscription`);
}

function takeGrants(packet: Packet, fields: Fields, five: boolean): void {
	packet.id = fields.uint16("the packet id");
	if (five) packet.properties = takeProperties(fields, packet.name, false);
	else if (packet.name === "UNSUBACK") return fields.end();
	while (fields.left > 0) {
		const code = fields.byte("a code");
		const known = five ? brokenByReason(packet.name, code, false) === undefined : code <= 2 || code === 0x80;
		if (!known) fields.breach("length", `${hex(code)} is no code for a ${packet.name}`);
	}
}
