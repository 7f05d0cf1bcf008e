// What the simulator and its page say to each other beside MQTT, over the WebSocket at /desk: JSON texts, types only. Readings and
// presence are not in it: those the page gets over MQTT, as anybody does. What only the simulator knows is: every packet of every
// connection as it is seen beside the broker, what goes wrong and what of it was asked for, and what the boards run on.

import type { Version } from "../checker/statements.js";
import type { Ending, Side } from "../record/recording.js";

/** Where on the page's server: this protocol, and MQTT over WebSocket. Both take `?token=` and `?stage=`. */
export const DESK_PATH = "/desk";
export const MQTT_PATH = "/mqtt";
export const DESK_SUBPROTOCOL = "thimble-desk";
/** With `?lesson=NAME` at DESK_PATH there is a stage of its own, as long as that connection stands. */
export const LESSON = "lesson";

/** A board, as the simulator made it. */
export interface Cast {
	/** Its id, which is its client id and stands in its topics. */
	readonly device: string;
	readonly engine: "node" | "xs";
	readonly qos: 0 | 1 | 2;
	readonly protocol: Version;
	/** From one reading to the next, in ms. */
	readonly interval: number;
}

/** Something that goes wrong now. */
export interface Trouble {
	/** To be given to "mend". */
	readonly id: number;
	/** As the timeline of a scenario names it. */
	readonly fault: string;
	/** Absent where it is the broker's. */
	readonly device?: string;
	/** In ms of the stage. */
	readonly since: number;
	/** When it will be over by itself; absent where it will not. */
	readonly until?: number;
}

/** Bytes are in hexadecimal. Times are ms of the stage; connections are counted from 1; `n` counts what is seen, without gaps. */
export type Seen =
	| {
			readonly n: number;
			readonly at: number;
			readonly connection: number;
			readonly event: "begin";
			readonly peer: string;
	  }
	| {
			readonly n: number;
			readonly at: number;
			readonly connection: number;
			readonly event: "packet";
			readonly client?: string;
			readonly from: Side;
			readonly bytes: string;
			/** Some of it is asterisks in place of what is secret. */
			readonly masked?: true;
			/** No whole packet. */
			readonly partial?: true;
	  }
	| {
			readonly n: number;
			readonly at: number;
			readonly connection: number;
			readonly event: "end";
			readonly client?: string;
			readonly by: Side;
			readonly how: Ending;
	  };

/** What the simulator says. */
export type FromDesk =
	| {
			readonly event: "hello";
			/** Of Thimble. */
			readonly version: string;
			/** Which stage this connection is about; to be said to MQTT_PATH. */
			readonly stage: string;
			/** The scenario's name, or what is run instead. */
			readonly title: string;
			readonly broker: {
				/** Such as "mqtt://127.0.0.1:1883", without password. */
				readonly url: string;
				/** It is the simulator's own; if not, a broker outside, which may want the page to have a password. */
				readonly embedded: boolean;
				/** With what the page is to come there, where that broker does not take everybody. */
				readonly credentials?: { readonly userName: string; readonly password: string };
			};
			readonly boards: readonly Cast[];
			/** Which faults there can be here; empty where there are none. */
			readonly faults: readonly string[];
			/** What the stage's clock shows, in ms since it began; and the time of day, in ms since 1970. */
			readonly now: number;
			readonly wall: number;
			readonly troubles: readonly Trouble[];
	  }
	/** What has been seen, in order; `left`: so many more were seen, and are not told since there were too many. */
	| { readonly event: "seen"; readonly seen: readonly Seen[]; readonly left: number }
	| { readonly event: "trouble"; readonly trouble: Trouble }
	| {
			readonly event: "mended";
			readonly id: number;
			readonly fault: string;
			readonly device?: string;
			readonly at: number;
	  }
	/** A board has begun anew, for that reason. */
	| { readonly event: "restarted"; readonly device: string; readonly reason: string; readonly at: number }
	/** What was asked for cannot be had: one sentence says what was expected. */
	| { readonly event: "refused"; readonly ask: string; readonly sentence: string };

/** What the page asks for. */
export type ToDesk =
	/** Tell what is seen of these clients, or of all; an empty list: of none, as in the beginning. What is still remembered of them comes first. */
	| { readonly ask: "see"; readonly clients: "all" | readonly string[] }
	/** Something shall go wrong, for so long ("10s"; absent: until it is mended), in the words of a scenario's timeline without `at`. */
	| {
			readonly ask: "fault";
			readonly fault: string;
			readonly boards?: "all" | readonly string[];
			readonly for?: string;
			readonly [field: string]: unknown;
	  }
	/** Mend it now; without id, all that was asked for. */
	| { readonly ask: "mend"; readonly id?: number };
