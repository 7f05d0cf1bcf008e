// The shapes of the outside world, types only. The firmware is written against these and nothing else; a board gives
// them ECMA-419 classes (firmware/port), the desktop gives them Node (host-sim/node), tests give them a virtual world.

/**
 * A connected byte stream, as ECMA-419's TCP class behaves on lwIP.
 *
 * `read(view)` fills the whole view and throws if fewer bytes are waiting. `write(view)` takes the whole view, copies
 * it and returns the bytes that may be written next, or throws if the view is longer than that. Views may lie on a
 * resizable buffer: they are only looked at during the call. No callback is called from inside the constructor, `read`
 * or `write`, nor after `close()`.
 */
export interface Socket {
	/** What was given as `target` to the constructor: callbacks are called with the socket as `this`. */
	readonly target?: unknown;
	read(view: Uint8Array): unknown;
	write(view: Uint8Array): number;
	close(): void;
}

/** Options of a {@link SocketConstructor}. The address is an IP address; the port is 1 to 65535. */
export interface SocketOptions {
	address: string;
	port: number;
	nodelay?: boolean;
	target?: unknown;
	/** `count` bytes are waiting in all. */
	onReadable?(this: Socket, count: number): void;
	/** The connection stands, and `count` bytes may be written now. */
	onWritable?(this: Socket, count: number): void;
	/**
	 * The connection failed, or the peer closed it. The socket still wants `close()`. Where the socket knows more than that,
	 * `error` is an object whose `code` is one of 40 to 4F in mqtt/error.ts.
	 */
	onError?(this: Socket, error?: unknown): void;
}

export type SocketConstructor = new (options: SocketOptions) => Socket;

/** Single messages without a connection, as ECMA-419's UDP class gives them. */
export interface Datagram {
	/** The next message that waits, with where it comes from; undefined if there is none. */
	read(): (ArrayBuffer & { readonly address?: string; readonly port?: number }) | undefined;
	write(bytes: Uint8Array, address: string, port: number): void;
	close(): void;
}

/** `onReadable` is told how many messages wait. */
export type DatagramConstructor = new (options: { onReadable(count: number): void }) => Datagram;

/** Names to IP addresses. One question at a time; the answer may come before `resolve` returns. */
export interface Resolver {
	resolve(options: ResolveOptions): void;
	close(): void;
}

export interface ResolveOptions {
	host: string;
	onResolved(host: string, address: string): void;
	onError(error?: unknown): void;
}

export type ResolverConstructor = new (options: Record<string, never>) => Resolver;

/** One timer, made once and set again and again without making garbage. */
export interface Timer {
	/** Calls `onTimer` once, `milliseconds` (0 to 2^30) from now; a later call replaces an earlier one. */
	schedule(milliseconds: number): void;
	/** Stops it for good. */
	close(): void;
}

export interface TimerOptions {
	target?: unknown;
	onTimer(this: { readonly target?: unknown }): void;
}

export type TimerConstructor = new (options: TimerOptions) => Timer & { readonly target?: unknown };

/** Two clocks: one that never jumps, and one that people read. */
export interface Clock {
	/**
	 * Milliseconds since some moment, as a 32-bit integer that wraps: compare as `(a - b) | 0`. Where it goes on by more than
	 * half its circle at once, as in a sleep of 25 days, what was due seems to be to come, and is seen to up to 25 days late:
	 * a client is better closed before such a sleep, and opened after it.
	 */
	now(): number;
	/** Milliseconds since 1970 in UTC, or 0 as long as nobody has set the time. */
	wall(): number;
}

export interface Random {
	/** The next integer, evenly from 0 to 2^32 - 1. */
	next(): number;
}

