// What is behind a packet's fixed header, as fields: each type of packet has a function of its own, or shares one.

import { brokenByReason } from "../checker/reason.js";
import type { Rule } from "../checker/statements.js";
import { checkTopicFilter, checkTopicName, isShared } from "../checker/topic.js";
import { takeConnect, takePayload } from "./connect.js";
import { type Field, hexCode, type Parts } from "./field.js";
import { type Sender, takeProperties } from "./property.js";
import { nameOfCode, reasonName } from "./reason.js";
import type { Summary } from "./summary.js";

// Statements that bind a server only, which the checker has no rules for.
const CONNACK_FLAGS = ["MQTT-2.2.2-1", "MQTT-3.2.2-1"] as const;
const SESSION_REFUSED = ["MQTT-3.2.2-4", "MQTT-3.2.2-6"] as const;
const REASON_OF: Readonly<Record<string, readonly [three: string, five: string]>> = {
	CONNACK: ["MQTT-3.2.2-6", "MQTT-3.2.2-8"],
	SUBACK: ["MQTT-3.9.3-2", "MQTT-3.9.3-2"],
	UNSUBACK: ["", "MQTT-3.11.3-2"],
};
const HANDLINGS = ["retained messages at once", "retained messages if it is new", "no retained messages"];
const GRANTS_MISSING = ["§3.9.3", "§3.9.3"] as const;

export function takeBody(parts: Parts, summary: Summary, sender: Sender): void {
	switch (summary.name) {
		case "CONNECT":
			Object.assign(summary, takeConnect(parts));
			return;
		case "CONNACK":
			return takeConnack(parts, summary, sender);
		case "PUBLISH":
			return takePublish(parts, summary, sender);
		case "SUBSCRIBE":
		case "UNSUBSCRIBE":
			return takeRequest(parts, summary, sender);
		case "SUBACK":
		case "UNSUBACK":
			return takeGrants(parts, summary, sender);
		case "PINGREQ":
		case "PINGRESP":
			return;
		case "DISCONNECT":
			return takeAnswer(parts, summary, sender, "3.14.2", false);
		case "AUTH":
			return takeAnswer(parts, summary, sender, "3.15.2", false);
		case "PUBACK":
			return takeAnswer(parts, summary, sender, "3.4.2", true);
		case "PUBREC":
			return takeAnswer(parts, summary, sender, "3.5.2", true);
		case "PUBREL":
			return takeAnswer(parts, summary, sender, "3.6.2", true);
		default:
			return takeAnswer(parts, summary, sender, "3.7.2", true);
	}
}

function takePacketId(parts: Parts, isNew: boolean, section = parts.isFive ? "2.2.1" : "2.3.1"): number {
	parts.need(2, "the packet identifier");
	const id = parts.bytes[parts.at]! * 256 + parts.bytes[parts.at + 1]!;
	const field = parts.leaf("Packet Identifier", 2, String(id), section, {
		note: `0x${id.toString(16).padStart(4, "0")}`,
	});
	if (id !== 0) return id;
	if (isNew) parts.fault(field, "packetIdZero", "the packet id is 0");
	else parts.fault(field, "acknowledgedId", "the packet id is 0, which no packet has");
	return id;
}

/** Reason and properties, each of which may be left out with what is behind it. */
function takeAnswer(parts: Parts, summary: Summary, sender: Sender, section: string, hasId: boolean): void {
	if (!hasId && (parts.left === 0 || !parts.isFive)) {
		// Left out, an AUTH's reason is 0x00, which is for a server to say.
		if (summary.name === "AUTH" && sender.fromClient === true)
			parts.fault(parts.leaf("Reason Code", 0, "", "3.15.2.1"), "reasonOfAuth", "left out, it is 0x00 Success");
		return;
	}
	parts.group("Variable header", section, group => {
		if (hasId) summary.id = takePacketId(parts, false);
		if (!parts.isFive) return "";
		if (parts.left === 0) {
			group.note = "no reason: it is 0x00 Success";
			return "";
		}
		summary.reason = takeReason(parts, summary.name, `${section}.1`, sender);
		if (parts.left > 0) takeProperties(parts, summary.name, sender);
		return "";
	});
}

function takeReason(parts: Parts, packet: string, section: string, { fromClient }: Sender): number {
	const field = parts.byte(parts.isFive ? "Reason Code" : "Return Code", section);
	const code = Number(field.value);
	const name = reasonName(code, packet, parts.version);
	const rules = [true, false].map(isClient => brokenByReason(packet, code, isClient));
	field.value = hexCode(code);
	field.note = name ?? (parts.isFive ? nameOfCode(code) : undefined) ?? "no name";
	const isKnown =
		name !== undefined && (!parts.isFive || fromClient === undefined || rules[fromClient ? 0 : 1] === undefined);
	if (isKnown) return code;
	const rule: Rule | readonly [string, string] =
		REASON_OF[packet] ?? rules.find(each => each !== undefined) ?? "length";
	const whose = name === undefined ? "" : ` of a ${fromClient ? "client" : "server"}`;
	parts.fault(field, rule, `${field.value} is no code for a ${packet}${whose}`);
	return code;
}

