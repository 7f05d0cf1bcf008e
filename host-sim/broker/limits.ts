// What the broker allows its clients. 5.0 hears of it in CONNACK; a 3.1.1 client is held to what makes sense for it.

import type { IConnackPacket } from "mqtt-packet";
import { MOST_BYTES } from "./frames.js";

export type ConnackProperties = NonNullable<IConnackPacket["properties"]>;

export interface BrokerLimits {
	/** QoS 1 and 2 messages that a 5.0 client may have under way, 1 to 65,535. Default 65,535. */
	receiveMaximum?: number;
	/** Bytes of a packet that a client may send. Default 16 MiB. */
	maximumPacketSize?: number;
	/** The same before CONNACK, where nobody knows yet who sends. Default: as after it. */
	connectPacketSize?: number;
	/** The highest QoS that clients may publish at, and that subscriptions are granted. Default 2. */
	maximumQos?: 0 | 1 | 2;
	/** Whether messages and wills may be retained. Default true. */
	retainAvailable?: boolean;
	/** Topic aliases that a client may make, 0 to 65,535. Default 16. */
	topicAliasMaximum?: number;
	/** Keep-alive in seconds instead of what a 5.0 client asks for; 0 turns it off. Default: what it asks for. */
	serverKeepAlive?: number;
	/** Whether filters may have wildcards. Default true. */
	wildcardSubscriptions?: boolean;
	/** Whether filters may begin with $share/. Default true. */
	sharedSubscriptions?: boolean;
	/** Whether subscriptions may have identifiers. Default true. */
	subscriptionIdentifiers?: boolean;
	/** Seconds that a session is kept at most. Default 0xFFFFFFFF, which is for ever. */
	sessionExpiryMaximum?: number;
}

/** Every limit, none left open but the keep-alive. */
export type Limits = Required<Omit<BrokerLimits, "serverKeepAlive">> & { serverKeepAlive: number | undefined };

export function withDefaults(limits: BrokerLimits = {}): Limits {
	return {
		connectPacketSize: limits.maximumPacketSize ?? MOST_BYTES,
		receiveMaximum: 65_535,
		maximumPacketSize: MOST_BYTES,
		maximumQos: 2,
		retainAvailable: true,
		topicAliasMaximum: 16,
		serverKeepAlive: undefined,
		wildcardSubscriptions: true,
		sharedSubscriptions: true,
		subscriptionIdentifiers: true,
		sessionExpiryMaximum: 0xffff_ffff,
		...limits,
	};
}

/** The limits as CONNACK says them: only what a client would not take for granted. */
export function announce(limits: Limits): ConnackProperties {
	return {
		maximumPacketSize: limits.maximumPacketSize,
		...(limits.receiveMaximum < 65_535 && { receiveMaximum: limits.receiveMaximum }),
		...(limits.maximumQos < 2 && { maximumQoS: limits.maximumQos }), // [MQTT-3.2.2-9]
		...(!limits.retainAvailable && { retainAvailable: false }),
		...(limits.topicAliasMaximum > 0 && { topicAliasMaximum: limits.topicAliasMaximum }),
		...(limits.serverKeepAlive !== undefined && { serverKeepAlive: limits.serverKeepAlive }),
		...(!limits.wildcardSubscriptions && { wildcardSubscriptionAvailable: false }),
		...(!limits.sharedSubscriptions && { sharedSubscriptionAvailable: false }),
		...(!limits.subscriptionIdentifiers && { subscriptionIdentifiersAvailable: false }),
	};
}
