// Takes the measures of boards on real sockets from what a fleet tells, and keeps the ledger of their readings: in a world a
// simulation does both itself.

import type { FleetEvent } from "../fleet/fleet.js";
import { Ledger, nameOf, type ReadingName } from "../fleet/ledger.js";
import type { Measures } from "./measures.js";

export class Watch {
	readonly ledger = new Ledger();
	readonly measures: Measures;
	readonly #now: () => number;
	/** Readings under way, by board and ticket. */
	readonly #names = new Map<string, Map<number, ReadingName>>();
	/** Boards by the topics of their readings. */
	readonly #devices = new Map<string, string>();

	/** `now` tells the time of the run, in ms. */
	constructor(
		boards: Iterable<{ readonly deviceId: string; readonly telemetryTopic: string }>,
		measures: Measures,
		now: () => number,
	) {
		this.measures = measures;
		this.#now = now;
		for (const { deviceId, telemetryTopic } of boards) this.#devices.set(telemetryTopic, deviceId);
	}

	/** A board begins a connection. */
	handleDial(device: string): void {
		this.measures.handleDial(device, this.#now());
	}

	handleEvent(event: FleetEvent): void {
		const { device } = event;
		const now = this.#now();
		switch (event.event) {
			case "online":
				this.ledger.handleOnline(device);
				this.measures.handleOnline(device, now);
				break;
			case "restarted":
				// What was in its memory is gone, and with it what its tickets stood for.
				this.#names.delete(device);
				this.measures.handleOffline(device, now);
				break;
			case "offline":
			case "stopped":
				this.measures.handleOffline(device, now);
				break;
			case "reading": {
				const { packetId = 0, payload, qos } = event;
				const { boot, seq } = payload;
				// There was no room for it.
				if (qos > 0 && packetId === 0) break;
				this.ledger.handlePublished(device, boot, seq, qos);
				this.measures.handlePublished(device, { boot, seq }, qos, now);
				if (packetId > 0) this.#namesOf(device).set(packetId, { boot, seq });
				break;
			}
			case "settled":
			case "refused":
			case "lost":
			case "dropped": {
				const name = this.#take(device, event.packetId ?? 0);
				if (name === undefined) break;
				this.ledger.handleEnd(device, name.boot, name.seq, event.event);
				this.measures.handleEnd(device, name, event.event, now);
			}
		}
	}

	/** A message has arrived where somebody looks on. */
	handleArrival(topic: string, payload: Uint8Array, qos: number): void {
		const device = this.#devices.get(topic);
		const name = device === undefined ? undefined : nameOf(payload);
		if (device === undefined || name === undefined) return;
		this.measures.handleArrived(device, name, this.#now());
		this.ledger.handleArrived(device, name.boot, name.seq, qos);
	}

	#namesOf(device: string): Map<number, ReadingName> {
		let names = this.#names.get(device);
		if (names === undefined) {
			names = new Map();
			this.#names.set(device, names);
		}
		return names;
	}

	#take(device: string, ticket: number): ReadingName | undefined {
		const names = this.#names.get(device);
		const name = names?.get(ticket);
		names?.delete(ticket);
		return name;
	}
}
