// thimble sink as a person runs it: real processes, a real PostgreSQL, a real mosquitto.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sink } from "../../../host-sim/cli/sink.js";
import { Broker, type BrokerOptions, type Listener, listen } from "../../../host-sim/testing.js";
import { type Command, thimble } from "../../support/command.js";
import { Mosquitto, sleep, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";
import { PASSWORD, Server } from "../../support/postgres.js";
import { sunk } from "../../support/sinking.js";

let folder: string;
let dead: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "thimble-sink-"));
	dead = join(folder, "dead.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

const listeners: Listener[] = [];
const servers: HttpServer[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		server.close();
	}
});

async function brokerOf(options: BrokerOptions = {}) {
	const broker = new Broker(options);
	const listener = await listen(broker, 0);
	listeners.push(listener);
	const publish = (seq: number, payload = JSON.stringify({ boot: 1, seq, temperature: 20 })) =>
		broker.publish({ topic: "thimble/attic/telemetry", payload: Buffer.from(payload), qos: 1, retain: false });
	return { broker, listener, publish, url: `mqtt://127.0.0.1:${listener.port}` };
}

/** A web server, and the keys that it has got; `answer` says how it answers to each. */
async function hookOf(answer: (key: string, response: ServerResponse) => void = (_, response) => response.end()) {
	const keys: string[] = [];
	const server = createServer((request, response) => {
		const key = String(request.headers["idempotency-key"]);
		keys.push(key);
		answer(key, response);
	});
	servers.push(server);
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return { keys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?token=s3cret` };
}

/** Runs until it is online, and subscribed. */
async function started(args: readonly string[]): Promise<Command> {
	const run = thimble(["sink", ...args, "--dead", dead, "--json", "-d"]);
	await until("the sink", () => /subscribed|resumed/.test(run.err()));
	return run;
}

type Line = Record<string, unknown>;
const lastOf = (run: Command) => JSON.parse(run.out().toString().trim().split("\n").at(-1)!) as Line;
const deadLetters = () =>
	existsSync(dead)
		? readFileSync(dead, "utf8")
				.trim()
				.split("\n")
				.map(line => JSON.parse(line) as Line)
		: [];

describe("thimble sink", () => {
	it.each([
		[[], "where to? thimble sink postgres, or thimble sink webhook; see --help"],
		[["postgres"], "where to? Give --to URL"],
		[["postgres", "--to", "postgres://h/d", "--header", "A: b"], "--header is for a webhook"],
		[["webhook", "--to", "http://h", "--table", "t"], "--table is for postgres"],
		[["webhook", "--to", "http://h", "-q", "0"], "-q: expected a whole number from 1 to 2"],
		[["webhook", "--to", "http://h", "--batch", "1001"], "--batch: expected a whole number from 1 to 1000"],
		[["webhook", "--to", "http://h", "--filter", "a#"], '--filter: "a#" is no topic filter'],
		[["webhook", "--to", "http://h", "--filter", "$share/a/b"], "--filter: give --share NAME"],
		[["webhook", "--to", "http://h", "--share", "a/b", "-i", "x"], "--share: expected a name"],
		[["webhook", "--to", "http://h", "--share", "a", "-V", "4", "-i", "x"], "--share is of MQTT 5.0"],
		[["webhook", "--to", "http://h", "--share", "a"], "--share: each sink wants an id of its own"],
		[["webhook", "--to", "http://h", "--dead", "/nowhere/dead"], "--dead: /nowhere/dead cannot be written to (ENOENT)"],
		[["webhook", "--to", "http://h", "-c"], "there is no flag -c"],
	])("%j: %s", async (args, why) => {
		await expect(sink(args)).rejects.toThrow(why);
	});

	it("acknowledges what the webhook has, and buries what it does not take; Ctrl-C writes what is there first", async () => {
		const { broker, publish, url } = await brokerOf();
		const hook = await hookOf((key, response) => response.writeHead(key.endsWith("/2-2") ? 400 : 200).end());
		const run = await started(["webhook", url, "--to", hook.url, "--batch-time", "60"]);
		for (const seq of [1, 2, 3]) publish(seq);
		publish(4, "nonsense");
		await sleep(300);
		expect(hook.keys).toEqual([]);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(hook.keys).toEqual(["attic/1/1-1", "attic/1/2-2", "attic/1/3-3"]);
		expect(deadLetters().map(({ reason }) => reason)).toEqual([
			"no JSON object, or a larger one than a board sends",
			"answers 400",
		]);
		expect(lastOf(run)).toMatchObject({ event: "summary", readings: 2, dead: 2, waiting: 0 });
		expect(`${run.out()}${run.err()}`).not.toContain("s3cret");
		// Nothing of it comes again.
		const again = await started(["webhook", url, "--to", hook.url]);
		await sleep(300);
		again.child.kill("SIGINT");
		await again.code;
		expect(hook.keys.length).toBe(3);
		expect([...broker.sessions.keys()].length).toBe(1);
	});

	it.each(["4", "5"])(
		"-V %s: killed before the webhook has answered, it gets the same again in its next life",
		async version => {
			const { publish, url } = await brokerOf();
			let isDeaf = true;
			const hook = await hookOf((_, response) => {
				if (!isDeaf) response.end();
			});
			const args = ["webhook", url, "--to", hook.url, "-V", version];
			const first = await started(args);
			publish(1);
			await until("a request", () => hook.keys.length === 1);
			first.child.kill("SIGKILL");
			await first.code;
			publish(2);
			isDeaf = false;
			const second = await started(args);
			await until("both", () => hook.keys.length === 3);
			await sleep(200);
			second.child.kill("SIGINT");
			expect(await second.code).toBe(0);
			expect(hook.keys.sort()).toEqual(["attic/1/1-1", "attic/1/1-1", "attic/1/2-2"]);
			expect(lastOf(second)).toMatchObject({ readings: 2, waiting: 0 });
		},
	);

	it("a webhook that fails, is slow and is busy gets all of it in the end; the connection to the broker stays", async () => {
		const { publish, url } = await brokerOf();
		const tries = new Map<string, number>();
		const hook = await hookOf((key, response) => {
			const count = (tries.get(key) ?? 0) + 1;
			tries.set(key, count);
			if (count === 1 && key.endsWith("1-1")) response.writeHead(500).end();
			else if (count === 2 && key.endsWith("1-1")) response.writeHead(429, { "retry-after": "1" }).end();
			// Longer than the keep-alive.
			else if (key.endsWith("/2-2")) setTimeout(() => response.end(), 3500);
			else response.end();
		});
		const run = await started(["webhook", url, "--to", hook.url, "-k", "1"]);
		for (const seq of [1, 2, 3]) publish(seq);
		await until("all of it", () => run.out().toString().includes('"readings":3'), 20_000);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(deadLetters()).toEqual([]);
		expect(run.err()).toContain("answers 500; the broker keeps the readings, trying again");
		expect(run.err()).toContain("takes readings again");
		expect(run.err().match(/online/g)).toEqual(["online"]);
	}, 40_000);

	it("Ctrl-C while the target is down: what is not stored stays with the broker; a second one ends at once", async () => {
		const { publish, url } = await brokerOf();
		const run = await started(["webhook", url, "--to", "http://127.0.0.1:1/"]);
		publish(1);
		await until("trouble", () => run.err().includes("trying again"));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(run.err()).toContain("not stored: 1 messages; the broker keeps those that are not of QoS 0");
		const deaf = await hookOf(() => {});
		const second = await started(["webhook", url, "--to", deaf.url, "-i", "other"]);
		publish(2);
		await until("a request", () => deaf.keys.length > 0);
		second.child.kill("SIGINT");
		await sleep(100);
		second.child.kill("SIGINT");
		expect(await second.code).toBe(130);
	});

	it("a webhook that is slower than the keep-alive, while the broker has more than its window: one connection, all of it once", async () => {
		const { publish, url } = await brokerOf();
		let slowMs = 3500;
		const hook = await hookOf((_, response) => {
			setTimeout(() => {
				slowMs = 0;
				response.end();
			}, slowMs);
		});
		const args = ["webhook", url, "--to", hook.url, "-V", "5", "-k", "1"];
		const first = await started(args);
		first.child.kill("SIGINT");
		await first.code;
		for (let seq = 1; seq <= 1500; seq += 1) publish(seq);
		const run = await started(args);
		await until("all of them", () => hook.keys.length >= 1500, 25_000);
		await sleep(200);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect([hook.keys.length, new Set(hook.keys).size]).toEqual([1500, 1500]);
		expect(run.err().match(/online/g)).toEqual(["online"]);
	}, 40_000);

	it("a broker without shared subscriptions: it says so, and what to do instead", async () => {
		const { url } = await brokerOf({ limits: { sharedSubscriptions: false } });
		const hook = await hookOf();
		const run = thimble(["sink", "webhook", url, "--to", hook.url, "--dead", dead, "--share", "s", "-i", "one"]);
		expect(await run.code).toBe(1);
		expect(run.err()).toContain("give each sink topics of its own, with --filter");
	});
});

describeWith(["mosquitto"], "thimble sink before mosquitto", () => {
	it.each(["4", "5"])(
		"-V %s: thousands in one go, more than a client can hold: each gets through, on one connection",
		async version => {
			const mosquitto = await Mosquitto.start(["max_inflight_messages 0"]);
			try {
				const hook = await hookOf();
				const args = ["webhook", `mqtt://127.0.0.1:${mosquitto.port}`, "--to", hook.url, "-V", version];
				const first = await started(args);
				first.child.kill("SIGINT");
				await first.code;
				const publisher = nodeClient(mosquitto.port, "pub", { limits: { messages: 256, outbox: 65_535 } });
				publisher.open();
				await until("the publisher", () => publisher.isOnline);
				for (let seq = 1; seq <= 3000; ) {
					const text = JSON.stringify({ boot: 1, seq });
					if (publisher.publish(`thimble/b${seq % 8}/telemetry`, text, { qos: 1 }) > 0) seq += 1;
					else await sleep(1);
				}
				await until("the broker to have them", () => publisher.unsettled === 0);
				publisher.close();
				const run = await started(args);
				await until("all of them", () => hook.keys.length >= 3000, 25_000);
				await sleep(200);
				run.child.kill("SIGINT");
				expect(await run.code).toBe(0);
				expect([hook.keys.length, new Set(hook.keys).size]).toEqual([3000, 3000]);
				expect(run.err().match(/online/g)).toEqual(["online"]);
				expect(run.err()).not.toContain("trying again");
			} finally {
				await mosquitto.close();
			}
		},
		60_000,
	);

	it("--share: two sinks share the readings, each goes to one of them; one that is killed finds its own again", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const url = `mqtt://127.0.0.1:${mosquitto.port}`;
			let isDeaf = false;
			const hooks = [await hookOf((_, response) => (isDeaf ? undefined : response.end())), await hookOf()];
			const args = (i: number) => ["webhook", url, "--to", hooks[i]!.url, "--share", "s", "-i", `sink-${i}`];
			const [first, second] = [await started(args(0)), await started(args(1))];
			const publisher = nodeClient(mosquitto.port, "pub", { limits: { messages: 256, outbox: 65_535 } });
			publisher.open();
			await until("the publisher", () => publisher.isOnline);
			const publish = (from: number, to: number) => {
				for (let seq = from; seq <= to; seq += 1)
					expect(
						publisher.publish("thimble/attic/telemetry", JSON.stringify({ boot: 1, seq }), { qos: 1 }),
					).toBeGreaterThan(0);
			};
			const keys = () => hooks.flatMap(hook => hook.keys);
			publish(1, 100);
			await until("a hundred", () => keys().length === 100);
			expect(new Set(keys()).size).toBe(100);
			for (const hook of hooks) expect(hook.keys.length).toBeGreaterThan(10);
			isDeaf = true;
			publish(101, 150);
			await until("fifty more", () => hooks[1]!.keys.length >= 70 && hooks[0]!.keys.length > 0);
			first.child.kill("SIGKILL");
			await first.code;
			isDeaf = false;
			const third = await started(args(0));
			await until("all of them", () => new Set(keys()).size === 150);
			await sleep(300);
			for (const run of [second, third]) {
				run.child.kill("SIGINT");
				expect(await run.code).toBe(0);
				expect(lastOf(run)).toMatchObject({ waiting: 0, dead: 0 });
			}
			publisher.close();
		} finally {
			await mosquitto.close();
		}
	});
});

