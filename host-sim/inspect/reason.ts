// The names of reasons and return codes as the standard has them: section 2.4 of 5.0, and the tables of CONNACK and SUBACK
// of 3.1.1. `sentence.ts` says what they mean to whoever runs a board; here the words are those to look up.

import { brokenByReason } from "../checker/reason.js";
import type { Version } from "../checker/statements.js";

const NAMES: Readonly<Record<number, string>> = {
	0: "Success",
	1: "Granted QoS 1",
	2: "Granted QoS 2",
	4: "Disconnect with Will Message",
	16: "No matching subscribers",
	17: "No subscription existed",
	24: "Continue authentication",
	25: "Re-authenticate",
	128: "Unspecified error",
	129: "Malformed Packet",
	130: "Protocol Error",
	131: "Implementation specific error",
	132: "Unsupported Protocol Version",
	133: "Client Identifier not valid",
	134: "Bad User Name or Password",
	135: "Not authorized",
	136: "Server unavailable",
	137: "Server busy",
	138: "Banned",
	139: "Server shutting down",
	140: "Bad authentication method",
	141: "Keep Alive timeout",
	142: "Session taken over",
	143: "Topic Filter invalid",
	144: "Topic Name invalid",
	145: "Packet Identifier in use",
	146: "Packet Identifier not found",
	147: "Receive Maximum exceeded",
	148: "Topic Alias invalid",
	149: "Packet too large",
	150: "Message rate too high",
	151: "Quota exceeded",
	152: "Administrative action",
	153: "Payload format invalid",
	154: "Retain not supported",
	155: "QoS not supported",
	156: "Use another server",
	157: "Server moved",
	158: "Shared Subscriptions not supported",
	159: "Connection rate exceeded",
	160: "Maximum connect time",
	161: "Subscription Identifiers not supported",
	162: "Wildcard Subscriptions not supported",
};

/** 0x00 goes by another name in some packets. */
const ZERO: Readonly<Record<string, string>> = { SUBACK: "Granted QoS 0", DISCONNECT: "Normal disconnection" };

const RETURN_CODES = [
	"Connection Accepted",
	"Connection Refused, unacceptable protocol version",
	"Connection Refused, identifier rejected",
	"Connection Refused, Server unavailable",
	"Connection Refused, bad user name or password",
	"Connection Refused, not authorized",
];

const OF_SUBACK: Readonly<Record<number, string>> = {
	0: "Success, maximum QoS 0",
	1: "Success, maximum QoS 1",
	2: "Success, maximum QoS 2",
	128: "Failure",
};

/** Undefined for a code that such a packet does not have in that version, whoever sends it. */
export function reasonName(code: number, packet: string, version: Version): string | undefined {
	if (version === "3.1.1") return packet === "CONNACK" ? RETURN_CODES[code] : OF_SUBACK[code];
	const isKnown = [true, false].some(fromClient => brokenByReason(packet, code, fromClient) === undefined);
	if (!isKnown) return undefined;
	return (code === 0 ? ZERO[packet] : undefined) ?? NAMES[code];
}

/** What the standard calls the code where some packet has it. */
export function nameOfCode(code: number): string | undefined {
	return NAMES[code];
}
