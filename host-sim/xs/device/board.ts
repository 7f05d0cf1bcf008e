// main of a simulated board on the engine: what firmware/main.ts is on a real one.

import { Agent } from "../../../firmware/device/agent.js";
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

class EngineBoard {
	readonly agent: Agent;

	constructor(agent: Agent) {
		this.agent = agent;
	}

	handleCommand(command: number, argument: number): void {
		obey(this.agent, command, argument);
	}
}

Object.freeze(EngineBoard.prototype);

export default function main(): EngineBoard {
	const {
		deviceId,
		host,
		port,
		protocolVersion,
		userName,
		password,
		intervalMs,
		qos,
		keepAlive,
		send,
		sensors,
		resolver,
		stress: every,
	} = JSON.parse(config()) as BoardConfig;
	stress(every);
	const list: Sensor[] = [];
	for (let i = 0; i < sensors; i += 1) list.push(new EngineSensor(i));
	const agent = new Agent({
		deviceId,
		host,
		port,
		...(protocolVersion !== undefined && { protocolVersion }),
		...(userName !== undefined && { userName }),
		...(password !== undefined && { password }),
		intervalMs,
		qos,
		keepAlive,
		limits: { send },
		sensors: list,
		io: {
			socket: EngineSocket,
			...(resolver && { resolver: EngineResolver }),
			timer: EngineTimer,
			clock: new EngineClock(),
			random: new EngineRandom(),
			store: new EngineStore(),
		},
		on: listener,
	});
	agent.start();
	return new EngineBoard(agent);
}
