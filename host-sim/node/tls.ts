// TLS: the broker's certificate is held against the CAs that we trust and the name that we mean, and ours is shown where
// it asks for one. What does not hold ends the connection before a byte of MQTT has left, with a code that says why; there
// is no way from here to plain TCP.

import { isIP } from "node:net";
import {
	checkServerIdentity,
	connect,
	createSecureContext,
	rootCertificates,
	type SecureContext,
	type TLSSocket,
} from "node:tls";
import type { SocketConstructor, SocketOptions } from "../../firmware/io.js";
import { TLS_FAILED } from "../../firmware/mqtt/error.js";
import { StreamSocket } from "./stream.js";

/** The server's certificate is no longer valid, or not yet; or our clock is wrong. */
const CERTIFICATE_EXPIRED = 0x41;
/** Nobody whom we trust has signed it. */
const CERTIFICATE_REFUSED = 0x42;
/** The server wants a certificate of ours, or does not take the one it got. */
const OWN_CERTIFICATE_REFUSED = 0x44;
/** It is for another name. */
const CERTIFICATE_NAME = 0x43;

/** Everything in PEM. */
export interface SecureOptions {
	/** Who may have signed the broker's certificate. Default: those whom Node trusts. */
	ca?: string | Buffer;
	/** Our own certificate, with the chain behind it, and its key; without a passphrase. */
	cert?: string | Buffer;
	key?: string | Buffer;
	/** The name, or address, that the broker's certificate has to be for. Default: the address that is connected to. */
	serverName?: string;
	/** The certificate may be for any name. It still has to be signed by somebody whom we trust. */
	anyName?: boolean;
}

/** A class for `socket: { io }` of a client. Throws where `ca`, `cert` or `key` are not what they should be. */
export function secureSocket(options: SecureOptions = {}): SocketConstructor {
	const dialler = new Dialler(options);
	return class TLS extends StreamSocket {
		readonly #handshake: Handshake;

		constructor(given: SocketOptions) {
			const handshake = dialler.dial(given);
			super(given, handshake.socket);
			this.#handshake = handshake;
			handshake.socket.on("secureConnect", () => this.handleStanding());
		}

		protected override codeOf(error: Error): number | undefined {
			return this.#handshake.codeOf(error);
		}
	};
}

/** Makes connections with one set of certificates. */
export class Dialler {
	readonly #options: SecureOptions;
	readonly #context: SecureContext;

	/** Throws where `ca`, `cert` or `key` are not what they should be. */
	constructor(options: SecureOptions) {
		const { ca = [...rootCertificates], cert, key } = options;
		this.#options = options;
		this.#context = createSecureContext({
			ca,
			...(cert !== undefined && { cert }),
			...(key !== undefined && { key }),
		});
	}

	dial({ address, nodelay, port }: SocketOptions): Handshake {
		const { anyName, serverName = address } = this.#options;
		const socket = connect({
			host: address,
			port,
			secureContext: this.#context,
			// Not left to an environment variable.
			rejectUnauthorized: true,
			// An address is no name that a server could be asked for.
			...(isIP(serverName) === 0 && { servername: serverName }),
			checkServerIdentity: (_name, certificate) =>
				anyName === true ? undefined : checkServerIdentity(serverName, certificate),
		});
		socket.setNoDelay(nodelay ?? false);
		return new Handshake(socket);
	}
}

/** A connection on its way, and what an error of it means. */
export class Handshake {
	readonly socket: TLSSocket;
	/** TCP stands. */
	#isConnected = false;
	/** TLS stands. */
	#isSecure = false;

	constructor(socket: TLSSocket) {
		this.socket = socket;
		socket.once("connect", () => {
			this.#isConnected = true;
		});
		socket.once("secureConnect", () => {
			this.#isSecure = true;
		});
	}

	/** Undefined where it has nothing to do with TLS. */
	codeOf(error: Error): number | undefined {
		const code = String((error as NodeJS.ErrnoException).code);
		switch (code) {
			case "CERT_HAS_EXPIRED":
			case "CERT_NOT_YET_VALID":
				return CERTIFICATE_EXPIRED;
			case "ERR_TLS_CERT_ALTNAME_INVALID":
				return CERTIFICATE_NAME;
		}
		// Set by Node where a check has failed, whichever it was.
		if (this.socket.authorizationError) return CERTIFICATE_REFUSED;
		// What the broker says of our certificate; at TLS 1.3 it says so when for us the connection stands already.
		if (/ALERT_(.*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) return OWN_CERTIFICATE_REFUSED;
		return code.startsWith("ERR_SSL_") || (this.#isConnected && !this.#isSecure) ? TLS_FAILED : undefined;
	}
}
