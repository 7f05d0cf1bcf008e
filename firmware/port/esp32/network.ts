// The network of an ESP32: Wi-Fi, kept up. This module goes by the name thimble/port/network, which does not mirror its
// folder, so it imports by name.

import WiFi from "embedded:network/interface/wifi";
import Net from "net";
import { Trial } from "thimble/device/trial";
import type { TunableName } from "thimble/device/tunables";
import { Wireless, type WirelessOptions } from "thimble/device/wireless";
import { BoardRandom } from "thimble/port/clock";
import { BoardTimer } from "thimble/port/timer";
import type { Network, WiFiConstructor } from "../../io.js";

/** Without these a board can do nothing. */
export const required: readonly TunableName[] = Object.freeze(["ssid", "broker"] as const);

function radio(): Pick<WirelessOptions, "wifi" | "timer" | "random"> {
	return { wifi: { io: WiFi as unknown as WiFiConstructor }, timer: { io: BoardTimer }, random: new BoardRandom() };
}

/** Networks on trial; only for a board that has joined none. */
export function makeTrial(): Trial {
	return new Trial(radio());
}

/** Joins the network and comes back to it for ever. `onChanged` hears when it is usable, and when not. */
export function join(ssid: string, password: string, onChanged: (usable: boolean) => void): void {
	new Wireless({ ssid, password, onChanged, ...radio() });
}

/** Known once Wi-Fi has been started. */
export function macAddress(): string | undefined {
	return Net.get("MAC");
}

/** How strong Wi-Fi is received; nothing while there is none. */
export const network: Network = Object.freeze({
	get rssi(): number | undefined {
		const rssi = Number(Net.get("RSSI"));
		return rssi < 0 ? rssi : undefined;
	},
});
