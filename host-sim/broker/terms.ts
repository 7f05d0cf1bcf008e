// What holds on one connection, taken from its CONNECT and the broker's limits. A 3.1.1 client is one that says nothing of
// what 5.0 added, cannot be told anything of it either, and keeps its session for ever unless it is clean.

import type { IConnectPacket } from "mqtt-packet";
import type { Limits } from "./limits.js";

/** A session with this interval never ends by itself. */
export const FOR_EVER = 0xffff_ffff;

export interface Terms {
	/** True where CONNACK tells the client of the limits: only then is breaking them an error of its own. */
	readonly isTold: boolean;
	/** Whether an empty client id may ask for an older session: 3.1.1 says no [MQTT-3.1.3-8]. */
	readonly mayAskNameless: boolean;
	/** In seconds. */
	readonly keepAlive: number;
	/** Seconds that the session outlives the connection. */
	readonly sessionExpiry: number;
	/** QoS 1 and 2 messages under way to us. */
	readonly theirReceiveMaximum: number;
	readonly theirTopicAliasMaximum: number;
	/** QoS 1 and 2 messages under way to the client. */
	readonly ourReceiveMaximum: number;
	readonly ourTopicAliasMaximum: number;
	/** Bytes of a packet to the client. */
	readonly ourPacketSize: number;
	/** Whether answers may bring texts and user properties [MQTT-3.1.2-29]. */
	readonly wantsProblems: boolean;
	/** Whether CONNACK may bring response information [MQTT-3.1.2-28]. */
	readonly wantsResponses: boolean;
}

export function termsOf(packet: IConnectPacket, limits: Limits): Terms {
	const { properties = {}, keepalive = 0 } = packet;
	const isFive = packet.protocolVersion === 5;
	const asked = isFive ? (properties.sessionExpiryInterval ?? 0) : packet.clean ? 0 : FOR_EVER;
	return {
		isTold: isFive,
		mayAskNameless: isFive,
		keepAlive: isFive ? (limits.serverKeepAlive ?? keepalive) : keepalive, // [MQTT-3.2.2-22]
		sessionExpiry: Math.min(asked, limits.sessionExpiryMaximum),
		theirReceiveMaximum: isFive ? limits.receiveMaximum : 65_535,
		theirTopicAliasMaximum: limits.topicAliasMaximum,
		ourReceiveMaximum: properties.receiveMaximum ?? 65_535,
		ourTopicAliasMaximum: properties.topicAliasMaximum ?? 0,
		ourPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
		wantsProblems: properties.requestProblemInformation ?? true,
		wantsResponses: properties.requestResponseInformation ?? false,
	};
}
