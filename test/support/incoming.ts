// A record over bytes that a framer would have found to be one packet.

import type { Incoming } from "../../firmware/mqtt/incoming.js";
import type { Session } from "../../firmware/mqtt/session.js";
import { hex } from "./peer.js";
import { makeSession } from "./session.js";

/** `body` is hex, behind a fixed header that begins with `first`; the record is that of the session. */
export function incoming(body: string, first: number, session: Session = makeSession()): Incoming {
	const { packet, receiveAt } = session;
	const bytes = hex(body);
	session.bytes.set(bytes, receiveAt);
	packet.first = first;
	packet.at = receiveAt;
	packet.stop = receiveAt + bytes.length;
	return packet;
}
