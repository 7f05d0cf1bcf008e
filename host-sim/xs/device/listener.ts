// What the agent of a board on the engine tells the simulator, and does for it.

import type { Agent } from "../../../firmware/device/agent.js";
import { COMMAND_STOP, TELL_END, TELL_OFFLINE, TELL_ONLINE, TELL_PING, TELL_READING, TELL_STOPPED } from "./tell.js";

export const listener = Object.freeze({
	online: (sessionPresent: boolean) => tell(TELL_ONLINE, sessionPresent ? 1 : 0, 0, 0),
	offline: (code: number) => tell(TELL_OFFLINE, code, 0, 0),
	ping: (milliseconds: number) => tell(TELL_PING, milliseconds, 0, 0),
	reading: (ticket: number, sequence: number, json: Uint8Array, length: number) =>
		tell(TELL_READING, ticket, sequence, 0, json, length),
	end: (ticket: number, end: number, code: number) => tell(TELL_END, ticket, end, code),
	stopped: (code: number) => tell(TELL_STOPPED, code, 0, 0),
});

export function obey(agent: Agent | undefined, command: number, argument: number): void {
	if (command === COMMAND_STOP) agent?.stop(argument);
}
