// CONNECT as fields (section 3.1): the only packet whose flags say what stands behind them, and which says its version.

import { checkTopicName } from "../checker/topic.js";
import { type Extra, type Field, hexCode, type Parts, shown, sizeOf } from "./field.js";
import { takeProperties } from "./property.js";

const KNOWN_NAMES: Readonly<Record<string, string>> = {
	MQTT: "",
	MQIsdp: "MQTT 3.1, which is older than both standards",
};

/** What others want to know of it. */
export interface ConnectSummary {
	readonly clientId: string;
	readonly clean: boolean;
}

export function takeConnect(parts: Parts): ConnectSummary {
	let flags = 0;
	parts.group("Variable header", "3.1.2", () => {
		takeProtocol(parts);
		flags = takeFlags(parts);
		const keepAlive = parts.uint16("Keep Alive", "3.1.2.10", "seconds");
		if (keepAlive === 0) lastOf(parts, "Variable header").note = "seconds; 0 switches it off";
		if (parts.isFive) takeProperties(parts, "CONNECT", { fromClient: true });
		return "";
	});
	let clientId = "";
	parts.group("Payload", "3.1.3", () => {
		clientId = parts.text("Client Identifier", "3.1.3.1", "utf8ClientId");
		const isClean = (flags & 2) !== 0;
		if (clientId === "") {
			const field = lastOf(parts, "Payload");
			field.note = "empty: the server gives it one";
			if (!parts.isFive && !isClean) parts.fault(field, "clientIdEmpty", "an empty one needs Clean Session 1");
		}
		if ((flags & 4) !== 0) takeWill(parts);
		if ((flags & 0x80) !== 0) parts.text("User Name", parts.isFive ? "3.1.3.5" : "3.1.3.4", "utf8UserName");
		if ((flags & 0x40) !== 0) parts.binary("Password", parts.isFive ? "3.1.3.6" : "3.1.3.5", true);
		return "";
	});
	return { clientId, clean: (flags & 2) !== 0 };
}

/** The last field of that group. */
function lastOf(parts: Parts, group: string): Field {
	return parts.fields.find(({ name }) => name === group)!.fields!.at(-1)!;
}

function takeProtocol(parts: Parts): void {
	const name = parts.text("Protocol Name", "3.1.2.1");
	const field = lastOf(parts, "Variable header");
	if (KNOWN_NAMES[name]) field.note = KNOWN_NAMES[name];
	const level = parts.byte(parts.isFive ? "Protocol Version" : "Protocol Level", "3.1.2.2");
	level.note = level.value === "5" ? "MQTT 5.0" : level.value === "4" ? "MQTT 3.1.1" : "";
	if (name !== "MQTT") parts.fault(field, "protocolName", `the protocol name is MQTT, not ${JSON.stringify(name)}`);
	if (level.note === "") {
		level.note = `read as MQTT ${parts.version}`;
		parts.fault(level, "protocolLevel", `${level.value} is neither 4 (MQTT 3.1.1) nor 5 (MQTT 5.0)`);
	}
}

function takeFlags(parts: Parts): number {
	parts.need(1, "Connect Flags");
	const flags = parts.bytes[parts.at]!;
	const five = parts.isFive;
	const behind = (what: string) => (value: number) =>
		value === 0 ? `no ${what} in the payload` : `${what} in the payload`;
	parts.group("Connect Flags", "3.1.2.3", () => {
		parts.bits("User Name Flag", 0x80, "3.1.2.8", behind("user name"));
		const password = parts.bits("Password Flag", 0x40, "3.1.2.9", behind("password"));
		const retain = parts.bits("Will Retain", 0x20, "3.1.2.7", value =>
			value === 0 ? "will not kept" : "will kept as retained",
		);
		const qos = parts.bits("Will QoS", 0x18, "3.1.2.6");
		parts.bits("Will Flag", 0x04, "3.1.2.5", behind("will"));
		parts.bits(five ? "Clean Start" : "Clean Session", 0x02, "3.1.2.4", value =>
			value === 0 ? "goes on with its session" : "a new session",
		);
		const reserved = parts.bits("Reserved", 0x01, "3.1.2.3");
		if (!five && (flags & 0xc0) === 0x40) parts.fault(password, "passwordAlone", "a password without a user name");
		if ((flags & 4) === 0 && (flags & 0x20) !== 0)
			parts.fault(retain, "willRetainWithoutWill", "without a will it has to be 0");
		if ((flags & 4) === 0 && (flags & 0x18) !== 0)
			parts.fault(qos, "willQosWithoutWill", "without a will it has to be 0");
		if ((flags & 0x1c) === 0x1c) parts.fault(qos, "willQosThree", "there is no QoS 3");
		if ((flags & 1) !== 0) parts.fault(reserved, "connectReserved", "it has to be 0");
		return hexCode(flags);
	});
	return flags;
}

function takeWill(parts: Parts): void {
	if (parts.isFive) takeProperties(parts, "WILL", { fromClient: true });
	const [topic, message] = parts.isFive ? ["3.1.3.3", "3.1.3.4"] : ["3.1.3.2", "3.1.3.3"];
	parts.text("Will Topic", topic!, "utf8WillTopic", "nulTopic", (text, breach) =>
		checkTopicName(text, "the will topic", "wildcardInWill", breach),
	);
	parts.binary(parts.isFive ? "Will Payload" : "Will Message", message!);
}

/** A payload of a message: what is left. */
export function takePayload(parts: Parts, section: string): void {
	const bytes = parts.bytes.subarray(parts.at, parts.at + parts.present);
	const { value, isHex } = shown(bytes);
	const size = sizeOf(parts.left);
	const extra: Extra = { note: bytes.length === 0 ? "empty" : isHex ? `${size}, in hexadecimal` : size };
	parts.leaf("Payload", bytes.length, value, section, extra);
}
