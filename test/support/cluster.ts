// A fleet at a cluster whose node is taken away: what became of its readings, and how long each board took to be served again.

import type { SocketConstructor, SocketOptions } from "../../firmware/io.js";
import type { ClusterNode, RabbitCluster } from "../../host-sim/cluster/rabbitmq.js";
import { Fleet, type FleetEvent } from "../../host-sim/fleet/fleet.js";
import type { LedgerSummary } from "../../host-sim/fleet/ledger.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import type { Summary } from "../../host-sim/fleet/summary.js";
import { NodeBoard } from "../../host-sim/node/board.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { MemoryKeyValue } from "../../host-sim/node/keyvalue.js";
import { NodeResolver } from "../../host-sim/node/resolver.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { NodeTimer } from "../../host-sim/node/timer.js";
import { until } from "./mosquitto.js";
import { Observer } from "./observer.js";

const HOST = "127.0.0.1";
const io = { socket: TCP, resolver: NodeResolver, timer: NodeTimer, clock: nodeClock, random: nodeRandom };

export interface Takeaway {
	readonly boards: number;
	/** From a reading of a board to the next, in ms. */
	readonly intervalMs: number;
	/** Seconds. Default 60. */
	readonly keepAlive?: number;
	/** What is done to the node that all boards are at. */
	take(node: ClusterNode): Promise<void>;
	/** Whether the observer is at that node, too; else at the next one. */
	readonly isObserverThere?: boolean;
}

export interface TakenAway {
	readonly ledger: LedgerSummary;
	readonly fleet: Summary;
	/** From there on to the first reading of each board that was settled on a new connection, in ms, the shortest first. */
	readonly recoveries: readonly number[];
	/** To which port boards and observer went, for each. */
	readonly ports: readonly number[];
	/** The first node, by its port. */
	readonly taken: number;
}

/** Boards prefer the nodes in their order, so that all of them are at the first one, which is taken from them. */
export async function takenAway(cluster: RabbitCluster, options: Takeaway): Promise<TakenAway> {
	const { boards, intervalMs, isObserverThere = false, keepAlive = 60, take } = options;
	const servers = cluster.nodes.map(({ port }) => ({ host: HOST, port }));
	const [first, second] = cluster.nodes as [ClusterNode, ClusterNode];
	// Its session is kept, and any of the nodes has it.
	const seen = isObserverThere ? servers : [...servers.slice(1), servers[0]!];
	const observer = new Observer(isObserverThere ? first.port : second.port, 1, undefined, seen);
	const scenario = checkScenario({ devices: boards, interval: `${intervalMs}ms`, keepAlive, qos: 1 }, "");
	/** The port of the last connection of each. */
	const ports = new Map<string, number>();
	/** When each board had its first reading settled on a connection that is newer than the loss. */
	const recovered = new Map<string, number>();
	const isBack = new Set<string>();
	let takenAt = Number.POSITIVE_INFINITY;
	const handleEvent = (event: FleetEvent) => {
		observer.handleEvent(event);
		if (performance.now() < takenAt) return;
		if (event.event === "online") isBack.add(event.device);
		if (event.event === "settled" && isBack.has(event.device) && !recovered.has(event.device))
			recovered.set(event.device, performance.now() - takenAt);
	};
	const fleet = new Fleet(
		scenario,
		{ ...servers[0]!, servers },
		device => ({ ...io, socket: noting(port => ports.set(device, port)), store: new MemoryKeyValue() }),
		handleEvent,
		(made, on) => new NodeBoard(made, on),
	);
	const arrived = () => observer.ledger.summary().arrived;
	try {
		observer.come();
		await until("the observer", () => observer.isThere);
		fleet.start();
		await until("all boards", () => fleet.boards.every(board => board.isOnline), 30_000);
		await until("readings", () => arrived() >= 5 * boards, 30_000);
		takenAt = performance.now();
		await take(first);
		await until("all boards served again", () => recovered.size === boards, 240_000);
		await until("the observer again", () => observer.isThere, 60_000);
		const before = arrived();
		await until("more readings", () => arrived() >= before + 5 * boards, 60_000);
		await fleet.stop(5000);
		await until("all that is settled", () => {
			const { missing, open } = observer.ledger.summary();
			return open.length === 0 && missing.length === 0;
		}).catch(() => {
			// It is told by the ledger.
		});
		return {
			ledger: observer.ledger.summary(),
			fleet: fleet.summary(),
			recoveries: [...recovered.values()].sort((a, b) => a - b),
			ports: [...ports.values()],
			taken: first.port,
		};
	} finally {
		if (fleet.boards.some(board => !board.stopped)) await fleet.stop(0);
		// Another fleet has readings of the same names: the next observer shall not be shown these.
		await observer.leave();
	}
}

/** TCP that tells the port of each connection that is begun. */
function noting(dialled: (port: number) => void): SocketConstructor {
	return class extends TCP {
		constructor(options: SocketOptions) {
			super(options);
			dialled(options.port);
		}
	};
}

/** The one in the middle of a list in order. */
export function median(list: readonly number[]): number {
	return list[Math.floor((list.length - 1) / 2)]!;
}
