// main of a simulated board on the engine that does all that a real one does: what firmware/main.ts is there.

import { Board } from "../../../firmware/device/board.js";
import type { Sensor } from "../../../firmware/io.js";
import {
	EngineClock,
	EngineRandom,
	EngineResolver,
	EngineSensor,
	EngineSocket,
	EngineStore,
	EngineTimer,
} from "./io.js";
import { listener, obey } from "./listener.js";
import type { BoardConfig } from "./tell.js";

class EngineWhole {
	readonly board: Board;

	constructor(board: Board) {
		this.board = board;
	}

	handleCommand(command: number, argument: number): void {
		obey(this.board.agent, command, argument);
	}
}

Object.freeze(EngineWhole.prototype);

const REQUIRED = Object.freeze([]);
const POWER = Object.freeze({ resetReason: "power" } as const);

export default function main(): EngineWhole {
	const { settings, stress: every } = JSON.parse(config()) as BoardConfig;
	stress(every);
	const board = new Board({
		kind: "simulated",
		config: settings ?? {},
		store: new EngineStore(),
		clock: new EngineClock(),
		random: new EngineRandom(),
		timer: EngineTimer,
		socket: EngineSocket,
		resolver: EngineResolver,
		makeSensor: (): Sensor => new EngineSensor(0),
		required: REQUIRED,
		join(_ssid, _password, onChanged) {
			onChanged(true);
		},
		macAddress: () => undefined,
		power: POWER,
		on: listener,
	});
	board.start();
	return new EngineWhole(board);
}
