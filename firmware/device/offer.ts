// An offer of new firmware: what it is, for whom, and a signature over all of that, so that nothing of it can be altered.
// Who signs puts the same text together as the board that checks it.

import { isVersion } from "./version.js";

export interface Offer {
	/** What the firmware is for, such as "thimble": 1 to 32 letters, digits, `-` and `_`. */
	device: string;
	/** See version.ts. */
	version: string;
	/** Bytes of the image, at least 1. */
	size: number;
	/** Of the image: 64 hexadecimal digits, small letters. */
	sha256: string;
	/** The number of the offer, 0 to 2^32 - 1: where a board has given the same image up, another number offers it anew. */
	issue: number;
	/** It may take the place of a newer version. */
	downgrade: boolean;
	/** 64 bytes over signedText(): 128 hexadecimal digits. */
	signature: string;
}

/** What is signed, in ASCII. */
export function signedText({ device, downgrade, issue, sha256, size, version }: Omit<Offer, "signature">): string {
	return `thimble update 1\n${device}\n${version}\n${size}\n${sha256}\n${issue}\n${downgrade ? "downgrade" : "upgrade"}\n`;
}

/** An offer from JSON; undefined for what is none. What it says beside may be anything. */
export function parseOffer(text: string | undefined): Offer | undefined {
	let value: Partial<Record<keyof Offer, unknown>> | null;
	try {
		value = JSON.parse(text ?? "");
	} catch {
		return undefined;
	}
	if (typeof value !== "object" || value === null) return undefined;
	const { device, downgrade = false, issue = 0, sha256, signature, size, version } = value;
	if (typeof device !== "string" || !isDevice(device)) return undefined;
	if (typeof version !== "string" || !isVersion(version)) return undefined;
	if (!isCount(size) || size === 0 || !isCount(issue) || typeof downgrade !== "boolean") return undefined;
	if (!isHex(sha256, 32) || !isHex(signature, 64)) return undefined;
	return { device, version, size, sha256, issue, downgrade, signature };
}

/** 1 to 32 letters, digits, `-` and `_`. */
export function isDevice(text: string): boolean {
	if (text.length < 1 || text.length > 32) return false;
	for (const character of text) {
		const word = (character >= "0" && character <= "9") || character === "-" || character === "_";
		const letter = (character >= "a" && character <= "z") || (character >= "A" && character <= "Z");
		if (!word && !letter) return false;
	}
	return true;
}

/** Bytes of hexadecimal digits, two each. */
export function fromHex(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length >> 1);
	for (let i = 0; i < bytes.length; i += 1) bytes[i] = (digit(text, i * 2) << 4) | digit(text, i * 2 + 1);
	return bytes;
}

/** Small hexadecimal digits of bytes, two each. */
export function toHex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
	return text;
}

/** Whether it is so many bytes in small hexadecimal digits. */
export function isHex(text: unknown, bytes: number): text is string {
	if (typeof text !== "string" || text.length !== bytes * 2) return false;
	for (let i = 0; i < text.length; i += 1) if (digit(text, i) < 0) return false;
	return true;
}

function digit(text: string, at: number): number {
	return "0123456789abcdef".indexOf(text.charAt(at));
}

function isCount(value: unknown): value is number {
	return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
}
