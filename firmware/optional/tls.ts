// TLS over any socket, by an engine from outside (on a board the SDK's, port/tls.ts). The engine knows records and keys; here
// is what must hold around it: what the server shows is checked before anything else is done, not a byte of ours leaves before
// both sides are encrypted, and nothing that the other side does throws into the callback of a socket.

import type { Socket, SocketConstructor, SocketOptions } from "../io.js";
import { OK, TLS_FAILED } from "../mqtt/error.js";
import { Handshake } from "./handshake.js";
import type { Names } from "./names.js";

/** The server wants a certificate of ours, or does not take the one it got. */
const OWN_CERTIFICATE_REFUSED = 0x44;

/** The lower side of an engine: bytes of TLS, as the SDK's session wants them. */
export interface Records {
	/** Bytes that may be read. */
	readable: number;
	/** Bytes that may be written; what is more waits here. */
	writable: number;
	read(view: Uint8Array): unknown;
	write(bytes: Uint8Array | ArrayBuffer): number;
}

/** One connection's TLS, as the SDK's `ssl/session`. All of it may throw. */
export interface Engine {
	/** Of the last message either way. */
	readonly handshakeProcess: number;
	/** What either side had to complain about; `description` 0 is the end. */
	readonly alert?: { readonly description: number } | undefined;
	/** The keys of both directions; absent as long as there are none. */
	readonly clientCipher?: unknown;
	readonly serverCipher?: unknown;
	initiateHandshake(): void;
	/** A step; true where there is none left, whether it went well or not. */
	handshake(records: Records): boolean;
	/** What the next record says; undefined where none is whole, null at the end. */
	read(records: Records): Uint8Array | undefined | null;
	write(records: Records, bytes: Uint8Array): unknown;
	close(records: Records): void;
}

export interface SecureOptions {
	/** What is below. */
	socket: { io: SocketConstructor };
	/** The names of servers, whose addresses are all that a socket gets. */
	names: Names;
	/** An engine for a server of that name. It asks `check` about the certificates that are shown, and goes on at true only. */
	engine(name: string, check: (shown: readonly Uint8Array[]) => boolean): Engine;
	/** OK, or the code of what is wrong with them. */
	trust: { check(shown: readonly Uint8Array[], name: string): number };
}

/** What a record adds to what is in it, at most, with the algorithms that the port allows. */
const RECORD_BYTES = 29;
/** What goes into a record. */
const MOST_BYTES = 16_384;
/** The last message of a handshake. */
const FINISHED = 20;
/** Complaints about a certificate of ours, and that there was none. */
const ABOUT_OURS: readonly number[] = Object.freeze([42, 43, 44, 45, 46, 48, 49, 116]);
const HANDSHAKE_FAILURE = 40;

/** A class for `socket: { io }` of a client. */
export function secureSocket(options: SecureOptions): SocketConstructor {
	return class extends SecureSocket {
		constructor(given: SocketOptions) {
			super(options, given);
		}
	};
}

/** The engine's lower side: what it reads is watched, and what it writes waits for room. */
class Wire implements Records {
	readable = 0;
	writable = 0;
	/** Bytes that the socket takes now. */
	room = 0;
	/** Where it began: the socket stands. */
	isOpen = false;
	readonly handshake = new Handshake();
	socket!: Socket;
	readonly #queue: Uint8Array[] = [];

	get isWaiting(): boolean {
		return this.#queue.length > 0;
	}

	read(view: Uint8Array): void {
		this.socket.read(view);
		if (!this.handshake.isEncrypted) this.handshake.watch(view);
	}

	write(bytes: Uint8Array | ArrayBuffer): number {
		this.#queue.push(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
		this.flush();
		return this.room;
	}

	flush(): void {
		while (this.#queue.length > 0 && this.room > 0) {
			const bytes = this.#queue[0]!;
			const count = Math.min(bytes.length, this.room);
			if (count === bytes.length) this.#queue.shift();
			else this.#queue[0] = bytes.subarray(count);
			this.room = this.socket.write(count === bytes.length ? bytes : bytes.subarray(0, count)) ?? this.room - count;
		}
	}
}

class SecureSocket implements Socket {
	readonly target: unknown;
	readonly #options: SocketOptions;
	readonly #wire = new Wire();
	readonly #engine: Engine;
	/** What a record has said, and how much of that has been read. */
	#data: Uint8Array | undefined = undefined;
	#at = 0;
	/** What became of the certificates that were shown; -1 as long as none was. */
	#verdict = -1;
	#stands = false;
	#ended = false;
	#told = false;
	#closed = false;
	/** We are at it, and see ourselves to what comes up meanwhile. */
	#busy = false;
	#code: number | undefined = undefined;

