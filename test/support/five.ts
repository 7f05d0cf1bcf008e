// Clients of MQTT 5.0 on virtual time.

import { type Peer, type PeerOptions, online as start } from "./peer.js";

export type ConnackProperties = Parameters<Peer["online"]>[2];

/** A peer whose client is online at 5.0 and has sent nothing but CONNECT; `allowed` is what the server's CONNACK says. */
export function online(options: PeerOptions = {}, allowed?: ConnackProperties, room = 100_000): Peer {
	return start({ protocolVersion: 5, ...options }, room, allowed);
}