describeWith(["mosquitto", "postgres"], "thimble sink postgres", () => {
	it("a table that is something else ends it with 1 and a sentence; a server that is not there is waited for", async () => {
		const { publish, url } = await brokerOf();
		const server = await Server.start();
		try {
			await server.sql`create table plant (id integer)`;
			const wrong = thimble(["sink", "postgres", url, "--to", server.url, "--table", "plant", "--dead", dead]);
			expect(await wrong.code).toBe(1);
			expect(wrong.err()).toBe(
				`thimble: postgres://thimble@127.0.0.1:${server.port}/postgres, table plant: the table has other columns than readings need: "board" is missing\n`,
			);
			await server.down();
			const early = await started(["postgres", url, "--to", server.url]);
			publish(1);
			await server.up();
			await until("it", () => early.out().toString().includes('"readings":1'));
			early.child.kill("SIGINT");
			expect(await early.code).toBe(0);
			expect((await server.sql`select * from readings`).length).toBe(1);
			expect(early.err()).not.toContain(PASSWORD);
		} finally {
			await server.close();
		}
	});

	it.each([
		["4", 2000],
		["5", 1000],
	] as const)(
		"-V %s: kill -9 of the sink twice and of PostgreSQL once, and a restart of mosquitto: of %i readings each is in the table once",
		async (version, readings) => {
			const {
				deadLetters: buried,
				err,
				said,
				stored,
			} = await sunk({
				boards: 20,
				readings,
				version,
				interval: "100ms",
				mostMs: 90_000,
			});
			expect(said.size).toBeGreaterThanOrEqual(readings);
			expect(stored.length).toBe(said.size);
			expect(new Set(stored)).toEqual(said);
			expect(buried).toBe("");
			expect(err).not.toContain("s3cret");
			expect(err).toContain("takes readings again");
		},
		120_000,
	);
});
