// Where a session stands, and what its control lane wants.

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

// What wants to be sent before any message: bits of `session.wants`. With 0 the way of a message is short.
export const WANTS_CONNECT = 1;
export const WANTS_ACK = 2;
export const WANTS_PING = 4;
export const WANTS_REQUEST = 8;
