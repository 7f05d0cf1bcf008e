// Where a session stands, and what it has to do.

// Phases.
/** Not opened, or closed. */
export const CLOSED = 0;
/** Between two attempts. */
export const WAITING = 1;
/** Name and socket. */
export const OPENING = 2;
/** The link stands; CONNECT or CONNACK is under way. */
export const CONNECTING = 3;
export const ONLINE = 4;

// What is to be done, a bit each: with none of these a message goes straight to the socket, and a turn has nothing to
// see to at its end.
/** Any phase but ONLINE. */
export const OFFLINE = 0x01;
/** In a turn of ours, perhaps in a callback of the application's: calls only take note. */
export const BUSY = 0x02;
export const WANTS_CONNECT = 0x04;
export const WANTS_ACK = 0x08;
export const WANTS_PING = 0x10;
export const WANTS_REQUEST = 0x20;
/** A message, or the rest of one, waits for the socket. */
export const UNSENT = 0x40;
/** Acknowledgements wait for the application, or behind one that does. */
export const HELD = 0x80;
/** Messages have ended, and the application has not been told. */
export const ENDED = 0x100;
/** A full control lane has stopped the reading: packets may wait in the receive area or in the socket. */
export const STALLED = 0x200;
/** The link will be closed as soon as the acknowledgements owed have left. */
export const LEAVING = 0x400;
export const CLOSING = 0x800;
export const DRAINING = 0x1000;
/** A source is filling the stage: nothing else may touch it, or the outbox. */
export const READING = 0x2000;
/** A deadline comes before the one that the timer is set to. */
export const EARLIER = 0x4000;
/** A callback threw, and nobody has heard of it. */
export const THROWN = 0x8000;

/** The server takes fewer messages at once than `limits.messages`: those under way are counted before another is sent. */
export const LIMITED = 0x10000;
/** The server takes topic aliases: messages go by way of the outbox, where they have their topics in full. */
export const ALIASED = 0x20000;
/** 5.0: an AUTH waits for the socket. */
export const WANTS_AUTH = 0x40000;
/** Messages, or what is received, are kept in a store. */
export const DURABLE = 0x80000;
/** KEEP, RAM_ONLY or FIRST, for the message just being published: so many bits up. */
export const WISH_SHIFT = 16;
export const WISHES = 0x70_0000;
export const WISH_FIRST = 0x40_0000;
/** A CONNECT had no answer: the server may have begun a new session with it, which a later Session Present of 1 means then. */
export const UNSURE = 0x80_0000;

/** Not to be seen to at the end of a turn. */
export const AT_REST = OFFLINE | BUSY;
