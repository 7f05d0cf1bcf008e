// A subscriber who keeps the ledger of a fleet: readings as they arrive, its own absences, and what boards say.

import type { FleetEvent } from "../../host-sim/fleet/fleet.js";
import { Ledger } from "../../host-sim/fleet/ledger.js";
import { Observer as Onlooker } from "../../host-sim/node/observer.js";

export class Observer {
	readonly ledger: Ledger;
	readonly #onlooker: Onlooker;
	/** Readings by device and packet id, as long as they are under way. */
	readonly #underWay = new Map<string, { boot: number; seq: number }>();

	/** It has a session that is to outlive its connections, and listens at that QoS; `servers` all have that session. */
	constructor(port: number, qos: 1 | 2, ledger = new Ledger(), servers?: readonly { host: string; port: number }[]) {
		this.ledger = ledger;
		this.#onlooker = new Onlooker({
			host: "localhost",
			port,
			...(servers !== undefined && { servers }),
			// In a cluster a session begins at the node where its first connection was, and is looked for there.
			clientId: servers === undefined ? "observer" : `observer-${port}`,
			filters: ["thimble/+/telemetry"],
			qos,
			backoff: { baseMs: 100, capMs: 500 },
			taken: message => {
				const [, device] = message.topic.split("/");
				const { boot, seq } = JSON.parse(message.text()!);
				ledger.handleArrived(device!, boot, seq);
			},
			there: remembered => ledger.handleBack(remembered),
			away: () => ledger.handleDown(),
		});
	}

	get isThere(): boolean {
		return this.#onlooker.isThere;
	}

	/** Comes, and stays whatever happens to the connection; the broker knows it from the last time. */
	come(): void {
		this.#onlooker.open();
	}

	/** Goes without a goodbye, and will be back. */
	go(): void {
		this.#onlooker.close();
	}

	/** Goes for good: the broker shall keep nothing. */
	leave(): Promise<void> {
		return this.#onlooker.leave();
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
}
