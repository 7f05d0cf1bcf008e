// What a board does beside its readings and its status, such as answering commands: a duty. An agent has a list of them, and
// who leaves one out has neither its code nor its memory.

import type { Agent } from "./agent.js";

export interface Duty {
	/**
	 * Called once, at the end of the agent's constructor: the place for topics, subscriptions and checks. Throws Misuse where
	 * something cannot be.
	 */
	begin(agent: Agent): void;
	/** A connection stands; the birth has been published. */
	handleOnline?(sessionPresent: boolean): void;
	/** The connection, or the attempt, has ended with that code. */
	handleOffline?(code: number): void;
	/** A round trip to the server took so many ms. */
	handlePing?(milliseconds: number): void;
	/** A publish has ended: END_SETTLED and so on. True where it was this duty's own; then nobody else is told. */
	handleEnd?(ticket: number, end: number, code: number): boolean;
	/** The board is about to say goodbye, or has gone. No callback follows. */
	handleStop?(): void;
}
