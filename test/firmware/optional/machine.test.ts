// Boards with their sessions in flash, on machines in a world where everything breaks: power at any write, connections,
// Wi-Fi, names, clocks, the broker's answers. What has been taken arrives, and at QoS 2 once.

import { expect, it } from "vitest";
import { Ledger } from "../../../host-sim/fleet/ledger.js";
import { type BoardFault, type BrokerFault, type Fault, Faults, isBrokerFault } from "../../../host-sim/world/fault.js";
import { CUT_MODES } from "../../../host-sim/world/flash.js";
import type { SeededRandom } from "../../../host-sim/world/random.js";
import { World } from "../../../host-sim/world/world.js";
import { KeptBoard } from "../../support/kept.js";

/** Fewer where the engine is a slow one. */
const WORLDS = Number(process.env["STORMS"] ?? 60);

function draw(random: SeededRandom): Fault {
	const faults: Fault[] = [
		{ fault: "cut" },
		{ fault: "hang" },
		{ fault: "partition" },
		{ fault: "wifi-loss" },
		{ fault: "dns-fails" },
		{ fault: "dns-silent" },
		{ fault: "captive" },
		{ fault: "slow-link", latencyMs: random.between(10, 200), slice: random.between(1, 20), jitterMs: 30 },
		{ fault: "low-memory" },
		{ fault: "power-cut" },
		{ fault: "reset" },
		{ fault: "clock-skip", byMs: random.between(1, 3000) },
		{ fault: "clock-drift", ppm: random.between(-50_000, 50_000) },
		{ fault: "broker-stop" },
		{ fault: "broker-answers", lateMs: random.between(0, 500), twice: 30 },
	];
	// Half of them: what the store is for.
	if (random.between(0, 1) === 0)
		return {
			fault: "power-cut-at-write",
			operation: random.between(1, 12),
			mode: CUT_MODES[random.between(0, CUT_MODES.length - 1)]!,
		};
	return faults[random.between(0, faults.length - 1)]!;
}

interface Weather {
	/** Readings that were taken, and the boards' starts and connections. */
	readonly published: number;
	readonly boots: number;
	readonly connections: number;
	readonly faults: number;
}

/** Ten seconds of it and then a calm. Throws where a promise is broken. */
function weather(seed: number): Weather {
	const ledger = new Ledger();
	const where = (what: string) => `seed ${seed}: ${what}`;
	const world = new World({
		seed,
		startMs: 0x7fff_ffff - 5000,
		link: { latencyMs: 10, slice: seed % 3 === 0 ? 7 : 0 },
		broker: {
			on: {
				published: ({ topic, payload }) => {
					const { boot, seq } = JSON.parse(`${payload}`) as { boot: number; seq: number };
					ledger.handleArrived(topic.split("/")[1]!, boot, seq);
				},
			},
		},
		violated: ({ sentence, statement }) => {
			throw new Error(where(`the client breaks ${statement}: ${sentence}`));
		},
	});
	const random = world.random.fork("faults");
	const boards = ([1, 2] as const).map(
		qos =>
			new KeptBoard(world, `board-${qos}`, ledger, {
				qos,
				protocolVersion: seed % 2 === 0 ? 5 : 4,
				intervalMs: random.between(40, 120),
			}),
	);
	const faults = new Faults(world);
	for (const { machine } of boards) machine.on();
	for (let i = 0; i < 12; i += 1) {
		world.time.after(random.between(400, 10_000), () => {
			const fault = draw(random);
			const { machine } = boards[random.between(0, boards.length - 1)]!;
			const end = isBrokerFault(fault)
				? faults.strikeBroker(fault satisfies BrokerFault)
				: faults.strike(fault satisfies BoardFault, machine);
			world.time.after(random.between(200, 1500), end);
		});
	}
	world.run(13_000);
	for (const board of boards) board.isMeasuring = false;
	expect(
		world.runUntil(() => boards.every(({ isSettled }) => isSettled), 120_000),
		where("settled in the end"),
	).toBe(true);
	world.run(1000);
	const { missing, open, published, reported, twice, unannounced } = ledger.summary();
	expect(missing, where("missing")).toEqual([]);
	expect(open, where("never ended, never arrived")).toEqual([]);
	expect(twice, where("twice at QoS 2")).toEqual([]);
	expect(reported.lost + reported.dropped, where("given up")).toBe(0);
	const boots = boards.reduce((sum, { machine }) => sum + machine.boots, 0);
	// Whose power went in the middle of publish(): kept or not, but nobody could say so.
	expect(unannounced, where("unannounced")).toBeLessThanOrEqual(boots - boards.length);
	const connections = boards.reduce((sum, board) => sum + board.connections, 0);
	const struck = [...faults.struck.values()].reduce((sum, count) => sum + count, 0);
	return { published, boots, connections, faults: struck };
}

it(`[MQTT-4.1.0-1] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.4.0-1] ${WORLDS} worlds: what a board with its session in flash has taken arrives, at QoS 2 once`, () => {
	const total = { published: 0, boots: 0, connections: 0, faults: 0 };
	for (let seed = 1; seed <= WORLDS; seed += 1) {
		const run = weather(seed);
		for (const key of ["published", "boots", "connections", "faults"] as const) total[key] += run[key];
	}
	// It was bad weather indeed.
	expect(total.published).toBeGreaterThan(150 * WORLDS);
	expect(total.boots).toBeGreaterThan(5 * WORLDS);
	expect(total.connections).toBeGreaterThan(6 * WORLDS);
	// Of twelve a world those that found something to strike.
	expect(total.faults).toBeGreaterThan(9 * WORLDS);
	expect(total.faults).toBeLessThanOrEqual(12 * WORLDS);
});
