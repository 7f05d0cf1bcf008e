// Firmware for simulated boards: an image says in its first bytes which version it is and what it is worth, and the rest is noise.

import type { Offer } from "../../firmware/device/offer.js";
import { signedText, toHex } from "../../firmware/device/offer.js";
import type { Verifier } from "../../firmware/io.js";
import { utf8Bytes } from "../../firmware/mqtt/wire.js";

/** Who signs firmware, and how a board finds out. */
export interface Signer {
	/** The public key in hexadecimal digits, as a build's `updateKey`. */
	readonly key: string;
	readonly verifier: Verifier;
	/** 64 bytes. */
	sign(message: Uint8Array): Uint8Array;
}

export interface Firmware {
	readonly version: string;
	/** It never comes online. */
	readonly isBroken: boolean;
}

/** What boards are shipped with. */
export const FIRST_VERSION = "1.0.0";

const LABEL_BYTES = 48;
const LABEL = /^(good|broken) (\S+) *$/;

/** Always the same for the same version. */
export function imageOf({ isBroken, version }: Firmware, size = 24_000): Uint8Array {
	const image = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 7) * 13 + version.length) & 0xff);
	image.set(utf8Bytes(`${isBroken ? "broken" : "good"} ${version}`.padEnd(LABEL_BYTES)));
	return image;
}

/** What an image is; throws where nobody has made it so. */
export function firmwareIn(image: Uint8Array): Firmware {
	const [, worth, version] = LABEL.exec(String.fromCharCode(...image.subarray(0, LABEL_BYTES))) ?? [];
	if (version === undefined) throw new Error("a board runs something that is no firmware");
	return { version, isBroken: worth === "broken" };
}

/** `issue` is another one for each offer. */
export function offerOf(image: Uint8Array, version: string, issue: number, { sign, verifier }: Signer): Offer {
	const hash = verifier.hash();
	hash.write(image);
	const what = {
		device: "thimble",
		version,
		size: image.length,
		sha256: toHex(hash.close()),
		issue,
		downgrade: false,
	};
	return { ...what, signature: toHex(sign(utf8Bytes(signedText(what)))) };
}
