// CONNECT, field by field, against its flags: what each flag announces has to follow, and nothing else may.

import {
	AUTHENTICATION_DATA,
	AUTHENTICATION_METHOD,
	NO_PROPERTIES,
	type Properties,
	RESPONSE_TOPIC,
	takeProperties,
} from "./property.js";
import { type Breach, type Fields, Malformed } from "./reader.js";
import type { Rule, Version } from "./statements.js";
import { checkTopicName } from "./topic.js";

export interface Connect {
	readonly version: Version;
	readonly clientId: string;
	/** Clean Session or Clean Start. */
	readonly clean: boolean;
	readonly keepAliveMs: number;
	readonly properties: Properties;
}

/** The version whose rules hold for a connection that begins with this packet; of a level that nobody knows the nearest. */
export function versionOf(body: Uint8Array): Version {
	const level = body[2 + body[0]! * 256 + body[1]!] ?? 4;
	return level > 4 ? "5.0" : "3.1.1";
}

export function takeConnect(fields: Fields): Connect {
	const { breach } = fields;
	const protocol = fields.text("the protocol name");
	// An ill-formed one has been told already.
	if (protocol !== "MQTT" && !protocol.includes("\ufffd"))
		breach("protocolName", `the protocol name is ${JSON.stringify(protocol)}`);
	const level = fields.byte("the protocol level");
	if (level !== 4 && level !== 5) throw new Malformed("protocolLevel", `the protocol level is ${level}`);
	const five = level === 5;
	const flags = fields.byte("the connect flags");
	const has = (bit: number) => (flags & bit) !== 0;
	const will = has(4);
	const userName = has(0x80);
	const password = has(0x40);
	checkFlags(flags, five, breach);
	const keepAliveMs = fields.uint16("the keep alive") * 1000;
	const properties = five ? takeProperties(fields, "CONNECT", true) : NO_PROPERTIES;
	if (properties.has(AUTHENTICATION_DATA) && !properties.has(AUTHENTICATION_METHOD))
		breach("authDataAlone", "there is Authentication Data without an Authentication Method");
	fields.short = "clientIdMissing";
	const clientId = fields.text("the client id", "utf8ClientId");
	if (!five && clientId === "" && !has(2)) breach("clientIdEmpty", "the client id is empty without Clean Session");
	if (will) takeWill(fields, five);
	fields.short = "userNameMissing";
	if (userName) fields.text("the user name", "utf8UserName");
	fields.short = "passwordMissing";
	if (password) fields.binary("the password");
	if (fields.left > 0) {
		const rule = unannounced(fields, five, will, userName, password);
		breach(rule, `${fields.left} bytes follow the last field that the flags announce`);
	}
	return { version: five ? "5.0" : "3.1.1", clientId, clean: has(2), keepAliveMs, properties };
}

function checkFlags(flags: number, five: boolean, breach: Breach): void {
	if ((flags & 1) !== 0) breach("connectReserved", "the reserved connect flag is set");
	if ((flags & 4) === 0) {
		if ((flags & 0x18) !== 0) breach("willQosWithoutWill", "Will QoS is set without Will Flag");
		if ((flags & 0x20) !== 0) breach("willRetainWithoutWill", "Will Retain is set without Will Flag");
	} else if ((flags & 0x18) === 0x18) breach("willQosThree", "Will QoS is 3");
	if (!five && (flags & 0xc0) === 0x40) breach("passwordAlone", "the Password Flag is set without the User Name Flag");
}

function takeWill(fields: Fields, five: boolean): void {
	fields.short = "willMissing";
	if (five) {
		if (fields.left === 0) throw new Malformed("willMissing", "there is no will behind the client id");
		const topic = takeProperties(fields, "WILL", true).get(RESPONSE_TOPIC);
		if (topic !== undefined)
			checkTopicName(String(topic), "the will's Response Topic", "wildcardInResponse", fields.breach);
	}
	checkTopicName(
		fields.text("the will topic", "utf8WillTopic", "nulTopic"),
		"the will topic",
		"wildcardInWill",
		fields.breach,
	);
	fields.binary("the will message");
}

/** What the bytes behind the announced fields are most likely to be, from how many fields they make. */
function unannounced(fields: Fields, five: boolean, will: boolean, userName: boolean, password: boolean): Rule {
	let count = 0;
	for (let at = fields.at; at < fields.stop; count += 1) {
		at += 2 + fields.bytes[at]! * 256 + (fields.bytes[at + 1] ?? 0);
		if (at > fields.stop) return "payloadOrder";
	}
	if (userName) return count === 1 && !password ? "passwordUnannounced" : "payloadOrder";
	if (password) return "payloadOrder";
	if (count === 2 && !will && !five) return "willUnannounced";
	return count === 1 ? "userNameUnannounced" : "payloadOrder";
}
