// What a client knows, in one object, and every byte that it keeps, in one buffer. On XS each object costs a hundred
// bytes and each call between two of them ten instructions, so the session is one record without methods: what it does
// is in the modules of session/ and in those for each of its tables (topics, outbox, received), all functions over it.
// It has no socket, no timer and no clock: bytes and time go in; bytes, events and the next deadline come out.
//
// The buffer: words and texts that last, then the receive area, then the stage through which bytes leave. ECMA-419
// sockets read and write whole views and know no length, and a fresh view per packet would be garbage. But a resizable
// buffer can be shrunk, and a view that tracks its end then stands for just the bytes wanted:
//
//     buffer.resize(stageAt + n); socket.write(stage); buffer.resize(total)
//
// Growing back zeroes what lies behind the cut. So what lasts lies in front of both areas, the receive area holds
// nothing while it is cut itself, and nothing may be allocated while the buffer is short. Where the socket throws,
// whoever called it grows the buffer back.

import { aliasWords } from "./aliases.js";
import { isFive } from "./encode.js";
import { Incoming } from "./incoming.js";
import type { Limits } from "./limits.js";
import type { ClientOptions, Source } from "./options.js";
import { ANY_FLAGS } from "./packet.js";
import { CLOSED, OFFLINE } from "./todo.js";
import { TOPIC_COLUMNS } from "./topics.js";
import { ALIASES, OUTBOX_AT, OUTBOX_LIMIT, PING_MS, ROWS, TEXT_END } from "./words.js";

/** Acknowledgements of four bytes that may wait for the socket beside the PUBREL packets of a resumed session. */
const LANE_SPARE = 8;

export class Session {
	// The engine finds a field by walking: what every message needs stands first, what few do stands last.
	todo = OFFLINE;
	/** The whole buffer, as words and as bytes. */
	readonly words: Int32Array;
	readonly bytes: Uint8Array;
	readonly packet: Incoming;
	/** The clock, read once a turn: all that happens in a turn happens then. */
	now = 0;
	/** Bytes that the socket takes now. */
	room = 0;
	/** Where the stage begins and where it ends, which is the end of the buffer; and a view that tracks that end. */
	readonly stageAt: number;
	readonly total: number;
	readonly buffer: ArrayBuffer;
	readonly stage: Uint8Array;
	phase = CLOSED;
	/** When we last heard and last sent. */
	heardMs = 0;
	sentMs = 0;

	// The receive area, and a view from there on: see framer.ts.
	readonly receiveAt: number;
	readonly area: Uint8Array;
	/** Unread bytes, and where they begin at the earliest: behind a kept head. */
	start: number;
	end: number;
	floor: number;
	/** Payload bytes of the streamed PUBLISH still to come. */
	streamLeft = 0;

	// Topics: see topics.ts.
	readonly topicsAt: number;
	readonly topics: number;
	/** The whole buffer once more, in units of eight bytes. */
	readonly doubles: Float64Array;
	/** The lowest handle of a filter with wildcards, or 0. */
	firstWildcard = 0;

	// Outbox: word indices of its entries; see outbox.ts.
	/** Packet ids' rows, how many of them hold a message, and the last id given out. */
	readonly rows: number;
	held = 0;
	packetId = 0;
	/** Behind the last entry. */
	outboxEnd: number;
	/** The first that has not left yet; equals `outboxEnd` where all have. */
	unsent: number;
	/** The largest packet that may go straight to the socket: as large as the stage, and as the server allows. */
	sendLimit: number;
	/** Properties for the message being published, if it has any, and their length with the length before; 0 in 3.1.1. */
	blockLength = 0;
	block: Uint8Array | undefined = undefined;
	/** Where what requestPublish() has put into the stage ends, to be written at once; or 0. */
	staged = 0;
	/** Bytes of the message under way that are still to leave. */
	sendLeft = 0;
	/** Deadlines that run, a bit each. */
	armed = 0;

	// Received: see received.ts.
	/** Where the control lane begins, and where what it holds ends; it may reach up to the topics. */
	readonly laneAt: number;
	laneEnd: number;
	/** Acknowledgements in the queue. */
	queued = 0;
	/** A hold, or a message behind one, found no room: the link has to be closed. */
	overflow = false;
	readonly receivedAt: number;
	readonly received: number;
	/** The streamed message coming in, if any, is not for the handlers: a repeat, or broken. */
	discarding = true;

	/** Source of the one streamed publish, and the length of its payload. */
	source: Source | undefined = undefined;
	sourceLength = 0;
	/** What the server allows: see session/server.ts. */
	allowedFlags = ANY_FLAGS;
	largest = 0xffff_ffff;
	/** 5.0: the Authentication Data that CONNECT or AUTH is to carry. */
	exchange: Uint8Array | undefined = undefined;
	/** 5.0: properties of the filters that have some, by handle; nothing where none has. */
	blocks: (Uint8Array | undefined)[] | undefined = undefined;
	/** The options', or the one that the server has assigned. */
	clientId: string;
	readonly options: ClientOptions;

	constructor(limits: Limits, options: ClientOptions) {
		this.options = options;
		this.clientId = options.clientId;
		this.topics = limits.topics;
		this.received = limits.received;
		this.rows = limits.messages + 1;
		this.receivedAt = ROWS + this.rows;
		this.laneEnd = this.laneAt = (this.receivedAt + limits.received * 2 + aliasWords(limits)) * 4;
		this.topicsAt = (this.laneAt >> 2) + limits.messages + LANE_SPARE + 1;
		const textEnd = ((this.topicsAt + (limits.topics + 1) * TOPIC_COLUMNS) * 4 + 7) & ~7;
		this.unsent = this.outboxEnd = (textEnd + limits.topicBytes) >> 2;
		const outboxLimit = this.outboxEnd + (limits.outbox >> 2);
		this.start = this.end = this.floor = this.receiveAt = outboxLimit * 4;
		this.stageAt = this.receiveAt + limits.receive;
		this.total = this.stageAt + limits.send;
		this.buffer = new ArrayBuffer(this.total, { maxByteLength: this.total });
		this.words = new Int32Array(this.buffer);
		this.bytes = new Uint8Array(this.buffer);
		this.doubles = new Float64Array(this.buffer);
		this.area = new Uint8Array(this.buffer, this.receiveAt);
		this.stage = new Uint8Array(this.buffer, this.stageAt);
		this.sendLimit = limits.send;
		this.packet = new Incoming(this);
		this.packet.five = this.blockLength = isFive(options);
		// Ids with this row are not for messages.
		this.words[ROWS] = -1;
		this.words[PING_MS] = -1;
		this.words[ALIASES] = isFive(options) === 0 ? 0 : limits.aliases;
		this.words[TEXT_END] = textEnd;
		this.words[OUTBOX_AT] = this.outboxEnd;
		this.words[OUTBOX_LIMIT] = outboxLimit;
		// A device that restarts without its session must not use, in its first packets, the ids that its former life
		// left open on the server.
		this.packetId = options.random.next() & 0xffff;
	}
}

Object.freeze(Session.prototype);
