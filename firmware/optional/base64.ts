// Base64 as in RFC 4648 section 4, with padding: bytes as text, and back.

/** Six bits each. */
export const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i += 3) {
		const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
		for (let digit = 0; digit < 4; digit += 1)
			text += i + digit > bytes.length ? "=" : ALPHABET[(bits >> (18 - digit * 6)) & 63];
	}
	return text;
}

/** The bytes of a text, or undefined where it is empty or no base64. */
export function fromBase64(text: string): Uint8Array | undefined {
	const end = text.endsWith("==") ? text.length - 2 : text.endsWith("=") ? text.length - 1 : text.length;
	if (text.length % 4 !== 0 || end === 0) return undefined;
	const bytes = new Uint8Array((end * 3) >> 2);
	let bits = 0;
	let at = 0;
	for (let i = 0; i < end; i += 1) {
		const digit = ALPHABET.indexOf(text.charAt(i));
		if (digit < 0) return undefined;
		bits = ((bits & 0xffff) << 6) | digit;
		// Every digit but the first of four completes a byte.
		if (i % 4 !== 0) {
			bytes[at] = bits >> (6 - (i % 4) * 2);
			at += 1;
		}
	}
	return bytes;
}
