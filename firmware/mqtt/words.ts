// How the session's words begin: what has a fixed place among them. Behind the packet ids' rows everything is as long as
// `limits` say, and session.ts knows where it lies. A number that few ask for stands here too: as a field of the session it
// would take four times the room.

/** The times of the deadlines, a word each, come first; then the lengths of those that have one: see deadline.ts. */
export const WAITS = 12;
export const WAIT_WORDS = 9;

/** Round-trip time of the last PINGREQ in ms, or -1. */
export const PING_MS = WAITS + WAIT_WORDS;
/** The SUBSCRIBE or UNSUBSCRIBE in flight: its first byte, and when it was sent. */
export const REQUEST_FIRST = PING_MS + 1;
export const REQUEST_MS = PING_MS + 2;
/** The reason that the next AUTH carries. */
export const AUTH_REASON = PING_MS + 3;

/** Links lost, or not brought about, since the last that was stable; as backoff.ts counts them. */
export const FAILURES = PING_MS + 4;
/** QoS 1 and 2 messages that the server takes at once. */
export const SERVER_MAXIMUM = PING_MS + 5;

/** Number of the last token that hold() has given out. */
export const SEQUENCE = PING_MS + 6;

/** The earliest of the deadlines that run, or a time before it: see deadline.ts. */
export const NEXT_MS = PING_MS + 7;
/** Why the last event was FAILED. */
export const ERROR = PING_MS + 8;
/** Packet id of the SUBSCRIBE or UNSUBSCRIBE in flight, or 0. */
export const REQUEST_ID = PING_MS + 9;
/** Offset behind the last text of the topics; the outbox is behind them all. */
export const TEXT_END = PING_MS + 10;
/** Topic aliases each way; their tables lie behind those of what was received: see aliases.ts. */
export const ALIASES = PING_MS + 11;

/** The outbox: where its entries begin, and where they must end. */
export const OUTBOX_AT = PING_MS + 12;
export const OUTBOX_LIMIT = PING_MS + 13;
/** Entries that are ENDED; PUBREC packets so far, for their order. */
export const ENDED_COUNT = PING_MS + 14;
export const RELEASES = PING_MS + 15;
/** The entry under way, while `sendLeft` says so, and how many bytes of it have left. */
export const SENDING = PING_MS + 16;
export const SEND_OFFSET = PING_MS + 17;
/** The QoS 0 entry whose last bytes pollTransmit() has given out just now, or 0. */
export const LEAVING_ENTRY = PING_MS + 18;

/** Received: the number of the queue's first entry, and how many of the table's are not where their ids point. */
export const QUEUE_HEAD = PING_MS + 19;
export const STRAYS = PING_MS + 20;

/** Where the entries of the packet ids lie, or 0: see outbox.ts. */
export const ROWS = PING_MS + 21;
