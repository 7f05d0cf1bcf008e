// The MQTT client class of ECMA-419 as a program on a board makes it: timer, clock and chance are the SDK's. A manifest puts it
// in the place of the SDK's own: firmware/optional/manifest_ecma419.json.

import { MQTTClient, type MQTTClientOptions } from "thimble/optional/ecma419";
import { BoardClock, BoardRandom } from "thimble/port/clock";
import { BoardTimer } from "thimble/port/timer";

type BoardOptions = Omit<MQTTClientOptions, "timer" | "clock" | "random"> & Partial<MQTTClientOptions>;

export default class extends MQTTClient {
	constructor(options: BoardOptions) {
		super({ timer: { io: BoardTimer }, clock: new BoardClock(), random: new BoardRandom(), ...options });
	}
}
