// firmware/optional/tls.ts's engine and signatures, on the SDK's TLS.

import { Digest } from "crypt";
import ECDSA from "ecdsa";
import PKCS1_5 from "pkcs1_5";
import Session from "ssl/session";
import type { OwnCertificate } from "thimble/device/transport";
import type { Certificate } from "thimble/optional/certificate";
import type { Engine } from "thimble/optional/tls";
import { isAddress, type Signatures } from "thimble/optional/trust";
import X509 from "x509";

const TLS_1_2 = 0x303;

/** A board's own key is one of RSA: the SDK signs with nothing else. */
export function engineOf(own: OwnCertificate | undefined) {
	return (name: string, check: (shown: readonly Uint8Array[]) => boolean): Engine =>
		new Session({
			protocolVersion: TLS_1_2,
			// A session that is resumed would be a second way in, past the certificates.
			cache: false,
			check,
			// An address is no name that a server could be asked for.
			...(!isAddress(name) && { serverName: name }),
			...(own !== undefined && { clientCertificates: own.certificates.map(bufferOf), clientKey: bufferOf(own.key) }),
		});
}

export class BoardSignatures implements Signatures {
	verify(by: Certificate, hash: string, signed: Uint8Array, signature: Uint8Array): boolean {
		// The SDK's types know whole buffers alone, and ours one hash.
		const digest = new Digest(hash as "SHA256");
		digest.write(signed as unknown as ArrayBuffer);
		const sum = digest.close();
		const key = X509.decodeSPKI(by.bytes);
		if (by.keyKind === "rsa") return new PKCS1_5(key, false, []).verify(sum, signature);
		// An elliptic curve takes as much of a sum as its own numbers are long.
		const most = by.keyKind === "p256" ? 32 : 48;
		const part = sum.byteLength > most ? sum.slice(0, most) : sum;
		return new ECDSA(key.pub, key.curve, false).verify(part, signature, true);
	}
}

Object.freeze(BoardSignatures.prototype);

/** The SDK wants whole buffers. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
	return bytes.slice().buffer;
}
