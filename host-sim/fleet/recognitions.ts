// What boards have seen, as far as it has arrived: how often they were right, and whether each answer is the one that the model
// gives here for the same picture. An answer that got lost or came twice is the ledger's to tell.

import type { Sights } from "../sensor/belt.js";

export interface RecognitionSummary {
	/** Answers that arrived, of the cameras' pictures and of others that are known here. */
	readonly answers: number;
	/** Of these: the boards were right; the model is right here. */
	readonly right: number;
	readonly rightHere: number;
	/** The boards said something else than the model does here, or it is no picture of the belt that they name. None may be. */
	readonly different: number;
}

/** What is asked of a reading here. */
interface Reading {
	readonly crc: number;
	readonly label: string;
	readonly source: string;
}

export class Recognitions {
	readonly #known: Sights["known"];
	#answers = 0;
	#right = 0;
	#rightHere = 0;
	#different = 0;

	constructor(sights: Pick<Sights, "known">) {
		this.#known = crc => sights.known(crc);
	}

	get summary(): RecognitionSummary {
		return {
			answers: this.#answers,
			right: this.#right,
			rightHere: this.#rightHere,
			different: this.#different,
		};
	}

	/** A reading that has come for the first time. */
	handleReading(payload: Uint8Array): void {
		const { crc, label, source } = JSON.parse(new TextDecoder().decode(payload)) as Reading;
		const known = this.#known(crc);
		// Who sends a picture may send any.
		if (known === undefined && source === "sent") return;
		this.#answers += 1;
		if (known === undefined) {
			this.#different += 1;
			return;
		}
		if (label === known.truth) this.#right += 1;
		if (known.answer === known.truth) this.#rightHere += 1;
		if (label !== known.answer) this.#different += 1;
	}
}
