// The network of the SDK's simulator: the desktop's, which is there.

import type { Trial } from "thimble/device/trial";
import type { TunableName } from "thimble/device/tunables";
import type { Network } from "../../io.js";

/** Without these a board can do nothing. */
export function requiredSettings(): TunableName[] {
	return ["broker"];
}

export function makeTrial(): Trial | undefined {
	return undefined;
}

export function startNetwork(_ssid: string, _password: string, onChanged: (usable: boolean) => void): void {
	onChanged(true);
}

export function macAddress(): string | undefined {
	return undefined;
}

export const network: Network = Object.freeze({});
