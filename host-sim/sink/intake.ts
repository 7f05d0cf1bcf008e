// Messages as the client hands them on, each held until it is safe elsewhere. Large ones come in spans; what is larger than
// any reading is not kept whole, so nobody can fill the memory with it.

import type { Incoming } from "../../firmware/mqtt/client.js";
import type { Arrival } from "./sink.js";

/** Of a payload. */
const MOST_BYTES = 65_536;

export class Intake {
	#payload: Buffer | undefined;

	/** The message, when this span is its last one; undefined before, and where the broker has to send it again. */
	take(packet: Incoming): Arrival | undefined {
		if (packet.aborted) {
			this.#payload = undefined;
			return undefined;
		}
		if (packet.position === 0) this.#payload = Buffer.alloc(Math.min(packet.total, MOST_BYTES));
		const payload = this.#payload;
		if (payload === undefined) return undefined;
		const { bytes, payloadAt, payloadLength, position, qos, topic, total } = packet;
		const length = Math.min(payloadLength, Math.max(0, payload.length - position));
		payload.set(bytes.subarray(payloadAt, payloadAt + length), Math.min(position, payload.length));
		if (!packet.last) return undefined;
		this.#payload = undefined;
		const token = packet.hold();
		return token === 0 && qos > 0 ? undefined : { topic, payload, length: total, qos, token };
	}
}
