// What a message costs in flash, and how long flash lasts at that: sums against vectors worked out by hand, and against what a
// client writes; and the README against both.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ClientOptions, KEEP, QOS_1, QOS_2, RAM_ONLY } from "../../../firmware/mqtt/client.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { Flash } from "../../../host-sim/world/flash.js";
import { blobEntries, capacityOf, yearsOfLife } from "../../../host-sim/world/wear.js";
import { Peer, type PeerOptions, publish } from "../../support/peer.js";

describe("NVS", () => {
	it.each([
		[0, 2],
		[1, 3],
		[32, 3],
		[33, 4],
		[110, 6],
		[508, 18],
		// The longest piece that a page takes: its head and 125 entries of data; the index stands on the next page.
		[4000, 127],
	])("a blob of %i bytes takes %i entries", (bytes, entries) => {
		expect(blobEntries(bytes)).toBe(entries);
	});

	it("keeps one page free of those that there are", () => {
		expect([capacityOf(0x6000), capacityOf(0x3000), capacityOf(0x3fff)]).toEqual([630, 252, 252]);
	});

	it("lasts as long as all pages together have erasures left", () => {
		// 114 entries a page, 100,000 times: one page a day for 100,000 days.
		expect(yearsOfLife(4096, 114)).toBeCloseTo(100_000 / 365, 6);
		expect(yearsOfLife(0x6000, 114)).toBeCloseTo(600_000 / 365, 6);
		expect(yearsOfLife(0x6000, 1140, 1)).toBeCloseTo(50_000 / 365, 6);
		// Espressif's own example, an entry a minute on one page: ten years are no more than 42 of 100 thousand erasures, by
		// 126 entries a page; we count 114.
		expect(yearsOfLife(4096, 24 * 60) / ((10 / (5_256_000 / 126 / 100_000)) * (114 / 126))).toBeCloseTo(1, 6);
	});
});

/** What acts on a board, and what flash is asked for by it. */
class Bench {
	readonly flash = new Flash();
	readonly peer: Peer;
	readonly #store = new FlashStore(this.flash);

	constructor(options: PeerOptions = {}) {
		this.peer = new Peer({ store: this.#store, ...options });
	}

	/** Writes and deletions, which both sides count alike. */
	operations(act: () => void): number {
		const { flash } = this;
		const before = { flash: flash.operations, store: this.#store.writes };
		act();
		expect(this.#store.writes - before.store).toBe(flash.operations - before.flash);
		return flash.operations - before.flash;
	}

	/** A publish from its call to its end. */
	out(qos: number, wish = 0, isOnline = true): number {
		const { peer } = this;
		return this.operations(() => {
			if (!isOnline) peer.socket.fail();
			const topic = peer.client.topic("a".repeat(24));
			const flags = (qos === 0 ? 0 : qos === 1 ? QOS_1 : QOS_2) | wish;
			const messageId = peer.client.publish(topic, new Uint8Array(64), 64, flags);
			if (!isOnline) peer.online(true);
			if (qos === 1) peer.send({ cmd: "puback", messageId });
			if (qos === 2) peer.send({ cmd: "pubrec", messageId }, { cmd: "pubcomp", messageId });
		});
	}

	/** A message received, to the end of its exchange. */
	in(qos: 0 | 1 | 2, messageId: number): number {
		return this.operations(() => {
			this.peer.send(publish("b", "x", qos, messageId));
			if (qos === 2) this.peer.send({ cmd: "pubrel", messageId });
		});
	}
}

/** Rows of the README's tables whose first cell is such, as their other cells. */
function rows(first: RegExp): string[][] {
	return readFileSync("README.md", "utf8")
		.split("\n")
		.map(line => line.split("|").map(cell => cell.trim()))
		.filter(cells => cells.length > 3 && first.test(cells[1]!))
		.map(cells => cells.slice(2, -1));
}

describe("writes and deletions", () => {
	const online = (options: PeerOptions = {}) => {
		const bench = new Bench(options);
		bench.peer.online();
		return bench;
	};

	it("are as many as the README says, for each message and each connection", () => {
		const whenOffline: ClientOptions["durability"] = "flash-when-offline";
		const flash = online();
		const offline = online({ durability: whenOffline });
		const each = (bench: Bench, wish: (qos: number) => number, isOnline = true) =>
			[0, 1, 2].map(qos => String(bench.out(qos, wish(qos), isOnline)));
		const none = () => 0;
		const keep = (qos: number) => (qos === 0 ? 0 : KEEP);
		const ram = (qos: number) => (qos === 0 ? 0 : RAM_ONLY);
		const out = [each(flash, none), each(offline, none)];
		expect(each(offline, keep)).toEqual(out[0]);
		expect(each(flash, ram)).toEqual(out[1]);
		const into = ([0, 1, 2] as const).map(qos => String(flash.in(qos, 5)));
		expect(rows(/^`"flash"`/)).toEqual([out[0]]);
		expect(rows(/^`"flash-when-offline"`/)).toEqual([out[1]]);
		expect(rows(/^received$/)).toEqual([into]);
		// A connection that something waits for, and what waited: the same, and one.
		expect([1, 2].map(qos => offline.out(qos, 0, false))).toEqual([3, 5]);
		expect([1, 2].map(qos => flash.out(qos, 0, false))).toEqual([3, 5]);
	});

	it("of connections: one for the first, or where the session is lost or something waits; none for all others", () => {
		const bench = new Bench({ protocolVersion: 5 });
		const connect = (present: boolean) =>
			bench.operations(() => {
				if (bench.peer.sockets.length > 0) bench.peer.socket.fail();
				bench.peer.online(present);
			});
		expect([connect(false), connect(true), connect(false), connect(true)]).toEqual([1, 0, 1, 0]);
		const subscribe = (filter: string, retainHandling: 0 | 1) =>
			bench.operations(() => {
				bench.peer.client.subscribe(filter, () => {}, { retainHandling });
				bench.peer.answer();
			});
		expect([subscribe("a", 0), subscribe("b", 1), subscribe("b", 1)]).toEqual([0, 1, 0]);
		expect(connect(true)).toBe(0);
	});
});

describe("years", () => {
	const PERIODS = [1, 10, 60, 600];

	it("are as many as the README says, for a reading every so often in the 24 KB that ESP-IDF gives NVS", () => {
		const years = [1, 2].map(qos => {
			const bench = new Bench();
			bench.peer.online();
			const before = bench.flash.entries;
			bench.out(qos);
			const entries = bench.flash.entries - before;
			// A record of 110 bytes, and one of 16 for PUBREC.
			expect(entries).toBe(qos === 1 ? 6 : 9);
			return PERIODS.map(seconds => {
				const value = yearsOfLife(0x6000, (entries * 86_400) / seconds, 1);
				return value < 10 ? value.toFixed(1) : value.toFixed(0);
			});
		});
		expect(rows(/^QoS [12]$/)).toEqual(years);
	});
});
