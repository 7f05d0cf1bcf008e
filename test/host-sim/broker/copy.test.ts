import { expect, it } from "vitest";
import { copyOf, retainedCopyOf } from "../../../host-sim/broker/copy.js";
import type { Message } from "../../../host-sim/broker/message.js";
import { Session, type SubscriptionOptions } from "../../../host-sim/broker/session.js";

const session = new Session("c", 0, { maxInflight: 10, maxQueued: 10 });
const subscription = (qos: 0 | 1 | 2, options: SubscriptionOptions = {}) => ({ session, filter: "t", qos, ...options });
const message = (qos: 0 | 1 | 2, retain = false): Message => ({ topic: "t", payload: Buffer.from("x"), qos, retain });

it("[MQTT-3.3.4-2] [MQTT-3.8.4-8] the highest QoS granted, never above the publisher's", () => {
	const qos = (published: 0 | 1 | 2, ...granted: (0 | 1 | 2)[]) =>
		copyOf(
			message(published),
			granted.map(each => subscription(each)),
		).qos;
	expect([qos(2, 0, 1), qos(1, 2, 0), qos(0, 2), qos(2, 2, 1)]).toEqual([1, 1, 0, 2]);
});

it("[MQTT-3.3.4-3] [MQTT-3.3.4-4] the identifiers of all that have one", () => {
	const subscriptions = [subscription(0, { identifier: 7 }), subscription(0), subscription(1, { identifier: 3 })];
	expect(copyOf(message(0), subscriptions).identifiers).toEqual([7, 3]);
	expect(copyOf(message(0), [subscription(0)]).identifiers).toEqual([]);
});

it("[MQTT-3.3.1-12] [MQTT-3.3.1-13] the retain flag only for who asks for it as published", () => {
	const asPublished = subscription(0, { retainAsPublished: true });
	expect(copyOf(message(0, true), [subscription(0)]).retain).toBe(false);
	expect(copyOf(message(0, true), [subscription(0), asPublished]).retain).toBe(true);
	expect(copyOf(message(0, false), [asPublished]).retain).toBe(false);
	expect(retainedCopyOf(message(0, true), [subscription(0)]).retain).toBe(true);
});
