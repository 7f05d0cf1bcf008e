// The checker between a network and a server: every connection that the network brings is watched, and the server notices
// nothing. Bytes that a broken link has lost are not seen here.

import { type Accept, between, type TransportHandler } from "../transport.js";
import type { Checker } from "./checker.js";

export interface TapOptions {
	/** What the time is when the server writes or closes: the clock of the network's other calls. */
	now(): number;
}

/** A server that does what `accept` does, watched. */
export function tapped(checker: Checker, accept: Accept, { now }: TapOptions): Accept {
	return (transport, start) => {
		const watched = checker.watch(transport.peer);
		const handler: TransportHandler = accept(
			between(transport, {
				write(bytes, taken) {
					watched.handleServerBytes(bytes, now());
					transport.write(bytes, taken);
				},
				close() {
					watched.handleEnd(now());
					transport.close();
				},
				reset() {
					watched.handleEnd(now());
					if (transport.reset === undefined) transport.close();
					else transport.reset();
				},
			}),
			start,
		);
		return {
			handleData(bytes, at) {
				watched.handleClientBytes(bytes, at);
				handler.handleData(bytes, at);
			},
			handleClose(at, wasReset) {
				watched.handleEnd(at);
				handler.handleClose(at, wasReset);
			},
		};
	};
}
