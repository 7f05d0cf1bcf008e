// Boards on the real engine in a world of virtual time.

import { afterEach, beforeAll, expect, it } from "vitest";
import { Fleet, type FleetEvent } from "../../../host-sim/fleet/fleet.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { MemoryKeyValue, World, type WorldOptions } from "../../../host-sim/testing.js";
import type { EngineBoard } from "../../../host-sim/xs/board.js";
import { engineBoards } from "../../../host-sim/xs/fleet.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc"], "a board on the engine under sanitizers", () => {
	it("does its work with a collection before every allocation, and reads nothing that is gone", async () => {
		const { makeBoard, close } = await engineBoards({ heapBytes: 131_072, stress: 1 }, () => {}, "asan");
		try {
			const world = new World({ link: { slice: 5 } });
			const fleet = new Fleet(
				checkScenario({ devices: 1, qos: 2 }, ""),
				{ host: "broker", port: 1883 },
				id => world.board(id).io,
				() => {},
				makeBoard,
			);
			fleet.start();
			for (let i = 0; i < 3; i += 1) {
				world.run(10_000);
				world.link("board-01")!.cut();
			}
			world.run(5000);
			const [board] = fleet.boards;
			expect(board!.restarts).toBe(0);
			expect(board!.counts).toMatchObject({ published: 35, settled: 35, reconnects: 3 });
			expect((board as EngineBoard).counters!.collections).toBeGreaterThan(1000);
			void fleet.stop(1000);
			world.run(2000);
			expect(board!.stopped).toBe(true);
		} finally {
			close();
		}
	}, 240_000);
});

