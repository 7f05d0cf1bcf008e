import { expect, it } from "vitest";
import { Client, SeededRandom, World } from "../../../host-sim/testing.js";
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

	it("are whole ones where their scenario wants more than readings: commands, diagnostics, Home Assistant, sessions in flash", async () => {
		const { makeBoard, close } = await engineBoards({ heapBytes: 65_536 }, () => {});
		const world = new World({ wallMs: Date.UTC(2026, 0, 15) });
		const heard: string[] = [];
		const desk = new Client({ clientId: "desk", ...world.collaborators("desk"), limits: { receive: 8192 } });
		for (const filter of ["thimble/b/answer", "thimble/b/diagnostics", "homeassistant/device/b/config"])
			desk.subscribe(filter, message => heard.push(`${message.topic} ${message.text()?.slice(0, 40)}`));
		desk.open();
		const board = makeBoard(
			{
				deviceId: "b",
				port: 1883,
				intervalMs: 1000,
				qos: 2,
				protocolVersion: 5,
				keepAlive: 60,
				durability: "flash",
				commands: true,
				diagnostics: 10,
				homeAssistant: "homeassistant",
				random: new SeededRandom(1),
				...world.board("b"),
			},
			{},
		) as EngineBoard;
		board.start();
		world.run(5_000);
		desk.publish("thimble/b/command/set", '{"id":1,"interval":200}', { qos: 1 });
		world.run(15_000);
		expect(heard).toContain('thimble/b/answer {"command":"set","id":1,"ok":true}');
		expect(heard.filter(line => line.startsWith("thimble/b/diagnostics")).length).toBeGreaterThanOrEqual(2);
		expect(heard.some(line => line.startsWith("homeassistant/"))).toBe(true);
		expect(board.counts.settled).toBeGreaterThan(60);
		// The power goes: what it is set to is in flash.
		board.cutPower();
		world.run(3_000);
		const before = board.counts.settled;
		world.run(4_000);
		expect(board.counts.settled - before).toBeGreaterThan(15);
		expect(board.restarts).toBe(1);
		close();
	}, 120_000);
});
