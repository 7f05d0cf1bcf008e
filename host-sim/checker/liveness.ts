// Silence and the end: gaps between a client's packets against the keep alive, and connections that it has to close.

import type { Connection } from "./connection.js";
import type { Rule } from "./statements.js";

/** By the rule that a server breaks: the one that a client breaks by staying. The general one else. */
const STAYING: Partial<Record<Rule, Rule>> = {
	flags: "openAfterFlags",
	flagsOfPubrel: "openAfterFlags",
	flagsOfDisconnect: "openAfterFlags",
	flagsOfAuth: "openAfterFlags",
	utf8: "openAfterUtf8",
	utf8TopicName: "openAfterUtf8",
	nul: "openAfterNul",
	nulTopic: "openAfterNul",
	qosThree: "openAfterQosThree",
	stateless: "stateless",
};

export class Liveness {
	/** 0 for none. */
	keepAliveMs = 0;
	/** It is the server's. */
	isServers = false;
	/** When the client last said something, or could have learnt how long it may be silent. */
	#spokeAt = 0;
	#toldSilence = false;
	/** Why the client has to close, and since when it is so. */
	#closing: { rule: Rule; since: number; why: string } | undefined;
	readonly #c: Connection;

	constructor(connection: Connection) {
		this.#c = connection;
	}

	start(keepAliveMs: number, isServers: boolean): void {
		this.keepAliveMs = keepAliveMs;
		this.isServers = isServers;
		this.#spokeAt = this.#c.now;
	}

	/** Bytes have come from the client. */
	handleBytes(): void {
		this.checkSilence();
		this.#spokeAt = this.#c.now;
		this.#toldSilence = false;
	}

	handleDisconnect(): void {
		this.keepAliveMs = 0;
		this.#closing ??= { rule: "openAfterDisconnect", since: this.#c.now, why: "its own DISCONNECT" };
	}

	/** The server has broken a rule, which the client may not put up with. */
	handleFault(rule: Rule, why: string): void {
		this.#closing ??= {
			rule: STAYING[rule] ?? "openAfterFault",
			since: this.#c.now,
			why: `the server's fault: ${why}`,
		};
	}

	checkSilence(): void {
		const c = this.#c;
		const silentMs = c.now - this.#spokeAt;
		const { keepAliveMs } = this;
		if (keepAliveMs === 0 || this.#toldSilence || silentMs <= keepAliveMs + c.options.keepAliveToleranceMs) return;
		this.#toldSilence = true;
		c.packet = "PINGREQ";
		c.breach(
			this.isServers ? "serverKeepAlive" : "keepAlive",
			`silent for ${silentMs} ms, and the ${this.isServers ? "Server Keep Alive" : "keep alive"} is ${keepAliveMs} ms`,
		);
	}

	checkClosing(): void {
		const c = this.#c;
		if (this.#closing === undefined || c.now - this.#closing.since <= c.options.closeMs) return;
		const { rule, why } = this.#closing;
		this.#closing = { rule, since: Number.POSITIVE_INFINITY, why };
		c.packet = "";
		c.breach(rule, `the connection is open ${c.options.closeMs} ms after ${why}`);
	}
}
