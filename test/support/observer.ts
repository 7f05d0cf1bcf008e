// A subscriber who keeps the ledger of a fleet: readings as they arrive, its own absences, and what boards say.

import type { Client, Incoming } from "../../firmware/mqtt/client.js";
import type { FleetEvent } from "../../host-sim/fleet/fleet.js";
import { Ledger } from "../../host-sim/fleet/ledger.js";
import { nodeClient } from "./node.js";

export class Observer {
	readonly ledger: Ledger;
	isThere = false;
	readonly #port: number;
	readonly #qos: number;
	#client: Client | undefined;
	/** Readings by device and packet id, as long as they are under way. */
	readonly #underWay = new Map<string, { boot: number; seq: number }>();

	/** It has a session that is to outlive its connections, and listens at that QoS. */
	constructor(port: number, qos: 1 | 2, ledger = new Ledger()) {
		this.ledger = ledger;
		this.#port = port;
		this.#qos = qos;
	}

	/** Comes, and stays whatever happens to the connection; the broker knows it from the last time. */
	come(): void {
		const client = nodeClient(this.#port, "observer", {
			cleanSession: false,
			// As many as mosquitto has under way at once: in 3.1.1 a client cannot tell it to send fewer.
			limits: { received: 200, receive: 4096 },
			// Without the session it is back when it has subscribed again.
			onOnline: present => {
				if (present) this.#back(true);
			},
			onSubscribed: () => this.#back(false),
			onOffline: () => this.#away(),
		});
		client.subscribe("thimble/+/telemetry", message => this.#take(message), { qos: this.#qos });
		client.open();
		this.#client = client;
	}

	/** Goes without a goodbye, and will be back. */
	go(): void {
		this.#client?.close(false);
		this.#away();
	}

	#back(remembered: boolean): void {
		if (this.isThere) return;
		this.isThere = true;
		this.ledger.handleBack(remembered);
	}

	#away(): void {
		if (this.isThere) this.ledger.handleDown();
		this.isThere = false;
	}

	/** For Fleet: what its boards have to say. */
	handleEvent(event: FleetEvent): void {
		const { device } = event;
		const { ledger } = this;
		if (event.event === "online") ledger.handleOnline(device);
		else if (event.event === "reading") {
			const { boot, seq } = event.payload;
			ledger.handlePublished(device, boot, seq, event.qos);
			if (event.packetId !== undefined) this.#underWay.set(`${device} ${event.packetId}`, { boot, seq });
			// Without one it was refused on the board, since there was no room.
			else if (event.qos > 0) ledger.handleEnd(device, boot, seq, "refused");
		} else if (
			event.event === "settled" ||
			event.event === "lost" ||
			event.event === "refused" ||
			event.event === "dropped"
		) {
			const key = `${device} ${event.packetId}`;
			const reading = this.#underWay.get(key);
			if (reading === undefined) return;
			this.#underWay.delete(key);
			ledger.handleEnd(device, reading.boot, reading.seq, event.event);
		}
	}

	#take(message: Incoming): void {
		const [, device] = message.topic.split("/");
		const { boot, seq } = JSON.parse(message.text()!);
		this.ledger.handleArrived(device!, boot, seq);
	}
}
