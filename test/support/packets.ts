// Packets of every type in both versions, made by mqtt-packet: another codec than ours. And what tests ask of a dissected one.

import { generate, type Packet } from "mqtt-packet";
import type { Version } from "../../host-sim/checker/statements.js";
import type { Dissection } from "../../host-sim/inspect/dissect.js";
import type { Field } from "../../host-sim/inspect/field.js";

const payload = Buffer.from("21.5");
const binary = Buffer.of(0, 1, 0xfe, 0xff);
const user = { site: "attic", größe: "ä😀" };

const COMMON: readonly Packet[] = [
	{ cmd: "publish", topic: "a/b", payload, qos: 0, dup: false, retain: true },
	{ cmd: "publish", topic: "größe/😀", payload: binary, qos: 1, dup: true, retain: false, messageId: 7 },
	{ cmd: "publish", topic: "a", payload: Buffer.alloc(200, "x"), qos: 2, dup: false, retain: false, messageId: 65_535 },
	{ cmd: "publish", topic: "a", payload: Buffer.alloc(20_000), qos: 2, dup: false, retain: false, messageId: 300 },
	{ cmd: "pingreq" },
	{ cmd: "pingresp" },
];

const THREE: readonly Packet[] = [
	...COMMON,
	{ cmd: "connect", clientId: "board-01", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60 },
	{
		cmd: "connect",
		clientId: "b",
		protocolId: "MQTT",
		protocolVersion: 4,
		clean: false,
		keepalive: 0,
		username: "garden",
		password: Buffer.from("s3cret-word"),
		will: { topic: "w/t", payload: Buffer.from("gone"), qos: 2, retain: true },
	},
	{ cmd: "connack", sessionPresent: true, returnCode: 0 },
	{ cmd: "connack", sessionPresent: false, returnCode: 5 },
	{ cmd: "puback", messageId: 1 },
	{ cmd: "pubrec", messageId: 2 },
	{ cmd: "pubrel", messageId: 3 },
	{ cmd: "pubcomp", messageId: 4 },
	{
		cmd: "subscribe",
		messageId: 5,
		subscriptions: [
			{ topic: "a/+", qos: 0 },
			{ topic: "#", qos: 2 },
		],
	},
	{ cmd: "suback", messageId: 5, granted: [0, 2, 128] },
	{ cmd: "unsubscribe", messageId: 6, unsubscriptions: ["a/+", "#"] },
	{ cmd: "unsuback", messageId: 6 },
	{ cmd: "disconnect" },
] as Packet[];

const FIVE: readonly Packet[] = [
	...COMMON,
	{
		cmd: "connect",
		clientId: "board-01",
		protocolId: "MQTT",
		protocolVersion: 5,
		clean: true,
		keepalive: 60,
		username: "garden",
		password: Buffer.from("s3cret-word"),
		properties: {
			sessionExpiryInterval: 3600,
			receiveMaximum: 10,
			maximumPacketSize: 1000,
			topicAliasMaximum: 4,
			requestResponseInformation: true,
			requestProblemInformation: false,
			userProperties: user,
			authenticationMethod: "SCRAM-SHA-256",
			authenticationData: Buffer.from("s3cret-data"),
		},
		will: {
			topic: "w/t",
			payload: Buffer.from("gone"),
			qos: 1,
			retain: false,
			properties: {
				willDelayInterval: 5,
				payloadFormatIndicator: true,
				messageExpiryInterval: 9,
				contentType: "text/plain",
				responseTopic: "r/t",
				correlationData: binary,
				userProperties: user,
			},
		},
	},
	{
		cmd: "connack",
		sessionPresent: false,
		reasonCode: 0,
		properties: {
			sessionExpiryInterval: 1,
			receiveMaximum: 2,
			maximumQoS: 1,
			retainAvailable: true,
			maximumPacketSize: 4_000_000_000,
			assignedClientIdentifier: "auto-1",
			topicAliasMaximum: 3,
			reasonString: "fine",
			userProperties: user,
			wildcardSubscriptionAvailable: true,
			subscriptionIdentifiersAvailable: true,
			sharedSubscriptionAvailable: false,
			serverKeepAlive: 30,
			responseInformation: "r/",
			serverReference: "other",
			authenticationMethod: "M",
			authenticationData: Buffer.from("s3cret-data"),
		},
	},
	{
		cmd: "publish",
		topic: "",
		payload,
		qos: 1,
		dup: false,
		retain: false,
		messageId: 9,
		properties: {
			payloadFormatIndicator: true,
			messageExpiryInterval: 60,
			topicAlias: 2,
			responseTopic: "r/t",
			correlationData: binary,
			userProperties: user,
			subscriptionIdentifier: 200_000,
			contentType: "text/plain",
		},
	},
	...["puback", "pubrec"].map(cmd => ({ cmd, messageId: 1, reasonCode: 0x97, properties: { reasonString: "full" } })),
	...["pubrel", "pubcomp"].map(cmd => ({ cmd, messageId: 1, reasonCode: 0x92, properties: { userProperties: user } })),
	{ cmd: "puback", messageId: 2 },
	{
		cmd: "subscribe",
		messageId: 5,
		subscriptions: [
			{ topic: "a/+", qos: 1, nl: true, rap: true, rh: 2 },
			{ topic: "$share/g/a", qos: 0, nl: false, rap: false, rh: 1 },
		],
		properties: { subscriptionIdentifier: 268_435_455, userProperties: user },
	},
	{ cmd: "suback", messageId: 5, granted: [0, 2, 0x8f], properties: { reasonString: "so" } },
	{ cmd: "unsubscribe", messageId: 6, unsubscriptions: ["a/+", "b"], properties: { userProperties: user } },
	{ cmd: "unsuback", messageId: 6, granted: [0, 17], properties: { reasonString: "so" } },
	{ cmd: "disconnect", reasonCode: 0x8e, properties: { reasonString: "bye", serverReference: "other" } },
	{ cmd: "disconnect", reasonCode: 4, properties: { sessionExpiryInterval: 7 } },
	{
		cmd: "auth",
		reasonCode: 0x18,
		properties: { authenticationMethod: "M", authenticationData: Buffer.from("s3cret-data") },
	},
] as Packet[];

