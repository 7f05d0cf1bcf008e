// Clients of MQTT 5.0 on virtual time.

import { expect } from "vitest";
import { type Peer, type PeerOptions, online as start } from "./peer.js";

export type ConnackProperties = Parameters<Peer["online"]>[2];

/** A peer whose client is online at 5.0 and has sent nothing but CONNECT; `allowed` is what the server's CONNACK says. */
export function online(options: PeerOptions = {}, allowed?: ConnackProperties, room = 100_000): Peer {
	return start({ protocolVersion: 5, ...options }, room, allowed);
}

/** The client closed the link because of a topic name, with one of the reasons that fit it, and comes back. */
export function expectBadTopic(peer: Peer): void {
	expect(peer.told()).toEqual(["offline 55"]);
	expect(peer.socket.closed).toBe(true);
	expect(peer.frames().at(-1)!.toString("hex")).toMatch(/^e001(81|82|90)$/);
	peer.online(true);
	expect(peer.told()).toEqual(["online true"]);
}
