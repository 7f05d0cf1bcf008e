// What a board says that it has seen: a reading with a label, as firmware/device/recognizer.ts writes it. It may come from anybody who
// may publish, and is read with care.

import { cleaned, countIn, type Fields, fieldsOf, numberIn, textIn } from "../../watch/payload.js";

/** A label, and how sure the network is of it, from 0 to 1. */
export type Guess = readonly [label: string, confidence: number];

export interface Result {
	/** When it came, in ms since 1970. */
	readonly at: number;
	/** When it was seen, where the board's clock was set. */
	readonly time?: number;
	readonly boot: number;
	readonly seq: number;
	/** The picture's number since the board has started, and the check sum of its bytes. */
	readonly picture: number;
	readonly crc: number;
	readonly label: string;
	readonly confidence: number;
	/** The likeliest of them, that of `label` first. */
	readonly top: readonly Guess[];
	/** What the network took of the engine's time. */
	readonly ms?: number;
	readonly model?: string;
	/** Somebody has sent the picture; its own camera has not taken it. */
	readonly isSent: boolean;
}

export const TOP_COUNT = 3;
const MARK = new TextEncoder().encode('"label"');

/** Undefined where it is no answer about a picture. */
export function resultOf(payload: Uint8Array, at: number): Result | undefined {
	// Most readings are none, and nobody has to take them apart to see that.
	if (!has(payload, MARK)) return undefined;
	const fields = fieldsOf(payload);
	if (fields === undefined) return undefined;
	const boot = countIn(fields, "boot");
	const seq = countIn(fields, "seq");
	const picture = countIn(fields, "picture");
	const crc = countIn(fields, "crc");
	const label = textIn(fields, "label");
	const confidence = shareOf(numberIn(fields, "confidence"));
	if (boot === undefined || seq === undefined || picture === undefined || crc === undefined) return undefined;
	if (label === undefined || confidence === undefined) return undefined;
	const time = numberIn(fields, "time");
	const ms = numberIn(fields, "ms");
	const model = textIn(fields, "model");
	const top = topOf(fields);
	return {
		at,
		...(time !== undefined && time > 0 && { time }),
		boot,
		seq,
		picture,
		crc,
		label,
		confidence,
		top: top.length > 0 ? top : [[label, confidence]],
		...(ms !== undefined && ms >= 0 && { ms }),
		...(model !== undefined && { model }),
		isSent: fields["source"] === "sent",
	};
}

function topOf(fields: Fields): Guess[] {
	const top = fields["top"];
	if (!Array.isArray(top)) return [];
	return top.slice(0, TOP_COUNT).flatMap((each: unknown): Guess[] => {
		if (!Array.isArray(each) || typeof each[0] !== "string") return [];
		const share = shareOf(each[1]);
		return share === undefined ? [] : [[cleaned(each[0]), share]];
	});
}

function shareOf(value: unknown): number | undefined {
	return typeof value === "number" && value >= 0 && value <= 1 ? value : undefined;
}

function has(bytes: Uint8Array, wanted: Uint8Array): boolean {
	for (let at = bytes.indexOf(wanted[0]!); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1))
		if (wanted.every((byte, i) => bytes[at + i] === byte)) return true;
	return false;
}
