// Bad input over real sockets: mutated packets in numbers, ten thousand connections that say nothing, and floods of retained messages; and
// how long mosquitto leaves a connection alone that says nothing.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Attack } from "../support/attack.js";
import { describeWith } from "../support/need.js";
import { mosquittoSite, Papers } from "../support/site.js";

const PACKETS = Number(process.env["SOAK_MUTANTS"] ?? 100_000);
const HALF_OPEN = Number(process.env["SOAK_HALF_OPEN"] ?? 10_000);
const MOST_BYTES = 500 * 1_048_576;

const folder = mkdtempSync(join(tmpdir(), "thimble-attack-"));
afterAll(() => rmSync(folder, { recursive: true }));

it(`${PACKETS} mutants, ${HALF_OPEN} half-open connections and a flood: it stays up and small, and a bystander notices nothing`, async () => {
	const config = join(folder, "broker.json");
	writeFileSync(config, JSON.stringify({ listeners: [{ port: 0 }] }));
	const attack = await Attack.begin(config);
	await attack.mutate(PACKETS, Number(process.env["SOAK_SEED"] ?? 1));
	await attack.halfOpen(HALF_OPEN);
	await attack.flood(12_000);
	const megabytes = Math.round(attack.mostBytes / 1_048_576);
	console.log(`the bystander waited ${Math.round(attack.longestMs)} ms at most; the broker took ${megabytes} MB`);
	expect(attack.longestMs).toBeLessThan(5000);
	expect(attack.mostBytes).toBeLessThan(MOST_BYTES);
	expect(attack.broker.err()).toBe("");
	expect(await attack.end()).toBe(0);
}, 3_600_000);

describeWith(["mosquitto"], "mosquitto", () => {
	it("ends a connection that says nothing, after a minute and a half", async () => {
		const papers = await Papers.make();
		const site = await mosquittoSite(papers);
		const socket = connect(site.ports[0], "127.0.0.1");
		const began = performance.now();
		socket.resume();
		await once(socket, "close");
		expect(performance.now() - began).toBeLessThan(120_000);
		await site.close();
		papers.close();
	}, 150_000);
});
