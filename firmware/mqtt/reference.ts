// Where a 5.0 server sends us: the first of the names in its Server Reference (section 4.11), and how often we have been
// sent on. It is forgotten when the other server fails us; and, where the first asked for a while only, with the connection.

import { SERVER_MOVED } from "./reason.js";

export interface Reference {
	readonly host: string;
	readonly port: number;
	/** How many references in a row have led here. */
	readonly hops: number;
	/** For good: the server has moved. */
	readonly moved: boolean;
}

/** The reference that came with this reason, or undefined where it has no usable name. Allocates. */
export function parseReference(text: string, otherwise: number, hops: number, reason: number): Reference | undefined {
	const stop = text.indexOf(" ");
	const name = stop < 0 ? text : text.slice(0, stop);
	// A name with colons stands in brackets.
	const close = name.startsWith("[") ? name.indexOf("]") : -1;
	const colon = close < 0 ? name.indexOf(":") : name.indexOf(":", close);
	const host = close < 0 ? name.slice(0, colon < 0 ? name.length : colon) : name.slice(1, close);
	const port = colon < 0 ? otherwise : Number(name.slice(colon + 1));
	if (host === "" || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
	return { host, port, hops, moved: reason === SERVER_MOVED };
}
