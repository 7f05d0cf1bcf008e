// What the agent on an engine board tells the simulator, and what the simulator can tell it. Both sides import it.

/** (kind, sessionPresent) */
export const TELL_ONLINE = 1;
/** (kind, code) */
export const TELL_OFFLINE = 2;
/** (kind, milliseconds) */
export const TELL_PING = 3;
/** (kind, ticket, sequence, 0, json) */
export const TELL_READING = 4;
/** (kind, ticket, end, code) */
export const TELL_END = 5;
/** (kind, code) */
export const TELL_STOPPED = 6;

/** The argument is how long it may drain, in ms. */
export const COMMAND_STOP = 1;

/** What a board is told when it boots, as JSON. */
export interface BoardConfig {
	deviceId: string;
	host: string;
	port: number;
	/** Absent for 3.1.1. */
	protocolVersion?: 5;
	userName?: string;
	password?: string;
	intervalMs: number;
	qos: number;
	keepAlive: number;
	/** Bytes of `limits.send`. */
	send: number;
	/** How many sensors it has. */
	sensors: number;
	/** Whether it can ask for the address of a name. */
	resolver: boolean;
	/** Under sanitizers: a collection before every so many allocations; 0 for none. */
	stress: number;
	/** What a whole board is set to, by name; absent for an agent that only takes readings. */
	settings?: Readonly<Record<string, string>>;
}
