// What a broker sees of a connection, whatever carries it: TCP on the desktop, a simulated link in a virtual world.

export interface Transport {
	/** Takes the bytes; they are the transport's from now on. `taken`: the other end has read them, if the carrier can tell. */
	write(bytes: Uint8Array, taken?: () => void): void;
	/** Ends the connection after what was written has left. */
	close(): void;
	/** Who is there, for people: an address, a name. */
	readonly peer: string;

	/** Names in the certificate that the other end has shown, and that holds. */
	readonly certificate?: Certificate;

	/** Which way it has come in, where a broker has several that are not the same. */
	readonly entrance?: object;

	// What a simulated link can do as well, for who passes a connection on to somebody else.

	/** Cuts the connection: the other end is told that it was reset, and bytes under way are lost. */
	reset?(): void;
	/**
	 * Only within Accept: somebody else is still being called. The connection does not stand before what this returns is
	 * called; close() before that refuses it.
	 */
	defer?(): () => void;
	/** While paused nothing is handed over: what the other end sends waits on its side, until its buffer is full. */
	setPaused?(isPaused: boolean): void;
}

/** Of a certificate, as far as it says who somebody is. */
export interface Certificate {
	/** Undefined where it has none, or several. */
	readonly commonName: string | undefined;
	/** The name in the DNS; undefined where it has none, or several. */
	readonly hostName: string | undefined;
	/** When it expires, in ms since 1970. */
	readonly validTo: number;
}

/** What a transport calls; times are ms on a clock of the caller's choosing, always the same one. */
export interface TransportHandler {
	handleData(bytes: Uint8Array, now: number): void;
	/** The connection is gone; called once, and not after handleData has led to close(). */
	handleClose(now: number, wasReset?: boolean): void;
}

/** Somebody connected; returns who shall handle it. */
export type Accept = (transport: Transport, now: number) => TransportHandler;

/** The transport of somebody in between: all that the one behind it can do, but for what is given. */
export function between(
	transport: Transport,
	own: Pick<Transport, "write" | "close"> & Partial<Pick<Transport, "reset">>,
): Transport {
	return {
		...own,
		peer: transport.peer,
		...(transport.certificate !== undefined && { certificate: transport.certificate }),
		...(transport.entrance !== undefined && { entrance: transport.entrance }),
		...(transport.defer !== undefined && { defer: () => transport.defer!() }),
		...(transport.setPaused !== undefined && {
			setPaused: (isPaused: boolean) => transport.setPaused!(isPaused),
		}),
	};
}
