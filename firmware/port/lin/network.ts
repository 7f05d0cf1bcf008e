// The network of the SDK's simulator: the desktop's, which is there.

import type { TunableName } from "thimble/device/tunables";
import type { Network } from "../../io.js";

/** Without these a board can do nothing. */
export const required: readonly TunableName[] = Object.freeze(["broker"] as const);

export function join(_ssid: string, _password: string, onChanged: (usable: boolean) => void): void {
	onChanged(true);
}

export const makeTrial = undefined;

export function macAddress(): string | undefined {
	return undefined;
}

export const network: Network = Object.freeze({});
