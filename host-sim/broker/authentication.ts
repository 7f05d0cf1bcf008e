// Enhanced authentication (5.0 section 4.12): whoever wants a method of their own gives the broker an Authenticator. One
// Authentication leads a connection through its exchanges: the one before CONNACK, and those that AUTH begins later.

import type { IAuthPacket } from "mqtt-packet";
import { AUTHENTICATE_AGAIN, BAD_AUTHENTICATION_METHOD, NOT_AUTHORIZED, protocolError, Refusal } from "./reason.js";

/** A method by its name, as "SCRAM-SHA-256". */
export interface Authenticator {
	readonly method: string;
	/** A client begins, with CONNECT or again later. */
	begin(clientId: string): Exchange;
}

/** One client's way to "yes" or "no". */
export interface Exchange {
	/** Takes what the client sent, empty where it sent nothing. */
	handle(data: Buffer): Step;
}

/** What comes next: more from the client, or the end. `data` goes to the client. */
export type Step =
	| { readonly outcome: "continue" | "success"; readonly data?: Buffer }
	/** `reason` is NOT_AUTHORIZED (0x87) unless another is given. */
	| { readonly outcome: "failure"; readonly reason?: number };

/** A step that was not a failure. */
type GoodStep = Exclude<Step, { outcome: "failure" }>;

export class Authentication {
	readonly method: string;
	readonly #authenticator: Authenticator;
	readonly #clientId: string;
	/** Undefined between exchanges. */
	#exchange: Exchange | undefined;

	/** Throws where the method is none of ours [MQTT-4.12.0-1]. */
	constructor(authenticators: readonly Authenticator[], method: string, clientId: string) {
		const authenticator = authenticators.find(each => each.method === method);
		if (authenticator === undefined) throw new Refusal(BAD_AUTHENTICATION_METHOD, "unknown authentication method");
		this.method = method;
		this.#authenticator = authenticator;
		this.#clientId = clientId;
	}

	/** What CONNECT brought. As the next, throws where the exchange fails. */
	handleConnect(data: Buffer | undefined): GoodStep {
		return this.#begin(data);
	}

	/** What an AUTH brought. */
	handleAuth({ reasonCode, properties = {} }: IAuthPacket): GoodStep {
		if (properties.authenticationMethod !== this.method) throw protocolError("another authentication method"); // [MQTT-4.12.0-5]
		if (reasonCode === AUTHENTICATE_AGAIN) {
			if (this.#exchange !== undefined) throw protocolError("authentication is still under way");
			return this.#begin(properties.authenticationData);
		}
		if (this.#exchange === undefined) throw protocolError("no authentication is under way");
		return this.#take(this.#exchange, properties.authenticationData);
	}

	#begin(data: Buffer | undefined): GoodStep {
		this.#exchange = this.#authenticator.begin(this.#clientId);
		return this.#take(this.#exchange, data);
	}

	#take(exchange: Exchange, data: Buffer = Buffer.alloc(0)): GoodStep {
		const step = exchange.handle(data);
		if (step.outcome === "failure") throw new Refusal(step.reason ?? NOT_AUTHORIZED, "authentication failed"); // [MQTT-4.12.0-4]
		if (step.outcome === "success") this.#exchange = undefined;
		return step;
	}
}
