// What a broker sees of a connection, whatever carries it: TCP on the desktop, a simulated link in a virtual world.

export interface Transport {
	/** Takes the bytes; they are the transport's from now on. */
	write(bytes: Uint8Array): void;
	/** Ends the connection after what was written has left. */
	close(): void;
	/** Who is there, for people: an address, a name. */
	readonly peer: string;
}

/** What a transport calls; times are ms on a clock of the caller's choosing, always the same one. */
export interface TransportHandler {
	handleData(bytes: Uint8Array, now: number): void;
	/** The connection is gone; called once, and not after handleData has led to close(). */
	handleClose(now: number): void;
}

/** Somebody connected; returns who shall handle it. */
export type Accept = (transport: Transport, now: number) => TransportHandler;
