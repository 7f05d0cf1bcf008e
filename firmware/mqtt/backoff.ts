// How long to wait before the next attempt: exponential with full jitter, so that a thousand boards that lost the same
// broker do not return in the same second. Only a connection that has lasted resets it: "accepted, then thrown out" is
// no success.

import type { Random } from "../io.js";
import { checked } from "./limits.js";
import { retrySlowly } from "./reason.js";

export interface BackoffOptions {
	/** The first delay lies between 0 and this, in ms. Default 1,000. */
	baseMs?: number;
	/** No delay is longer, in ms. Default 60,000. */
	capMs?: number;
	/** After a refusal that hurrying cannot mend: between half of this and this, in ms. Default 300,000. */
	slowMs?: number;
	/** A connection that lasted this long, in ms, resets the delays. Default 30,000. */
	stableMs?: number;
}

const DAY_MS = 86_400_000;

/** Throws Misuse for values that are no whole numbers of ms up to a day. */
export function checkBackoff(options: BackoffOptions | undefined): void {
	checked("backoff.baseMs", options?.baseMs ?? 1, 1, DAY_MS);
	checked("backoff.capMs", options?.capMs ?? 1, 1, DAY_MS);
	checked("backoff.slowMs", options?.slowMs ?? 1, 1, DAY_MS);
}

/** The delay in ms after a failure with this code, the first (0) or a later one since things last went well. */
export function retryDelay(
	failures: number,
	code: number,
	random: Random,
	options: BackoffOptions | undefined,
): number {
	if (retrySlowly(code)) {
		const slowMs = options?.slowMs ?? 300_000;
		const half = slowMs >>> 1;
		return half + (random.next() % (slowMs - half + 1));
	}
	const capMs = options?.capMs ?? 60_000;
	let ceiling = options?.baseMs ?? 1000;
	for (let i = 0; i < failures && ceiling < capMs; i += 1) ceiling *= 2;
	return random.next() % (Math.min(ceiling, capMs) + 1);
}
