// How much memory a client may use. It is all taken once, in the constructor, and never grows.

import { BAD_OPTION, Misuse } from "./error.js";

/** Seconds, where the options do not say it. */
export const KEEP_ALIVE = 60;

export interface Limits {
	/** Receive buffer in bytes, 64 to 65,535. A larger PUBLISH is streamed or skipped, any other larger packet closes. */
	receive: number;
	/**
	 * Send buffer in bytes, 64 to 65,535: the largest single write. CONNECT must fit, and so must a SUBSCRIBE for the
	 * longest filter; and both into the socket's own buffer, since they are not sent in pieces.
	 */
	send: number;
	/** Outbox in bytes, 64 to 65,535, with 12 bytes of bookkeeping a message. */
	outbox: number;
	/** Publishes not settled yet, 1 to 1,024. */
	messages: number;
	/**
	 * QoS 2 messages received and not finished, and messages held for manual acknowledgement, 1 to 1,024. In 3.1.1 a
	 * client cannot tell the server how many it takes: this should be the server's own window (20 in mosquitto by
	 * default), since more than fit close the link with RECEIVE_TABLE_FULL, and come in portions over reconnects.
	 */
	received: number;
	/** Topic names and topic filters together, 1 to 1,024. */
	topics: number;
	/** UTF-8 bytes of all topic names and filters, each plus two and rounded up to a multiple of eight; 16 to 65,535. */
	topicBytes: number;
	/** 5.0: topic aliases that we use, and that the server may use, as far as the other side allows; 0 to 1,024. */
	aliases: number;
	/** UTF-8 bytes of the topic names that the server's aliases stand for, each plus two; 0 to 65,535. */
	aliasBytes: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = Object.freeze({
	receive: 512,
	send: 512,
	outbox: 1024,
	messages: 8,
	received: 20,
	topics: 8,
	topicBytes: 288,
	aliases: 0,
	aliasBytes: 512,
});

/** The defaults with the given values in their place, sizes in bytes rounded up to multiples of eight. Throws Misuse outside the ranges. */
export function withDefaults(given: Partial<Limits> | undefined): Limits {
	return {
		receive: limit(given, "receive", 64, 65_535, 7),
		send: limit(given, "send", 64, 65_535, 7),
		outbox: limit(given, "outbox", 64, 65_535, 7),
		messages: limit(given, "messages", 1, 1024, 0),
		received: limit(given, "received", 1, 1024, 0),
		topics: limit(given, "topics", 1, 1024, 0),
		topicBytes: limit(given, "topicBytes", 16, 65_535, 7),
		aliases: limit(given, "aliases", 0, 1024, 0),
		aliasBytes: limit(given, "aliasBytes", 0, 65_535, 7),
	};
}

/** One of them; `round` is 7 where it is rounded up to a multiple of eight, or 0. */
function limit(
	given: Partial<Limits> | undefined,
	name: keyof Limits,
	low: number,
	high: number,
	round: number,
): number {
	return (checked(name, given?.[name] ?? DEFAULT_LIMITS[name], low, high) + round) & ~round;
}

/** The value, if it is an integer from `low` to `high`. Throws Misuse otherwise. */
export function checked(name: string, value: number, low: number, high: number): number {
	if (Number.isInteger(value) && value >= low && value <= high) return value;
	throw new Misuse(BAD_OPTION, `${name}: expected an integer from ${low} to ${high}, got ${value}`);
}
