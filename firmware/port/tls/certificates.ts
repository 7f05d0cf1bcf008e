// In the place of the SDK's module ssl/cert, which takes certificates that nobody has signed: who shows what is asked of
// firmware/optional/trust.ts, and here are keys alone.

import PKCS8 from "pkcs8";
import X509 from "x509";

interface Options {
	check(shown: readonly Uint8Array[]): boolean;
	clientCertificates?: ArrayBuffer[];
	clientKey?: ArrayBuffer;
}

export default class CertificateManager {
	readonly #options: Options;

	constructor(options: Options) {
		this.#options = options;
	}

	verify(shown: readonly Uint8Array[]): boolean {
		return this.#options.check(shown);
	}

	register(): void {}

	/** Of the certificate that we show, the private key; of the server's, the public one. */
	getKey(certificate: ArrayBuffer): unknown {
		const { clientCertificates, clientKey } = this.#options;
		if (clientKey !== undefined && certificate === clientCertificates?.[0])
			return PKCS8.parse(new Uint8Array(clientKey));
		return X509.decodeSPKI(new Uint8Array(certificate));
	}

	findPreferredCert(): ArrayBuffer[] {
		return this.#options.clientCertificates ?? [];
	}
}
