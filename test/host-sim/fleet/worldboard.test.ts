// A board in a world: what becomes of its readings when the power goes.

import { describe, expect, it } from "vitest";
import { STORE_FAILED } from "../../../firmware/mqtt/error.js";
import type { ReadingEnd, ReadingName } from "../../../host-sim/fleet/ledger.js";
import { WorldBoard } from "../../../host-sim/fleet/worldboard.js";
import { CUT_MODES, SeededRandom, World } from "../../../host-sim/testing.js";

const air = () => ({ configure() {}, sample: () => ({ temperature: 20 }), close() {} });

interface Given {
	durability?: "ram" | "flash" | "flash-when-offline";
	homeAssistant?: string;
	qos?: number;
	intervalMs?: number;
}

function start(given: Given = {}) {
	const arrived: string[] = [];
	const world = new World({
		link: { latencyMs: 20 },
		broker: {
			on: {
				published: ({ topic, payload }) => {
					if (topic.endsWith("telemetry")) arrived.push(readingOf(payload.toString()));
				},
			},
		},
	});
	const published: string[] = [];
	const settled: string[] = [];
	const restarts: unknown[] = [];
	const refused: number[] = [];
	const board = new WorldBoard(
		{
			deviceId: "b",
			host: "b",
			port: 1883,
			intervalMs: 1000,
			qos: 2,
			protocolVersion: 4,
			keepAlive: 60,
			random: new SeededRandom(1),
			...given,
			io: world,
			air,
			published: ({ boot, seq }: ReadingName) => published.push(`${boot}.${seq}`),
			ended: ({ boot, seq }: ReadingName, end: ReadingEnd) => {
				if (end === "settled") settled.push(`${boot}.${seq}`);
			},
		},
		{
			restarted: (reason, lost) => restarts.push([reason, lost]),
			reading: ticket => ticket < 0 && refused.push(-ticket),
		},
	);
	board.start();
	return { world, board, arrived, published, settled, restarts, refused };
}

function readingOf(json: string): string {
	const { boot, seq } = JSON.parse(json) as ReadingName;
	return `${boot}.${seq}`;
}

