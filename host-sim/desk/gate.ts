// Who may come in to the page's server. On loopback everybody of this machine, but no other site's page: not by a name that
// somebody has pointed at this machine, nor by a WebSocket that he opens from his own. Elsewhere, who has the token.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

/** What is looked at of a request. */
export interface Visit {
	readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined };
	/** Its path and what is behind it. */
	readonly url: string;
	/** For a WebSocket: what goes over it is no public matter. */
	readonly isSocket: boolean;
}

export interface Rejection {
	readonly status: 401 | 403;
	readonly sentence: string;
}

const TOKEN_BYTES = 16;

export class Gate {
	/** What who comes from elsewhere has to say; undefined on loopback. */
	readonly token: string | undefined;
	readonly #address: string;

	/** `address` is what the server listens on. */
	constructor(address: string) {
		this.#address = address;
		this.token = isLoopback(address) ? undefined : randomBytes(TOKEN_BYTES).toString("hex");
	}

	/** Undefined where the visitor may come in. `port` is the server's. */
	reject({ headers, isSocket, url }: Visit, port: number): Rejection | undefined {
		const { host, origin } = headers;
		if (this.token === undefined && !this.#isOurName(host, port))
			return {
				status: 403,
				sentence: `this server is for this machine alone: open http://${inUrl(this.#address)}:${port}/`,
			};
		if (!isSocket) return undefined;
		if (origin !== undefined && originHost(origin) !== host?.toLowerCase())
			return { status: 403, sentence: "a page of another site may not come in here" };
		if (this.token === undefined) return undefined;
		const given = new URLSearchParams(url.split("?")[1] ?? "").get("token");
		if (given !== null && isSame(given, this.token)) return undefined;
		return {
			status: 401,
			sentence: "the token is missing, or not that of this run: open the address that it has printed",
		};
	}

	#isOurName(host: string | undefined, port: number): boolean {
		if (host === undefined) return false;
		const name = host.toLowerCase();
		return ["localhost", "127.0.0.1", "[::1]", inUrl(this.#address)].some(
			ours => name === `${ours}:${port}` || (port === 80 && name === ours),
		);
	}
}

/** Whether nobody but this machine reaches that address. */
export function isLoopback(address: string): boolean {
	return address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

/** An address as URLs have it. */
export function inUrl(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}

function originHost(origin: string): string | undefined {
	const match = /^https?:\/\/([^/]+)$/i.exec(origin);
	return match?.[1]?.toLowerCase();
}

function isSame(given: string, token: string): boolean {
	const [a, b] = [Buffer.from(given), Buffer.from(token)];
	return a.length === b.length && timingSafeEqual(a, b);
}
