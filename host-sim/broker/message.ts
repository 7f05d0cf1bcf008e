// An application message inside the broker, and how long it has left.

import type { UserProperty } from "./properties.js";

/** What 5.0 sends along with a payload. All of it is handed on as it came [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16]. */
export interface MessageProperties {
	readonly payloadFormatIndicator?: boolean;
	/** In seconds. */
	readonly messageExpiryInterval?: number;
	readonly contentType?: string;
	readonly responseTopic?: string;
	readonly correlationData?: Buffer;
	/** In their order [MQTT-3.3.2-18]. */
	readonly userProperties?: readonly UserProperty[];
}

export interface Message {
	readonly topic: string;
	readonly payload: Buffer;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
	readonly properties?: MessageProperties;
	/** The client id of who published it. */
	readonly publisher?: string;
	/** When the broker got it, in ms. */
	readonly arrivedAt?: number;
}

/** A message as one subscriber gets it: at its QoS, with the identifiers of its subscriptions. */
export interface Copy extends Message {
	readonly identifiers?: readonly number[];
	/** Where it came by a shared subscription: gives the message to another member. */
	readonly handOn?: () => void;
}

/** Seconds that are left of its interval [MQTT-3.3.2-6], or undefined where it keeps for ever. */
export function secondsLeft(message: Message, now: number): number | undefined {
	const interval = message.properties?.messageExpiryInterval;
	if (interval === undefined) return undefined;
	return Math.max(0, interval - Math.floor((now - (message.arrivedAt ?? now)) / 1000));
}

/** True where its interval has passed while it waited here [MQTT-3.3.2-5]. */
export function isExpired(message: Message, now: number): boolean {
	return now > (message.arrivedAt ?? now) && secondsLeft(message, now) === 0;
}
