// In the place of the SDK's module ssl/ciphersuites: of what it can, only that which keeps what was said before a key got
// known, and seals each record. The SDK would offer RSA with CBC first, and a server may take it.

import { AES, ECDHE_RSA, GCM, SHA256 } from "ssl/constants";

const SEALED = {
	isExportable: false,
	keyExchangeAlgorithm: ECDHE_RSA,
	cipherAlgorithm: AES,
	cipherKeySize: 16,
	cipherBlockSize: 16,
	hashAlgorithm: SHA256,
	hashSize: 32,
	encryptionMode: GCM,
	ivSize: 8,
	saltSize: 4,
};

export default Object.freeze(
	[
		// TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, and the same with RSA.
		{ ...SEALED, value: [0xc0, 0x2b] },
		{ ...SEALED, value: [0xc0, 0x2f] },
	],
	true,
);
