// The number of a board's start: with the number of a reading since, it names that reading for good.

import type { KeyValue } from "../io.js";
import { putUint32, takeUint32 } from "../mqtt/wire.js";

const BOOT_KEY = "boot";
const OTHER_BOOT_KEY = "boot2";

/**
 * How often this board has started, this time included. It is kept under two keys by turns, never over the latest that is
 * whole: a number that has been used does not come again, wherever the power goes. 0 where flash takes none.
 */
export function countBoot(store: KeyValue): number {
	const first = bootIn(store.read(BOOT_KEY));
	const second = bootIn(store.read(OTHER_BOOT_KEY));
	const boot = Math.max(first, second) + 1;
	const bytes = new Uint8Array(8);
	putUint32(bytes, putUint32(bytes, 0, boot), ~boot);
	try {
		store.write(first > second ? OTHER_BOOT_KEY : BOOT_KEY, bytes.buffer);
		return boot;
	} catch {
		// A board whose flash is full or worn goes on.
		return 0;
	}
}

/** Of a record: a number, and the same with all bits turned, which firmware before did not write; 0 for one that is torn. */
function bootIn(record: ArrayBuffer | undefined): number {
	if (record === undefined) return 0;
	const bytes = new Uint8Array(record);
	const boot = takeUint32(bytes, 0) | 0;
	return boot > 0 && (bytes.length === 4 || ~boot === (takeUint32(bytes, 4) | 0)) ? boot : 0;
}
