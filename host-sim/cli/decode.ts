// thimble decode: packets in hexadecimal, from the command line, a file or standard input, as the trees of fields that they are.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Version } from "../checker/statements.js";
import { UsageError } from "../fleet/scenario.js";
import { type Field, hexOf } from "../inspect/field.js";
import { bytesOfHex, HexError } from "../inspect/hex.js";
import { linkOf } from "../inspect/section.js";
import { dissectStream, type Placed, type Stream } from "../inspect/stream.js";
import { plain } from "../sentence.js";

/** What the command line gave; absent where it did not. */
export interface DecodeFlags {
	file?: unknown;
	/** -V, --protocol. */
	protocol?: unknown;
	secrets?: unknown;
	json?: unknown;
}

const FINE = 0;
const FAULTY = 1;

/** Columns of a line: offset, eight bytes or the bits of one, and what they are. */
const WIDTH = 80;
const BYTES_PER_LINE = 8;
const BYTES_WIDTH = BYTES_PER_LINE * 3 - 1;
/** Lines of bytes that a field shows before it is cut short. */
const MOST_LINES = 4;

/** Returns the exit code: 1 where something is wrong with a packet. Throws UsageError. */
export async function decode(words: readonly string[], flags: DecodeFlags): Promise<number> {
	const version = versionOf(flags);
	const bytes = await bytesOf(words, flags);
	if (bytes.length === 0) throw new UsageError("decode: no bytes to decode; give them in hexadecimal");
	const stream = dissectStream(bytes, { version, showsSecrets: flags.secrets === true });
	const { packets } = stream;
	process.stdout.write(flags.json === true ? packets.map(jsonOf(stream)).join("") : textOfStream(stream));
	return packets.every(({ faults }) => faults.length === 0) ? FINE : FAULTY;
}

function versionOf({ protocol }: DecodeFlags): Version | undefined {
	if (protocol === undefined) return undefined;
	const word = String(protocol);
	if (word === "5" || word === "5.0") return "5.0";
	if (word === "3.1.1" || word === "4") return "3.1.1";
	throw new UsageError(`--protocol: expected 3.1.1 or 5, got ${word}`);
}

async function bytesOf(words: readonly string[], { file }: DecodeFlags): Promise<Uint8Array> {
	if (file !== undefined && words.length > 0) throw new UsageError("decode: bytes or --file, not both");
	if (Array.isArray(file)) throw new UsageError("--file is given twice");
	const hex =
		file !== undefined ? fileText(String(file)) : words.length > 0 ? words.join(" ") : await text(process.stdin);
	try {
		return bytesOfHex(hex);
	} catch (error) {
		if (!(error instanceof HexError)) throw error;
		throw new UsageError(`decode: ${error.message}`);
	}
}

function fileText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError(`--file: cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`);
	}
}

/** One object a packet, a line each. */
function jsonOf({ source }: Stream): (packet: Placed) => string {
	return ({ at, bytes, faults, fields, isWhole, summary, version }) => {
		const { name } = summary;
		const object = { event: "packet", name, version, versionFrom: source, at, size: bytes.length, isWhole, faults };
		return `${JSON.stringify({ ...object, fields: fields.map(jsonField(at, bytes, version)) })}\n`;
	};
}

function jsonField(from: number, bytes: Uint8Array, version: Version): (field: Field) => object {
	return ({ at, fields, ...rest }) => ({
		...rest,
		at: from + at,
		link: linkOf(rest.section, version),
		...(fields === undefined && !rest.secret && { hex: hexOf(bytes.subarray(at, at + rest.length)) }),
		...(fields !== undefined && { fields: fields.map(jsonField(from, bytes, version)) }),
	});
}

const SOURCES = { connect: "as its CONNECT says", given: "as asked for", guess: "a guess; -V 3.1.1 or -V 5 says" };

function textOfStream({ packets, source }: Stream): string {
	return packets
		.map((packet, i) => {
			const { at, bytes, fields, summary, version } = packet;
			const head = `${summary.name}, ${bytes.length} bytes${at > 0 ? ` from ${at} on` : ""}, MQTT ${version}`;
			const why = i === 0 ? ` (${SOURCES[source]})` : "";
			const lines = fields.flatMap(field => fieldLines(field, 0, at, bytes));
			return [head + why, ...lines].map(plain).join("\n");
		})
		.join("\n\n")
		.concat("\n");
}

function fieldLines(field: Field, depth: number, from: number, bytes: Uint8Array): string[] {
	const { at, bits, faults = [], fields, length, name, note, value } = field;
	const left = leftColumn(field, bytes);
	const number = fields === undefined && (bits === undefined || bits >= 0x80) ? String(from + at) : "";
	// A value may have line ends in it, and a long one ends in an ellipsis.
	const right = [`${name}${value === "" ? "" : `: ${plain(value)}`}`, ...(note ? [`(${note})`] : [])].join(" ");
	const width = WIDTH - 6 - BYTES_WIDTH - 2 - depth * 2;
	const texts = [
		...wrapped(right, width, "  ", 3),
		...faults.flatMap(({ statement, text }) =>
			wrapped(`! ${text}${statement === "" ? "" : ` [${statement}]`}`, width, "  "),
		),
	];
	const lines: string[] = [];
	for (let i = 0; i < Math.max(left.length, texts.length); i += 1) {
		const line = `${(i === 0 ? number : "").padStart(4)}  ${(left[i] ?? "").padEnd(BYTES_WIDTH)}  ${"  ".repeat(depth)}${texts[i] ?? ""}`;
		lines.push(line.trimEnd());
	}
	if (length === 0 && fields === undefined && value === "" && faults.length === 0 && !note) return [];
	return [...lines, ...(fields ?? []).flatMap(child => fieldLines(child, depth + 1, from, bytes))];
}

/** The bytes of a leaf, eight a line, or its bits as they stand in their byte; a secret has none. */
function leftColumn({ at, bits, fields, length, secret }: Field, bytes: Uint8Array): string[] {
	if (fields !== undefined) return [];
	if (bits !== undefined) {
		const byte = bytes[at]!;
		const digits = Array.from({ length: 8 }, (_, i) => ((bits >> (7 - i)) & 1 ? String((byte >> (7 - i)) & 1) : "."));
		return [`${digits.slice(0, 4).join("")} ${digits.slice(4).join("")}`];
	}
	const lines: string[] = [];
	for (let i = 0; i < length; i += BYTES_PER_LINE) {
		const some = bytes.subarray(at + i, Math.min(at + i + BYTES_PER_LINE, at + length));
		lines.push(secret ? Array.from(some, () => "··").join(" ") : hexOf(some));
	}
	return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES - 1), `… ${length} bytes`];
}

/** At spaces where there are some; the lines behind the first are moved in. */
function wrapped(text: string, width: number, indent: string, most = Number.POSITIVE_INFINITY): string[] {
	const lines: string[] = [];
	let rest = text;
	while (rest.length > width && lines.length < most - 1) {
		const space = rest.lastIndexOf(" ", width);
		const at = space > width / 2 ? space : width;
		lines.push(rest.slice(0, at));
		rest = indent + rest.slice(at).trimStart();
	}
	lines.push(rest.length > width ? `${rest.slice(0, width - 1)}…` : rest);
	return lines;
}