export interface Sample {
	readonly packet: Packet;
	readonly version: Version;
	readonly bytes: Uint8Array;
	readonly title: string;
}

function samplesOf(packets: readonly Packet[], version: Version): Sample[] {
	return packets.map((packet, i) => {
		const bytes = Uint8Array.from(generate(packet, { protocolVersion: version === "5.0" ? 5 : 4 }));
		return { packet, version, bytes, title: `${packet.cmd} ${version} (${i})` };
	});
}

export const SAMPLES: readonly Sample[] = [...samplesOf(THREE, "3.1.1"), ...samplesOf(FIVE, "5.0")];

export function bytesOf(...parts: (number | string | readonly number[])[]): Uint8Array {
	const bytes = parts.flatMap(part => (typeof part === "string" ? [...Buffer.from(part)] : part));
	return Uint8Array.from(bytes);
}

export function leavesOf(fields: readonly Field[]): Field[] {
	return fields.flatMap(field => (field.fields === undefined ? [field] : leavesOf(field.fields)));
}

/** All fields, groups before their parts. */
export function allOf(fields: readonly Field[]): Field[] {
	return fields.flatMap(field => [field, ...allOf(field.fields ?? [])]);
}

/** Values of the fields with that name. */
export function valuesOf({ fields }: Pick<Dissection, "fields">, name: string): string[] {
	return allOf(fields)
		.filter(field => field.name === name)
		.map(({ value }) => value);
}

/** Statements that are broken. */
export function statementsOf({ faults }: Pick<Dissection, "faults">): string[] {
	return faults.map(({ statement }) => statement);
}

/** Why the leaves are not exactly the bytes, each bit once and in order; undefined where they are. */
export function untiled(fields: readonly Field[], length: number): string | undefined {
	let at = 0;
	let mask = 0;
	for (const field of leavesOf(fields)) {
		const where = `${field.name} at ${field.at}`;
		if (field.at !== at) return `${where}: expected at ${at}`;
		if (field.bits === undefined) {
			if (mask !== 0) return `${where}: the byte before lacks bits`;
			at += field.length;
			continue;
		}
		if (field.length !== 1 || (mask & field.bits) !== 0) return `${where}: bits twice`;
		// From the highest on, without a hole.
		if (((mask | field.bits) & 0xff) !== (0xff & ~((field.bits & -field.bits) - 1)))
			return `${where}: bits out of order`;
		mask |= field.bits;
		if (mask === 0xff) {
			at += 1;
			mask = 0;
		}
	}
	if (mask !== 0) return "the last byte lacks bits";
	for (const field of allOf(fields)) {
		const inside = field.fields ?? [];
		const bits = inside.length > 0 && inside.every(({ bits }) => bits !== undefined);
		const sum = bits ? 1 : inside.reduce((total, { length }) => total + length, 0);
		if (field.fields !== undefined && field.length !== sum)
			return `${field.name}: ${field.length} bytes, its parts ${sum}`;
	}
	return at === length ? undefined : `${at} of ${length} bytes`;
}
