import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed } from "../../../host-sim/desk/feed.js";
import type { Seen } from "../../../host-sim/desk/protocol.js";
import type { Entry } from "../../../host-sim/record/recording.js";

let now = 0;
let feed: Feed;
beforeEach(() => {
	vi.useFakeTimers();
	now = 0;
	feed = new Feed(() => now);
});
afterEach(() => vi.useRealTimers());

/** Lets that many ms pass. */
function pass(ms: number): void {
	now += ms;
	vi.advanceTimersByTime(ms);
}

const begin = (connection: number): Entry => ({ time: now, connection, event: "begin", peer: `peer-${connection}` });
const end = (connection: number): Entry => ({ time: now, connection, event: "end", by: "client", how: "closed" });
function packet(connection: number, client?: string, bytes = Uint8Array.of(0xc0, 0)): Entry {
	const peer = `peer-${connection}`;
	const who = client === undefined ? {} : { client };
	return { time: now, connection, event: "packet", peer, ...who, from: "client", bytes, masked: false, partial: false };
}

function viewer() {
	const said: { seen: readonly Seen[]; left: number }[] = [];
	const state = { waiting: 0 };
	const view = feed.open({ take: (seen, left) => said.push({ seen, left }), waitingBytes: () => state.waiting });
	return { said, state, view, numbers: () => said.flatMap(({ seen }) => seen.map(({ n }) => n)) };
}

describe("what pages are told", () => {
	it("is nothing until they ask, then first what is remembered, and the rest in batches", () => {
		const { numbers, said, view } = viewer();
		feed.put(begin(1));
		feed.put(packet(1, "a"));
		pass(1000);
		expect(said).toEqual([]);
		view.see("all");
		expect(said).toEqual([
			{
				left: 0,
				seen: [
					// By now it is known whose it is.
					{ n: 1, at: 0, connection: 1, event: "begin", peer: "peer-1" },
					{ n: 2, at: 0, connection: 1, event: "packet", client: "a", from: "client", bytes: "c000" },
				],
			},
		]);
		feed.put(packet(1, "a"));
		pass(30);
		feed.put(packet(1, "a"));
		feed.put(end(1));
		expect(said.length).toBe(1);
		pass(20);
		expect(said.length).toBe(2);
		expect(said[1]!.seen.at(-1)).toEqual({
			n: 5,
			at: 1030,
			connection: 1,
			event: "end",
			client: "a",
			by: "client",
			how: "closed",
		});
		expect(numbers()).toEqual([1, 2, 3, 4, 5]);
	});

	it("is of the clients that they named, with the beginnings of their connections and what came before their names", () => {
		const { numbers, view } = viewer();
		view.see(["b"]);
		feed.put(begin(1));
		feed.put(begin(2));
		feed.put(packet(1, "a"));
		feed.put(packet(2));
		feed.put(packet(2, "b"));
		feed.put(end(1));
		feed.put(end(2));
		pass(50);
		expect(numbers()).toEqual([2, 4, 5, 7]);
		view.see([]);
		feed.put(packet(3, "b"));
		pass(50);
		expect(numbers()).toEqual([2, 4, 5, 7]);
		view.see(["a"]);
		expect(numbers()).toEqual([2, 4, 5, 7, 1, 3, 6]);
	});

	it("marks what is masked, and what is no whole packet", () => {
		const { said, view } = viewer();
		feed.put({ ...packet(1, "a"), masked: true, partial: true } as Entry);
		view.see("all");
		expect(said[0]!.seen[0]).toMatchObject({ masked: true, partial: true });
	});

	it("stops when they have gone", () => {
		const { said, view } = viewer();
		view.see("all");
		feed.put(begin(1));
		view.close();
		pass(100);
		expect(said).toEqual([]);
	});
});

describe("how much it is", () => {
	it("the newest 5,000 entries are remembered", () => {
		for (let i = 0; i < 12_000; i += 1) feed.put(packet(1, "a"));
		const { numbers, view } = viewer();
		view.see("all");
		expect(numbers().length).toBe(5000);
		expect([numbers()[0], numbers().at(-1)]).toEqual([7001, 12_000]);
	});

	it("and of them at most 2 MB", () => {
		for (let i = 0; i < 100; i += 1) feed.put(packet(1, "a", new Uint8Array(100_000)));
		const { numbers, view } = viewer();
		view.see("all");
		expect(numbers().length).toBe(20);
		expect(numbers().at(-1)).toBe(100);
	});

	it("a page is told 2,000 a second, and how many more there were", () => {
		const { numbers, said, view } = viewer();
		view.see("all");
		for (let tenth = 0; tenth < 20; tenth += 1) {
			for (let i = 0; i < 500; i += 1) feed.put(packet(1, "a"));
			pass(100);
		}
		// What it may be told at once, and two seconds.
		expect(numbers().length).toBeGreaterThanOrEqual(5500);
		expect(numbers().length).toBeLessThanOrEqual(6000);
		expect(numbers().length + said.reduce((total, { left }) => total + left, 0)).toBe(10_000);
		expect(numbers()).toEqual([...numbers()].sort((a, b) => a - b));
	});

	it("a page that takes nothing is told nothing, and how many there were when it does; others do not wait for it", () => {
		const slow = viewer();
		const other = viewer();
		slow.view.see("all");
		other.view.see("all");
		slow.state.waiting = 2_000_000;
		for (let i = 0; i < 10; i += 1) {
			feed.put(packet(1, "a"));
			pass(50);
		}
		expect(slow.said).toEqual([]);
		expect(other.numbers().length).toBe(10);
		slow.state.waiting = 0;
		feed.put(packet(1, "a"));
		pass(50);
		expect(slow.said).toEqual([{ left: 10, seen: [expect.objectContaining({ n: 11 })] }]);
	});

	it("of a connection that never says who it is, little is kept for those who wait for its name", () => {
		const { numbers, view } = viewer();
		view.see(["a"]);
		feed.put(begin(1));
		for (let i = 0; i < 1000; i += 1) feed.put(packet(1));
		feed.put(packet(1, "a"));
		pass(50);
		expect(numbers().length).toBe(17);
		expect(numbers()[0]).toBe(1);
	});
});
