// What a sink needs of the place that readings go to, and what becomes of a message there.

import type { Readings } from "./reading.js";

/** A message on its way: what it brought, and what it takes to acknowledge it. */
export interface Delivery {
	readonly topic: string;
	/** The payload, or as much of it as is kept: what is larger than any reading is not kept whole. */
	readonly payload: Uint8Array;
	/** Length of the whole payload. */
	readonly length: number;
	/** 0 where there is nothing to acknowledge. */
	readonly token: number;
	readonly qos: number;
	/** Over which it came, counted. */
	readonly connection: number;
	/** In ms since 1970. */
	readonly receivedMs: number;
	/** Its readings, or the reason why it has none. */
	readonly content: Readings | string;
}

/** One that has readings. */
export interface Storable extends Delivery {
	readonly content: Readings;
}

export type Outcome =
	| { readonly kind: "stored" }
	/** For good: another try would end in the same way. */
	| { readonly kind: "refused"; readonly reason: string }
	| { readonly kind: "later"; readonly reason: string; readonly afterMs?: number };

export const STORED: Outcome = Object.freeze({ kind: "stored" });

export interface Target {
	/** As people may see it: without anything secret. */
	readonly name: string;
	/** What makes it another one, whatever the credentials are; for nobody's eyes. */
	readonly place: string;
	/** "refused" where it is not fit to take readings, and a person has to change something. */
	open(): Promise<Outcome>;
	/** What has become of each: "stored" when it is safe there, whatever falls over then. Never rejects. */
	write(messages: readonly Storable[]): Promise<Outcome[]>;
	/** What is under way comes to nothing. */
	close(): Promise<void>;
}
