import { expect, it } from "vitest";
import { SeededRandom, World } from "../../../host-sim/testing.js";
import { EngineBoard } from "../../../host-sim/xs/board.js";
import { engineBoards } from "../../../host-sim/xs/fleet.js";
import { describeWith } from "../../support/need.js";

describeWith(["gcc", "gcc -m32"], "boards for a fleet", () => {
	it("are processes of one engine, which close() ends", async () => {
		const { makeBoard, close } = await engineBoards({ heapBytes: 32_768 }, () => {});
		const world = new World();
		const options = {
			deviceId: "b",
			port: 1883,
			intervalMs: 1000,
			qos: 1,
			protocolVersion: 4 as const,
			keepAlive: 60,
			random: new SeededRandom(1),
		};
		const board = makeBoard({ ...options, ...world.board("b") }, {});
		expect(board).toBeInstanceOf(EngineBoard);
		board.start();
		world.run(3000);
		expect(board.isOnline).toBe(true);
		close();
		expect(() => makeBoard({ ...options, ...world.board("c") }, {}).start()).toThrow("closed");
	}, 120_000);
});
