// A fleet in virtual time.

import { describe, expect, it } from "vitest";
import { Fleet, type FleetEvent } from "../../../host-sim/fleet/fleet.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { NodeBoard } from "../../../host-sim/node/board.js";
import { World } from "../../../host-sim/testing.js";

function run(given: object, during: (world: World, fleet: Fleet) => void) {
	const world = new World({ wallMs: Date.UTC(2026, 5, 1) });
	const events: FleetEvent[] = [];
	const fleet = new Fleet(
		checkScenario(given, ""),
		{ host: "broker", port: 1883 },
		id => world.board(id).io,
		event => events.push(event),
		(options, on) => new NodeBoard(options, on),
	);
	fleet.start();
	during(world, fleet);
	let stopped = false;
	void fleet.stop(5000).then(() => {
		stopped = true;
	});
	world.run(10_000);
	return { events, fleet, summary: fleet.summary(), stopped: () => stopped };
}

describe("fleet", () => {
	it("tells of every reading and its end, and sums them up", async () => {
		const { events, summary, stopped } = run({ devices: 12, interval: "500ms", qos: 2 }, world => world.run(10_000));
		await Promise.resolve();
		expect(stopped()).toBe(true);
		const count = (name: string) => events.filter(({ event }) => event === name).length;
		expect(summary).toMatchObject({
			devices: 12,
			seenOnline: 12,
			published: count("reading"),
			settled: count("settled"),
			refused: 0,
			lost: 0,
			dropped: 0,
			reconnects: 0,
		});
		expect(summary.settled).toBe(summary.published);
		expect(summary.pingMedianMs).toBe(2);
		expect(new Set(events.map(({ device }) => device)).size).toBe(12);
		const names = [...new Set(events.map(({ device }) => device))].sort();
		expect([names[0], names[11]]).toEqual(["board-01", "board-12"]);
		const reading = events.find(event => event.event === "reading");
		expect(reading).toMatchObject({
			topic: expect.stringMatching(/^thimble\/board-\d\d\/telemetry$/),
			qos: 2,
			packetId: expect.any(Number),
			payload: { seq: 1 },
		});
	});

	it.each([
		["3.1.1", 4],
		["5", 5],
	])("speaks %s where the scenario says so", (protocol, protocolVersion) => {
		const versions: unknown[] = [];
		const world = new World({
			broker: {
				on: {
					received: (_id, packet) => {
						if (packet.cmd === "connect") versions.push(packet.protocolVersion);
					},
					violated: ({ statement }) => versions.push(statement),
				},
			},
		});
		const scenario = checkScenario({ devices: 3, qos: 2, protocol }, "");
		const fleet = new Fleet(
			scenario,
			{ host: "broker", port: 1883 },
			id => world.board(id).io,
			() => {},
			(options, on) => new NodeBoard(options, on),
		);
		fleet.start();
		world.run(5000);
		expect(versions).toEqual(Array(3).fill(protocolVersion));
		expect(fleet.summary()).toMatchObject({ seenOnline: 3, refused: 0, lost: 0, dropped: 0 });
		expect(fleet.summary().settled).toBeGreaterThan(10);
	});

	it("at QoS 0 a reading has no packet id, and is settled when the socket has it", () => {
		const { events, summary } = run({ devices: 1, interval: "1s", qos: 0 }, world => world.run(5000));
		expect(
			events.filter(({ event }) => event === "reading" || event === "settled").some(event => "packetId" in event),
		).toBe(false);
		expect(summary.settled).toBeGreaterThan(3);
	});

	it("says what went wrong, in words", () => {
		const { events, summary } = run({ devices: 2, interval: "100ms" }, world => {
			world.run(3000);
			world.stopBroker();
			world.run(5000);
			world.resumeBroker();
			world.run(70_000);
		});
		expect(events).toContainEqual(expect.objectContaining({ event: "offline", reason: "connection refused" }));
		expect(events).toContainEqual(
			expect.objectContaining({ event: "refused", reason: expect.stringMatching(/outbox full|too many messages/) }),
		);
		expect(summary.reconnects).toBe(2);
		expect(summary.settled + summary.refused).toBe(summary.published);
	});

	it("the same seed measures the same air", () => {
		const air = () =>
			run({ devices: 2, seed: 9 }, world => world.run(4000)).events.flatMap(event =>
				event.event === "reading" ? [event.payload.temperature] : [],
			);
		expect(air()).toEqual(air());
	});
});
