// What a client owes its server: an acknowledgement of each kind for each packet that asks for one, in the order in which
// they asked, before too much time has passed.

import type { Connection } from "./connection.js";
import type { Packet } from "./packet.js";
import { MESSAGE_EXPIRY, numberOf, TOPIC_ALIAS, TOPIC_ALIAS_MAXIMUM } from "./property.js";
import type { Rule } from "./statements.js";

type Kind = "PUBACK" | "PUBREC" | "PUBREL" | "PUBCOMP";

interface Debt {
	readonly kind: Kind;
	readonly id: number;
	readonly since: number;
	/** The packet of the server that asks for it. */
	readonly index: number;
	/** What is broken where it does not come. */
	readonly rule: Rule;
	/** It need not come, and need not be told again. */
	optional: boolean;
}

const RULE_OF: Readonly<Record<Kind, Rule>> = {
	PUBACK: "noPuback",
	PUBREC: "noPubrec",
	PUBREL: "noPubrel",
	PUBCOMP: "noPubcomp",
};

export class Answers {
	#debts: Debt[] = [];
	/** The last of each kind that came. */
	readonly #last: Record<string, number> = {};
	readonly #serverAliases = new Set<number>();
	/** All topic aliases of the server were within what the client takes. */
	#aliasesAreRight = true;
	readonly #c: Connection;

	constructor(connection: Connection) {
		this.#c = connection;
	}

	get left(): Iterable<string> {
		return this.#debts.map(({ kind, id }) => `${kind} ${id}`);
	}

	owe(kind: Kind, id: number, { optional = false, rule = RULE_OF[kind] } = {}): void {
		const { now, serverIndex } = this.#c;
		this.#debts.push({ kind, id, since: now, index: serverIndex, rule, optional });
	}

	/** The client gives it; false where it is not owed. */
	take(kind: Kind, id: number): boolean {
		const c = this.#c;
		const at = this.#debts.findIndex(debt => debt.kind === kind && debt.id === id);
		if (at < 0) return false;
		const [debt] = this.#debts.splice(at, 1);
		c.handleHeard(debt!.index);
		const last = this.#last[kind] ?? 0;
		const what = `${kind} ${id} comes later than that of a later packet`;
		if (kind === "PUBACK" && debt!.index < last) c.breach("pubackOrder", what);
		if (kind === "PUBREC" && debt!.index < last) c.breach("pubrecOrder", what);
		this.#last[kind] = Math.max(last, debt!.index);
		return true;
	}

	// The client.

	handleAnswer(packet: Packet): void {
		const c = this.#c;
		const kind = packet.name as Kind;
		const { id } = packet;
		if (this.take(kind, id)) {
			if (kind === "PUBREC" && packet.reason >= 0x80) c.memory.received.delete(id);
			return;
		}
		const other = kind === "PUBACK" ? "PUBREC" : "PUBACK";
		if (kind !== "PUBCOMP" && this.#debts.some(debt => debt.kind === other && debt.id === id)) {
			c.breach("wrongAnswer", `${kind} ${id}, and the message asks for ${other}`);
			this.#debts = this.#debts.filter(debt => debt.kind !== other || debt.id !== id);
			return;
		}
		// Of a session that goes on, what was owed when its last connection ended.
		if (c.isResumed && (c.memory.left.has(`${kind} ${id}`) || c.memory.isPartial)) return;
		c.breach("acknowledgedId", `${kind} ${id}, and nothing with that packet id waits for one`);
	}

	/** A topic alias that was within its own limit is nothing to leave for [MQTT-3.3.2-10]. */
	handleDisconnect(packet: Packet): void {
		if (packet.reason === 0x94 && this.#serverAliases.size > 0 && this.#aliasesAreRight)
			this.#c.breach("aliasRefused", "the client leaves for a Topic Alias, and all were within what it takes");
	}

	// The server.

	handlePublish(packet: Packet): void {
		const c = this.#c;
		const publish = packet.publish!;
		const alias = numberOf(packet.properties, TOPIC_ALIAS, -1);
		if (alias >= 0) {
			const most = numberOf(c.connect.properties, TOPIC_ALIAS_MAXIMUM, 0);
			const isKnown = publish.topic !== "" || this.#serverAliases.has(alias);
			if (alias === 0 || alias > most || !isKnown) this.#aliasesAreRight = false;
			this.#serverAliases.add(alias);
		}
		if (publish.qos === 1) this.owe("PUBACK", packet.id);
		if (publish.qos !== 2) return;
		const isRepeat = c.memory.received.has(packet.id);
		this.owe("PUBREC", packet.id, { rule: isRepeat ? "noPubrecAgain" : "noPubrec" });
		c.memory.received.set(
			packet.id,
			c.now + numberOf(packet.properties, MESSAGE_EXPIRY, Number.POSITIVE_INFINITY) * 1000,
		);
	}

	handlePubrel(packet: Packet): void {
		const c = this.#c;
		const isExpired = (c.memory.received.get(packet.id) ?? Number.POSITIVE_INFINITY) < c.now;
		c.memory.received.delete(packet.id);
		this.owe("PUBCOMP", packet.id, { rule: isExpired && c.version === "5.0" ? "noPubcompExpired" : "noPubcomp" });
	}

	/** What has not come in time. */
	check(): void {
		const c = this.#c;
		const { fullSince } = c.messages;
		for (const debt of this.#debts) {
			if (debt.optional || c.now - debt.since <= c.options.answerMs) continue;
			debt.optional = true;
			c.packet = debt.kind;
			// A window that is full holds back PUBLISH, and nothing else.
			const isHeld = fullSince !== undefined && fullSince <= debt.since;
			c.breach(isHeld ? "heldBack" : debt.rule, `${debt.kind} ${debt.id} has not come in ${c.options.answerMs} ms`);
		}
	}
}
