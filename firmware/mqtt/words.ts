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

/** The lowest handle of a filter with wildcards, if `lastWildcard` says that there is one. */
export const FIRST_WILDCARD = PING_MS + 7;

/** Where the entries of the packet ids lie, or 0: see outbox.ts. */
export const ROWS = PING_MS + 8;