function takeConnack(parts: Parts, summary: Summary, sender: Sender): void {
	parts.group("Variable header", "3.2.2", () => {
		parts.need(1, "Acknowledge Flags");
		const flags = parts.bytes[parts.at]!;
		let session!: Field;
		parts.group("Acknowledge Flags", "3.2.2.1", () => {
			const reserved = parts.bits("Reserved", 0xfe, "3.2.2.1");
			if (flags > 1) parts.fault(reserved, CONNACK_FLAGS, "bits 7 to 1 have to be 0");
			session = parts.bits("Session Present", 0x01, parts.isFive ? "3.2.2.1.1" : "3.2.2.2", value =>
				value === 0 ? "the server knows of no session" : "the server goes on with a session",
			);
			return hexCode(flags);
		});
		summary.sessionPresent = (flags & 1) === 1;
		summary.reason = takeReason(parts, "CONNACK", parts.isFive ? "3.2.2.2" : "3.2.2.3", sender);
		if (summary.sessionPresent && summary.reason !== 0)
			parts.fault(session, SESSION_REFUSED, "a session is present, and the connection refused");
		if (parts.isFive) takeProperties(parts, "CONNACK", sender);
		return "";
	});
}

function takePublish(parts: Parts, summary: Summary, sender: Sender): void {
	parts.group("Variable header", "3.3.2", group => {
		summary.topic = parts.text("Topic Name", "3.3.2.1", "utf8TopicName", "nulTopic");
		const topic = group.fields!.at(-1)!;
		if (summary.qos > 0) summary.id = takePacketId(parts, true, "3.3.2.2");
		if (parts.isFive) takeProperties(parts, "PUBLISH", sender);
		const byAlias = group.fields!.at(-1)!.fields?.some(({ name }) => name === "Topic Alias") === true;
		if (summary.topic === "" && byAlias) topic.note = "the alias stands for it";
		else
			checkTopicName(summary.topic, "the topic name", "wildcardInName", (rule, text) => parts.fault(topic, rule, text));
		return "";
	});
	takePayload(parts, "3.3.3");
}

function takeRequest(parts: Parts, summary: Summary, sender: Sender): void {
	const subscribes = summary.name === "SUBSCRIBE";
	const chapter = subscribes ? "3.8" : "3.10";
	parts.group("Variable header", `${chapter}.2`, () => {
		summary.id = takePacketId(parts, true);
		if (parts.isFive) takeProperties(parts, summary.name, sender);
		return "";
	});
	const payload = parts.group("Payload", `${chapter}.3`, () => {
		while (parts.left > 0) takeFilter(parts, summary, subscribes, `${chapter}.3`);
		return String(summary.filters.length);
	});
	payload.note = summary.filters.length === 1 ? "topic filter" : "topic filters";
	if (summary.filters.length === 0)
		parts.fault(payload, subscribes ? "subscribeEmpty" : "unsubscribeEmpty", "there is no topic filter");
}

function takeFilter(parts: Parts, summary: Summary, subscribes: boolean, section: string): void {
	const utf8 = subscribes ? "utf8Subscribe" : "utf8Unsubscribe";
	const check = (text: string, breach: (rule: Rule, sentence: string) => void) =>
		checkTopicFilter(text, parts.isFive, breach);
	if (!subscribes) {
		summary.filters.push(parts.text("Topic Filter", section, utf8, "nulTopic", check));
		return;
	}
	parts.group("Subscription", section, () => {
		const filter = parts.text("Topic Filter", section, utf8, "nulTopic", check);
		summary.filters.push(filter);
		takeSubscriptionOptions(parts, filter, parts.isFive ? "3.8.3.1" : section);
		return filter;
	});
}

function takeSubscriptionOptions(parts: Parts, filter: string, section: string): void {
	const { isFive } = parts;
	const name = isFive ? "Subscription Options" : "Requested QoS";
	parts.need(1, name);
	parts.group(name, section, () => {
		const options = parts.bytes[parts.at]!;
		const reserved = parts.bits("Reserved", isFive ? 0xc0 : 0xfc, section);
		if (reserved.value !== "0") parts.fault(reserved, "optionsReserved", "they have to be 0");
		if (isFive) {
			const handling = parts.bits("Retain Handling", 0x30, section, value => HANDLINGS[value] ?? "");
			if (handling.value === "3") parts.fault(handling, "optionsValue", "there is no Retain Handling 3");
			parts.bits("Retain As Published", 0x08, section, value =>
				value === 0 ? "RETAIN only where it was retained before" : "RETAIN as it was published",
			);
			const local = parts.bits("No Local", 0x04, section, value =>
				value === 0 ? "its own messages too" : "not its own messages",
			);
			if (local.value === "1" && isShared(filter))
				parts.fault(local, "noLocalShared", "No Local, of a shared subscription");
		}
		const qos = parts.bits(isFive ? "Maximum QoS" : "QoS", 0x03, section);
		if (qos.value === "3") parts.fault(qos, "optionsValue", "there is no QoS 3");
		return hexCode(options);
	});
}

function takeGrants(parts: Parts, summary: Summary, sender: Sender): void {
	const { name } = summary;
	const chapter = name === "SUBACK" ? "3.9" : "3.11";
	parts.group("Variable header", `${chapter}.2`, () => {
		summary.id = takePacketId(parts, false);
		if (parts.isFive) takeProperties(parts, name, sender);
		return "";
	});
	if (name === "UNSUBACK" && !parts.isFive) return;
	let count = 0;
	const payload = parts.group("Payload", `${chapter}.3`, () => {
		for (; parts.left > 0; count += 1) {
			const code = takeReason(parts, name, `${chapter}.3`, sender);
			if (code >= 0x80) summary.reason = code;
		}
		return String(count);
	});
	payload.note = count === 1 ? "code" : "codes";
	if (count === 0) parts.fault(payload, name === "SUBACK" ? GRANTS_MISSING : ["", "§3.11.3"], "there is no code");
}
