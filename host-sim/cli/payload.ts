// What `thimble pub` publishes: bytes in memory, or a file that is read while it is sent.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import type { Source } from "../../firmware/mqtt/client.js";
import { UsageError } from "../fleet/scenario.js";

/** The largest payload that a PUBLISH can have, its head aside. */
const LARGEST = 268_435_455;
/** Files up to this size are read at once, and sent as they were. */
const SMALL = 60_000;

export interface Payload {
	readonly length: number;
	/** All of it, where it is in memory. */
	readonly bytes?: Uint8Array;
	/** The same piece by piece, from any position: a resend begins anew. */
	readonly source: Source;
}

export function memoryPayload(content: Uint8Array): Payload {
	return {
		length: content.length,
		bytes: content,
		source: {
			read(bytes, at, count, position) {
				bytes.set(content.subarray(position, position + count), at);
				return Math.min(count, content.length - position);
			},
		},
	};
}

/** A file as it is when it is sent; one that has no size (a pipe, a device) is read now. Throws UsageError. */
export function filePayload(path: string): Payload {
	try {
		const file = openSync(path, "r");
		const stat = fstatSync(file);
		if (stat.isDirectory()) throw new UsageError(`-f: ${path} is a folder`);
		// What says that it is empty may be one of those files that the system makes up while they are read.
		if (!stat.isFile() || stat.size <= SMALL) {
			const content = readFileSync(file);
			closeSync(file);
			return memoryPayload(checked(content, path));
		}
		if (stat.size > LARGEST) throw tooLarge(path);
		return {
			length: stat.size,
			// No bytes before the end: somebody has made it shorter. Minus one gives the message up.
			source: { read: (bytes, at, count, position) => readSync(file, bytes, at, count, position) || -1 },
		};
	} catch (error) {
		if (error instanceof UsageError) throw error;
		throw new UsageError(`-f: cannot read ${path}: ${whyOf(error as NodeJS.ErrnoException)}`);
	}
}

/** All that comes until it ends, as one payload. Throws UsageError where nothing comes, or too much. */
export async function streamPayload(stream: AsyncIterable<Uint8Array>): Promise<Payload> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of stream) {
		chunks.push(chunk);
		length += chunk.length;
		if (length > LARGEST) throw tooLarge("standard input");
	}
	// A command before the pipe that failed says nothing; to publish that would clear a retained message.
	if (length === 0) throw new UsageError("-s: nothing came on standard input; an empty message is -n");
	return memoryPayload(Buffer.concat(chunks));
}

/** The lines of a stream as bytes, without their line feeds; the last one may lack it. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let pieces: Uint8Array[] = [];
	for await (const chunk of stream) {
		let from = 0;
		for (let stop = chunk.indexOf(10); stop >= 0; stop = chunk.indexOf(10, from)) {
			pieces.push(chunk.subarray(from, stop));
			yield Buffer.concat(pieces);
			pieces = [];
			from = stop + 1;
		}
		if (from < chunk.length) pieces.push(chunk.subarray(from));
	}
	if (pieces.length > 0) yield Buffer.concat(pieces);
}

function checked(content: Uint8Array, name: string): Uint8Array {
	if (content.length > LARGEST) throw tooLarge(name);
	return content;
}

function tooLarge(name: string): UsageError {
	return new UsageError(`${name} is larger than the ${LARGEST} bytes that a message can have`);
}

function whyOf(error: NodeJS.ErrnoException): string {
	switch (error.code) {
		case "ENOENT":
			return "there is no such file";
		case "EACCES":
			return "permission denied";
		default:
			return error.code ?? error.message;
	}
}
