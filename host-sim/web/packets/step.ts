// Where in its exchange a packet stands: "QoS 2, step 3 of 4, 12 ms after PUBREC".

import type { Exchange, Step } from "../../inspect/exchange.js";
import type { PacketLine } from "./follow.js";

export interface Place {
	readonly exchange: Exchange;
	/** Its steps in order, as the standard has them, each with its packets: none yet, one, or several where it was sent again. */
	readonly course: readonly { readonly name: string; readonly steps: readonly Step[] }[];
	/** Which of them it is, counted from 1; 0 where it is none of them. */
	readonly step: number;
	/** The packet of the exchange before it. */
	readonly previous: Step | undefined;
	readonly sinceMs: number;
}

const COURSES: Readonly<Record<string, readonly string[]>> = {
	connect: ["CONNECT", "CONNACK"],
	subscribe: ["SUBSCRIBE", "SUBACK"],
	unsubscribe: ["UNSUBSCRIBE", "UNSUBACK"],
	ping: ["PINGREQ", "PINGRESP"],
};
const MESSAGES: readonly (readonly string[])[] = [
	["PUBLISH"],
	["PUBLISH", "PUBACK"],
	["PUBLISH", "PUBREC", "PUBREL", "PUBCOMP"],
];

/** Undefined for bytes that are no packet. */
export function placeOf({ exchange, key, summary }: PacketLine): Place | undefined {
	if (exchange === undefined) return undefined;
	const { kind, qos, steps } = exchange;
	const names = (kind === "message" ? MESSAGES[qos] : COURSES[kind]) ?? [];
	const at = steps.findIndex(({ packet }) => packet === key);
	const previous = at > 0 ? steps[at - 1] : undefined;
	return {
		exchange,
		course: names.map(name => ({ name, steps: steps.filter(step => step.name === name) })),
		step: names.indexOf(summary.name) + 1,
		previous,
		sinceMs: previous === undefined ? 0 : steps[at]!.atMs - previous.atMs,
	};
}

/** The tone that it is drawn in: each kind of exchange has its own. */
export function toneOf(exchange: Exchange | undefined): string {
	if (exchange === undefined) return "stray";
	return exchange.kind === "message" ? `qos${exchange.qos}` : exchange.kind;
}
