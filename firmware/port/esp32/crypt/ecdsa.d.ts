// Signatures, of modules/crypt/etc/ecdsa.js: as far as the port uses them.

/** With a public key: it verifies r and s, one behind the other, of a hash. It does not look whether they are in range. */
export default class ECDSA {
	constructor(key: object, curve: object);
	verify(hash: ArrayBuffer, signature: ArrayBuffer): boolean;
}
