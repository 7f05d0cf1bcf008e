// What a lesson says to watch for, and whether it has been seen: patterns of packets, of what goes wrong and of what somebody has opened,
// in an order, with anything in between.

import type { Summary } from "../../inspect/summary.js";

/** Who is at the other end of a packet. */
export type Party = "board" | "page";

/** Only what stands in it is asked for. */
export type Pattern =
	| {
			readonly packet: string;
			/** Who has sent it; absent: the broker, where `to` is there, or anybody. */
			readonly from?: Party;
			/** The broker has sent it, to whom. */
			readonly to?: Party;
			readonly qos?: number;
			readonly dup?: boolean;
			readonly retain?: boolean;
			/** The packet id of the packet that was found before. */
			readonly id?: "same";
			/** Of CONNECT. */
			readonly clean?: boolean;
			readonly sessionPresent?: boolean;
			/** "bad": any that is a refusal. */
			readonly reason?: number | "bad";
			/** A topic, where + stands for one level. */
			readonly topic?: string;
	  }
	| { readonly incident: "trouble" | "mended" | "restarted"; readonly fault?: string }
	/** Somebody has opened a packet of that name. */
	| { readonly open: string }
	| { readonly any: readonly Pattern[] };

/** What may be what a goal waits for. */
export type Sight =
	| { readonly packet: Summary; readonly party: Party; readonly fromClient: boolean }
	| { readonly incident: "trouble" | "mended" | "restarted"; readonly fault: string | undefined }
	| { readonly open: string };

export class Goal {
	readonly #see: readonly Pattern[];
	#next = 0;
	/** Of the packet that was found last. */
	#id = 0;

	constructor(see: readonly Pattern[]) {
		this.#see = see;
	}

	/** All of it has been seen. */
	get isReached(): boolean {
		return this.#next >= this.#see.length;
	}

	/** Takes what has been seen; true where the goal is reached by it. */
	handle(sight: Sight): boolean {
		const pattern = this.#see[this.#next];
		if (pattern === undefined || !fits(pattern, sight, this.#id)) {
			// What was found may be another exchange's: a later one may be the one whose answer comes.
			if (this.#next > 0 && this.#asksForId(pattern) && fits(this.#see[this.#next - 1]!, sight, this.#id))
				this.#note(sight);
			return false;
		}
		this.#note(sight);
		this.#next += 1;
		return this.isReached;
	}

	#asksForId(pattern: Pattern | undefined): boolean {
		return pattern !== undefined && "packet" in pattern && pattern.id === "same";
	}

	#note(sight: Sight): void {
		if ("packet" in sight && sight.packet.id !== 0) this.#id = sight.packet.id;
	}
}

function fits(pattern: Pattern, sight: Sight, id: number): boolean {
	if ("any" in pattern) return pattern.any.some(each => fits(each, sight, id));
	if ("open" in pattern) return "open" in sight && sight.open === pattern.open;
	if ("incident" in pattern)
		return (
			"incident" in sight &&
			sight.incident === pattern.incident &&
			(pattern.fault === undefined || sight.fault === pattern.fault)
		);
	if (!("packet" in sight) || sight.packet.name !== pattern.packet) return false;
	const { fromClient, packet, party } = sight;
	if (pattern.from !== undefined && !(fromClient && party === pattern.from)) return false;
	if (pattern.to !== undefined && !(!fromClient && party === pattern.to)) return false;
	if (pattern.id === "same" && packet.id !== id) return false;
	if (pattern.reason === "bad" ? packet.reason === 0 : pattern.reason !== undefined && packet.reason !== pattern.reason)
		return false;
	if (pattern.topic !== undefined && !isTopic(pattern.topic, packet.topic)) return false;
	return (["qos", "dup", "retain", "clean", "sessionPresent"] as const).every(
		name => pattern[name] === undefined || pattern[name] === packet[name],
	);
}

function isTopic(pattern: string, topic: string): boolean {
	const [asked, given] = [pattern.split("/"), topic.split("/")];
	return asked.length === given.length && asked.every((level, i) => level === "+" || level === given[i]);
}
