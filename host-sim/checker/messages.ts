// The messages that a client publishes, and its requests: packet ids, DUP, what is sent again and in which order, how
// many are under way, topic aliases, and what the server has ruled out.

import type { Connection } from "./connection.js";
import type { Outgoing } from "./memory.js";
import type { Packet, Publish } from "./packet.js";
import { MESSAGE_EXPIRY, numberOf, SUBSCRIPTION_IDENTIFIER, TOPIC_ALIAS } from "./property.js";
import { hasWildcard, isShared } from "./topic.js";

export class Messages {
	/** Messages above QoS 0 that were sent on this connection and are not settled. */
	#underWay = 0;
	/** Since when no more may be sent; undefined while they may. */
	fullSince: number | undefined;
	/** Since when the client could have sent again what it has to. */
	#roomSince = 0;
	/** The places of the last messages that were sent again, and released. */
	#lastOrder = 0;
	#lastReceivedOrder = 0;
	readonly #requests = new Map<number, string>();
	readonly #aliases = new Map<number, string>();
	readonly #c: Connection;

	constructor(connection: Connection) {
		this.#c = connection;
	}

	get aliases(): Iterable<number> {
		return this.#aliases.keys();
	}

	handleConnack(): void {
		const c = this.#c;
		this.#roomSince = c.now;
		// What may not be sent again, as the server takes it no longer, a client may give up for good.
		for (const entry of c.memory.entries.values()) {
			const mayBePublish = entry.state === "published" || (entry.state === "received" && !c.options.atClient);
			if (mayBePublish && !this.#isAllowed(entry)) entry.doubtful = entry.settledAt === undefined;
		}
	}

	// The client.

	handlePublish(packet: Packet, publish: Publish): void {
		const c = this.#c;
		const topic = this.#resolve(packet, publish);
		this.#checkLimits(publish);
		if (publish.qos === 0) return;
		const digest = `${publish.qos} ${publish.retain} ${topic}\0${publish.payload}`;
		const { entries } = c.memory;
		const entry = entries.get(packet.id);
		if (!c.isOnline) {
			// Nothing is known yet of the session that this is sent in.
			if (entry === undefined) entries.set(packet.id, this.#entry(packet, publish, digest));
			this.#count();
			return;
		}
		if (entry !== undefined && this.#isSame(entry, publish, digest)) {
			this.#handleAgain(entry, publish);
			return;
		}
		this.#count();
		const inUse = this.#requests.has(packet.id) || (entry !== undefined && isOpen(entry));
		if (inUse)
			c.breach(
				publish.qos === 1 ? "packetIdInUseAtQos1" : "packetIdInUseAtQos2",
				`a new message has packet id ${packet.id}, which is in use`,
			);
		else if (publish.dup) this.#checkFirstDup(packet.id, publish, digest);
		entries.set(packet.id, this.#entry(packet, publish, digest));
	}

	handlePubrel(id: number): void {
		const c = this.#c;
		const entry = c.memory.entries.get(id);
		const asked = c.answers.take("PUBREL", id);
		if (entry === undefined || entry.settledAt !== undefined || entry.refused) {
			if (asked) return;
			const former = c.memory.former.get(id);
			if (entry?.refused === true) c.breach("pubrelUnasked", `PUBREL ${id}, after a PUBREC that refused the message`);
			else if (former?.qos === 2) c.breach(c.formerRule, `PUBREL ${id}, of a session that is over`);
			else if (entry === undefined && !c.memory.hasFinished(id)) {
				if (!c.isLoose) c.breach("acknowledgedId", `PUBREL ${id}, and no message has that packet id`);
			} else if (c.version === "5.0") c.breach("sentAgainLive", `PUBREL ${id} once more on the same connection`);
			return;
		}
		if (!asked && entry.state === "published" && !entry.doubtful)
			c.breach("pubrelUnasked", `PUBREL ${id}, and there was no PUBREC`);
		const isAgain = entry.releasedOn === c.number;
		if (!asked && isAgain && c.version === "5.0")
			c.breach("sentAgainLive", `PUBREL ${id} once more on the same connection`);
		if (!isAgain) {
			if (entry.receivedOrder < this.#lastReceivedOrder)
				c.breach("pubrelOrder", `PUBREL ${id} comes later than that of a later PUBREC`);
			this.#lastReceivedOrder = Math.max(this.#lastReceivedOrder, entry.receivedOrder);
		}
		entry.state = "released";
		entry.releasedOn = c.number;
		entry.doubtful = false;
	}

	handleRequest(packet: Packet): void {
		const c = this.#c;
		const entry = c.memory.entries.get(packet.id);
		if (packet.id !== 0 && (this.#requests.has(packet.id) || (entry !== undefined && c.isOnline && isOpen(entry))))
			c.breach("packetIdInUse", `packet id ${packet.id} is in use`);
		this.#requests.set(packet.id, packet.name);
		if (packet.name !== "SUBSCRIBE") return;
		const { limits } = c;
		if (!limits.identifiers && packet.properties.has(SUBSCRIPTION_IDENTIFIER))
			c.breach("identifierUnavailable", "the server takes no Subscription Identifier");
		for (const filter of packet.filters) {
			if (!limits.shares && isShared(filter))
				c.breach("sharedUnavailable", `the server takes no shared subscription, as ${JSON.stringify(filter)}`);
			if (!limits.wildcards && hasWildcard(filter))
				c.breach("wildcardUnavailable", `the server takes no wildcard, as in ${JSON.stringify(filter)}`);
		}
	}

	// The server.

	handlePuback(packet: Packet): void {
		const entry = this.#c.memory.entries.get(packet.id);
		if (entry?.qos === 1 && entry.settledAt === undefined) this.#settle(entry, packet.reason >= 0x80);
	}

	handlePubrec(packet: Packet): void {
		const c = this.#c;
		const entry = c.memory.entries.get(packet.id);
		const known = entry?.qos === 2 && entry.settledAt === undefined;
		if (packet.reason >= 0x80) {
			if (known) this.#settle(entry, true);
			return;
		}
		if (known && entry.state === "published") {
			entry.state = "received";
			entry.receivedOrder = c.memory.takeReceivedOrder();
		}
		// Of an id that it does not know, a client may say nothing.
		c.answers.owe("PUBREL", packet.id, { optional: !known });
	}

	handlePubcomp(packet: Packet): void {
		const entry = this.#c.memory.entries.get(packet.id);
		if (entry?.qos === 2 && entry.settledAt === undefined) this.#settle(entry, false);
	}

	handleGrant(packet: Packet): void {
		this.#requests.delete(packet.id);
	}

	/** What the client has had the time to send again, and did not. */
	check(): void {
		const c = this.#c;
		if (!c.isResumed || this.fullSince !== undefined || c.now - this.#roomSince <= c.options.answerMs) return;
		for (const entry of c.memory.entries.values()) {
			if (!isOpen(entry) || entry.sentOn === c.number || entry.releasedOn === c.number) continue;
			const isPublish = entry.state === "published";
			const isExpired = entry.expiresAt < c.now;
			if (isPublish && isExpired && entry.qos === 1) continue;
			c.packet = isPublish ? "PUBLISH" : "PUBREL";
			c.breach(
				isPublish && isExpired ? "expiryApplied" : "notSentAgain",
				`${c.packet} ${entry.id} was not settled, and is not sent again after Session Present 1`,
			);
			entry.doubtful = true;
		}
	}

	/** The topic that this PUBLISH means; aliases are learnt and looked up. */
	#resolve(packet: Packet, publish: Publish): string {
		const c = this.#c;
		const alias = numberOf(packet.properties, TOPIC_ALIAS, -1);
		if (alias < 0) return publish.topic;
		if (alias === 0) c.breach("aliasZero", "the Topic Alias is 0");
		else if (c.isOnline && c.limits.topicAliasMaximum === 0)
			c.breach("aliasUnwanted", `Topic Alias ${alias}, to a server that takes none`);
		else if (c.isOnline && alias > c.limits.topicAliasMaximum)
			c.breach("aliasTooHigh", `Topic Alias ${alias}, and the server takes ${c.limits.topicAliasMaximum} at most`);
		else if (publish.topic !== "") this.#aliases.set(alias, publish.topic);
		else if (!this.#aliases.has(alias))
			c.breach(
				c.memory.aliases.has(alias) ? "aliasOfBefore" : "aliasUnknown",
				`Topic Alias ${alias} stands for nothing on this connection`,
			);
		return publish.topic || (this.#aliases.get(alias) ?? "");
	}

	#checkLimits(publish: Publish): void {
		const c = this.#c;
		const { maximumQos, retains } = c.limits;
		if (publish.qos > maximumQos)
			c.breach("qosAboveMaximum", `QoS ${publish.qos}, and the server takes ${maximumQos} at most`);
		if (publish.retain && !retains)
			c.breach("retainUnavailable", "RETAIN is set, and the server keeps no retained messages");
	}

	#isAllowed(entry: Outgoing): boolean {
		const { limits } = this.#c;
		return entry.qos <= limits.maximumQos && (!entry.retain || limits.retains) && entry.size <= limits.packetSize;
	}

	/** One more under way. */
	#count(): void {
		const c = this.#c;
		this.#underWay += 1;
		c.memory.handleUnderWay(this.#underWay);
		if (this.#underWay > c.limits.receiveMaximum)
			c.breach(
				"receiveMaximum",
				`${this.#underWay} messages are under way, and the server takes ${c.limits.receiveMaximum}`,
			);
		if (this.#underWay >= c.limits.receiveMaximum) this.fullSince ??= c.now;
	}

	#settle(entry: Outgoing, refused: boolean): void {
		const c = this.#c;
		entry.settledAt = c.serverIndex;
		entry.refused = refused;
		entry.doubtful = false;
		c.memory.handleSettled(entry, index => c.knows(index));
		if (this.#underWay > 0) this.#underWay -= 1;
		if (this.fullSince === undefined) return;
		this.fullSince = undefined;
		this.#roomSince = c.now;
	}

	#entry(packet: Packet, publish: Publish, digest: string): Outgoing {
		const { memory, now, number } = this.#c;
		return {
			id: packet.id,
			qos: publish.qos,
			digest,
			size: packet.size,
			retain: publish.retain,
			order: memory.takeOrder(),
			expiresAt: now + numberOf(packet.properties, MESSAGE_EXPIRY, Number.POSITIVE_INFINITY) * 1000,
			state: "published",
			receivedOrder: 0,
			sentOn: number,
			releasedOn: 0,
			settledAt: undefined,
			refused: false,
			doubtful: false,
		};
	}

	/** Whether this PUBLISH is the message of that entry once more, and not another that has taken over its id. */
	#isSame(entry: Outgoing, publish: Publish, digest: string): boolean {
		const c = this.#c;
		if (entry.digest !== digest) return false;
		if (entry.settledAt !== undefined) return publish.dup && (entry.refused || !c.knows(entry.settledAt));
		if (entry.refused || entry.doubtful) return publish.dup;
		// On a live connection 5.0 sends nothing again: without DUP it is a new message, alike to the old one.
		return publish.dup || entry.sentOn !== c.number || c.version === "3.1.1";
	}

	#handleAgain(entry: Outgoing, publish: Publish): void {
		const c = this.#c;
		const what = `PUBLISH ${entry.id}`;
		const isLive = entry.sentOn === c.number;
		if (entry.refused) {
			c.breach("sentAfterRefusal", `${what} once more, after the server has refused it`);
			return;
		}
		if (!publish.dup) c.breach("dupMissing", `${what} once more, without DUP`);
		if (entry.state === "released") c.breach("sentAfterPubrel", `${what} once more, after its PUBREL`);
		else if (isLive && c.version === "5.0") c.breach("sentAgainLive", `${what} once more on the same connection`);
		if (isLive) return;
		this.#count();
		if (entry.order < this.#lastOrder) c.breach("publishOrder", `${what} once more, behind a message first sent later`);
		this.#lastOrder = Math.max(this.#lastOrder, entry.order);
		entry.sentOn = c.number;
		entry.doubtful = false;
		// Its PUBREC has not arrived then; another one will come.
		if (entry.state === "received") entry.state = "published";
	}

	/** DUP on a message that we have not seen before. */
	#checkFirstDup(id: number, publish: Publish, digest: string): void {
		const c = this.#c;
		const what = `PUBLISH ${id} with DUP`;
		if (c.memory.former.get(id)?.digest === digest) {
			c.breach(c.formerRule, `${what}, of a session that is over`);
			return;
		}
		if (c.isResumed)
			for (const entry of c.memory.entries.values())
				if (isOpen(entry) && entry.sentOn !== c.number && entry.digest === digest) {
					c.breach("sentAgainOtherId", `${what}, and the message was first sent as ${entry.id}`);
					entry.doubtful = true;
					return;
				}
		// The first time may have been lost on its way, or was before we looked.
		if (!c.isLoose)
			c.breach(publish.qos === 1 ? "dupAtFirstQos1" : "dupAtFirstQos2", `${what}, and it is sent for the first time`);
	}
}

/** The client certainly holds it. */
function isOpen(entry: Outgoing): boolean {
	return entry.settledAt === undefined && !entry.refused && !entry.doubtful;
}