describe("a board in a world", () => {
	it("starts with its power, publishes, and says goodbye", () => {
		const { world, board, arrived, published, settled } = start();
		expect(board.isPowered).toBe(false);
		world.run(10_000);
		expect([board.isPowered, board.isOnline]).toEqual([true, true]);
		board.stop(5000);
		world.run(5000);
		expect(board.stopped).toBe(true);
		expect(board.counts.settled).toBe(board.counts.published);
		expect(settled).toEqual(arrived);
		expect(published).toEqual(arrived);
		expect([...world.broker.retained.matching("thimble/b/status")].map(({ payload }) => String(payload))).toEqual([
			"offline",
		]);
	});

	it("with its session in RAM, loses with the power what was under way, and counts it", () => {
		const { world, board, restarts } = start();
		world.run(5000);
		board.machine.path.setPartitioned(true);
		world.run(3000);
		const { unsettled } = board;
		expect(unsettled).toBeGreaterThanOrEqual(2);
		board.machine.off();
		expect(board.isPowered).toBe(false);
		board.machine.path.setPartitioned(false);
		world.run(2000);
		board.machine.on();
		world.run(5000);
		expect(restarts).toEqual([["power cut", unsettled]]);
		expect(board.counts.lost).toBe(unsettled);
		expect(board.reading!.boot).toBe(2);
	});

	it.each(["flash", "flash-when-offline"] as const)(
		"with its session in flash (%s), what was under way offline is settled by the next life",
		durability => {
			const { world, board, arrived, settled, restarts } = start({ durability });
			world.run(5000);
			board.machine.path.setJoined(false);
			world.run(3000);
			expect(board.unsettled).toBeGreaterThanOrEqual(2);
			board.machine.off();
			board.machine.path.setJoined(true);
			board.machine.on();
			world.run(10_000);
			expect(restarts).toEqual([["power cut", 0]]);
			board.stop(5000);
			world.run(5000);
			expect(board.counts).toMatchObject({ lost: 0, refused: 0, dropped: 0 });
			expect(board.counts.settled).toBe(board.counts.published);
			expect(settled.sort()).toEqual(arrived.sort());
			expect(new Set(arrived).size).toBe(board.counts.published);
		},
	);

	it("its birth and goodbye are not in flash: each life makes its own", () => {
		const { world, board } = start({ durability: "flash", intervalMs: 60_000 });
		world.run(2000);
		expect(board.isOnline).toBe(true);
		const before = board.machine.flash.operations;
		world.link("b")!.cut();
		world.run(10_000);
		expect(board.isOnline).toBe(true);
		expect([...board.machine.flash.values.keys()].filter(key => /^mqtt[mr]/.test(key))).toEqual([]);
		expect(board.machine.flash.operations - before).toBeLessThanOrEqual(1);
	});

	it("cut at every write, in every way: each reading is counted once, none comes twice, none is missing", () => {
		for (const mode of CUT_MODES)
			for (let operation = 1; operation <= 14; operation += 1) {
				const { world, board, arrived, settled } = start({ durability: "flash" });
				world.run(4000);
				board.machine.offAtWrite(operation, mode, 500, () => {});
				world.run(12_000);
				expect(board.restarts, `${mode} at ${operation}`).toBe(1);
				board.stop(10_000);
				world.run(10_000);
				expect(board.stopped).toBe(true);
				const { counts } = board;
				expect(board.unsettled).toBe(0);
				expect(counts.settled + counts.lost + counts.refused + counts.dropped).toBe(counts.published);
				expect(new Set(arrived).size, `${mode} at ${operation}`).toBe(arrived.length);
				for (const name of settled) expect(arrived).toContain(name);
				// What the firmware does when its power has gone has not happened.
				expect(counts.refused, `${mode} at ${operation}`).toBe(0);
				// At most the one whose end nobody was told.
				expect(counts.lost, `${mode} at ${operation}`).toBeLessThanOrEqual(1);
			}
	});

	describe.each([1, 2])("at QoS %i, whose flash takes nothing", qos => {
		const refusals = (board: { counts: { refused: number } }) => board.counts.refused;

		it("for a while, refuses its readings, and takes them again", () => {
			const { world, board, arrived, settled, refused } = start({ durability: "flash", qos });
			world.run(10_500);
			board.machine.flash.isFull = true;
			world.run(20_000);
			expect(refused.length).toBe(20);
			expect(new Set(refused)).toEqual(new Set([STORE_FAILED]));
			expect([board.isOnline, board.restarts, refusals(board)]).toEqual([true, 0, 20]);
			board.machine.flash.isFull = false;
			world.run(10_000);
			board.stop(5000);
			world.run(5000);
			const { counts } = board;
			expect([counts.refused, counts.published]).toEqual([20, counts.settled + 20]);
			expect(settled).toEqual(arrived);
		});

		it("for good, refuses all of them from then on, and stays online", () => {
			const { world, board, refused } = start({ durability: "flash", qos });
			world.run(10_500);
			board.machine.flash.isWorn = true;
			world.run(60_000);
			expect(new Set(refused)).toEqual(new Set([STORE_FAILED]));
			expect([board.isOnline, board.counts.reconnects, refusals(board)]).toEqual([true, 0, 60]);
			board.stop(5000);
			world.run(5000);
			expect([board.stopped, board.unsettled]).toEqual([true, 0]);
		});

		it("when it starts, comes back as soon as flash takes something", () => {
			for (const durability of ["ram", "flash"] as const) {
				const { world, board } = start({ durability, qos });
				world.run(10_500);
				board.machine.flash.isFull = true;
				board.machine.reset();
				world.run(35_000);
				board.machine.flash.isFull = false;
				world.run(30_000);
				expect(board.isOnline).toBe(true);
				expect(board.restarts).toBe(1);
				board.stop(5000);
				world.run(5000);
				expect([board.stopped, board.unsettled]).toEqual([true, 0]);
			}
		});

		it("when it starts, for good, can be stopped all the same", () => {
			const dark = start({ durability: "flash", qos });
			const lit = start({ durability: "flash", qos });
			for (const { board, world } of [dark, lit]) {
				world.run(10_500);
				board.machine.flash.isWorn = true;
				board.machine.off();
				world.run(1000);
				if (board === lit.board) board.machine.on();
				world.run(1000);
				board.stop(5000);
				world.run(60_000);
				expect([board.stopped, board.isOnline]).toEqual([true, false]);
			}
		});
	});

	it("stopped in the dark, gets its power back to say goodbye", () => {
		const { world, board, restarts } = start();
		world.run(5000);
		board.cause = "power cut at night";
		board.machine.off();
		world.run(5000);
		board.stop(5000);
		world.run(5000);
		expect(board.stopped).toBe(true);
		expect(restarts).toEqual([["power cut at night", expect.any(Number)]]);
	});

	it("once stopped, stays so, whatever becomes of its power", () => {
		const { world, board } = start();
		world.run(5000);
		board.stop(5000);
		world.run(5000);
		board.machine.reset();
		world.run(5000);
		expect([board.stopped, board.isOnline, board.restarts]).toEqual([true, false, 0]);
		expect(world.network.links.length).toBe(0);
	});
});

it("announces itself to Home Assistant again after each boot, and no reading is counted for that", () => {
	const { world, board, published, settled } = start({ homeAssistant: "ha", qos: 1 });
	world.run(5_500);
	const filter = "ha/device/b/config";
	const ofBoard = () => [...world.broker.retained.matching(filter)].length;
	expect(ofBoard()).toBe(1);
	world.startBroker();
	board.machine.off();
	board.machine.on();
	world.run(10_000);
	expect(ofBoard()).toBe(1);
	board.stop(5_000);
	world.run(5_000);
	expect(board.counts).toMatchObject({ published: published.length, settled: settled.length });
});
