// What a client is made from: one options object in the style of ECMA-419, collaborators as `{ io: Class }`.

import type { Clock, Random, ResolverConstructor, SocketConstructor, TimerConstructor } from "../io.js";
import type { BackoffOptions } from "./backoff.js";
import type { Incoming } from "./incoming.js";
import type { Limits } from "./limits.js";
import type { Session } from "./session.js";

/** What the server publishes if this client goes without saying goodbye. */
export interface Will {
	topic: string;
	/** Default: empty. At most 65,535 bytes. */
	payload?: Uint8Array | string;
	/** 0, 1 or 2. Default 0. */
	qos?: number;
	/** Default false. */
	retain?: boolean;
	/** 5.0: a block that properties() makes. */
	properties?: Uint8Array;
}

/** How long each wait may last, in ms. */
export interface Timeouts {
	/** The answer to a DNS question. Default 10,000. */
	resolveMs?: number;
	/** The TCP connection. Default 15,000. */
	connectMs?: number;
	/** CONNACK. Default 10,000. */
	connackMs?: number;
	/** PINGRESP. Default 10,000. */
	pingMs?: number;
	/** Any acknowledgement. When it runs out the link is closed: nothing is sent again on a live one. Default 20,000. */
	ackMs?: number;
	/** Nothing at all from the server. Default: keepAlive and a half, and pingMs; 0 turns it off. */
	silenceMs?: number;
	/** The next bytes of a streamed payload. Default 10,000. */
	sourceMs?: number;
}

/** Called for each message of a subscription with the one record that all packets share: see Incoming. */
export type MessageHandler = (this: ClientOptions, message: Incoming) => void;

/** Where the payload of a streamed publish comes from. It may be read more than once: a resend starts at 0 again. */
export interface Source {
	/**
	 * Puts up to `count` bytes of the payload from `position` on into `bytes` at `at`, and returns how many; 0 where none
	 * are at hand yet (call `client.resume()` when they are). Throwing, or a negative number, gives the message up. It
	 * must not publish.
	 */
	read(bytes: Uint8Array, at: number, count: number, position: number): number;
}

/** QoS (0, 1 or 2; default 0) and retain (default false) of a publish by name. */
export interface PublishOptions {
	qos?: number;
	retain?: boolean;
	/** 5.0: a block that properties() makes. */
	properties?: Uint8Array;
	/** With a store, above QoS 0: kept there before it leaves, or never. Default: as the client's `durability` says. */
	durability?: "flash" | "ram";
	/** It goes out before what has not left yet: see FIRST. Default false. */
	first?: boolean;
}

/** QoS (0, 1 or 2; default 0) of a subscription, and whether its handler takes large messages in spans. */
export interface SubscribeOptions {
	qos?: number;
	/**
	 * False (the default): the handler gets whole messages, and one larger than the receive buffer is skipped with
	 * MESSAGE_SKIPPED. True: it gets every message in one or more spans (`position`, `last`, `aborted`).
	 */
	stream?: boolean;
	/** 5.0: not what this client publishes itself. */
	noLocal?: boolean;
	/** 5.0: messages keep the retain flag that they were published with. */
	retainAsPublished?: boolean;
	/**
	 * 5.0: retained messages are sent 0 (the default) at every SUBSCRIBE, 1 only at the first, 2 never. With a store, a
	 * subscription with 1 or 2 that has been granted is not asked for again after a power cut, where the server has the session.
	 */
	retainHandling?: 0 | 1 | 2;
	/** 5.0: a block that properties() makes; this is where a subscription identifier goes. */
	properties?: Uint8Array;
}

/** 5.0: how the server, and this client, prove who they are. One exchange runs at a time, each begins with `start`. */
export interface Authentication {
	/** The Authentication Method. */
	readonly method: string;
	/** Properties for AUTH packets, a block that properties() makes. */
	readonly properties?: Uint8Array;
	/** The first Authentication Data, or undefined for none. */
	start(): Uint8Array | undefined;
	/** The server goes on with this data: our answer. Throwing gives the exchange up, and closes the connection. */
	next(data: Uint8Array | undefined): Uint8Array | undefined;
	/** The server is content, and has sent this data. Throw where we are not. */
	finish(data: Uint8Array | undefined): void;
}

