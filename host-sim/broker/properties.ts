// The properties of 5.0 as a client may send them: one table of which may stand where, and a strict reading of a block.
// mqtt-packet reads them too, but takes any of them anywhere, any value, any number of times, and loses the order of
// user properties.

import type { Fields } from "./fields.js";
import { malformed, PROTOCOL_ERROR, protocolError, Refusal, TOPIC_ALIAS_INVALID } from "./reason.js";
import { isTopicName } from "./topic.js";

// The places where a client puts properties, a bit each.
export const IN_CONNECT = 1;
export const IN_WILL = 2;
export const IN_PUBLISH = 4;
/** PUBACK, PUBREC, PUBREL and PUBCOMP. */
export const IN_ANSWER = 8;
export const IN_SUBSCRIBE = 16;
export const IN_UNSUBSCRIBE = 32;
export const IN_DISCONNECT = 64;
export const IN_AUTH = 128;

const IN_MESSAGE = IN_WILL | IN_PUBLISH;
const WITH_REASON = IN_ANSWER | IN_DISCONNECT | IN_AUTH;

export const USER_PROPERTY = 38;
export const TOPIC_ALIAS = 35;
export const AUTHENTICATION_METHOD = 21;
export const AUTHENTICATION_DATA = 22;

/** A name and a value of the user's own; their order counts, and names may repeat. */
export type UserProperty = readonly [name: string, value: string];

/** What a block held: which properties, and those of the user in their order [MQTT-3.3.2-18]. */
export interface Block {
	readonly ids: ReadonlySet<number>;
	readonly user: readonly UserProperty[];
}

interface Kind {
	readonly name: string;
	/** Where a client may send it. */
	readonly places: number;
	/** Packets that carry it when a server sends them. */
	readonly fromServer?: number;
	/** Reads the value; throws where no client may send such a one. */
	read(fields: Fields): unknown;
}

const text = (fields: Fields) => fields.string();
const binary = (fields: Fields) => fields.binary();
const uint16 = (fields: Fields) => fields.uint16();
const uint32 = (fields: Fields) => fields.uint32();

const flag = (fields: Fields) => {
	if (fields.byte() > 1) throw protocolError("a property that is neither 0 nor 1");
};

/** A number that must not be 0. */
const nonZero =
	(read: (fields: Fields) => number, reason = PROTOCOL_ERROR) =>
	(fields: Fields) => {
		if (read(fields) === 0) throw new Refusal(reason, "a property that must not be 0");
	};

const topicName = (fields: Fields) => {
	if (!isTopicName(fields.string())) throw protocolError("a response topic that is no topic name"); // [MQTT-3.3.2-14]
};

const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
	[1, { name: "payload format indicator", places: IN_MESSAGE, read: flag }],
	[2, { name: "message expiry interval", places: IN_MESSAGE, read: uint32 }],
	[3, { name: "content type", places: IN_MESSAGE, read: text }],
	[8, { name: "response topic", places: IN_MESSAGE, read: topicName }],
	[9, { name: "correlation data", places: IN_MESSAGE, read: binary }],
	[
		11,
		{
			name: "subscription identifier",
			places: IN_SUBSCRIBE,
			fromServer: IN_PUBLISH, // [MQTT-3.3.4-6]
			read: nonZero(fields => fields.variable()),
		},
	],
	[17, { name: "session expiry interval", places: IN_CONNECT | IN_DISCONNECT, read: uint32 }],
	[AUTHENTICATION_METHOD, { name: "authentication method", places: IN_CONNECT | IN_AUTH, read: text }],
	[AUTHENTICATION_DATA, { name: "authentication data", places: IN_CONNECT | IN_AUTH, read: binary }],
	[23, { name: "request problem information", places: IN_CONNECT, read: flag }],
	[24, { name: "will delay interval", places: IN_WILL, read: uint32 }],
	[25, { name: "request response information", places: IN_CONNECT, read: flag }],
	[28, { name: "server reference", places: 0, fromServer: IN_DISCONNECT, read: text }],
	[31, { name: "reason string", places: WITH_REASON, read: text }],
	[33, { name: "receive maximum", places: IN_CONNECT, read: nonZero(uint16) }],
	[34, { name: "topic alias maximum", places: IN_CONNECT, read: uint16 }],
	[TOPIC_ALIAS, { name: "topic alias", places: IN_PUBLISH, read: nonZero(uint16, TOPIC_ALIAS_INVALID) }], // [MQTT-3.3.2-8]
	[USER_PROPERTY, { name: "user property", places: 255, read: text }],
	[39, { name: "maximum packet size", places: IN_CONNECT, read: nonZero(uint32) }],
]);

/** Reads a block, its length in front; throws what is wrong with it. */
export function readProperties(fields: Fields, place: number): Block {
	const block = fields.block(fields.variable());
	const ids = new Set<number>();
	const user: UserProperty[] = [];
	while (!block.atEnd) {
		const id = block.variable();
		const kind = KINDS.get(id);
		if (kind === undefined || ((kind.places | (kind.fromServer ?? 0)) & place) === 0)
			throw malformed(`property ${kind?.name ?? id} in the wrong packet`); // section 2.2.2.2
		if ((kind.places & place) === 0) throw protocolError(`${kind.name} is for servers to send`);
		if (id === USER_PROPERTY) {
			user.push([block.string(), block.string()]); // [MQTT-1.5.7-1]
			continue;
		}
		if (ids.has(id)) throw protocolError(`${kind.name} twice`);
		ids.add(id);
		kind.read(block);
	}
	return { ids, user };
}
