// Where boards get new firmware from: it offers an image to them, gives them the pieces that they ask for, and follows what they
// say. The other end of firmware/device/update.ts, over any client.

import { fromHex, type Offer } from "../../firmware/device/offer.js";
import type { UpdateReason } from "../../firmware/device/terms.js";
import { type Client, type Incoming, QOS_1, RETAIN } from "../../firmware/mqtt/client.js";
import { putUint32, utf8Bytes } from "../../firmware/mqtt/wire.js";

/** What a board publishes of its updates. */
export interface UpdateState {
	readonly state: "idle" | "receiving" | "verifying" | "applied" | "confirmed" | "rolled-back" | "refused";
	/** The version that runs. */
	readonly running: string;
	readonly version?: string;
	readonly issue?: number;
	readonly at?: number;
	readonly size?: number;
	readonly reason?: UpdateReason;
}

/** What has become of the offer on one board. */
export interface Delivery {
	readonly deviceId: string;
	/** "waiting" until it says something; the last four are ends. */
	state: "waiting" | "receiving" | "verifying" | "applied" | "confirmed" | "up-to-date" | "rolled-back" | "refused";
	/** Bytes that it has. */
	at: number;
	/** The version that runs, as it said last. */
	running?: string;
	reason?: string;
}

export interface DepotOptions {
	readonly client: Client;
	readonly image: Uint8Array;
	readonly offer: Offer;
	/** Something has changed. */
	changed?(delivery: Delivery): void;
}

interface Board {
	readonly delivery: Delivery;
	readonly offerTopic: number;
	readonly chunkTopic: number;
}

const ENDS: readonly string[] = ["confirmed", "up-to-date", "rolled-back", "refused"];
const HEAD_BYTES = 8;

export class Depot {
	readonly deliveries: Delivery[] = [];
	readonly #options: DepotOptions;
	readonly #tag: Uint8Array;
	readonly #offer: Uint8Array;

	constructor(options: DepotOptions) {
		this.#options = options;
		this.#tag = fromHex(options.offer.sha256.slice(0, 8));
		this.#offer = utf8Bytes(JSON.stringify(options.offer));
	}

	/** Offers it to that board. Returns what has become of it, which changes; minus a code where the client has no room. */
	add(deviceId: string): Delivery | number {
		const { client } = this.#options;
		const prefix = `thimble/${deviceId}/update/`;
		const delivery: Delivery = { deviceId, state: "waiting", at: 0 };
		const board = { delivery, offerTopic: client.topic(`${prefix}offer`), chunkTopic: client.topic(`${prefix}chunk`) };
		const want = client.subscribe(`${prefix}want`, message => this.#handleWant(board, message), { qos: 1 });
		const state = client.subscribe(`${prefix}state`, message => this.#handleState(board, message), { qos: 1 });
		const worst = Math.min(board.offerTopic, board.chunkTopic, want, state);
		if (worst < 0) return worst;
		const ticket = client.publish(board.offerTopic, this.#offer, this.#offer.length, QOS_1 | RETAIN);
		if (ticket < 0) return ticket;
		this.deliveries.push(delivery);
		return delivery;
	}

	/** Whether all of them have come to an end, well or not. */
	get isDone(): boolean {
		return this.deliveries.every(({ state }) => ENDS.includes(state));
	}

	#handleWant({ chunkTopic, delivery }: Board, message: Incoming): void {
		const { client, image, offer } = this.#options;
		const want = objectOf(message);
		const { at, bytes, chunk } = want ?? {};
		if (want?.["sha256"] !== offer.sha256 || want["version"] !== offer.version) return;
		if (!isCount(at) || !isCount(bytes) || !isCount(chunk) || chunk === 0) return;
		const stop = Math.min(at + bytes, image.length);
		for (let from = at; from < stop; from += chunk) {
			const piece = image.subarray(from, Math.min(from + chunk, stop));
			const packet = new Uint8Array(HEAD_BYTES + piece.length);
			packet.set(this.#tag);
			putUint32(packet, 4, from);
			packet.set(piece, HEAD_BYTES);
			// What finds no room is asked for again.
			if (client.publish(chunkTopic, packet, packet.length, 0) < 0) break;
		}
		if (ENDS.includes(delivery.state)) return;
		delivery.state = "receiving";
		delivery.at = at;
		this.#options.changed?.(delivery);
	}

	#handleState({ delivery, offerTopic }: Board, message: Incoming): void {
		const { client, offer } = this.#options;
		const said = objectOf(message) as Partial<UpdateState> | undefined;
		if (said?.state === undefined || ENDS.includes(delivery.state)) return;
		if (typeof said.running === "string") delivery.running = said.running;
		const isOurs = said.version === offer.version && said.issue === offer.issue;
		if (said.state === "confirmed" && isOurs) delivery.state = "confirmed";
		else if (said.running === offer.version && said.state !== "applied")
			delivery.state = delivery.state === "applied" ? "confirmed" : "up-to-date";
		// What cannot be read as an offer has no version that could be said.
		else if (
			said.state === "refused" &&
			(isOurs || (said.reason === "malformed" && !message.retain && delivery.state === "waiting"))
		) {
			delivery.state = "refused";
			delivery.reason = String(said.reason);
		} else if (!isOurs) return;
		else if (said.state === "rolled-back") {
			delivery.state = "rolled-back";
			delivery.reason = String(said.reason);
		} else if (said.state === "receiving" || said.state === "verifying" || said.state === "applied") {
			delivery.state = said.state;
			if (isCount(said.at)) delivery.at = said.at;
		}
		// Nobody has to see it any more.
		if (ENDS.includes(delivery.state)) client.publish(offerTopic, this.#offer, 0, QOS_1 | RETAIN);
		this.#options.changed?.(delivery);
	}
}

function objectOf(message: Incoming): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(message.text() ?? "");
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
	} catch {
		return undefined;
	}
}

function isCount(value: unknown): value is number {
	return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