/** Keeps a session over power cuts: firmware/optional/store.ts is one. Each call returns when it is done. */
export interface SessionStore {
	/** Takes up, into a session that has just been made, what an earlier life has left. */
	restore(session: Session): void;
	/**
	 * A message above QoS 0 is in the outbox. `isUnsent`: it has not left, and will not on this connection. False where it
	 * could not be kept. Those before it may be asked for later: restore() brings all in the order of the outbox.
	 */
	keepMessage(session: Session, entry: number, isUnsent: boolean): boolean;
	/** Its PUBREC has come, its PUBREL has not left; `order` is the PUBREC's place among others. */
	keepRelease(session: Session, entry: number, order: number): boolean;
	/** It has ended; and where no answer to it has done that, the application has been told. */
	dropMessage(session: Session, entry: number): void;
	/** Acknowledgements are to leave that say what has become of QoS 2 messages. */
	keepReceived(session: Session): boolean;
	/** The server has accepted us, and nothing has been sent yet. */
	keepConnection(session: Session, sessionPresent: boolean): boolean;
	/**
	 * A message that was kept as unsent is to leave behind CONNECT, before the server has answered; `isFirst`: the first on this
	 * connection. False where that could not be kept.
	 */
	keepDeparture(session: Session, isFirst: boolean): boolean;
	/** The server has refused that CONNECT, and so has taken none of them. */
	keepReturn(session: Session): void;
	/** A SUBSCRIBE or UNSUBSCRIBE is to leave, or has been answered. */
	keepSubscriptions(session: Session): boolean;
	/** What the server of this session has granted for the filter with this handle, as it is asked for now; or -1. */
	grantedBefore(session: Session, handle: number): number;
	/** What Incoming.deliveryId says. */
	deliveryId(session: Session): number;
}

/** Several servers, one of which each attempt goes to: firmware/optional/servers.ts is one. */
export interface ServerChoice {
	/** The server of the attempt that has begun, and of the connection that stands. */
	readonly place: Place;
	/** The attempt that has begun asks for a clean session, though `cleanSession` is false. */
	readonly startsClean: boolean;
	/** Which of them has the session: 0 for unknown, or a byte that is theirs. A store keeps it. */
	holder: number;
	/** An attempt begins. `isElsewhere`: it goes where a 5.0 server has sent us. */
	handleOpening(isElsewhere: boolean): void;
	/** The server has accepted us; nothing has been kept or sent yet. */
	handleAccepted(session: Session): void;
	/** The connection has lasted. Returns an event. */
	handleStable(session: Session): number;
	/** A link has gone, or never came about, because of `code`: how long to wait before the next attempt, in ms. */
	handleDown(session: Session, code: number): number;
}

/** Sends messages behind CONNECT, before the server has answered: firmware/optional/pipeline.ts is one. */
export interface HeadStart {
	/** An attempt begins, at that server. */
	handleOpening(place: Place): void;
	/** CONNECT is in the stage, that many bytes; with what has been put behind it. */
	append(session: Session, length: number): number;
	/** The server has accepted us, and what it allows has been taken over. */
	handleAccepted(session: Session): void;
	/** The link has gone before that: because of the server's reason, from 0x80 up, or without an answer. */
	handleUnanswered(session: Session, code: number): void;
}

/** Where a server is: as `host` and `port` of the options. */
export interface Place {
	readonly host?: string;
	readonly port?: number;
}

/** Makes room for messages where there is none: firmware/optional/overflow.ts is one. */
export interface OverflowPolicy {
	/**
	 * A message is to wait in the outbox, with a packet of `length` bytes and its topic's name at `nameAt`, behind its length.
	 * What has never left may be taken out for it; of each, the word ENDED_COUNT counts an end to be told.
	 */
	makeRoom(session: Session, nameAt: number, length: number): void;
	/** How many have been taken out whose ends have not been told. */
	readonly untold: number;
	/** The ticket of the next of them, which is told now; or 0. */
	takeDisplaced(): number;
}

/** 5.0: what DISCONNECT says: a reason (0, 4 for a goodbye with will, or from 0x80 up) and properties. */
export interface Goodbye {
	reason?: number;
	/** A block that properties() makes: a Session Expiry Interval that takes the place of the one in force, a reason string. */
	properties?: Uint8Array;
}

