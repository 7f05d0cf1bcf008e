// One subscriber's copy of a message: what all its subscriptions that match make of it together.

import type { Copy, Message } from "./message.js";
import type { Subscription } from "./session.js";

/** The copy that is sent because the message was published. */
export function copyOf(message: Message, subscriptions: readonly Subscription[]): Copy {
	return {
		...retainedCopyOf(message, subscriptions),
		// [MQTT-3.3.1-12] [MQTT-3.3.1-13], in 3.1.1 [MQTT-3.3.1-9]
		retain: message.retain && subscriptions.some(({ retainAsPublished = false }) => retainAsPublished),
	};
}

/** The copy that is sent because of a subscription, with the flag of a retained message. */
export function retainedCopyOf(message: Message, subscriptions: readonly Subscription[]): Copy {
	// The highest QoS that was granted [MQTT-3.3.4-2], but not above the publisher's [MQTT-3.8.4-8].
	const granted = Math.max(...subscriptions.map(({ qos }) => qos));
	return {
		...message,
		qos: Math.min(granted, message.qos) as 0 | 1 | 2,
		identifiers: subscriptions.flatMap(({ identifier }) => identifier ?? []), // [MQTT-3.3.4-4]
	};
}
