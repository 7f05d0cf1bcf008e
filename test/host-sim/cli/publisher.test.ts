import { describe, expect, it } from "vitest";
import { memoryPayload } from "../../../host-sim/cli/payload.js";
import { Publisher } from "../../../host-sim/cli/publisher.js";
import { type BrokerOptions, Client, World } from "../../../host-sim/testing.js";

/** Lets time pass until the promise is done: what awaits needs the event loop between the turns of the world. */
async function settle(world: World, promise: Promise<unknown>): Promise<void> {
	let done = false;
	promise.then(() => {
		done = true;
	});
	for (let i = 0; i < 20_000 && !done; i += 1) {
		await new Promise(resolve => setImmediate(resolve));
		world.run(20);
	}
	expect(done).toBe(true);
}

function publisherOf(qos: number, broker: BrokerOptions = {}, topic = "a") {
	const received: string[] = [];
	const told: string[] = [];
	const world = new World({
		broker: { ...broker, on: { published: ({ payload }) => received.push(Buffer.from(payload).toString()) } },
	});
	const client: Client = new Client({
		clientId: "c",
		cleanSession: false,
		limits: { outbox: 256, messages: 4 },
		onOnline: () => publisher.handleRoom(),
		onPublishEnd: (ticket, end, code) => publisher.handleEnd(ticket, end, code),
		...world.collaborators("c"),
	});
	const publisher: Publisher = new Publisher({
		client,
		topic,
		qos,
		retain: false,
		explain: code => `code ${code}`,
		tell: text => told.push(text),
	});
	client.open();
	return { world, client, publisher, received, told };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

describe("a publisher", () => {
	it.each([0, 1, 2])("waits for room: at QoS %i nothing is lost, and the order stays", async qos => {
		const { world, publisher, received, told } = publisherOf(qos);
		const work = async () => {
			for (const text of numbers(0, 200)) await publisher.publish(memoryPayload(Buffer.from(text)));
			await publisher.settled();
		};
		await settle(world, work());
		world.run(1000);
		expect(received).toEqual(numbers(0, 200));
		expect(publisher.failures).toBe(0);
		expect(told).toEqual([]);
	});

	it("waits where messages fill the outbox before they are too many", async () => {
		const { world, publisher, received, told } = publisherOf(1);
		const texts = numbers(0, 50).map(text => text.padEnd(100));
		const work = async () => {
			for (const text of texts) await publisher.publish(memoryPayload(Buffer.from(text)));
			await publisher.settled();
		};
		await settle(world, work());
		expect([received, told]).toEqual([texts, []]);
	});

	it("keeps that across a lost connection, in a session that outlives it", async () => {
		const { world, publisher, received } = publisherOf(2);
		const work = async () => {
			for (const text of numbers(0, 100)) {
				await publisher.publish(memoryPayload(Buffer.from(text)));
				if (text === "50") world.link("c")!.cut();
			}
			await publisher.settled();
		};
		await settle(world, work());
		expect(received).toEqual(numbers(0, 100));
	});

	it("streams what is larger than the outbox, between others", async () => {
		const { world, publisher, received } = publisherOf(1);
		const large = "x".repeat(10_000);
		const work = async () => {
			for (const text of ["a", large, "b", large, "c"]) await publisher.publish(memoryPayload(Buffer.from(text)));
			await publisher.settled();
		};
		await settle(world, work());
		expect(received).toEqual(["a", large, "b", large, "c"]);
	});

	it("tells what has not been delivered by its number, and counts it", async () => {
		const { world, client, publisher, told } = publisherOf(1);
		world.run(1000);
		await publisher.publish(memoryPayload(Buffer.from("1")));
		await publisher.publish(memoryPayload(Buffer.from("2")));
		client.close();
		await publisher.settled();
		expect(publisher.failures).toBe(2);
		expect(told).toEqual(["message 1 is not delivered: code 25", "message 2 is not delivered: code 25"]);
	});

	it("tells what the client refuses for good", async () => {
		const { world, publisher, told } = publisherOf(1);
		world.run(1000);
		await publisher.publish({ length: 300_000_000, source: { read: () => 0 } });
		expect(told).toEqual(["message 1 is refused: code 18"]);
		expect(publisher.failures).toBe(1);
	});

	it("lets everybody go when it stops", async () => {
		const { publisher } = publisherOf(0);
		const waiting = publisher.publish(memoryPayload(Buffer.from("offline")));
		publisher.stop();
		await waiting;
		await publisher.publish(memoryPayload(Buffer.from("late")));
		await publisher.settled();
		expect(publisher.failures).toBe(0);
	});

	it("takes no topic that has wildcards [MQTT-3.3.2-2]", () => {
		expect(() => publisherOf(0, {}, "a/#")).toThrow("topic not allowed");
	});
});
