// A record over bytes that a framer would have found to be one packet.

import { Arena } from "../../firmware/mqtt/arena.js";
import { Incoming } from "../../firmware/mqtt/incoming.js";
import { Received, receivedWords } from "../../firmware/mqtt/received.js";
import { hex } from "./peer.js";

/** `body` is hex, behind a fixed header that begins with `first`. */
export function incoming(body: string, first: number): Incoming {
	const arena = new Arena(receivedWords(4), 256, 64);
	const packet = new Incoming(arena.bytes, new Received(arena, 4));
	const bytes = hex(body);
	arena.bytes.set(bytes, arena.receiveAt);
	packet.first = first;
	packet.at = arena.receiveAt;
	packet.stop = packet.at + bytes.length;
	return packet;
}
