import { describe, expect, it } from "vitest";
import { CONTENT_TYPE, properties, USER_PROPERTY } from "../../../firmware/mqtt/property.js";
import { Gatherer, type Message } from "../../../host-sim/cli/message.js";
import { Client, type Incoming, World } from "../../../host-sim/testing.js";

/** What a client with a small receive buffer hears of `payload`, gathered. */
function hear(payload: Uint8Array, disturb?: (world: World, spans: () => number) => void) {
	const world = new World({ link: { latencyMs: 5, slice: 100 } });
	const gatherer = new Gatherer();
	const messages: Message[] = [];
	let spans = 0;
	const receiver = new Client({
		clientId: "receiver",
		cleanSession: false,
		limits: { receive: 256 },
		...world.collaborators("receiver"),
	});
	const handle = (packet: Incoming) => {
		spans += 1;
		const message = gatherer.take(packet, 42);
		if (message !== undefined) messages.push(message);
	};
	receiver.subscribe("a/#", handle, { qos: 1, stream: true });
	const sender = new Client({ clientId: "sender", ...world.collaborators("sender") });
	receiver.open();
	sender.open();
	world.run(1000);
	sender.publishFrom(
		sender.topic("a/b"),
		{
			read(bytes, at, count, position) {
				bytes.set(payload.subarray(position, position + count), at);
				return Math.min(count, payload.length - position);
			},
		},
		payload.length,
		2,
	);
	disturb?.(world, () => spans);
	world.run(60_000);
	return { messages, spans };
}

/** One span of a message, as a client shows it. */
function span(more: object): Incoming {
	const packet = {
		aborted: false,
		position: 0,
		total: 1,
		bytes: Uint8Array.of(7),
		payloadAt: 0,
		payloadLength: 1,
		last: true,
		propertiesAt: 0,
		propertiesStop: 0,
		property: (id: number) => (id === CONTENT_TYPE ? "t" : undefined),
		userProperties: () => [
			["k", "1"],
			["k", "2"],
		],
		topic: "a",
		qos: 0,
		retain: true,
		packetId: 0,
	};
	return { ...packet, ...more } as unknown as Incoming;
}

const large = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);

describe("messages", () => {
	it("that come in spans are gathered byte for byte", () => {
		const { messages, spans } = hear(large);
		expect(spans).toBeGreaterThan(10);
		expect(messages).toHaveLength(1);
		expect(messages[0]).toMatchObject({ topic: "a/b", qos: 1, retain: false, time: 42 });
		expect(messages[0]!.packetId).toBeGreaterThan(0);
		expect(messages[0]!.payload.equals(large)).toBe(true);
	});

	it("that are small or empty come at once", () => {
		expect(hear(large.subarray(0, 5))).toMatchObject({
			spans: 1,
			messages: [{ payload: Buffer.from(large.subarray(0, 5)) }],
		});
		expect(hear(new Uint8Array(0)).messages[0]!.payload.length).toBe(0);
	});

	it("that break off are forgotten, and whole when they come again", () => {
		const { messages } = hear(large, (world, spans) => {
			world.runUntil(() => spans() > 5);
			world.link("receiver")!.cut();
		});
		expect(messages).toHaveLength(1);
		expect(messages[0]!.payload.equals(large)).toBe(true);
	});

	it("that have broken off are not completed by the end of another", () => {
		const gatherer = new Gatherer();
		expect(gatherer.take(span({ total: 2, last: false }), 1)).toBeUndefined();
		expect(gatherer.take(span({ total: 2, last: false, aborted: true }), 1)).toBeUndefined();
		expect(gatherer.take(span({ total: 2, position: 1 }), 1)).toBeUndefined();
	});

	it("of 5.0 have their properties by name", () => {
		const block = properties([USER_PROPERTY, "k", "1"], [CONTENT_TYPE, "t"], [USER_PROPERTY, "k", "2"]);
		const packet = span({ propertiesStop: block.length });
		const message = new Gatherer().take(packet, 1)!;
		expect([...message.properties]).toEqual([["content-type", "t"]]);
		expect(message.userProperties).toHaveLength(2);
	});
});
