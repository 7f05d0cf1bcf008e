// firmware/io.ts's Power in the SDK's simulator, which cannot start itself anew.

import type { Power } from "../../io.js";

export class BoardPower implements Power {
	readonly resetReason = "unknown";
}

Object.freeze(BoardPower.prototype);
