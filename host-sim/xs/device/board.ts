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
import {
	type BoardConfig,
	COMMAND_STOP,
	TELL_END,
	TELL_OFFLINE,
	TELL_ONLINE,
	TELL_PING,
	TELL_READING,
	TELL_STOPPED,
} from "./tell.js";

class EngineBoard {
	readonly agent: Agent;

	constructor(agent: Agent) {
		this.agent = agent;
	}

	handleCommand(command: number, argument: number): void {
		if (command === COMMAND_STOP) this.agent.stop(argument);
	}
}

Object.freeze(EngineBoard.prototype);

const listener = Object.freeze({
	online: (sessionPresent: boolean) => tell(TELL_ONLINE, sessionPresent ? 1 : 0, 0, 0),
	offline: (code: number) => tell(TELL_OFFLINE, code, 0, 0),
	ping: (milliseconds: number) => tell(TELL_PING, milliseconds, 0, 0),
	reading: (ticket: number, sequence: number, json: Uint8Array, length: number) =>
		tell(TELL_READING, ticket, sequence, 0, json, length),
	end: (ticket: number, end: number, code: number) => tell(TELL_END, ticket, end, code),
	stopped: (code: number) => tell(TELL_STOPPED, code, 0, 0),
});

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
