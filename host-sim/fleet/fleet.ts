// Many boards, and everything they have to say, as one stream of events.

import type { Collaborators } from "../../firmware/device/agent.js";
import { END_DROPPED, END_LOST, END_REFUSED } from "../../firmware/mqtt/client.js";
import { sentence } from "../sentence.js";
import { SeededRandom } from "../world/random.js";
import { type Board, type BoardListener, type BoardOptions, NodeBoard, type Reading } from "./board.js";
import type { Scenario } from "./scenario.js";
import { type Summary, summarize } from "./summary.js";

/** Where the boards connect to. */
export interface Endpoint {
	readonly host: string;
	readonly port: number;
	readonly userName?: string;
	readonly password?: string;
}

/** What a board did. `packetId` is absent at QoS 0. */
export type FleetEvent = { readonly device: string } & (
	| { readonly event: "online"; readonly sessionPresent: boolean }
	| { readonly event: "offline"; readonly code: number; readonly reason: string }
	| {
			readonly event: "reading";
			readonly topic: string;
			readonly qos: number;
			readonly packetId?: number;
			readonly payload: Reading;
	  }
	| { readonly event: "settled"; readonly topic: string; readonly packetId?: number }
	| {
			readonly event: "refused" | "lost" | "dropped";
			readonly topic: string;
			readonly packetId?: number;
			readonly code: number;
			readonly reason: string;
	  }
	/** The board has begun anew by itself; `lost` readings were under way. */
	| { readonly event: "restarted"; readonly reason: string; readonly lost: number }
	| { readonly event: "stopped"; readonly drained: boolean }
);

export type MakeBoard = (options: BoardOptions, on: BoardListener) => Board;

export class Fleet {
	readonly boards: Board[];
	readonly #seenOnline = new Set<string>();
	#whenStopped: (() => void) | undefined;

	/**
	 * `ioFor` gives the world around a board, `makeBoard` the board itself. Throws Misuse where the endpoint does not suit
	 * the client.
	 */
	constructor(
		scenario: Scenario,
		endpoint: Endpoint,
		ioFor: (deviceId: string) => Collaborators,
		on: (event: FleetEvent) => void,
		makeBoard: MakeBoard = (options, listener) => new NodeBoard(options, listener),
	) {
		const random = new SeededRandom(scenario.seed);
		const width = Math.max(2, String(scenario.devices).length);
		this.boards = Array.from({ length: scenario.devices }, (_, i) => {
			const device = `board-${String(i + 1).padStart(width, "0")}`;
			const board: Board = makeBoard(
				{
					deviceId: device,
					...endpoint,
					protocolVersion: scenario.protocol === "5" ? 5 : 4,
					intervalMs: scenario.interval,
					qos: scenario.qos,
					keepAlive: scenario.keepAlive,
					random: random.fork(device),
					io: ioFor(device),
				},
				{
					online: sessionPresent => {
						this.#seenOnline.add(device);
						on({ device, event: "online", sessionPresent });
					},
					offline: code => on({ device, event: "offline", code, reason: sentence(code) }),
					reading: ticket => {
						const topic = board.telemetryTopic;
						const payload = board.reading!;
						on({ device, event: "reading", topic, qos: scenario.qos, ...packetId(scenario.qos, ticket), payload });
						if (ticket === 0) on({ device, event: "settled", topic });
						if (ticket < 0) on({ device, event: "refused", topic, code: -ticket, reason: sentence(-ticket) });
					},
					end: (ticket, end, code) => {
						const topic = board.telemetryTopic;
						const id = packetId(scenario.qos, ticket);
						const event = nameOf(end);
						if (event === "settled") on({ device, event, topic, ...id });
						else on({ device, event, topic, ...id, code, reason: sentence(code) });
					},
					restarted: (reason, lost) => on({ device, event: "restarted", reason, lost }),
					stopped: code => {
						on({ device, event: "stopped", drained: code === 0 });
						if (this.boards.every(other => other.stopped)) this.#whenStopped?.();
					},
				},
			);
			return board;
		});
	}

	start(): void {
		for (const board of this.boards) board.start();
	}

	/** All boards say goodbye and drain, for `drainMs` at most. */
	stop(drainMs: number): Promise<void> {
		return new Promise(resolve => {
			this.#whenStopped = resolve;
			for (const board of this.boards) board.stop(drainMs);
		});
	}

	summary(): Summary {
		return summarize(this.boards, this.#seenOnline.size);
	}
}

function packetId(qos: number, ticket: number): { packetId: number } | Record<string, never> {
	return qos > 0 && ticket > 0 ? { packetId: ticket } : {};
}

function nameOf(end: number): "settled" | "refused" | "lost" | "dropped" {
	return end === END_REFUSED ? "refused" : end === END_LOST ? "lost" : end === END_DROPPED ? "dropped" : "settled";
}
