// A client as `npm run size` measures it: it does what it is told, one operation a command, and nothing of its own.

import { Client, type Incoming } from "../../../firmware/mqtt/client.js";
import { EngineClock, EngineRandom, EngineSocket, EngineTimer } from "./io.js";
import { COMMAND_CREATE, COMMAND_PUBLISH, COMMAND_SUBSCRIBE, METERED_TOPIC } from "./meter.js";

const FILTERS = Object.freeze([
	"plant/7/line/3/commands",
	"plant/7/line/3/settings",
	"plant/7/all/everything",
	METERED_TOPIC,
]);
const PAYLOAD_BYTES = 64;

class Metered {
	client: Client | undefined = undefined;
	topic = 0;
	readonly payload = new Uint8Array(PAYLOAD_BYTES);

	handleCommand(command: number, argument: number): void {
		switch (command) {
			case COMMAND_CREATE:
				this.create(argument === 5 ? 5 : 4);
				return;
			case COMMAND_SUBSCRIBE:
				this.subscribe(argument === 1);
				return;
			case COMMAND_PUBLISH:
				this.client!.publish(this.topic, this.payload, PAYLOAD_BYTES, argument << 1);
		}
	}

	create(protocolVersion: 4 | 5): void {
		this.client = new Client({
			host: "10.0.0.1",
			protocolVersion,
			clientId: "thimble",
			cleanSession: false,
			socket: { io: EngineSocket },
			timer: { io: EngineTimer },
			clock: new EngineClock(),
			random: new EngineRandom(),
		});

		this.topic = this.client.topic(METERED_TOPIC);
		this.client.open();
	}

	subscribe(wildcard: boolean): void {
		for (let i = 0; i < FILTERS.length; i += 1) this.client!.subscribe(FILTERS[i]!, onMessage, { qos: 2 });
		if (wildcard) this.client!.subscribe("plant/+/line/#", onMessage, { qos: 2 });
	}
}

Object.freeze(Metered.prototype);

function onMessage(_message: Incoming): void {}

export default function main(): Metered {
	return new Metered();
}
