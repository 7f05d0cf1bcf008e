// Shared subscriptions: sessions that divide among them what one filter matches.

import { copyOf } from "./copy.js";
import type { Message } from "./message.js";
import type { Subscription } from "./session.js";

/** The members that have the same $share/name/filter. */
export class Share {
	/** By client id; who got a message last stands last. */
	readonly #members = new Map<string, Subscription>();

	get isEmpty(): boolean {
		return this.#members.size === 0;
	}

	set(member: Subscription): void {
		this.#members.set(member.session.clientId, member);
	}

	delete(clientId: string): void {
		this.#members.delete(clientId);
	}

	/** Gives the message to one member: to the next that is online, or where none is, to the next. False: to nobody. */
	deliver(message: Message): boolean {
		const member = this.#next();
		if (member === undefined) return false;
		this.delete(member.session.clientId);
		this.set(member);
		member.session.deliver({ ...copyOf(message, [member]), handOn: () => this.deliver(message) });
		return true;
	}

	#next(): Subscription | undefined {
		let first: Subscription | undefined;
		for (const member of this.#members.values()) {
			if (member.session.isOnline) return member;
			first ??= member;
		}
		return first;
	}
}
