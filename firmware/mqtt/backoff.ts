// How long to wait before the next attempt: exponential with full jitter, so that a thousand boards that lost the same
// broker do not return in the same second. Only a connection that has lasted resets it: "accepted, then thrown out" is
// no success. A 3.1.1 server that gives our place to another client with the same id cannot say so: it accepts us, and
// closes. That happens on bad links as well, but seldom five times in a row; from then on the delays grow beyond the cap, up
// to what they are after a refusal, so that two clients with one id do not fight for ever.

import type { Random } from "../io.js";
import { checked } from "./limits.js";
import { retrySlowly } from "./reason.js";

export interface BackoffOptions {
	/** The first delay lies between 0 and this, in ms. Default 1,000. */
	baseMs?: number;
	/** No delay is longer, in ms, but after refusals and their like. Default 60,000. */
	capMs?: number;
	/**
	 * After a refusal that hurrying cannot mend: between half of this and this, in ms. The cap where a 3.1.1 server accepts
	 * and closes again and again. Default 300,000.
	 */
	slowMs?: number;
	/** A connection that lasted this long, in ms, resets the delays. Default 30,000. */
	stableMs?: number;
}

const DAY_MS = 86_400_000;

// Failures are counted in one number: all of them, which stays where it is at 255, and in the bits above those in a row
// of connections that were accepted and then closed without a word.
export const COUNT_MASK = 0xff;
const THROWN_OUT = 0x100;
/** So many in a row are no accident. */
const OUSTED = THROWN_OUT * 5;

/** The count with another failure. */
export function nextFailures(failures: number, isThrownOut: boolean): number {
	const count = Math.min((failures & COUNT_MASK) + 1, COUNT_MASK);
	return isThrownOut ? ((failures & ~COUNT_MASK) + THROWN_OUT) | count : count;
}

/** Throws Misuse for values that are no whole numbers of ms up to a day. */
export function checkBackoff(options: BackoffOptions | undefined): void {
	checked("backoff.baseMs", options?.baseMs ?? 1, 1, DAY_MS);
	checked("backoff.capMs", options?.capMs ?? 1, 1, DAY_MS);
	checked("backoff.slowMs", options?.slowMs ?? 1, 1, DAY_MS);
}

/** The delay in ms after a failure with this code; `failures` counts it. */
export function retryDelay(
	failures: number,
	code: number,
	random: Random,
	options: BackoffOptions | undefined,
): number {
	const slowMs = options?.slowMs ?? 300_000;
	if (retrySlowly(code)) {
		const half = slowMs >>> 1;
		return half + (random.next() % (slowMs - half + 1));
	}
	let capMs = options?.capMs ?? 60_000;
	if (failures >= OUSTED && slowMs > capMs) capMs = slowMs;
	let ceiling = options?.baseMs ?? 1000;
	const count = failures & COUNT_MASK;
	for (let i = 1; i < count && ceiling < capMs; i += 1) ceiling *= 2;
	return random.next() % (Math.min(ceiling, capMs) + 1);
}
