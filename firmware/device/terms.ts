// On which terms a board takes new firmware: the options of update.ts, and why an offer is refused.

import type { Power, Updater, Verifier } from "../io.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import { utf8Bytes } from "../mqtt/wire.js";
import { fromHex, isDevice, type Offer, signedText } from "./offer.js";
import { compareVersions, isVersion } from "./version.js";

/** How long an answer may take at most, in ms. */
export const LONGEST_WAIT_MS = 60_000;

/** Why an offer is refused, or has been given up; what `state` says as its reason. */
export type UpdateReason =
	| "malformed"
	/** What this board lacks: a public key, a verifier for such keys, a second slot, a way back, a restart. */
	| "no-key"
	| "no-verifier"
	| "no-slot"
	| "no-rollback"
	| "no-restart"
	/** It is for another kind of board; somebody else has signed it, or it was altered; it is older than what runs; too large. */
	| "device"
	| "signature"
	| "downgrade"
	| "size"
	/** Flash did not take it; what has come is not what was signed; it is no firmware for this chip. */
	| "flash"
	| "hash"
	| "image"
	/** It was started too often without coming online; did not come online in time; says that it is another version. */
	| "starts"
	| "offline"
	| "version";

export interface UpdateOptions {
	/** The version that runs, such as "1.2.0": see version.ts. */
	version: string;
	/** What this firmware is for, 1 to 32 letters, digits, `-` and `_`. Default "thimble". */
	device?: string;
	/** Whose offers are taken: a public key as Verifier has them. What is absent here is what offers are refused for. */
	key?: Uint8Array;
	verifier?: Verifier;
	updater?: Updater;
	power: Power;
	/** Bytes in one piece, 16 up to what `limits.receive` takes in one packet, which is the default; multiples of 16. */
	chunkBytes?: number;
	/** Pieces that are asked for at once, 1 to 64. Default 8. */
	chunks?: number;
	/** What has come is noted in flash every so many bytes, and at the ends of what is erased at once. Default 65,536. */
	noteBytes?: number;
	/** How long an answer may take, in ms, before it is asked for again, and then twice as long up to 60,000. Default 5,000. */
	answerMs?: number;
	/** New firmware that has not been online after so many ms is given up. Default 600,000. */
	onlineMs?: number;
	/** And after so many boots, of either firmware, since it was applied, 1 to 100. Default 5. */
	starts?: number;
	/** How long what is under way may take before a restart, in ms. Default 10,000. */
	drainMs?: number;
}

/** Throws Misuse where an option is wrong. */
export function checkTerms(options: UpdateOptions): void {
	const { device = "thimble", key, version } = options;
	if (!isVersion(version)) throw new Misuse(BAD_OPTION, `version: expected one such as 1.2.0, got "${version}"`);
	if (!isDevice(device))
		throw new Misuse(BAD_OPTION, `device: expected 1 to 32 letters, digits, - and _, got "${device}"`);
	if (key !== undefined && key.length !== 32 && !(key.length === 65 && key[0] === 4))
		throw new Misuse(BAD_OPTION, "key: expected 65 bytes (P-256, not compressed) or 32 bytes (Ed25519)");
	checked("chunks", options.chunks ?? 8, 1, 64);
	checked("noteBytes", options.noteBytes ?? 65_536, 1, 0x7fff_ffff);
	checked("answerMs", options.answerMs ?? 5000, 1, LONGEST_WAIT_MS);
	checked("onlineMs", options.onlineMs ?? 600_000, 1, 0x3fff_ffff);
	checked("starts", options.starts ?? 5, 1, 100);
	checked("drainMs", options.drainMs ?? 10_000, 0, 86_400_000);
}

/** Why the offer is not taken; undefined where it is good. Who has signed it comes before anything that it says. */
export function refusalOf(offer: Offer, options: UpdateOptions): UpdateReason | undefined {
	const { device = "thimble", key, power, updater, verifier, version } = options;
	if (key === undefined) return "no-key";
	if (verifier === undefined) return "no-verifier";
	if (updater === undefined) return "no-slot";
	if (updater.confirm === undefined || updater.rollBack === undefined) return "no-rollback";
	if (power.restart === undefined) return "no-restart";
	try {
		if (!verifier.verify(key, utf8Bytes(signedText(offer)), fromHex(offer.signature))) return "signature";
	} catch {
		return "no-verifier";
	}
	if (offer.device !== device) return "device";
	if (compareVersions(offer.version, version) < 0 && !offer.downgrade) return "downgrade";
	return offer.size > updater.capacity ? "size" : undefined;
}
