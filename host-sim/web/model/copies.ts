// The same message several times over: a broker may send one for each subscription that matches [MQTT-3.3.5-1], and where it does not
// say for which, nothing in the packets tells them apart. But they come one behind the other.

/** Copies of one message come within this, in ms. */
const TOGETHER_MS = 20;

/** What tells one message from another, as far as anything does. */
export interface Told {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly retain: boolean;
}

export class Copies {
	#last: Told | undefined;
	#at = 0;
	#count = 0;

	/** Whether it is a copy of the message before it, of which there may be `most` altogether. */
	has(message: Told, most: number, now: number): boolean {
		const last = this.#last;
		const isSame =
			last !== undefined &&
			now - this.#at < TOGETHER_MS &&
			last.topic === message.topic &&
			last.retain === message.retain &&
			areEqual(last.payload, message.payload);
		this.#count = isSame ? this.#count + 1 : 1;
		if (isSame && this.#count <= most) return true;
		this.#last = message;
		this.#at = now;
		this.#count = 1;
		return false;
	}
}

/** Whether messages on this topic are for who has this filter; of a shared subscription, where its own filter says so. */
export function matches(filter: string, topic: string): boolean {
	const wanted = filter.replace(/^\$share\/[^/]+\//, "").split("/");
	const levels = topic.split("/");
	// A leading wildcard does not see the server's own topics [MQTT-4.7.2-1].
	if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
	for (const [i, level] of wanted.entries()) {
		if (level === "#") return true;
		if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
	}
	return wanted.length === levels.length;
}

export function areEqual(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
