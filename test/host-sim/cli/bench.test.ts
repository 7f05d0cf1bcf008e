import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { type BenchSummary, isMissed } from "../../../host-sim/cli/bench.js";
import { type Listener, listen } from "../../../host-sim/node/listen.js";
import { thimble } from "../../support/command.js";
import { freePort, Mosquitto, sleep, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const listeners: Listener[] = [];
afterEach(async () => {
	for (const listener of listeners.splice(0)) await listener.close();
});

async function ownBroker(broker = new Broker()): Promise<string> {
	const listener = await listen(broker, 0);
	listeners.push(listener);
	return `mqtt://127.0.0.1:${listener.port}`;
}

async function bench(...args: string[]) {
	const run = thimble(["bench", ...args]);
	const code = await run.code;
	return { code, out: run.out().toString(), err: run.err() };
}

const events = (out: string) =>
	out
		.trimEnd()
		.split("\n")
		.map(line => JSON.parse(line) as Record<string, unknown>);

/** What it ends with. A machine that is busy with something else can miss any rate, and then it has to say so; all else holds even then. */
function endOf(summary: Pick<BenchSummary, "rate" | "targetRate">): [number, string] {
	const { rate, targetRate } = summary;
	if (!isMissed(summary)) return [0, ""];
	return [1, `thimble: the rate was missed: ${rate} messages a second in the place of ${targetRate}\n`];
}

const SHORT = ["--warm-up", "200ms", "--duration", "2s"];

describe("thimble bench", () => {
	it("publishes at the rate that it is told, sees all of it arrive, and says how long that took", async () => {
		const csv = join(folder, "a.csv");
		const { code, err, out } = await bench(
			await ownBroker(),
			"--devices",
			"4",
			"--rate",
			"200",
			...SHORT,
			"--csv",
			csv,
		);
		const lines = out.split("\n");
		expect(lines[1]).toBe("Boards    4, MQTT 3.1.1");
		expect(lines[2]).toBe("Messages  64 bytes at QoS 1, 200 a second in all, 16 under way for each");
		expect(lines[5]).toBe("ms                     p50       p90       p99       max     count");
		expect(lines[6]).toMatch(/^connect( +\d+(\.\d+)?){4} +4$/);
		expect(lines[7]).toMatch(/^publish to ack( +\d+(\.\d+)?){4} +\d{3}$/);
		expect(lines[8]).toMatch(/^end to end( +\d+(\.\d+)?){4} +\d{3}$/);
		expect(lines[10]).toMatch(/^rate {6}\d+(\.\d)? of 200 messages a second; left late by /);
		const rate = Number(/[\d.]+/.exec(lines[10]!)![0]);
		// A busy machine publishes later, and not more.
		expect(rate).toBeLessThan(220);
		expect([code, err]).toEqual(endOf({ rate, targetRate: 200 }));
		expect(lines[11]).toMatch(
			/^arrivals {2}\d+ arrived in time, 0 missing, 0 again; 0 publishes failed, 0 connections ended$/,
		);
		expect(lines[12]).toMatch(/^CPU {7}\d+ % of one core$/);
		const table = readFileSync(csv, "utf8").trimEnd().split("\r\n");
		expect(table[0]).toMatch(/^second,duration_ms,published,acknowledged,arrived,ack_p50_ms,.*,connect_max_ms$/);
		expect(table.at(-1)).toMatch(/^all,\d{4},\d{3},\d{3},\d{3}(,\d+(\.\d+)?){12}$/);
		for (const line of table) expect(line.split(",")).toHaveLength(17);
	});

	it("ends with 1 where the broker is slower than that by more than a twentieth", async () => {
		const { code, err } = await bench(
			await ownBroker(),
			"--devices",
			"1",
			"--window",
			"1",
			"--rate",
			"1000000",
			...SHORT,
		);
		expect(code).toBe(1);
		expect(err).toMatch(/^thimble: the rate was missed: \d+(\.\d)? messages a second in the place of 1000000\n$/);
		expect(isMissed({ rate: 95, targetRate: 100 })).toBe(false);
		expect(isMissed({ rate: 94.9, targetRate: 100 })).toBe(true);
		expect(isMissed({ rate: 1, targetRate: null })).toBe(false);
	});

	it("--json: an event for what was asked, for progress and for the end, at QoS 0 without acknowledgements", async () => {
		const url = await ownBroker();
		const { code, err, out } = await bench(
			url,
			"--json",
			"--qos",
			"0",
			"--protocol",
			"5",
			"--rate",
			"300",
			"--size",
			"16",
			...SHORT,
		);
		const [first, ...rest] = events(out);
		expect(first).toMatchObject({ event: "bench", broker: url, devices: 10, rate: 300, qos: 0, protocolVersion: 5 });
		expect(rest.filter(({ event }) => event === "progress").length).toBeGreaterThan(0);
		const summary = rest.at(-1) as unknown as BenchSummary & { latency: object };
		expect([code, err]).toEqual(endOf(summary));
		expect(summary.rate).toBeCloseTo((summary.published * 1000) / summary.durationMs, 0);
		expect(summary).toMatchObject({
			event: "summary",
			targetRate: 300,
			acknowledged: 0,
			missing: 0,
			failed: 0,
			drops: 0,
		});
		expect(summary.latency).toMatchObject({ connect: { count: 10 }, acknowledged: { count: 0, p50: null } });
	});

	it("ends with 1, and why, where no board is let in", async () => {
		let answers = 0;
		const frame = () => (answers += 1);
		const url = await ownBroker(new Broker({ users: { ann: "secret" }, on: { frame } }));
		const wrong = url.replace("//", "//ann:hushhush@");
		const run = thimble(["bench", wrong]);
		// CONNECT and CONNACK of the first of them.
		await until("somebody has been refused", () => answers >= 2);
		await sleep(100);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(1);
		expect(run.err()).toMatch(/^thimble: 0 of 10 boards came online: .*\n$/);
		expect(run.out() + run.err()).not.toContain("hushhush");
	});

	it.each([
		[["http://x"], /^thimble: URL: expected mqtt:\/\//],
		[["mqtt://x/topic"], /^thimble: URL: leave the topic out/],
		[["mqtt://x", "--qos", "0"], /^thimble: --qos 0 has no acknowledgements .*: give --rate too$/],
		[["mqtt://x", "--qos", "0", "--rate", "1", "--window", "2"], /^thimble: --window counts acknowledgements/],
		[["mqtt://x", "--size", "15"], /^thimble: --size: expected a whole number from 16 to 60000$/],
		[["mqtt://x", "--duration", "soon"], /^thimble: --duration: expected a time such as/],
		[["mqtt://x", "--protocol", "3.1"], /^thimble: --protocol: expected 3.1.1 or 5$/],
		[["mqtt://x", "--cafile", "x"], /^thimble: --cafile is for TLS/],
		[["mqtt://x", "--csv", "/nowhere/a.csv"], /^thimble: --csv: \/nowhere\/a.csv cannot be written \(ENOENT\)$/],
		[[], /^thimble: missing required args/],
	])("refuses %j in a sentence, with code 2", async (args, sentence) => {
		const { code, err, out } = await bench(...args);
		expect([code, out]).toEqual([2, ""]);
		expect(err.trimEnd()).toMatch(sentence);
	});

	it("says that nobody listens there", async () => {
		const { code, err } = await bench(`mqtt://127.0.0.1:${await freePort()}`);
		expect(code).toBe(2);
		expect(err).toContain("connection refused; is a broker running there?");
	});
});

describeWith(["mosquitto"], "thimble bench before mosquitto", () => {
	it.each([
		["3.1.1", "1"],
		["5", "2"],
	])("at %s and QoS %s loses nothing, and nothing comes twice", async (protocol, qos) => {
		const mosquitto = await Mosquitto.start();
		const url = `mqtt://127.0.0.1:${mosquitto.port}`;
		const { code, err, out } = await bench(
			url,
			"--protocol",
			protocol,
			"--qos",
			qos,
			"--rate",
			"500",
			"--json",
			...SHORT,
		);
		await mosquitto.close();
		const summary = events(out).at(-1) as unknown as BenchSummary;
		expect(summary).toMatchObject({ missing: 0, repeated: 0, failed: 0, drops: 0, targetRate: 500 });
		expect(summary.acknowledged).toBeGreaterThan(0);
		expect(summary.rate).toBeCloseTo((summary.acknowledged * 1000) / summary.durationMs, 0);
		expect([code, err]).toEqual(endOf(summary));
	});
});
