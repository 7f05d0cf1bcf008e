// Bytes of one connection into its packets, one behind the other. Which version of MQTT they are, only a CONNECT says: without one
// they are read as either, and what fits better is taken, and told to be a guess.

import type { Version } from "../checker/statements.js";
import { type Dissection, dissect } from "./dissect.js";
import type { Sender } from "./property.js";

export interface StreamOptions extends Sender {
	/** Of packets that no CONNECT stands before; default: as they look. */
	readonly version?: Version | undefined;
	readonly showsSecrets?: boolean;
}

export interface Placed extends Dissection {
	/** Offset of its first byte in the stream; those of its fields count from there. */
	readonly at: number;
	readonly bytes: Uint8Array;
}

export interface Stream {
	readonly packets: readonly Placed[];
	/** Where the version is from. */
	readonly source: "connect" | "given" | "guess";
}

/** Never throws; no bytes are no packets. */
export function dissectStream(bytes: Uint8Array, options: StreamOptions = {}): Stream {
	if (options.version !== undefined) return { packets: read(bytes, options.version, options), source: "given" };
	const three = read(bytes, "3.1.1", options);
	if (three[0]?.summary.name === "CONNECT") return { packets: three, source: "connect" };
	const five = read(bytes, "5.0", options);
	const wrong = (packets: readonly Placed[]) => packets.reduce((sum, { faults }) => sum + faults.length, 0);
	const [ofThree, ofFive] = [wrong(three), wrong(five)];
	// Any 5.0 PUBLISH is one of 3.1.1 too, with properties at the head of its payload; hardly one of 3.1.1 passes for 5.0.
	const hasPublish = five.some(({ summary }) => summary.name === "PUBLISH");
	const isFive = ofFive < ofThree || (ofFive === ofThree && hasPublish);
	return { packets: isFive ? five : three, source: "guess" };
}

function read(bytes: Uint8Array, first: Version, { fromClient, showsSecrets = false }: StreamOptions): Placed[] {
	const packets: Placed[] = [];
	let version = first;
	for (let at = 0; at < bytes.length; ) {
		const rest = bytes.subarray(at);
		let own = rest.subarray(0, sizeAt(rest));
		let found = dissect(own, { version, fromClient, showsSecrets });
		({ version } = found);
		// Where a CONNECT does not end where it says, nobody knows what its password runs on into: no packet is read from it.
		if (!found.isWhole && isGuarded(found) && own.length < rest.length) {
			own = rest;
			found = dissect(own, { version, fromClient, showsSecrets });
		}
		packets.push({ ...found, at, bytes: own });
		at += own.length;
	}
	return packets;
}

/** How many bytes the first packet has, as its Remaining Length says; all, where that says nothing. */
function sizeAt(bytes: Uint8Array): number {
	let length = 0;
	for (let i = 0; i < 4; i += 1) {
		const byte = bytes[1 + i];
		if (byte === undefined) break;
		length += (byte & 127) * 128 ** i;
		if (byte < 128) return 2 + i + length;
	}
	return bytes.length;
}

function isGuarded({ summary }: Dissection): boolean {
	return summary.name === "CONNECT" || summary.name === "CONNACK" || summary.name === "AUTH";
}
