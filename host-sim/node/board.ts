// A board whose firmware runs on Node's own engine, in this process.

import { Agent } from "../../firmware/device/agent.js";
import { Servers } from "../../firmware/optional/servers.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { Board, type BoardListener, type BoardOptions, sendLimit } from "../fleet/board.js";
import { isWhole, wholeBoard } from "../fleet/whole.js";
import { seattle } from "../sensor/air.js";
import { fashion } from "../sensor/belt.js";
import { NodeResolver } from "./resolver.js";

/** A board here cannot start itself anew: that would be the process. */
const POWER = Object.freeze({ resetReason: "power" } as const);

export class NodeBoard extends Board {
	readonly #start: () => Agent | undefined;
	#agent: Agent | undefined;

	/** `on` hears of everything after the board has taken note. Throws Misuse. */
	constructor(options: BoardOptions, on: BoardListener = {}, sights = fashion) {
		super(options, on);
		const { curves = {}, durability = "ram", io, random, servers, ...rest } = options;
		const begin = io.clock.wall();
		const makeSensor = () => seattle(curves, io.clock, () => io.clock.wall() - begin, random);
		if (isWhole(options)) {
			const identify = (seconds: number) => this.handleIdentify(seconds);
			const whole = {
				on: this.listener,
				power: POWER,
				makeSensor,
				identify,
				...(options.recognition !== undefined && {
					eyes: { network: sights.network(), pictures: sights.camera(random.fork("camera")) },
				}),
			};
			const board = wholeBoard(options, options.host, { resolver: NodeResolver, ...io }, whole);
			this.#start = () => {
				board.start();
				return board.agent;
			};
			return;
		}
		const agent = new Agent({
			...rest,
			io,
			limits: { send: sendLimit(options.userName, options.password) },
			// What was under way to a broker that has gone goes to the next one, which knows nothing of it.
			...(servers !== undefined && { servers: new Servers(servers), onSessionLost: "republish" as const }),
			...(durability !== "ram" && { session: new FlashStore(io.store), durability }),
			sensors: [makeSensor()],
			on: this.listener,
		});
		this.#start = () => {
			agent.start();
			return agent;
		};
	}

	override start(): void {
		this.#agent = this.#start();
	}

	override stop(drainMs: number): void {
		this.#agent?.stop(drainMs);
	}
}
