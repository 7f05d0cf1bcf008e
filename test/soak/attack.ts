// Bad input over real sockets: mutated packets in numbers, ten thousand connections that say nothing, and floods of retained messages; and
// how
// mosquitto bears those that say nothing or little.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Attack, halfOpen } from "../support/attack.js";
import { connectPacket, Knock } from "../support/knock.js";
import { describeWith } from "../support/need.js";
import { mosquittoSite, PASSWORD, Papers, type Site } from "../support/site.js";

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
	let papers: Papers;
	let site: Site;
	beforeAll(async () => {
		papers = await Papers.make();
		site = await mosquittoSite(papers);
	});
	afterAll(async () => {
		await site?.close();
		papers?.close();
	});
	const knock = (user: string) => {
		const client = new Knock(site.ports[0], { ca: papers.ca });
		const said = client.connect(user, { username: user, password: Buffer.from(PASSWORD) });
		return { client, said };
	};

	it("ends a connection that says nothing, and a login byte by byte, after a minute and a half", async () => {
		const began = performance.now();
		const silent = connect(site.ports[0], "127.0.0.1");
		silent.resume();
		const slow = new Knock(site.ports[0], { ca: papers.ca });
		const login = generate(connectPacket(5, "x".repeat(1000)), { protocolVersion: 5 });
		let at = 0;
		const drip = setInterval(() => {
			slow.socket.write(login.subarray(at, at + 1));
			at += 1;
		}, 500);
		await Promise.all([once(silent, "close"), once(slow.socket, "close")]);
		clearInterval(drip);
		expect(at).toBeLessThan(login.length);
		expect(performance.now() - began).toBeLessThan(120_000);
	}, 150_000);

	it(`${HALF_OPEN} half-open connections: who is in stays in, and who comes gets in, or is turned away at max_connections`, async () => {
		const board = knock("board-1");
		expect(await board.said).toBe("connack 0");
		const sockets = await halfOpen(site.ports[0], HALF_OPEN, async () => {
			expect(await board.client.ping()).toBe("pingresp 0");
		});
		const late = knock("board-2");
		expect(await late.said).toMatch(HALF_OPEN < 9990 ? /^connack 0$/ : /^(connack 0|closed)$/);
		expect(await board.client.ping()).toBe("pingresp 0");
		for (const socket of sockets) socket.destroy();
		for (const { client } of [board, late]) client.cut();
	}, 300_000);
});
