// A client as `npm run size` measures it: it does what it is told, one operation a command, and nothing of its own.

import { Client, type Incoming } from "../../../firmware/mqtt/client.js";
import { EngineClock, EngineRandom, EngineSocket, EngineTimer } from "./io.js";

/** Does nothing: what a command costs by itself. */
const NOTHING = 0;
const CREATE = 1;
/** The argument is 1 for a wildcard filter behind the exact ones. */
const SUBSCRIBE = 2;
/** The argument is the QoS. */
const PUBLISH = 3;
/** Calls the handler as the client would, for what the measurement's own handler costs. */
const HANDLE = 4;

/** 24 characters, as the incumbent's figures have it. */
const TOPIC = "plant/7/line/3/telemetry";
const FILTERS = Object.freeze(["plant/7/line/3/commands", "plant/7/line/3/settings", "plant/7/all/everything", TOPIC]);
const PAYLOAD_BYTES = 64;

class Metered {
	client: Client | undefined = undefined;
	topic = 0;
	payload = new Uint8Array(PAYLOAD_BYTES);
	received = 0;
	ended = 0;

	handleCommand(command: number, argument: number): void {
		switch (command) {
			case NOTHING:
				return;
			case CREATE:
				this.create();
				return;
			case SUBSCRIBE:
				this.subscribe(argument === 1);
				return;
			case PUBLISH:
				this.client!.publish(this.topic, this.payload, PAYLOAD_BYTES, argument << 1);
				return;
			case HANDLE:
				onMessage(undefined as unknown as Incoming);
		}
	}

	create(): void {
		this.client = new Client({
			host: "10.0.0.1",
			clientId: "thimble",
			cleanSession: false,
			socket: { io: EngineSocket },
			timer: { io: EngineTimer },
			clock: new EngineClock(),
			random: new EngineRandom(),
		});

		this.topic = this.client.topic(TOPIC);
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
