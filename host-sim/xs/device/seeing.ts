// A network as `npm run size` measures it: it does what it is told, one thing a command. Model and pictures come from storage, as
// a resource would from flash.

import { Model } from "../../../firmware/vision/model.js";
import { Network } from "../../../firmware/vision/network.js";
import {
	COMMAND_BEGIN,
	COMMAND_LOAD,
	COMMAND_MAKE,
	COMMAND_RUN,
	MODEL_KEY,
	PICTURE_KEY,
	PIECE_BYTES,
} from "./sight.js";

class Seeing {
	bytes: Uint8Array | undefined = undefined;
	network: Network | undefined = undefined;
	picture: Uint8Array | undefined = undefined;

	handleCommand(command: number, argument: number): void {
		switch (command) {
			case COMMAND_LOAD:
				this.bytes = this.load(argument);
				this.picture = new Uint8Array(storeRead(PICTURE_KEY)!);
				return;
			case COMMAND_MAKE:
				this.network = new Network(new Model(this.bytes!));
				return;
			case COMMAND_BEGIN:
				this.network!.begin(this.picture!);
				return;
			case COMMAND_RUN:
				this.tell(this.network!.run(argument));
		}
	}

	/** Storage takes a model in pieces. */
	load(length: number): Uint8Array {
		const bytes = new Uint8Array(length);
		for (let at = 0; at < length; at += PIECE_BYTES) bytes.set(new Uint8Array(storeRead(`${MODEL_KEY}${at}`)!), at);
		return bytes;
	}

	tell(isDone: boolean): void {
		tell(isDone ? 1 : 0, this.network!.label, isDone ? this.network!.confidence : 0, 0);
	}
}

Object.freeze(Seeing.prototype);

export default function main(): Seeing {
	return new Seeing();
}
