// Bad input over real sockets, a little of it; test/soak/attack.ts has more.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Attack } from "../support/attack.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-attack-"));
afterAll(() => rmSync(folder, { recursive: true }));
const MOST_BYTES = 400 * 1_048_576;

it("mutated packets, silence and floods: thimble broker stays up and small, and a bystander notices nothing", async () => {
	const config = join(folder, "broker.json");
	const limits = { queueBytes: 200_000, unreadBytes: 500_000, retained: 500, retainedBytes: 2_000_000 };
	writeFileSync(config, JSON.stringify({ listeners: [{ port: 0 }], limits }));
	const attack = await Attack.begin(config);
	await attack.mutate(2000, 1);
	await attack.halfOpen(500);
	await attack.flood(600);
	expect(attack.longestMs).toBeLessThan(5000);
	expect(attack.mostBytes).toBeLessThan(MOST_BYTES);
	expect(attack.broker.err()).toBe("");
	expect(await attack.end()).toBe(0);
}, 120_000);
