// How long each wait of a session may last: the options' timeouts with their defaults, in ms.

import { checked } from "../limits.js";
import type { Timeouts } from "../options.js";

const DAY_MS = 86_400_000;

export interface Waits {
	readonly resolveMs: number;
	readonly connectMs: number;
	readonly connackMs: number;
	readonly pingMs: number;
	readonly ackMs: number;
	readonly sourceMs: number;
	/** 0: off. */
	readonly silenceMs: number;
	/** The longest time without sending, and without hearing, before a PINGREQ; 0: off. */
	readonly idleMs: number;
}

/** Throws Misuse for values that are no whole numbers of ms up to a day. `keepAlive` is in seconds. */
export function waitsOf(given: Timeouts | undefined, keepAlive: number): Waits {
	const keepAliveMs = keepAlive * 1000;
	const askedMs = checked("timeouts.pingMs", given?.pingMs ?? 10_000, 1, DAY_MS);
	// A PINGREQ unanswered for a whole keep-alive would keep the next one from leaving in time.
	const pingMs = keepAlive > 0 && askedMs > keepAliveMs ? keepAliveMs : askedMs;
	const silenceMs = keepAlive === 0 ? 0 : keepAliveMs + (keepAliveMs >> 1) + pingMs;
	return {
		resolveMs: checked("timeouts.resolveMs", given?.resolveMs ?? 10_000, 1, DAY_MS),
		connectMs: checked("timeouts.connectMs", given?.connectMs ?? 15_000, 1, DAY_MS),
		connackMs: checked("timeouts.connackMs", given?.connackMs ?? 10_000, 1, DAY_MS),
		pingMs,
		ackMs: checked("timeouts.ackMs", given?.ackMs ?? 20_000, 1, DAY_MS),
		sourceMs: checked("timeouts.sourceMs", given?.sourceMs ?? 10_000, 1, DAY_MS),
		silenceMs: checked("timeouts.silenceMs", given?.silenceMs ?? silenceMs, 0, DAY_MS * 2),
		// An eighth early, so that the packet is on its way when the server's clock says keepAlive [MQTT-3.1.2-23].
		idleMs: keepAliveMs - (keepAliveMs >> 3),
	};
}