/** SHA-256 of bytes, and HMAC with it; 32 bytes each. */
export interface Digest {
	sha256(data: Uint8Array): Uint8Array;
	hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** Small values that survive a power cut. */
export interface KeyValue {
	/** The bytes stored under the key, or undefined. */
	read(key: string): ArrayBuffer | undefined;
	write(key: string, value: ArrayBuffer): void;
	delete(key: string): void;
	close(): void;
}

/**
 * An ECMA-419 sensor: `sample()` returns an object whose fields are quantities in the units of the standard
 * (temperature in degrees Celsius, humidity as a fraction from 0 to 1, pressure in pascal, acceleration in m/s², position of
 * an analog input as a fraction from 0 to 1, voltage in volt), or undefined if none is ready.
 */
export interface Sensor {
	configure(options: Record<string, unknown>): void;
	sample(): Sample | undefined;
	close(): void;
}

export interface Sample {
	temperature?: number;
	humidity?: number;
	pressure?: number;
	accelerationX?: number;
	accelerationY?: number;
	accelerationZ?: number;
	position?: number;
	voltage?: number;
}

/** A camera, or what stands for one. */
export interface PictureSource {
	/**
	 * Fills the view with the newest picture: a square, grey, 0 (black) to 255, a byte for each dot, rows from the top. False where
	 * there is none, and the view is as it was.
	 */
	capture(view: Uint8Array): boolean;
	close(): void;
}

/**
 * ECMA-419's serial port, as far as all boards have it. `read(view)` fills the view with as much as is waiting and returns how
 * many bytes that was, undefined where nothing was. `write(view)` takes the whole view and copies it, or throws if fewer bytes
 * are free than that. No callback is called from inside the constructor, `read` or `write`, nor after `close()`.
 */
export interface Serial {
	/** What was given as `target` to the constructor: callbacks are called with the port as `this`. */
	readonly target?: unknown;
	read(view: Uint8Array): number | undefined;
	write(view: Uint8Array): unknown;
	close(): void;
}

export interface SerialOptions {
	target?: unknown;
	/** `count` bytes are waiting. */
	onReadable?(this: Serial, count: number): void;
	/** `count` bytes may be written now. Called once at the start, and again after writes. */
	onWritable?(this: Serial, count: number): void;
}

export type SerialConstructor = new (options: SerialOptions) => Serial;

/** ECMA-419's Wi-Fi interface: `connection` is 200 idle, 300 connecting, 400 without an address, 500 usable. */
export interface WiFi {
	readonly connection: number;
	connect(options: { SSID: string; password?: string }): void;
	close(): void;
}

export type WiFiConstructor = new (options: { onChanged(property: string): void }) => WiFi;

/** Why a board has started. */
export type ResetReason = "power" | "restart" | "sleep" | "watchdog" | "panic" | "brownout" | "unknown";

/** A board's own running: why it started, starting again, sleep. What a board has not, is absent. */
export interface Power {
	readonly resetReason: ResetReason;
	/** Starts the firmware anew. Nothing of this life happens after it. */
	restart?(): void;
	/** Turns off for so many ms, then starts the firmware anew. Nothing of this life happens after it. */
	sleep?(milliseconds: number): void;
}

/** Flash for new firmware, beside that which runs. All of it throws where flash does not do it. */
export interface Updater {
	/** Bytes that new firmware may have. */
	readonly capacity: number;
	/** Bytes that are erased at once. Nothing is written where nothing has been erased. */
	readonly blockBytes: number;
	/** What runs has been applied and not confirmed: if it stays so, a later boot runs what ran before. */
	readonly isPending: boolean;
	/** Erases the block that begins there. */
	erase(at: number): void;
	write(bytes: Uint8Array, at: number): void;
	/** Fills the view. */
	read(bytes: Uint8Array, at: number): void;
	/** The next boot runs the first `size` bytes. Throws where they are no firmware, too. */
	apply(size: number): void;
	/** What runs is good, and all boots from now on run it. */
	confirm?(): void;
	/** The next boot runs what ran before. It may start at once. */
	rollBack?(): void;
}

/** Who has signed something, and what it is. */
export interface Verifier {
	/**
	 * Whether the signature (64 bytes) of a message is of the owner of that key: one of P-256 (ECDSA with SHA-256, r and s) has 65
	 * bytes and begins with 4, one of Ed25519 has 32. Throws where it knows no such keys.
	 */
	verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
	/** A SHA-256 of bytes that come one after the other. */
	hash(): Hash;
}

export interface Hash {
	write(bytes: Uint8Array): void;
	/** The 32 bytes of it. Nothing follows. */
	close(): Uint8Array;
}

/** What a board knows of its memory, in bytes but for slots. What an engine does not tell, is absent. */
export interface Memory {
	/** Slots of the heap in use, 16 bytes each. */
	readonly slots?: number | undefined;
	/** Bytes of chunks in use: strings, buffers. */
	readonly chunks?: number | undefined;
	/** The largest block that could still be had. */
	readonly largest?: number | undefined;
	/** The most that the stack has taken. */
	readonly stack?: number | undefined;
}

/** What a board knows of its network just now. */
export interface Network {
	/** Strength of the signal in dBm; absent where there is none. */
	readonly rssi?: number | undefined;
}

/** The world around a board. */
export interface Collaborators {
	socket: SocketConstructor;
	resolver?: ResolverConstructor;
	timer: TimerConstructor;
	clock: Clock;
	random: Random;
	store: KeyValue;
}
