// Who has subscribed to what, and which sessions a message goes to.

import { copyOf } from "./copy.js";
import type { Message } from "./message.js";
import type { Session, Subscription } from "./session.js";
import { Share } from "./shared.js";
import { FilterTree, isShared, splitShared } from "./topic.js";

export class Subscriptions {
	/** By client id. */
	readonly #alone = new FilterTree<Subscription>();
	/** By the shares' names. */
	readonly #shared = new FilterTree<Share>();
	readonly #shares = new Map<string, Share>();

	/** Takes the place of an earlier one of that session to the same filter [MQTT-3.8.4-3]; true where there was none. */
	set(subscription: Subscription): boolean {
		const { session, filter } = subscription;
		const isNew = !session.subscriptions.has(filter);
		session.subscriptions.set(filter, subscription);
		if (isShared(filter)) this.#shareOf(filter).set(subscription);
		else this.#alone.set(filter, session.clientId, subscription);
		return isNew;
	}

	/** Ends it; false where there was none. */
	delete(session: Session, filter: string): boolean {
		if (!session.subscriptions.delete(filter)) return false;
		if (!isShared(filter)) {
			this.#alone.delete(filter, session.clientId);
			return true;
		}
		const share = this.#shareOf(filter);
		share.delete(session.clientId);
		if (share.isEmpty) {
			const { share: name, rest } = splitShared(filter);
			this.#shared.delete(rest, name);
			this.#shares.delete(filter);
		}
		return true;
	}

	/** Gives the message to all whom it is for; false where there is nobody. */
	route(message: Message): boolean {
		const receivers = new Map<Session, Subscription[]>();
		this.#alone.match(message.topic, (_clientId, subscription) => {
			const { session, noLocal } = subscription;
			if (noLocal && session.clientId === message.publisher) return; // [MQTT-3.8.3-3]
			const others = receivers.get(session);
			if (others === undefined) receivers.set(session, [subscription]);
			else others.push(subscription);
		});
		const shares: Share[] = [];
		this.#shared.match(message.topic, (_name, share) => shares.push(share));
		// Overlapping subscriptions of one client get one copy [MQTT-3.3.4-4].
		for (const [session, subscriptions] of receivers) session.deliver(copyOf(message, subscriptions));
		for (const share of shares) share.deliver(message);
		return receivers.size + shares.length > 0;
	}

	#shareOf(filter: string): Share {
		let share = this.#shares.get(filter);
		if (share === undefined) {
			share = new Share();
			this.#shares.set(filter, share);
			const { share: name, rest } = splitShared(filter);
			this.#shared.set(rest, name, share);
		}
		return share;
	}
}
