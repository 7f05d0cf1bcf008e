// What a lesson is made of: a scenario of its own, words about it, things to watch for, and buttons that make them happen. They are
// JSON files in host-sim/lessons, of which the simulator reads the scenario, and the page the rest.

import type { Pattern } from "./goal.js";

export interface Text {
	readonly en: string;
	readonly zh: string;
}

/** What a button does. */
export type Action =
	/** In the words of a scenario's timeline, without `at`; of all boards. */
	| { readonly fault: string; readonly for?: string; readonly [field: string]: unknown }
	| {
			readonly publish: string;
			readonly payload: string;
			readonly qos: 0 | 1 | 2;
			readonly retain?: boolean;
			/** Of 5.0. */
			readonly properties?: {
				readonly contentType?: string;
				/** Seconds. */
				readonly expiry?: number;
				readonly user?: readonly [name: string, value: string];
			};
	  }
	| { readonly subscribe: string; readonly qos: 0 | 1 | 2 }
	/** From all. */
	| { readonly unsubscribe: true };

export interface Try {
	readonly say: Text;
	/** One behind the other. */
	readonly do: readonly Action[];
}

export interface GoalText {
	readonly say: Text;
	/** These are seen in this order, whatever comes between. */
	readonly see: readonly Pattern[];
}

export interface Lesson {
	/** In the order of the course, from 1. */
	readonly number: number;
	readonly title: Text;
	/** Which version the page speaks in it. */
	readonly version: "3.1.1" | "5.0";
	readonly scenario: unknown;
	readonly text: { readonly en: readonly string[]; readonly zh: readonly string[] };
	readonly goals: readonly GoalText[];
	readonly try: readonly Try[];
}
