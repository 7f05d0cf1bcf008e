// A server that does not answer as it should: late, twice, or with something else. It stands between the network and a
// broker that means well, and knows packets only by their first bytes; a broker's write is one packet.

import { type Accept, between } from "../transport.js";
import type { SeededRandom } from "./random.js";
import type { VirtualTime } from "./time.js";

/** How it misbehaves just now. */
export interface Manners {
	/** How long its answers take on top, in ms. */
	lateMs: number;
	/** How many acknowledgements of a hundred it sends twice. */
	twice: number;
	/** In place of, or beside, how many acknowledgements of a hundred it sends something wrong. */
	wrong: number;
}

export const GOOD_MANNERS: Readonly<Manners> = Object.freeze({ lateMs: 0, twice: 0, wrong: 0 });

// Packet types.
const CONNACK = 2;
const PUBACK = 4;
const PUBREC = 5;
const PUBREL = 6;
const PUBCOMP = 7;

/** Serves as `accept` does, as `manners()` has it at the moment. */
export function unruly(accept: Accept, manners: () => Manners, time: VirtualTime, random: SeededRandom): Accept {
	return (transport, start) => {
		let lastAt = 0;
		let isOpen = true;
		const inOrder = (delayMs: number, run: () => void) => {
			if (delayMs === 0 && lastAt < time.now) {
				run();
				return;
			}
			lastAt = Math.max(lastAt, time.now + delayMs);
			time.after(lastAt - time.now, () => {
				if (isOpen) run();
			});
		};
		const handler = accept(
			between(transport, {
				write(bytes, taken) {
					const { lateMs, twice, wrong } = manners();
					const type = bytes[0]! >> 4;
					const isAnswer = type >= PUBACK && type <= PUBCOMP;
					const packets = [bytes];
					if (isAnswer && random.between(1, 100) <= twice) packets.push(bytes);
					if (isAnswer && random.between(1, 100) <= wrong) spoil(packets, random);
					packets.forEach((packet, i) => {
						const told = i === packets.length - 1 ? taken : undefined;
						inOrder(type === CONNACK || isAnswer ? lateMs : 0, () => transport.write(packet, told));
					});
				},
				close() {
					inOrder(0, () => {
						isOpen = false;
						transport.close();
					});
				},
				reset() {
					isOpen = false;
					if (transport.reset === undefined) transport.close();
					else transport.reset();
				},
			}),
			start,
		);
		return {
			handleData: (bytes, now) => handler.handleData(bytes, now),
			handleClose(now, wasReset) {
				isOpen = false;
				handler.handleClose(now, wasReset);
			},
		};
	};
}

/**
 * What comes instead of an acknowledgement: one of another kind; or before it: a second CONNACK, a packet that is none. A
 * PUBREL is never replaced: a server that leaves it out, and keeps the connection, waits for ever, and no client can help it.
 */
function spoil(packets: Uint8Array[], random: SeededRandom): void {
	const [answer] = packets;
	const kind = random.between(0, 2);
	if (kind === 0 && answer![0]! >> 4 !== PUBREL) {
		const other = answer!.slice();
		other[0] = answer![0]! >> 4 === PUBREC ? PUBACK << 4 : PUBREC << 4;
		packets[0] = other;
	} else if (kind === 1) packets.unshift(Uint8Array.of(CONNACK << 4, 2, 0, 0));
	else packets.unshift(Uint8Array.of(0x0f, 0xff, 0xff, 0xff, 0xff, 0x01));
}
