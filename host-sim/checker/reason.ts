// Which reason codes a packet of 5.0 may carry (section 2.4 and the tables of the packets), by who sends it.

import type { Rule } from "./statements.js";

interface Row {
	readonly client?: readonly number[];
	readonly server?: readonly number[];
	/** What a client breaks with another one. */
	readonly rule?: Rule;
}

const OF_PUBACK = [0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const OF_PUBREL = [0x00, 0x92];
const OF_BOTH_DISCONNECTS = [0x00, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];

const TABLE: Readonly<Record<string, Row>> = {
	CONNACK: {
		server: [
			0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b,
			0x9c, 0x9d, 0x9f,
		],
	},
	// That nobody has subscribed is for a server to say.
	PUBACK: { client: OF_PUBACK, server: [0x10, ...OF_PUBACK], rule: "reasonOfPuback" },
	PUBREC: { client: OF_PUBACK, server: [0x10, ...OF_PUBACK], rule: "reasonOfPubrec" },
	PUBREL: { client: OF_PUBREL, server: OF_PUBREL, rule: "reasonOfPubrel" },
	PUBCOMP: { client: OF_PUBREL, server: OF_PUBREL, rule: "reasonOfPubcomp" },
	SUBACK: { server: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2] },
	UNSUBACK: { server: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91] },
	DISCONNECT: {
		client: [0x04, ...OF_BOTH_DISCONNECTS],
		server: [
			0x87,
			0x89,
			0x8b,
			0x8c,
			0x8d,
			0x8e,
			0x8f,
			0x9a,
			0x9b,
			0x9c,
			0x9d,
			0x9e,
			0x9f,
			0xa0,
			0xa1,
			0xa2,
			...OF_BOTH_DISCONNECTS,
		],
		rule: "reasonOfDisconnect",
	},
	AUTH: { client: [0x18, 0x19], server: [0x00, 0x18], rule: "reasonOfAuth" },
};

/** The rule that this reason breaks, or undefined. */
export function brokenByReason(packet: string, reason: number, fromClient: boolean): Rule | undefined {
	const row = TABLE[packet];
	if ((fromClient ? row?.client : row?.server)?.includes(reason) === true) return undefined;
	return row?.rule ?? "length";
}

export function hex(reason: number): string {
	return `0x${reason.toString(16).padStart(2, "0")}`;
}
