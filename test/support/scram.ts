// The client's side of SCRAM-SHA-256 (RFC 5802), to try the broker's with.

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** The last message of a client whose first one was `header` and `bare`, and the signature that the server must show. */
export function scramFinal(
	password: string,
	bare: string,
	serverFirst: string,
	header = "n,,",
): { text: string; signature: string } {
	const fields = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
	if (fields === null) throw new Error(`no challenge: ${serverFirst}`);
	const salted = pbkdf2Sync(password, Buffer.from(fields[2]!, "base64"), Number(fields[3]), 32, "sha256");
	const clientKey = hmac(salted, "Client Key");
	const withoutProof = `c=${Buffer.from(header).toString("base64")},r=${fields[1]}`;
	const signed = `${bare},${serverFirst},${withoutProof}`;
	const signature = hmac(createHash("sha256").update(clientKey).digest(), signed);
	const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString("base64");
	return {
		text: `${withoutProof},p=${proof}`,
		signature: hmac(hmac(salted, "Server Key"), signed).toString("base64"),
	};
}

function hmac(key: Buffer, text: string): Buffer {
	return createHmac("sha256", key).update(text).digest();
}
