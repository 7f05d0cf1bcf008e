// Boards with their sessions in flash before a real mosquitto, with a network in between that does what networks do.

import { expect, it } from "vitest";
import { Outside } from "../../host-sim/node/outside.js";
import { type BoardFault, Faults } from "../../host-sim/world/fault.js";
import { KeptBoard } from "../support/kept.js";
import { Mosquitto, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { Observer } from "../support/observer.js";

/** What befalls every board, one after the other, and for how long. */
const FAULTS: readonly (readonly [fault: BoardFault, forMs: number])[] = [
	[{ fault: "cut" }, 0],
	[{ fault: "slow-link", latencyMs: 40, jitterMs: 60, bandwidth: 4000, slice: 5 }, 800],
	[{ fault: "power-cut" }, 200],
	[{ fault: "hang" }, 0],
	[{ fault: "power-cut-at-write", operation: 3, mode: "torn" }, 0],
	[{ fault: "partition" }, 500],
	[{ fault: "wifi-loss" }, 400],
	[{ fault: "power-cut-at-write", operation: 5, mode: "after" }, 0],
	[{ fault: "cut" }, 0],
	[{ fault: "partition" }, 1300],
	[{ fault: "slow-link", slice: 1, latencyMs: 10 }, 500],
	[{ fault: "captive" }, 600],
	[{ fault: "reset" }, 0],
];
/** From one fault to the next. */
const EVERY_MS = 700;

describeWith(["mosquitto"], "before mosquitto", () => {
	it("[MQTT-4.1.0-1] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.4.0-1] whatever the network and the power do, what boards have taken arrives, at QoS 2 once", async () => {
		const mosquitto = await Mosquitto.start();
		const outside = new Outside({ host: "127.0.0.1", port: mosquitto.port, link: { latencyMs: 2 } });
		const { pace, world } = outside;
		const observer = new Observer(mosquitto.port, 2);
		const { ledger } = observer;
		const stop = new AbortController();
		try {
			observer.come();
			await until("the observer", () => observer.isThere);
			const boards = ([4, 5] as const).flatMap(protocolVersion =>
				([1, 2] as const).map(qos => {
					const name = `board-${protocolVersion}-${qos}`;
					return new KeptBoard(world, name, ledger, { protocolVersion, qos, intervalMs: 40 });
				}),
			);
			const faults = new Faults(world);
			for (const { machine } of boards) machine.on();
			FAULTS.forEach(([fault, forMs], i) => {
				world.time.after((i + 1) * EVERY_MS, () => {
					for (const { machine } of boards) world.time.after(forMs, faults.strike(fault, machine));
				});
			});
			const run = pace.run({ signal: stop.signal });
			await until("the worst is over", () => world.time.now > (FAULTS.length + 2) * EVERY_MS, 20_000);
			pace.enter(() => {
				for (const board of boards) board.isMeasuring = false;
			});
			await until("settled", () => boards.every(({ isSettled }) => isSettled), 10_000);
			await until("all there", () => ledger.summary().missing.length === 0 && ledger.summary().open.length === 0);
			stop.abort();
			await run;
			const summary = ledger.summary();
			expect(summary).toMatchObject({
				missing: [],
				open: [],
				twice: [],
				reported: { lost: 0, dropped: 0 },
				restarts: [],
			});
			expect(summary.published).toBeGreaterThan(boards.length * 50);
			for (const { machine } of boards) expect(machine.boots, machine.name).toBe(5);
			expect(boards.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThanOrEqual(boards.length * 5);
		} finally {
			stop.abort();
			await outside.close();
			observer.go();
			await mosquitto.close();
		}
	}, 60_000);
});
