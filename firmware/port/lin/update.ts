// The SDK's simulator on Linux has no partitions to put firmware into, and nothing that boots them. This module goes by the name
// thimble/port/update.

import type { Updater, Verifier } from "../../io.js";

/** Nothing. */
export function updateParts(): { updater?: Updater; verifier?: Verifier } {
	return {};
}
