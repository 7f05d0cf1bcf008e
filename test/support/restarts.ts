// A fleet over real sockets whose mosquitto goes away and comes back, in good order or not, and the ledger of its readings.

import { readScenario } from "../../host-sim/cli/scenario.js";
import { Fleet } from "../../host-sim/fleet/fleet.js";
import type { LedgerSummary } from "../../host-sim/fleet/ledger.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import type { Summary } from "../../host-sim/fleet/summary.js";
import { NodeBoard } from "../../host-sim/node/board.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { MemoryKeyValue } from "../../host-sim/node/keyvalue.js";
import { NodeResolver } from "../../host-sim/node/resolver.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { NodeTimer } from "../../host-sim/node/timer.js";
import { Mosquitto, until } from "./mosquitto.js";
import { Observer } from "./observer.js";

/** Boards live so many times as fast, or most of the run would be their backing off. */
const SPEED = 10;

/** Nothing has arrived for so long: nothing will. */
const QUIET_MS = 500;

class FastTimer extends NodeTimer {
	override schedule(milliseconds: number): void {
		super.schedule(milliseconds / SPEED);
	}
}

const io = {
	socket: TCP,
	resolver: NodeResolver,
	timer: FastTimer,
	clock: { now: () => (nodeClock.now() * SPEED) | 0, wall: nodeClock.wall },
	random: nodeRandom,
};

export interface Run {
	readonly ledger: LedgerSummary;
	readonly fleet: Summary;
}

/** What somebody does to mosquitto, the `number`-th time; boards and observer go on meanwhile. */
export type Restart = (mosquitto: Mosquitto, number: number, observer: Observer) => Promise<void>;

/** first-light with a reading each 20 ms from every board; `restart` is called whenever all goes well again. */
export async function restarted(
	qos: 1 | 2,
	observerQos: 1 | 2,
	restarts: number,
	restart: Restart,
	settings: readonly string[] = [],
): Promise<Run> {
	const mosquitto = await Mosquitto.start(settings);
	const observer = new Observer(mosquitto.port, observerQos);
	const scenario = checkScenario({ ...readScenario("first-light"), qos, interval: "200ms" }, "");
	const endpoint = { host: "127.0.0.1", port: mosquitto.port };
	const fleet = new Fleet(
		scenario,
		endpoint,
		() => ({ ...io, store: new MemoryKeyValue() }),
		event => observer.handleEvent(event),
		(options, on) => new NodeBoard(options, on),
	);
	const arrived = () => observer.ledger.summary().arrived;
	try {
		observer.come();
		await until("the observer", () => observer.isThere);
		fleet.start();
		for (let number = 1; number <= restarts; number += 1) {
			await until("a board online", () => fleet.boards.some(board => board.isOnline));
			const before = arrived();
			await until("readings", () => observer.isThere && arrived() >= before + 30);
			await restart(mosquitto, number, observer);
		}
		await until("all back", () => observer.isThere && fleet.boards.every(board => board.isOnline), 20_000);
		const before = arrived();
		await until("readings", () => arrived() >= before + 30);
		await fleet.stop(5000);
		// What is settled may still be on its way to the observer; after a kill nobody can say whether it is.
		let last = { count: arrived(), at: performance.now() };
		await until("nothing more to arrive", () => {
			if (arrived() !== last.count) last = { count: arrived(), at: performance.now() };
			const { missing, open } = observer.ledger.summary();
			return open.length === 0 && (missing.length === 0 || performance.now() - last.at > QUIET_MS);
		});
		return { ledger: observer.ledger.summary(), fleet: fleet.summary() };
	} finally {
		if (fleet.boards.some(board => !board.stopped)) await fleet.stop(0);
		observer.go();
		await mosquitto.close();
	}
}
