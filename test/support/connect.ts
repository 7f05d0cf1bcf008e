// CONNECT read byte by byte, by the standard's table and nothing else; and options in all their combinations.

import type { Will } from "../../firmware/mqtt/client.js";
import { Peer, type PeerOptions } from "./peer.js";

/** A CONNECT as it lies in its bytes; fields that are not there are undefined. */
export interface ConnectBytes {
	readonly first: number;
	readonly protocol: string;
	readonly level: number;
	readonly flags: number;
	readonly keepAlive: number;
	/** 5.0: the block as it is; undefined in 3.1.1. */
	readonly properties: string | undefined;
	readonly clientId: string;
	readonly willProperties: string | undefined;
	readonly willTopic: string | undefined;
	readonly willPayload: string | undefined;
	readonly userName: string | undefined;
	readonly password: string | undefined;
	/** Bytes behind the last field. */
	readonly left: number;
}

/** Reads a CONNECT. Which fields its payload has is what its flags say. */
export function readConnect(bytes: Uint8Array): ConnectBytes {
	let at = 1;
	const integer = () => {
		let value = 0;
		for (let shift = 0; ; shift += 7) {
			const byte = bytes[at]!;
			at += 1;
			value |= (byte & 127) << shift;
			if (byte < 128) return value;
		}
	};
	const take = (length: number) => {
		at += length;
		return Buffer.from(bytes.slice(at - length, at)).toString("latin1");
	};
	const field = () => {
		const length = (bytes[at]! << 8) | bytes[at + 1]!;
		at += 2;
		return take(length);
	};
	const remaining = integer();
	const stop = at + remaining;
	const protocol = field();
	const level = bytes[at]!;
	const flags = bytes[at + 1]!;
	const keepAlive = (bytes[at + 2]! << 8) | bytes[at + 3]!;
	at += 4;
	const five = level === 5;
	const has = (bit: number) => (flags & bit) !== 0;
	return {
		first: bytes[0]!,
		protocol,
		level,
		flags,
		keepAlive,
		properties: five ? take(integer()) : undefined,
		clientId: field(),
		willProperties: has(4) && five ? take(integer()) : undefined,
		willTopic: has(4) ? field() : undefined,
		willPayload: has(4) ? field() : undefined,
		userName: has(0x80) ? field() : undefined,
		password: has(0x40) ? field() : undefined,
		left: stop - at,
	};
}

/** The CONNECT that a client with these options sends. */
export function connectBytes(options: PeerOptions): ConnectBytes {
	const peer = new Peer(options);
	peer.client.open();
	peer.time.step();
	peer.socket.allow(1000);
	return readConnect(peer.socket.takeWritten());
}

/** Options in every combination of what CONNECT may hold. */
export function everyConnect(protocolVersion: 4 | 5): PeerOptions[] {
	const wills: (Will | undefined)[] = [undefined];
	for (const qos of [0, 1, 2])
		for (const retain of [false, true]) wills.push({ topic: "will/topic", payload: "gone", qos, retain });
	const all: PeerOptions[] = [];
	for (const will of wills)
		for (const userName of [undefined, "", "user"])
			for (const password of [undefined, "", "secret"])
				for (const cleanSession of [false, true]) {
					if (protocolVersion === 4 && userName === undefined && password !== undefined) continue;
					all.push({
						protocolVersion,
						clientId: "client",
						cleanSession,
						...(will && { will }),
						...(userName !== undefined && { userName }),
						...(password !== undefined && { password }),
					});
				}
	return all;
}
