import { expect, it } from "vitest";
import { NodeBoard } from "../../../host-sim/node/board.js";
import { type Flash, SeededRandom, World } from "../../../host-sim/testing.js";

it("takes note of what its agent says before it passes it on", () => {
	const world = new World();
	const seen: unknown[] = [];
	const board: NodeBoard = new NodeBoard(
		{
			deviceId: "b",
			port: 1883,
			intervalMs: 1000,
			qos: 1,
			protocolVersion: 4,
			keepAlive: 60,
			random: new SeededRandom(1),
			...world.board("b"),
		},
		{
			online: () => seen.push(board.isOnline, board.offlineCode),
			reading: (_ticket, sequence) => seen.push(board.reading!.seq === sequence),
			offline: () => seen.push(board.offlineCode),
		},
	);
	board.start();
	world.run(1500);
	world.link("b")!.cut();
	expect(seen.slice(0, 2)).toEqual([true, 0]);
	expect(seen.slice(2, -1).every(Boolean)).toBe(true);
	expect(seen.at(-1)).toBe(0x38);
	expect(board.pings.length).toBe(1);
	world.run(5000);
	expect(board.offlineCode).toBe(0);
});

it("has room for a token as long as they get", () => {
	const world = new World({ broker: { users: { u: "t".repeat(1500) } } });
	const board = new NodeBoard({
		deviceId: "b",
		port: 1883,
		userName: "u",
		password: "t".repeat(1500),
		intervalMs: 1000,
		qos: 1,
		protocolVersion: 4 as const,
		keepAlive: 60,
		random: new SeededRandom(1),
		...world.board("b"),
	});
	board.start();
	world.run(1000);
	expect(board.isOnline).toBe(true);
});

it("keeps its readings in flash where it is told to, and measures the curves it is given", () => {
	const world = new World();
	const { io, host } = world.board("b");
	const flash = io.store as Flash;
	const board = new NodeBoard({
		deviceId: "b",
		host,
		port: 1883,
		intervalMs: 1000,
		qos: 1,
		protocolVersion: 4,
		keepAlive: 60,
		durability: "flash",
		curves: { temperature: { shape: { constant: 12.5 }, noise: 0, offset: 0 } },
		random: new SeededRandom(1),
		io,
	});
	board.start();
	world.run(5000);
	expect(board.reading!.temperature).toBe(12.5);
	// A write and a deletion for each reading, two at most for the connection, one for the boot.
	expect(flash.operations).toBeGreaterThanOrEqual(board.counts.settled * 2);
	expect(flash.operations).toBeLessThanOrEqual(board.counts.settled * 2 + 3);
});