describeWith(["gcc", "gcc -m32"], "boards on the engine", () => {
	const open: { close(): void }[] = [];
	beforeAll(async () => {
		(await engineBoards({ heapBytes: 32_768 }, () => {})).close();
	}, 120_000);
	afterEach(() => {
		for (const each of open.splice(0)) each.close();
	});

	async function start(given: object, options: WorldOptions = {}, heapBytes = 32_768) {
		const world = new World({ wallMs: Date.UTC(2026, 5, 1), ...options });
		const boards = await engineBoards({ heapBytes }, () => {});
		open.push(boards);
		const events: (FleetEvent & { at: number })[] = [];
		const stores = new Map<string, MemoryKeyValue>();
		const fleet = new Fleet(
			checkScenario(given, ""),
			{ host: "broker", port: 1883 },
			id => {
				const store = stores.get(id) ?? new MemoryKeyValue();
				stores.set(id, store);
				return world.board(id, store).io;
			},
			event => events.push({ at: world.time.now, ...event }),
			boards.makeBoard,
		);
		fleet.start();
		return { world, fleet, events, stores, board: fleet.boards[0] as EngineBoard };
	}

	it("publish, are answered, and say goodbye", async () => {
		const { world, fleet, events } = await start({ devices: 3, interval: "500ms", qos: 2 });
		world.run(10_000);
		let stopped = false;
		void fleet.stop(5000).then(() => {
			stopped = true;
		});
		world.run(1000);
		await Promise.resolve();
		expect(stopped).toBe(true);
		const { published, settled, ...rest } = fleet.summary();
		expect(published).toBeGreaterThan(55);
		expect(settled).toBe(published);
		expect(rest).toMatchObject({ seenOnline: 3, refused: 0, lost: 0, dropped: 0, reconnects: 0, restarts: 0 });
		expect(events.find(({ event }) => event === "reading")).toMatchObject({
			topic: expect.stringMatching(/^thimble\/board-0\d\/telemetry$/),
			payload: { boot: 1, seq: 1, temperature: expect.any(Number), time: expect.any(Number) },
		});
		expect(world.broker.retained.get("thimble/board-01/status")?.payload.toString()).toBe("offline");
	});

	it("do the same again with the same seed, and something else with another", async () => {
		const runs = [];
		for (const seed of [3, 3, 4]) {
			const { world, events } = await start({ devices: 2, seed }, { seed, link: { latencyMs: 20, slice: 7 } });
			world.run(5000);
			world.link("board-01")!.cut();
			world.run(5000);
			runs.push(JSON.stringify(events));
		}
		expect(runs[0]).toBe(runs[1]);
		expect(runs[0]).not.toBe(runs[2]);
	});

	it("make no garbage while they publish: no collection in a thousand readings but for the samples", async () => {
		const { world, board } = await start({ devices: 1, interval: "100ms" });
		world.run(5000);
		const before = board.counters!;
		world.run(100_000);
		const after = board.counters!;
		expect(board.counts.settled).toBeGreaterThan(1000);
		// What a sensor's sample costs is an object with three numbers; nothing else is made.
		const readings = 1000;
		expect((after.slotsMade - before.slotsMade) / readings).toBeLessThan(6);
		expect(after.liveSlots * 16 + after.liveChunkBytes).toBeLessThan(20_000);
	});

	it("restart when their memory is too small, and say so", async () => {
		const { world, fleet, events } = await start({ devices: 1 }, {}, 8192);
		world.run(3000);
		const restarts = events.filter(({ event }) => event === "restarted");
		expect(restarts.length).toBeGreaterThan(2);
		expect(restarts[0]).toMatchObject({ reason: "out of memory", lost: 0 });
		expect(fleet.summary().restarts).toBe(restarts.length);
	});

	it("come back after a power cut: the session on the server stays, what was in RAM is lost and counted", async () => {
		const { world, board, events } = await start({ devices: 1, interval: "100ms" }, { link: { latencyMs: 50 } });
		world.run(5000);
		board.cutPower();
		expect(board.restarts).toBe(1);
		const cut = events.at(-1) as FleetEvent & { lost: number };
		expect(cut).toMatchObject({ event: "restarted", reason: "no power" });
		expect(cut.lost).toBeGreaterThan(0);
		world.run(10_000);
		expect(board.isOnline).toBe(true);
		expect(board.reading).toMatchObject({ boot: 2 });
		expect(events.filter(({ event }) => event === "online").at(-1)).toMatchObject({ sessionPresent: true });
	});

	it("lose their power at any storage operation, and count the boot when the value was written", async () => {
		for (const at of [1, 2]) {
			const world = new World();
			const boards = await engineBoards({ heapBytes: 32_768 }, () => {});
			open.push(boards);
			let operations = 0;
			let board: EngineBoard | undefined;
			const store = new MemoryKeyValue();
			const cutting = new (class extends MemoryKeyValue {
				override read(key: string) {
					this.#count();
					return store.read(key);
				}
				override write(key: string, value: ArrayBuffer) {
					if (this.#count()) store.write(key, value);
				}
				#count(): boolean {
					operations += 1;
					if (operations === at) board?.cutPower();
					return operations !== at;
				}
			})();
			const fleet = new Fleet(
				checkScenario({ devices: 1 }, ""),
				{ host: "broker", port: 1883 },
				id => world.board(id, cutting).io,
				() => {},
				boards.makeBoard,
			);
			board = fleet.boards[0] as EngineBoard;
			fleet.start();
			world.run(5000);
			expect(board.restarts).toBe(1);
			expect(board.reading).toMatchObject({ boot: 1 });
		}
	});

	it("take in what their window holds, and the rest when they have read that", async () => {
		const { world, board } = await start({ devices: 1 });
		world.run(3000);
		const session = world.broker.sessions.get("board-01")!;
		world.broker.subscribe(session, "flood", 1);
		for (let i = 0; i < 60; i += 1)
			world.broker.publish({ topic: "flood", payload: Buffer.alloc(400, i), qos: 1, retain: false });
		expect(session.owed).toBe(60);
		world.run(3000);
		// Nobody asked for them here, so the client acknowledges them and does no more.
		expect(session.owed).toBe(0);
		expect(board.isOnline).toBe(true);
		expect(board.counts).toMatchObject({ reconnects: 0, lost: 0, dropped: 0 });
	});
});
