// firmware/io.ts's Digest, on Node's.

import { createHash, createHmac } from "node:crypto";
import type { Digest } from "../../firmware/io.js";

export const nodeDigest: Digest = {
	sha256: data => new Uint8Array(createHash("sha256").update(data).digest()),
	hmac: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
};
