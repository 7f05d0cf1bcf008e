import { afterEach, describe, expect, it } from "vitest";
import { Broker, type BrokerOptions } from "../../../host-sim/broker/broker.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import { Load, type LoadOptions, Tally } from "../../../host-sim/node/load.js";
import { TCP } from "../../../host-sim/node/tcp.js";

const listeners: Listener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});
const never = new AbortController().signal;

async function loaded(given: Partial<LoadOptions> = {}, options: BrokerOptions = {}) {
	const broker = new Broker(options);
	const listener = await listen(broker, 0);
	listeners.push(listener);
	const usual = {
		host: "127.0.0.1",
		socket: TCP,
		protocolVersion: 4,
		devices: 3,
		window: 4,
		bytes: 20,
		qos: 1,
	} as const;
	const load = new Load({ ...usual, port: listener.port, ...given });
	return { broker, listener, load };
}

describe("a load", () => {
	it("connects all boards, publishes in turn at its rate, and nothing is missing", async () => {
		const topics = new Map<string, number>();
		const sizes = new Set<number>();
		const { load } = await loaded(
			{ rate: 300 },
			{
				on: {
					published({ payload, topic }) {
						topics.set(topic, (topics.get(topic) ?? 0) + 1);
						sizes.add(payload.length);
					},
				},
			},
		);
		expect(await load.open(5000, never)).toBe(true);
		expect([load.online, load.connect.count]).toEqual([3, 3]);
		const tally = new Tally();
		load.tally = tally;
		await load.publish(500, never, () => {});
		await load.drain(2000, never);
		expect(tally.published).toBeGreaterThan(140);
		expect(tally.published).toBeLessThanOrEqual(152);
		expect([tally.acknowledged, tally.arrived]).toEqual([tally.published, tally.published]);
		expect([tally.acknowledge.count, tally.arrive.count, load.late.count]).toEqual(Array(3).fill(tally.published));
		expect([load.missing, load.repeated, load.failed, load.unsettled, load.drops]).toEqual([0, 0, 0, 0, 0]);
		const counts = [...topics.values()];
		expect(counts).toHaveLength(3);
		expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
		expect([...sizes]).toEqual([20]);
		await load.close(1000);
		expect(load.online).toBe(0);
		expect(load.drops).toBe(0);
	});

	it.each([
		[0, 0],
		[1, 1],
		[2, 1],
	] as const)(
		"of messages at QoS %i sees all at QoS %i: its subscriber has no table that a broker could fill",
		async (qos, seen) => {
			const asked: number[] = [];
			const { load } = await loaded(
				{ qos, rate: 100, protocolVersion: 5 },
				{
					on: {
						frame(_peer, _clientId, direction, bytes) {
							// The last byte of a SUBSCRIBE says how it wants the last filter.
							if (direction === "in" && bytes[0]! >> 4 === 8) asked.push(bytes.at(-1)! & 3);
						},
					},
				},
			);
			expect(await load.open(5000, never)).toBe(true);
			await load.publish(100, never, () => {});
			await load.drain(2000, never);
			expect(asked).toEqual([seen]);
			expect([load.missing, load.repeated, load.drops]).toEqual([0, 0, 0]);
			await load.close(1000);
		},
	);

	it("has no more under way for a board than its window, as fast as it goes", async () => {
		const { load } = await loaded({ devices: 2, window: 3 });
		await load.open(5000, never);
		let most = 0;
		await load.publish(200, never, () => (most = Math.max(most, load.unsettled)));
		expect(most).toBe(6);
		await load.drain(2000, never);
		expect(load.missing).toBe(0);
		await load.close(1000);
	});

	it("counts what the subscriber never sees, and gives up waiting for it", async () => {
		const { load, broker } = await loaded({ rate: 100 }, {});
		await load.open(5000, never);
		// The subscriber's messages go nowhere from now on.
		const [name] = [...broker.sessions.keys()].filter(id => id.endsWith("-all"));
		listeners[0]!.destroy(name!);
		await load.publish(200, never, () => {});
		const begun = performance.now();
		await load.drain(30_000, never);
		expect(performance.now() - begun).toBeLessThan(10_000);
		expect(load.missing).toBeGreaterThan(0);
		expect(load.drops).toBe(1);
		await load.close(1000);
	});

	it("is not open where the broker refuses its subscriber, and knows why", async () => {
		const { load } = await loaded({}, { users: { ann: "secret" } });
		expect(await load.open(300, never)).toBe(false);
		expect(load.online).toBe(0);
		expect(load.code).toBeGreaterThanOrEqual(0x80);
		await load.close(1000);
	});
});
