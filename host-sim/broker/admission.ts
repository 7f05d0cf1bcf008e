// Who may in: what a CONNECT must not ask for, apart from who asks.

import type { IConnectPacket } from "mqtt-packet";
import type { Limits } from "./limits.js";
import type { Message, MessageProperties } from "./message.js";
import type { UserProperty } from "./properties.js";
import {
	CLIENT_ID_NOT_VALID,
	malformed,
	QOS_NOT_SUPPORTED,
	RETAIN_NOT_SUPPORTED,
	Refusal,
	SERVER_MOVED,
	TOPIC_NAME_INVALID,
	USE_ANOTHER_SERVER,
} from "./reason.js";
import type { Terms } from "./terms.js";
import { isTooDeep, isTopicName } from "./topic.js";

/** Where clients shall go instead. */
export interface ServerReference {
	/** "host", "host:port", or several with spaces between. */
	readonly to: string;
	/** True: for good (0x9D); otherwise for now (0x9C). */
	readonly forGood?: boolean;
}

/** What is published if the client goes without saying goodbye. */
export interface Will {
	readonly message: Message;
	/** Seconds between the end of the connection and that. */
	readonly delay: number;
}

export function redirection({ to, forGood = false }: ServerReference): Refusal {
	return new Refusal(forGood ? SERVER_MOVED : USE_ANOTHER_SERVER, "this server takes nobody", { serverReference: to });
}

/** Throws where a client may not have such an id. */
export function checkClientId({ clientId, clean }: IConnectPacket, terms: Terms): void {
	if (clientId === "" && !clean && !terms.mayAskNameless)
		throw new Refusal(CLIENT_ID_NOT_VALID, "empty client id without clean session"); // [MQTT-3.1.3-8]
}

/** The will in a CONNECT, or undefined; throws where the broker cannot have it. */
export function willOf(
	{ will }: IConnectPacket,
	userProperties: readonly UserProperty[],
	limits: Limits,
): Will | undefined {
	if (will === undefined) return undefined;
	const { topic, payload, qos = 0, retain = false, properties = {} } = will;
	checkTopicName(topic);
	if (qos > limits.maximumQos) throw new Refusal(QOS_NOT_SUPPORTED, "will QoS above the maximum"); // [MQTT-3.2.2-12]
	if (retain && !limits.retainAvailable) throw new Refusal(RETAIN_NOT_SUPPORTED, "a retained will"); // [MQTT-3.2.2-13]
	const { willDelayInterval, userProperties: _unordered, ...message } = properties;
	return {
		message: {
			topic,
			payload: Buffer.from(payload),
			qos,
			retain,
			properties: withUserProperties(message, userProperties),
		},
		delay: willDelayInterval ?? 0,
	};
}

/** Throws where a message cannot have such a topic. */
export function checkTopicName(topic: string): void {
	if (isTooDeep(topic)) throw new Refusal(TOPIC_NAME_INVALID, "topic name of too many levels");
	if (!isTopicName(topic)) throw malformed("topic name not allowed"); // [MQTT-3.3.2-2]
}

/** A message's properties with those of the user in their order [MQTT-3.1.3-10]. */
export function withUserProperties(
	properties: MessageProperties,
	userProperties: readonly UserProperty[],
): MessageProperties {
	return userProperties.length === 0 ? properties : { ...properties, userProperties };
}
