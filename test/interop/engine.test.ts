// Boards on the real engine, each a process of its own, before a real mosquitto: what the simulated network does to the ports
// that they connect to befalls them.

import { expect, it } from "vitest";
import { Fleet } from "../../host-sim/fleet/fleet.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { MemoryKeyValue } from "../../host-sim/node/keyvalue.js";
import { Outside } from "../../host-sim/node/outside.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { NodeTimer } from "../../host-sim/node/timer.js";
import { engineBoards } from "../../host-sim/xs/fleet.js";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { Observer } from "../support/observer.js";

describeWith(["mosquitto", "gcc"], "boards on the engine", () => {
	it("[MQTT-4.4.0-1] [MQTT-4.3.3-1] through cuts, slices and a partition: no reading lost, none twice", async () => {
		const engine = await engineBoards({ heapBytes: 64 * 1024 }, () => {}, "64");
		const mosquitto = await Mosquitto.start();
		const outside = new Outside({ host: "127.0.0.1", port: mosquitto.port, link: { slice: 9 } });
		const observer = new Observer(mosquitto.port, 2);
		const stop = new AbortController();
		const running = outside.run({ signal: stop.signal });
		const scenario = checkScenario({ devices: 2, qos: 2, interval: "30ms" }, "");
		const ports = new Map<string, number>();
		for (const name of ["board-01", "board-02"]) ports.set(name, (await outside.proxy(name)).port);
		const fleet = new Fleet(
			scenario,
			{ host: "127.0.0.1", port: mosquitto.port },
			() => ({ socket: TCP, timer: NodeTimer, clock: nodeClock, random: nodeRandom, store: new MemoryKeyValue() }),
			event => observer.handleEvent(event),
			(options, on) => engine.makeBoard({ ...options, port: ports.get(options.deviceId)! }, on),
		);
		const { network } = outside.world;
		const online = () => until("online", () => fleet.boards.every(board => board.isOnline), 20_000);
		try {
			observer.come();
			await until("the observer", () => observer.isThere);
			fleet.start();
			for (let round = 0; round < 2; round += 1) {
				await online();
				await sleep(150);
				outside.pace.enter(() => {
					for (const link of [...network.links]) link.cut();
				});
				await until("felt", () => fleet.boards.every(board => !board.isOnline));
			}
			await online();
			const setPartitioned = (isPartitioned: boolean) =>
				outside.pace.enter(() => {
					for (const name of ports.keys()) network.path(name).setPartitioned(isPartitioned);
				});
			setPartitioned(true);
			await sleep(300);
			setPartitioned(false);
			await sleep(200);
			await fleet.stop(5000);
			await until("all there", () => {
				const { missing, open } = observer.ledger.summary();
				return missing.length === 0 && open.length === 0;
			});
			expect(observer.ledger.summary()).toMatchObject({ twice: [], reported: { lost: 0, dropped: 0 }, unannounced: 0 });
			expect(fleet.summary()).toMatchObject({ seenOnline: 2, reconnects: 4, restarts: 0 });
			expect(observer.ledger.summary().arrived).toBeGreaterThan(30);
		} finally {
			if (fleet.boards.some(board => !board.stopped)) await fleet.stop(0);
			stop.abort();
			await running;
			await outside.close();
			observer.go();
			engine.close();
			await mosquitto.close();
		}
	}, 120_000);
});