	constructor({ engine, names, socket, trust }: SecureOptions, given: SocketOptions) {
		const { address, nodelay, port } = given;
		this.target = given.target;
		this.#options = given;
		const name = names.of(address);
		this.#engine = engine(name, shown => {
			this.#verdict = trust.check(shown, name);
			return this.#verdict === OK;
		});
		this.#engine.initiateHandshake();
		this.#wire.socket = new socket.io({
			address,
			port,
			...(nodelay !== undefined && { nodelay }),
			onReadable: count => this.#handleReadable(count),
			onWritable: count => this.#handleWritable(count),
			onError: error => this.#handleError(error),
		});
	}

	read(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		const data = this.#data;
		const end = this.#at + view.length;
		if (data === undefined || view.length === 0 || end > data.length) throw new Error("invalid");
		view.set(data.subarray(this.#at, end));
		this.#at = end;
		if (end < data.length) return view.length;
		this.#data = undefined;
		// What follows must not be told from in here.
		if (!this.#busy) Promise.resolve().then(() => this.#advance());
		return view.length;
	}

	write(view: Uint8Array): number {
		if (this.#closed) throw new Error("closed");
		if (!this.#stands || view.length > this.#room) throw new Error("would block");
		this.#engine.write(this.#wire, view);
		return this.#room;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#data = undefined;
		try {
			if (this.#stands && !this.#ended) this.#engine.close(this.#wire);
		} catch {
			// It is over either way.
		}
		this.#wire.socket.close();
	}

	get #room(): number {
		return this.#wire.isWaiting ? 0 : Math.max(0, Math.min(this.#wire.room - RECORD_BYTES, MOST_BYTES));
	}

	#handleWritable(count: number): void {
		if (this.#closed) return;
		this.#wire.isOpen = true;
		this.#wire.room = count;
		try {
			this.#wire.flush();
		} catch {
			this.#end(TLS_FAILED);
			return;
		}
		if (this.#stands) this.#tellRoom();
		else this.#advance();
	}

	#handleReadable(count: number): void {
		if (this.#closed) return;
		this.#wire.readable = count;
		this.#advance();
	}

	#handleError(error: unknown): void {
		const code = (error as { code?: unknown } | undefined)?.code;
		if (typeof code === "number") this.#end(code);
		else this.#end(this.#wire.isOpen && !this.#stands ? this.#why() : undefined);
	}

	/** As far as it goes: the handshake, and what the records behind it say. */
	#advance(): void {
		if (this.#busy || this.#closed) return;
		this.#busy = true;
		if (!this.#stands && !this.#ended && this.#shake()) this.#tellRoom();
		while (this.#stands && this.#next()) {
			this.#options.onReadable?.call(this, this.#data!.length);
			if (this.#data !== undefined) break;
		}
		this.#busy = false;
		this.#tellEnd();
	}

	#tellRoom(): void {
		if (!this.#closed && this.#room > 0) this.#options.onWritable?.call(this, this.#room);
	}

	/** True where the connection stands from now on. */
	#shake(): boolean {
		const engine = this.#engine;
		const wire = this.#wire;
		if (!wire.isOpen) return false;
		try {
			for (;;) {
				const before = engine.handshakeProcess;
				const { readable } = wire;
				if (engine.handshake(wire)) break;
				if (engine.handshakeProcess === before && wire.readable === readable) return false;
			}
			// The engine says that it is done where the other side has ended it, too: with nothing encrypted.
			const { alert, clientCipher, handshakeProcess, serverCipher } = engine;
			const isEncrypted = clientCipher != null && serverCipher != null && wire.handshake.isEncrypted;
			this.#stands = isEncrypted && alert === undefined && handshakeProcess === FINISHED && this.#verdict === OK;
		} catch {
			this.#stands = false;
			this.#end(this.#why());
			return false;
		}
		if (!this.#stands) this.#end(this.#why());
		return this.#stands;
	}

	/** True where there is something to be read. */
	#next(): boolean {
		if (this.#closed || this.#data !== undefined) return false;
		try {
			while (this.#wire.readable > 0 && !this.#ended) {
				const said = this.#engine.read(this.#wire);
				if (said === undefined) return false;
				if (said === null) this.#end(undefined);
				else if (said.length > 0) {
					this.#data = said;
					this.#at = 0;
					return true;
				}
			}
		} catch {
			this.#end(TLS_FAILED);
		}
		return false;
	}

	#why(): number {
		if (this.#verdict > OK) return this.#verdict;
		const complaint = this.#engine.alert?.description ?? 0;
		const isAboutOurs =
			ABOUT_OURS.includes(complaint) || (complaint === HANDSHAKE_FAILURE && this.#wire.handshake.asksForCertificate);
		return isAboutOurs ? OWN_CERTIFICATE_REFUSED : TLS_FAILED;
	}

	#end(code: number | undefined): void {
		if (this.#ended) return;
		this.#ended = true;
		this.#code = code;
		this.#tellEnd();
	}

	/** Once all has been read. */
	#tellEnd(): void {
		if (!this.#ended || this.#told || this.#closed || this.#busy || this.#data !== undefined) return;
		this.#told = true;
		const code = this.#code;
		if (code === undefined) this.#options.onError?.call(this);
		else this.#options.onError?.call(this, { code });
	}
}

Object.freeze(Wire.prototype);
Object.freeze(SecureSocket.prototype);
