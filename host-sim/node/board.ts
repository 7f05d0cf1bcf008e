// A board whose firmware runs on Node's own engine, in this process.

import { Agent } from "../../firmware/device/agent.js";
import { FlashStore } from "../../firmware/optional/store.js";
import { Board, type BoardListener, type BoardOptions, limitsOf } from "../fleet/board.js";
import { attend } from "../fleet/duties.js";
import { seattle } from "../sensor/air.js";

export class NodeBoard extends Board {
	readonly #agent: Agent;

	/** `on` hears of everything after the board has taken note. Throws Misuse. */
	constructor(options: BoardOptions, on: BoardListener = {}) {
		super(options, on);
		const attended = attend(options, options.io, { identify: seconds => this.handleIdentify(seconds) });
		const { commands: _, curves = {}, diagnostics: __, durability = "ram", io, random, ...rest } = options;
		const start = io.clock.wall();
		this.#agent = new Agent({
			...rest,
			io,
			limits: limitsOf(options),
			...(durability !== "ram" && { session: new FlashStore(attended?.io.store ?? io.store), durability }),
			sensors: [seattle(curves, io.clock, () => io.clock.wall() - start, random)],
			on: this.listener,
			...attended,
		});
	}

	override start(): void {
		this.#agent.start();
	}

	override stop(drainMs: number): void {
		this.#agent.stop(drainMs);
	}
}
