import { expect, it } from "vitest";
import { isExpired, type Message, secondsLeft } from "../../../host-sim/broker/message.js";

const message = (messageExpiryInterval?: number): Message => ({
	topic: "t",
	payload: Buffer.alloc(0),
	qos: 1,
	retain: false,
	arrivedAt: 1000,
	...(messageExpiryInterval !== undefined && { properties: { messageExpiryInterval } }),
});

it("[MQTT-3.3.2-5] [MQTT-3.3.2-6] a message has its interval less the whole seconds that it waited, and then none", () => {
	const of = (interval: number | undefined, now: number) => [
		secondsLeft(message(interval), now),
		isExpired(message(interval), now),
	];
	expect(of(10, 1000)).toEqual([10, false]);
	expect(of(10, 1999)).toEqual([10, false]);
	expect(of(10, 2000)).toEqual([9, false]);
	expect(of(10, 10_999)).toEqual([1, false]);
	expect(of(10, 11_000)).toEqual([0, true]);
	expect(of(10, 99_000)).toEqual([0, true]);
	expect(of(undefined, 1e12)).toEqual([undefined, false]);
	// An interval of 0 does for who is there at that moment.
	expect(of(0, 1000)).toEqual([0, false]);
	expect(of(0, 1001)).toEqual([0, true]);
});
