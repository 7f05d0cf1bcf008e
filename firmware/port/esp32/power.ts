// firmware/io.ts's Power on an ESP32. `sleep` is absent: what the SDK has by that name does nothing there.

import resetReason from "resetReason";
import type { Power, ResetReason } from "../../io.js";

/** By the number that ESP-IDF gives. */
const REASONS: readonly ResetReason[] = Object.freeze([
	"unknown",
	"power",
	"unknown",
	"restart",
	"panic",
	"watchdog",
	"watchdog",
	"watchdog",
	"sleep",
	"brownout",
]);

export class BoardPower implements Power {
	readonly resetReason = REASONS[resetReason().reason] ?? "unknown";

	restart(): void {
		(globalThis as unknown as { System: { restart(): never } }).System.restart();
	}
}

Object.freeze(BoardPower.prototype);
