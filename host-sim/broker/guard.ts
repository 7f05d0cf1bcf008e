// Who may in and what they may do, as the broker asks somebody else: it has no users, files or keys of its own. Without a guard
// nothing waits for anybody, so that what happens is the same in each run.

import type { IConnectPacket } from "mqtt-packet";
import type { Transport } from "../transport.js";

/** Somebody whose name is proven, or nobody in particular. */
export interface Owner {
	/** How it is proven: by a password or a token, by a certificate, as the client id of a token, or not at all. */
	readonly kind: "user" | "certificate" | "client" | "anonymous";
	/** Empty where it is anonymous. */
	readonly name: string;
}

/** A client that is in, as a session is one. */
export interface Client {
	readonly clientId: string;
	/** Undefined without a guard, and after enhanced authentication. */
	readonly owner?: Owner | undefined;
}

export interface Entry {
	readonly owner: Owner;
	/** How long the proof holds; the connection ends with it. Default: for ever. */
	readonly lastsMs?: number;
}

export interface Guard {
	/** Says who it is; throws or rejects with a Refusal where it may not in. */
	authenticate(connect: IConnectPacket, transport: Transport): Entry | Promise<Entry>;
	/** Why that client may not publish to the topic, or subscribe to the filter; undefined where it may. */
	authorize(client: Client, action: "publish" | "subscribe", topic: string): number | undefined;
}

/** Whether what is the one's is the other's, too. */
export function isSameOwner(one: Owner | undefined, other: Owner | undefined): boolean {
	return one?.kind === other?.kind && one?.name === other?.name;
}
