import { expect, it } from "vitest";
import { announce, withDefaults } from "../../../host-sim/broker/limits.js";

it("[MQTT-3.2.2-9] CONNACK says what a client would not take for granted, and nothing else", () => {
	expect(announce(withDefaults())).toEqual({ maximumPacketSize: 16_777_216, topicAliasMaximum: 16 });
	expect(
		announce(
			withDefaults({
				receiveMaximum: 3,
				maximumPacketSize: 100,
				maximumQos: 1,
				retainAvailable: false,
				topicAliasMaximum: 0,
				serverKeepAlive: 0,
				wildcardSubscriptions: false,
				sharedSubscriptions: false,
				subscriptionIdentifiers: false,
			}),
		),
	).toEqual({
		receiveMaximum: 3,
		maximumPacketSize: 100,
		maximumQoS: 1,
		retainAvailable: false,
		serverKeepAlive: 0,
		wildcardSubscriptionAvailable: false,
		sharedSubscriptionAvailable: false,
		subscriptionIdentifiersAvailable: false,
	});
});
