// A message as `thimble sub` shows it: gathered from the spans in which a large one comes, so that nothing is printed of
// one that breaks off in the middle and will come again.

import type { Incoming } from "../../firmware/mqtt/client.js";
import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	PAYLOAD_FORMAT_INDICATOR,
	RESPONSE_TOPIC,
	SUBSCRIPTION_IDENTIFIER,
	TOPIC_ALIAS,
} from "../../firmware/mqtt/property.js";

/** Name and id of what may come with a message. */
const NAMED = {
	"payload-format-indicator": PAYLOAD_FORMAT_INDICATOR,
	"message-expiry-interval": MESSAGE_EXPIRY_INTERVAL,
	"content-type": CONTENT_TYPE,
	"response-topic": RESPONSE_TOPIC,
	"correlation-data": CORRELATION_DATA,
	"subscription-identifier": SUBSCRIPTION_IDENTIFIER,
	"topic-alias": TOPIC_ALIAS,
} as const;

export type PropertyName = keyof typeof NAMED;

export interface Message {
	readonly topic: string;
	readonly payload: Buffer;
	readonly qos: number;
	readonly retain: boolean;
	/** 0 at QoS 0. */
	readonly packetId: number;
	readonly properties: ReadonlyMap<PropertyName, number | string | Uint8Array>;
	readonly userProperties: readonly (readonly [name: string, value: string])[];
	/** When it came, in ms since 1970. */
	readonly time: number;
}

export class Gatherer {
	#payload: Buffer | undefined;

	/** The whole message, when this span is its last one; undefined before. */
	take(packet: Incoming, time: number): Message | undefined {
		if (packet.aborted) {
			this.#payload = undefined;
			return undefined;
		}
		if (packet.position === 0) this.#payload = Buffer.allocUnsafe(packet.total);
		const payload = this.#payload;
		if (payload === undefined) return undefined;
		const { bytes, payloadAt, payloadLength, position } = packet;
		payload.set(bytes.subarray(payloadAt, payloadAt + payloadLength), position);
		if (!packet.last) return undefined;
		this.#payload = undefined;
		const properties = new Map<PropertyName, number | string | Uint8Array>();
		// Its head is still there beside the last span.
		if (packet.propertiesAt !== packet.propertiesStop)
			for (const name of Object.keys(NAMED) as PropertyName[]) {
				const value = packet.property(NAMED[name]);
				if (value !== undefined) properties.set(name, value);
			}
		const { topic, qos, retain, packetId } = packet;
		return { topic, payload, qos, retain, packetId, properties, userProperties: packet.userProperties(), time };
	}
}