export interface ClientOptions {
	/** Default "localhost"; without a resolver it must be an IP address. */
	host?: string;
	/** Default 1883. */
	port?: number;
	/** Several servers in order of preference, instead of `host` and `port`. */
	servers?: ServerChoice;
	/** 4 (the default) for MQTT 3.1.1, 5 for 5.0. */
	protocolVersion?: 4 | 5;
	/** 0 to 65,535 bytes. In 3.1.1 empty only with `cleanSession` [MQTT-3.1.3-7]. */
	clientId: string;
	/** True (the default) asks the server to forget this client with its connection; false, to keep its session. */
	cleanSession?: boolean;
	/**
	 * 5.0: seconds that the server keeps the session after the end of the connection, 0 to 0xFFFFFFFF, which is for ever.
	 * Default: as `cleanSession` in 3.1.1, so 0, or for ever where it is false.
	 */
	sessionExpiry?: number;
	/** 5.0: more properties for CONNECT, a block that properties() makes. */
	properties?: Uint8Array;
	/**
	 * 5.0: the largest packet in bytes that the server may send, at least `limits.receive`. A larger one closes the
	 * connection before its payload is read. Default: not said; then a payload may be as large as the protocol allows.
	 */
	maximumPacketSize?: number;
	/** 5.0: enhanced authentication, beside or instead of user name and password. */
	authentication?: Authentication;
	/** Where the session outlives a power cut. Default: nowhere, only in RAM. Wants `cleanSession: false`. */
	store?: SessionStore;
	/**
	 * Which messages above QoS 0 are kept there, and from when on: "flash" (the default), all, before they leave;
	 * "flash-when-offline", those that find no connection, and what is under way when one ends. A message in pieces
	 * (publishFrom) is not kept. What was received at QoS 2 always is.
	 */
	durability?: "flash" | "flash-when-offline";
	/**
	 * What becomes of QoS 1 messages that were sent in a session which the server has lost: "report" (the default), they end
	 * as lost; "republish", they go out once more, in the new one, and may arrive twice. At QoS 2 that would break what is
	 * promised, so those are always reported.
	 */
	onSessionLost?: "report" | "republish";
	/**
	 * What happens when a message finds no room: publish() returns minus OUTBOX_FULL or IN_FLIGHT_FULL, and nothing was taken.
	 * With `new Overflow(...)` of firmware/optional/overflow.ts, one for each client, a policy acts first: messages that have
	 * never left end as dropped, with DISPLACED.
	 */
	whenFull?: OverflowPolicy;
	/**
	 * QoS 0 without a connection: "refuse" (the default), publish() returns minus OFFLINE, and what waits when a connection ends
	 * is dropped; "keep", it waits in the outbox as others do, for the next connection, but never in flash. One of which a part
	 * has left is dropped with its connection.
	 */
	qos0WhileOffline?: "refuse" | "keep";
	/**
	 * Default: everything waits for CONNACK. With `new Pipeline(...)` of firmware/optional/pipeline.ts, one for each client,
	 * messages above QoS 0 go out right behind CONNECT, in one write with it, where nothing is in flight: it saves a round trip.
	 */
	pipeline?: HeadStart;
	/** 5.0: how many times in a row to follow a server that names another. Default 0: never. */
	redirects?: number;
	/** Seconds, 0 (off) to 65,535. Default 60. */
	keepAlive?: number;
	/** Or a function that makes one for each CONNECT, as with `password`. */
	userName?: string | ((this: ClientOptions) => string | undefined);
	/**
	 * In 3.1.1 only together with a user name [MQTT-3.1.2-22]. A function makes a fresh one for each CONNECT, such as a token that
	 * expires (firmware/optional/token.ts): it is called just before CONNECT leaves, and again where the socket had no room for it.
	 * Where it makes none, or throws, the attempt ends with NO_CREDENTIALS, and where CONNECT does not fit into `limits.send` with
	 * what it has made, with CREDENTIALS_TOO_LARGE; after both the client comes back slowly.
	 */
	password?: string | Uint8Array | ((this: ClientOptions) => string | Uint8Array | undefined);
	will?: Will;

	socket: { io: SocketConstructor; nodelay?: boolean };
	resolver?: { io: ResolverConstructor };
	timer: { io: TimerConstructor };
	clock: Clock;
	random: Random;

	/** For callbacks that are functions of a module, and cost no closure: they are called with these options as `this`. */
	target?: unknown;
	limits?: Partial<Limits>;
	timeouts?: Timeouts;
	backoff?: BackoffOptions;

	/** The server has accepted us. `sessionPresent`: it remembers our session. */
	onOnline?(this: ClientOptions, sessionPresent: boolean): void;
	/** The connection, or an attempt at one, ended: a code of error.ts or a reason of reason.ts. We will be back. */
	onOffline?(this: ClientOptions, code: number): void;
	/** A publish has ended: its ticket, SETTLED, REFUSED, LOST or DROPPED, and the code that says why. */
	onPublishEnd?(this: ClientOptions, ticket: number, end: number, code: number): void;
	/** A filter was answered: its handle and the granted QoS, or a reason from 0x80 up. */
	onSubscribed?(this: ClientOptions, handle: number, code: number): void;
	/** A subscription has been taken back, and its handle is free: 0, or the server's reason. */
	onUnsubscribed?(this: ClientOptions, handle: number, code: number): void;
	/** A message that no subscription's handler takes: of a resumed session, mostly. */
	onMessage?(this: ClientOptions, message: Incoming): void;
	/** 5.0: what authenticate() has begun is done: the server is content, and we are. */
	onAuthenticated?(this: ClientOptions): void;
	/** PINGRESP came, that many ms after PINGREQ. */
	onPing?(this: ClientOptions, milliseconds: number): void;
	/** drain() is done: OK, DRAIN_TIMEOUT, or CLOSED where close() came first. */
	onDrained?(this: ClientOptions, code: number): void;
	/** close() is done: nothing is called after this. */
	onClosed?(this: ClientOptions): void;
	/** Something went wrong that ends no connection: a handler threw (then with what it threw), a message was skipped. */
	onError?(this: ClientOptions, code: number, error?: unknown): void;
}
