// Messages that cannot be stored, as lines of a file, so that nothing is thrown away that somebody has published. What is in
// the file is safe before it is acknowledged.

import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { dirname } from "node:path";

export interface DeadLetter {
	readonly topic: string;
	readonly payload: Uint8Array;
	/** Of the whole payload: it may be longer than what is left of it. */
	readonly length: number;
	readonly receivedMs: number;
	readonly reason: string;
}

const LINE_FEED = 10;
/** What boards say may be nobody else's business. */
const MODE = 0o600;

export class DeadLetters {
	readonly path: string;

	constructor(path: string) {
		this.path = path;
	}

	/** Why it could not be written to, as far as can be seen without writing; undefined where it could. */
	async refusal(): Promise<string | undefined> {
		try {
			await access(this.path, constants.W_OK);
		} catch {
			try {
				await access(this.path);
			} catch {
				return access(dirname(this.path), constants.W_OK).then(
					() => undefined,
					error => (error as NodeJS.ErrnoException).code ?? "no access",
				);
			}
			return "no access";
		}
		return undefined;
	}

	/** Resolves when all of them are safe on the disk. Opened each time, since somebody may have moved the file away. */
	async put(letters: readonly DeadLetter[]): Promise<void> {
		const file = await open(this.path, "a+", MODE);
		let isNew: boolean;
		try {
			const { size } = await file.stat();
			isNew = size === 0;
			const lines = letters.map(lineOf).join("");
			// A line that a full disk or a power cut has broken off must not spoil the next one.
			await file.appendFile(isNew || (await lastByte(file, size)) === LINE_FEED ? lines : `\n${lines}`);
			await file.sync();
		} finally {
			await file.close();
		}
		if (isNew) await syncFolder(dirname(this.path));
	}
}

function lineOf({ length, payload, reason, receivedMs, topic }: DeadLetter): string {
	const line = {
		time: new Date(receivedMs).toISOString(),
		topic,
		payload: Buffer.from(payload).toString("base64"),
		...(length !== payload.length && { length }),
		reason,
	};
	return `${JSON.stringify(line)}\n`;
}

async function lastByte(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
	const { buffer } = await file.read(new Uint8Array(1), 0, 1, size - 1);
	return buffer[0]!;
}

/** The name of a new file is as safe as what is in it. */
async function syncFolder(path: string): Promise<void> {
	const folder = await open(path, "r");
	try {
		await folder.sync();
	} finally {
		await folder.close();
	}
}
