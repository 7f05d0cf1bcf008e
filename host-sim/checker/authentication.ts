// AUTH (5.0 section 4.12): only for who has named a method, always with that method, and in turns.

import type { Connection } from "./connection.js";
import type { Packet } from "./packet.js";
import { AUTHENTICATION_METHOD } from "./property.js";
import { hex } from "./reason.js";

const CONTINUE = 0x18;
const AGAIN = 0x19;

export class Authentication {
	/** Since when an AUTH of the client is awaited. */
	#awaitedSince: number | undefined;
	/** The client has asked for it once more, and no end has come. */
	#isAgain = false;
	readonly #c: Connection;

	constructor(connection: Connection) {
		this.#c = connection;
	}

	get method(): string | number | undefined {
		return this.#c.connect.properties.get(AUTHENTICATION_METHOD);
	}

	/** Any packet of the client: until CONNACK only AUTH and DISCONNECT, where a method was named [MQTT-3.1.2-30]. */
	handleClient(packet: Packet): void {
		const c = this.#c;
		if (packet.name === "AUTH") this.#handleAuth(packet);
		else if (this.method !== undefined && !c.isOnline && packet.name !== "DISCONNECT")
			c.breach("beforeConnack", `${packet.name} before CONNACK, while authentication goes on`);
	}

	#handleAuth(packet: Packet): void {
		const c = this.#c;
		if (this.method === undefined) {
			c.breach("authUnasked", "AUTH, and CONNECT has no Authentication Method");
			return;
		}
		const begins = packet.reason === AGAIN;
		if (packet.properties.get(AUTHENTICATION_METHOD) !== this.method)
			c.breach(begins ? "authMethodAgain" : "authMethod", "the Authentication Method is not that of CONNECT");
		if (this.#awaitedSince !== undefined) {
			this.#awaitedSince = undefined;
			if (begins) c.breach("authAnswer", `the answer to the server's AUTH is ${hex(packet.reason)}`);
		} else if (begins && c.isOnline && !this.#isAgain) this.#isAgain = true;
		else if (packet.reason === CONTINUE || begins) c.breach("authOutOfTurn", "AUTH, and the server waits for none");
	}

	handleServer(packet: Packet): void {
		if (packet.reason === CONTINUE) this.#awaitedSince = this.#c.now;
		else this.#isAgain = false;
	}

	check(): void {
		const c = this.#c;
		if (this.#awaitedSince === undefined || c.now - this.#awaitedSince <= c.options.answerMs) return;
		this.#awaitedSince = undefined;
		c.packet = "AUTH";
		c.breach("authAnswer", `the server's AUTH has had no answer in ${c.options.answerMs} ms`);
	}
}
