// What a message says, as readings that can be stored: by board, boot and number, with all that is beside those. Read with
// care, since anybody may publish. Nothing here throws: a message without readings gets the reason.

import { countIn, type Fields, fieldsOf, numberIn } from "../watch/payload.js";

export interface Reading {
	readonly seq: number;
	/** In ms since 1970, where the board's clock was set. */
	readonly time?: number;
	/** All that it says beside its number and its time. */
	readonly values: Fields;
}

/** Those of one message; their numbers follow one another. */
export interface Readings {
	readonly board: string;
	readonly boot: number;
	readonly readings: readonly Reading[];
}

/** As firmware/telemetry/reporter.ts has it. */
const MOST_READINGS = 255;
const HEAD = ["time", "boot", "seq", "ms"];

/** The board is the level before the last one: thimble/attic-01/telemetry. A text is the reason why there are none. */
export function readingsOf(topic: string, payload: Uint8Array): Readings | string {
	const board = topic.split("/").at(-2);
	if (board === undefined || board === "") return "the topic names no board";
	const fields = fieldsOf(payload);
	if (fields === undefined) return "no JSON object, or a larger one than a board sends";
	const boot = countIn(fields, "boot");
	const seq = countIn(fields, "seq");
	if (boot === undefined || seq === undefined) return "no boot or no sequence number";
	const time = numberIn(fields, "time");
	const isSet = time !== undefined && time > 0;
	const names = Object.keys(fields).filter(name => !HEAD.includes(name));
	const offsets = Object.hasOwn(fields, "ms") ? fields["ms"] : undefined;
	if (offsets === undefined) {
		const values = Object.fromEntries(names.map(name => [name, fields[name]]));
		return { board, boot, readings: [{ seq, ...(isSet && { time }), values }] };
	}
	if (!Array.isArray(offsets) || offsets.length === 0 || offsets.length > MOST_READINGS)
		return '"ms" is no list of the readings\' times';
	for (const name of names) {
		const list = fields[name];
		if (!Array.isArray(list) || list.length !== offsets.length)
			return `"${name.slice(0, 40)}" is no list of as many values as there are readings`;
	}
	const readings = offsets.map((after: unknown, i): Reading => {
		// Null where a reading says nothing of it.
		const said = names
			.map(name => [name, (fields[name] as unknown[])[i]] as const)
			.filter(([, value]) => value !== null);
		return {
			seq: seq + i,
			...(isSet && typeof after === "number" && { time: time + after }),
			values: Object.fromEntries(said),
		};
	});
	return { board, boot, readings };
}
