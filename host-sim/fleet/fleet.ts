// Many boards, and everything they have to say, as one stream of events.

import type { Collaborators } from "../../firmware/io.js";
import { END_DROPPED, END_LOST, END_REFUSED } from "../../firmware/mqtt/client.js";
import { sentence } from "../sentence.js";
import { SeededRandom } from "../world/random.js";
import type { Board, BoardListener, BoardOptions, Reading } from "./board.js";
import type { ReadingEnd } from "./ledger.js";
import type { Scenario } from "./scenario.js";
import { type Summary, summarize } from "./summary.js";
import { checkAccount, isWhole } from "./whole.js";

/** Where the boards connect to. */
export interface Endpoint {
	readonly host: string;
	readonly port: number;
	readonly userName?: string;
	readonly password?: string;
	/** Several in order of preference, of which `host` and `port` are the first. Default: that one alone. */
	readonly servers?: readonly { readonly host: string; readonly port: number }[];
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
	/** The board has begun anew; `lost` readings were under way. */
	| { readonly event: "restarted"; readonly reason: string; readonly lost: number }
	/** A sensor has failed, so often in a row; it will be tried again, and the others are not kept waiting. */
	| { readonly event: "sensor-failed"; readonly sensor: string; readonly failures: number }
	/** A command has asked it to make itself known. */
	| { readonly event: "identified"; readonly seconds: number }
	| { readonly event: "stopped"; readonly drained: boolean }
);

export type MakeBoard<Io = Collaborators> = (options: BoardOptions<Io>, on: BoardListener) => Board;

export class Fleet<Io = Collaborators> {
	readonly boards: Board[];
	readonly #on: (event: FleetEvent) => void;
	readonly #seenOnline = new Set<string>();
	#running: number;
	#whenStopped: (() => void) | undefined;

	/**
	 * `ioFor` gives the world around a board, `makeBoard` the board itself. Throws Misuse where the endpoint does not suit
	 * the client, and UsageError where an account cannot be a board's. `quiet`: readings are many, and nobody wants to hear
	 * of those that go well.
	 */
	constructor(
		scenario: Scenario,
		endpoint: Endpoint,
		ioFor: (deviceId: string) => Io,
		on: (event: FleetEvent) => void,
		makeBoard: MakeBoard<Io>,
		quiet = false,
	) {
		const random = new SeededRandom(scenario.seed);
		this.#on = on;
		this.boards = scenario.boards.map(plan => {
			const { commands, curves, diagnostics, driftPpm, durability, homeAssistant, interval, keepAlive, link } = plan;
			const { name, protocol, qos, recognition, sleeps, telemetry, updates } = plan;
			// A user name goes with its own password, or with none.
			const isNamed = plan.userName !== undefined || plan.password !== undefined;
			const { password: _, userName: __, ...unnamed } = endpoint;
			const { password, userName = name } = plan;
			const credentials = { userName, ...(password !== undefined && { password }) };
			const options = {
				deviceId: name,
				...(isNamed ? { ...unnamed, ...credentials } : endpoint),
				protocolVersion: protocol === "5" ? 5 : 4,
				intervalMs: interval,
				qos,
				keepAlive,
				durability,
				...(telemetry !== undefined && { telemetry }),
				...(commands === true && { commands }),
				...(updates === true && { updates }),
				...(sleeps === true && { sleeps }),
				...(diagnostics !== undefined && { diagnostics }),
				...(homeAssistant !== undefined && { homeAssistant }),
				...(recognition !== undefined && { recognition }),
				curves,
				link,
				driftPpm,
				random: random.fork(name),
				io: ioFor(name),
			} as const;
			if (isWhole(options)) checkAccount(options, endpoint.host);
			const board: Board = makeBoard(
				options,
				this.#listener(name, () => board, quiet),
			);
			return board;
		});
		this.#running = this.boards.length;
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

	/** Whether all boards have. */
	get isStopped(): boolean {
		return this.#running === 0;
	}

	summary(): Summary {
		return summarize(this.boards, this.#seenOnline.size);
	}

	/** What one board tells, as events. */
	#listener(device: string, board: () => Board, quiet: boolean): BoardListener {
		const on = this.#on;
		return {
			online: sessionPresent => {
				this.#seenOnline.add(device);
				on({ device, event: "online", sessionPresent });
			},
			offline: code => on({ device, event: "offline", code, reason: sentence(code) }),
			reading: ticket => {
				const { qos, telemetryTopic: topic } = board();
				if (!quiet) on({ device, event: "reading", topic, qos, ...packetId(qos, ticket), payload: board().reading! });
				if (ticket === 0 && !quiet) on({ device, event: "settled", topic });
				if (ticket < 0) on({ device, event: "refused", topic, code: -ticket, reason: sentence(-ticket) });
			},
			end: (ticket, end, code) => {
				const event = readingEnd(end);
				if (quiet && event === "settled") return;
				const { qos, telemetryTopic: topic } = board();
				const id = packetId(qos, ticket);
				if (event === "settled") on({ device, event, topic, ...id });
				else on({ device, event, topic, ...id, code, reason: sentence(code) });
			},
			restarted: (reason, lost) => on({ device, event: "restarted", reason, lost }),
			sensorFailed: (sensor, failures) => on({ device, event: "sensor-failed", sensor, failures }),
			identified: seconds => on({ device, event: "identified", seconds }),
			stopped: code => {
				on({ device, event: "stopped", drained: code === 0 });
				this.#running -= 1;
				if (this.#running === 0) this.#whenStopped?.();
			},
		};
	}
}

function packetId(qos: number, ticket: number): { packetId: number } | Record<string, never> {
	return qos > 0 && ticket > 0 ? { packetId: ticket } : {};
}

/** The end of a publish, as the client numbers it. */
export function readingEnd(end: number): ReadingEnd {
	return end === END_REFUSED ? "refused" : end === END_LOST ? "lost" : end === END_DROPPED ? "dropped" : "settled";
}
