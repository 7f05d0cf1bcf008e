// Options that several commands have: each says the same in all of them.

import type { Flag } from "./flags.js";

export const HELP: Flag = { names: ["--help"], help: "this text" };

export const NO_COLOUR: Flag = {
	names: ["--no-color"],
	help: "no colours on a terminal; so does NO_COLOR=1 around it",
};

export const PROTOCOL: Flag = {
	names: ["--protocol"],
	value: "VERSION",
	help: "version of MQTT: 3.1.1 or 5 (default 3.1.1)",
};

/** `what`: what the objects are, such as "a line" or "a packet". */
export function json(what: string): Flag {
	return { names: ["--json"], help: `one JSON object ${what}` };
}

/** `key`: where --key is something else already. */
export function secure(key = "--key"): Flag[] {
	return [
		{
			names: ["--cafile"],
			value: "FILE",
			help: "TLS: who may have signed the broker's certificate (default: as Node has it)",
		},
		{ names: ["--cert"], value: "FILE", help: `TLS: our own certificate, with ${key}` },
		{ names: [key], value: "FILE", help: "TLS: its key" },
		{ names: ["--insecure"], help: "TLS: the broker's certificate may be for any name" },
	];
}
