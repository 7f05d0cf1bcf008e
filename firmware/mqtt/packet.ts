// Packet types, flag masks and limits of the protocol, as they stand on the wire (MQTT 3.1.1 chapter 2).

// The whole first byte of every packet whose flags are fixed [MQTT-2.2.2-1]: comparing it checks type and flags at once.
export const CONNECT = 0x10;
export const CONNACK = 0x20;
export const PUBLISH = 0x30;
export const PUBACK = 0x40;
export const PUBREC = 0x50;
export const PUBREL = 0x62;
export const PUBCOMP = 0x70;
export const SUBSCRIBE = 0x82;
export const SUBACK = 0x90;
export const UNSUBSCRIBE = 0xa2;
export const UNSUBACK = 0xb0;
export const PINGREQ = 0xc0;
export const PINGRESP = 0xd0;
export const DISCONNECT = 0xe0;
/** 5.0. */
export const AUTH = 0xf0;

/** The high nibble of the first byte: the packet type. */
export const TYPE_MASK = 0xf0;

// Flags of PUBLISH. QOS_1, QOS_2 and RETAIN are also what the application passes to publish().
export const RETAIN = 0x01;
export const QOS_1 = 0x02;
export const QOS_2 = 0x04;
export const QOS_MASK = 0x06;
/** With a store, for publish() above QoS 0: this message is kept before it leaves; or never, whatever `durability` says. */
export const KEEP = 0x10;
export const RAM_ONLY = 0x20;
/**
 * For publish(): among what has never left, this message goes out before all without FIRST, those to its own topic too, and
 * no policy displaces it. It is RAM_ONLY: what leaves out of turn would leave in another order after a power cut.
 */
export const FIRST = 0x40;
/** A bit for each value that the flags of publish() may have: QoS 0, 1 or 2, with RETAIN or without. */
export const ANY_FLAGS = 0b11_1111;
export const DUP = 0x08;

// Connect flags (3.1.1 section 3.1.2.3).
export const CLEAN_SESSION = 0x02;
export const WILL = 0x04;
export const WILL_RETAIN = 0x20;
export const PASSWORD = 0x40;
export const USER_NAME = 0x80;

/** A SUBACK's word for a refused filter. */
export const SUBSCRIBE_FAILURE = 0x80;

/** The largest remaining length that four bytes can say. */
export const REMAINING_LENGTH_MAX = 268_435_455;
