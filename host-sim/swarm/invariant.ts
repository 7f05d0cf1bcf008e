// What must hold whatever happens, by name; and how a run says that it did not.

export const INVARIANTS = {
	"exactly-once up": "a QoS 2 message reaches the broker once",
	"exactly-once down": "a QoS 2 message has its effect on the board once",
	"at-most-once": "a QoS 0 message arrives once or never",
	"settled means arrived": "what has ended as settled is at the broker",
	"delivered in the end": "what the broker has accepted for a board arrives there, unless the broker forgets",
	order: "messages of one topic and QoS arrive first in the order in which they were published",
	"one of four ends": "every publish ends once: settled, refused, lost or dropped",
	"loss is true": "a message ends as lost only where the broker has lost the session, or the application has closed",
	will: "the will speaks after every end without goodbye, once, and after no other",
	limits: "no buffer holds more than its limit",
	"packet id in one use": "no packet id is in two uses at a time",
	"silence after DISCONNECT": "nothing follows DISCONNECT",
	standard: "no client breaks a statement of the standard",
	"back online": "when the faults are over every board is online again, with its subscriptions, and all is settled",
	steady: "without a fault, and long after the last, no connection ends but by a goodbye",
	"no exception": "nothing is thrown",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** An invariant that did not hold. */
export class Broken extends Error {
	readonly invariant: Invariant;
	/** The board that it is about. */
	readonly board: string;
	readonly atMs: number;

	constructor(invariant: Invariant, board: string, atMs: number, what: string) {
		super(what);
		this.invariant = invariant;
		this.board = board;
		this.atMs = atMs;
	}
}

/** How whoever watches says that an invariant does not hold. It does not return. */
export type Break = (invariant: Invariant, what: string) => never;
