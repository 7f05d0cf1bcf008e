// The file of what cannot be stored.

import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeadLetter, DeadLetters } from "../../../host-sim/sink/deadletter.js";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-dead-"));
});
afterEach(() => {
	chmodSync(folder, 0o700);
	rmSync(folder, { recursive: true });
});

const letter = (text: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
	topic: "thimble/a/telemetry",
	payload: Buffer.from(text),
	length: Buffer.byteLength(text),
	receivedMs: 1_763_766_285_123,
	reason: "no JSON",
	...more,
});
const linesOf = (path: string) => readFileSync(path, "utf8").split("\n").slice(0, -1);

describe("DeadLetters", () => {
	it("a line each: time, topic, payload byte for byte, reason; for the owner's eyes", async () => {
		const dead = new DeadLetters(join(folder, "dead"));
		await dead.put([letter("\xff\n"), letter("two", { length: 70_000 })]);
		await dead.put([letter("three")]);
		const [first, second, third] = linesOf(dead.path).map(line => JSON.parse(line));
		expect(first).toEqual({
			time: "2025-11-21T23:04:45.123Z",
			topic: "thimble/a/telemetry",
			payload: Buffer.from("\xff\n").toString("base64"),
			reason: "no JSON",
		});
		expect(second).toMatchObject({ length: 70_000 });
		expect(Buffer.from(third.payload, "base64").toString()).toBe("three");
		expect(statSync(dead.path).mode & 0o777).toBe(0o600);
	});

	it("a line that was broken off spoils no other", async () => {
		const dead = new DeadLetters(join(folder, "dead"));
		await dead.put([letter("one")]);
		appendFileSync(dead.path, '{"time":"20');
		await dead.put([letter("two")]);
		const lines = linesOf(dead.path);
		expect(lines[1]).toBe('{"time":"20');
		expect([0, 2].map(i => Buffer.from(JSON.parse(lines[i]!).payload, "base64").toString())).toEqual(["one", "two"]);
	});

	it("rejects where it cannot be written, and says beforehand that it could not", async () => {
		mkdirSync(join(folder, "dead"));
		await expect(new DeadLetters(join(folder, "dead")).put([letter("one")])).rejects.toThrow("EISDIR");
		const nowhere = new DeadLetters(join(folder, "none", "dead"));
		await expect(nowhere.put([letter("one")])).rejects.toThrow("ENOENT");
		expect(await nowhere.refusal()).toBe("ENOENT");
		expect(await new DeadLetters(join(folder, "new")).refusal()).toBeUndefined();
	});
});
