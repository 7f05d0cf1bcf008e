// thimble run as it is without further words: a world at the pace of real time behind an open port, and a page beside it. What
// holds of every run is in run.test.ts.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as mqttJs } from "mqtt";
import { afterAll, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { entriesOf } from "../../../host-sim/record/file.js";
import { Reader } from "../../../host-sim/record/recording.js";
import { eventsOf, portOf, thimble } from "../../support/command.js";
import { afterwards, Visitor } from "../../support/desk.js";
import { until } from "../../support/mosquitto.js";
import { nodeClient } from "../../support/node.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-live-"));
afterAll(() => rmSync(folder, { recursive: true }));

function scenario(given: object): string {
	const path = join(folder, "given.json");
	writeFileSync(path, JSON.stringify(given));
	return path;
}

describe("thimble run", () => {
	it("opens a page beside the broker's port: the first line says where, and --no-page says no", async () => {
		const run = thimble(["run", "--port", "0", "--page", "0", "--interval", "100ms"]);
		await until("readings", () => `${run.out()}`.includes("board-03 online"));
		const [page, broker] = `${run.out()}`.split("\n");
		expect(page).toMatch(/^Page {6}http:\/\/127\.0\.0\.1:\d+\/$/);
		expect(broker).toMatch(/^Broker {4}mqtt:\/\/127\.0\.0\.1:\d+$/);
		const visitor = new Visitor({ port: Number(/:(\d+)\/$/.exec(page!)![1]) });
		const hello = await visitor.hello();
		expect(hello).toMatchObject({
			version: "0.1.0",
			title: "3 boards, a reading every 100 ms at QoS 1",
			broker: { url: broker!.slice(10), embedded: true },
		});
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		await until("the page is told", () => visitor.isClosed);
		const none = thimble(["run", "--port", "0", "--no-page"]);
		await until("an introduction", () => `${none.out()}`.includes("Stop"));
		expect(`${none.out()}`).toMatch(/^Broker/);
		none.child.kill("SIGINT");
		expect(await none.code).toBe(0);
	});

	it("has the faults of a scenario behind an open port: a client of this machine sees the will, and is cut with the broker", async () => {
		const path = scenario({
			devices: 1,
			interval: "100ms",
			keepAlive: 5,
			timeline: [
				{ at: "2s", fault: "power-cut", for: "300ms" },
				{ at: "4s", fault: "broker-stop", for: "500ms" },
			],
		});
		const run = thimble(["run", path, "--port", "0", "--json"]);
		const said: string[] = [];
		const online: boolean[] = [];
		const client = nodeClient(await portOf(run, "broker"), "looker-on", {
			onOnline: present => {
				online.push(present);
			},
		});
		client.subscribe("thimble/board-01/status", message => said.push(message.text() ?? ""), { qos: 1 });
		client.open();
		await until("the will", () => said.includes("offline"));
		await until("back", () => online.length > 1);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		client.close();
		expect(eventsOf(run).map(({ event }) => event)).toEqual(expect.arrayContaining(["fault", "mended", "restarted"]));
		expect(eventsOf(run)[0]).toMatchObject({ event: "broker", embedded: true });
		const summary = eventsOf(run).at(-1)!;
		expect(summary).toMatchObject({
			event: "summary",
			gaps: 0,
			restarts: 1,
			faults: { "broker-stop": 1, "power-cut": 1 },
		});
		expect(Math.abs(Number(eventsOf(run)[0]!["time"]) - Date.now())).toBeLessThan(120_000);
	});

	it("what a page lets go wrong is told by the run, and what is wrong at Ctrl-C is mended first", async () => {
		const run = thimble(["run", "--port", "0", "--page", "0", "--interval", "100ms", "--json"]);
		const visitor = new Visitor({ port: await portOf(run, "page") });
		await visitor.hello();
		await until("online", () => `${run.out()}`.split('"online"').length === 4);
		visitor.ask({ ask: "fault", fault: "partition", boards: ["board-02"] });
		await visitor.next("trouble");
		await new Promise(resolve => setTimeout(resolve, 500));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		const all = eventsOf(run);
		expect(all).toContainEqual(expect.objectContaining({ event: "fault", fault: "partition", device: "board-02" }));
		expect(all).toContainEqual(expect.objectContaining({ event: "mended", fault: "partition", device: "board-02" }));
		expect(all.at(-1)).toMatchObject({ event: "summary", waiting: 0, gaps: 0 });
		expect(all.filter(({ event }) => event === "stopped").length).toBe(3);
	});

	it("--record and the page see the same", async () => {
		const file = join(folder, "run.jsonl");
		const run = thimble(["run", "--port", "0", "--page", "0", "--interval", "100ms", "--json", "--record", file]);
		const visitor = new Visitor({ port: await portOf(run, "page") });
		await visitor.hello();
		visitor.ask({ ask: "see", clients: "all" });
		await until("packets", () => visitor.seen.length > 30);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		const reader = new Reader(file);
		const entries = [...entriesOf(file, reader)];
		expect(reader.isWhole).toBe(true);
		for (const seen of visitor.seen.slice(0, 30)) {
			const entry = entries[seen.n - 1]!;
			expect(entry).toMatchObject({ time: seen.at, connection: seen.connection, event: seen.event });
			if (seen.event === "packet" && entry.event === "packet")
				expect(Buffer.from(entry.bytes).toString("hex")).toBe(seen.bytes);
		}
	});

	it("before a broker outside: its own faults are not for us to order, all others are; the page's MQTT goes through to it", async () => {
		const served = new Broker({ users: { ann: "hush-hush" } });
		const listener = await listen(served, 0);
		afterwards(() => listener.close());
		const url = `mqtt://ann:hush-hush@127.0.0.1:${listener.port}`;
		const run = thimble(["run", "--broker", url, "--page", "0", "--interval", "100ms", "--json"]);
		const port = await portOf(run, "page");
		const visitor = new Visitor({ port });
		const hello = await visitor.hello();
		expect(hello.broker).toEqual({ url: `mqtt://ann@127.0.0.1:${listener.port}`, embedded: false });
		expect(hello.faults).toContain("power-cut");
		expect(hello.faults).not.toContain("broker-forgets");
		visitor.ask({ ask: "see", clients: "all" });
		visitor.ask({ ask: "fault", fault: "broker-forgets" });
		expect((await visitor.next("refused")).sentence).toBe(
			"fault: a broker outside cannot be made to have broker-forgets",
		);
		const mqtt = mqttJs(`ws://127.0.0.1:${port}/mqtt`, { clientId: "web", username: "ann", password: "hush-hush" });
		afterwards(() => mqtt.end(true));
		const said: string[] = [];
		mqtt.on("message", (topic, payload) => said.push(`${topic} ${payload}`));
		mqtt.subscribe("thimble/+/status", { qos: 1 });
		await until("birth", () => said.includes("thimble/board-03/status online"));
		visitor.ask({ ask: "fault", fault: "power-cut", boards: ["board-03"], for: "200ms" });
		await until("the will", () => said.includes("thimble/board-03/status offline"));
		const clients = new Set(visitor.seen.flatMap(each => (each.event === "packet" ? [each.client] : [])));
		expect([...clients].sort()).toEqual(["board-01", "board-02", "board-03", "web"]);
		const all = JSON.stringify(visitor.told) + run.out() + run.err();
		expect(all.includes("hush") || all.includes(Buffer.from("hush").toString("hex"))).toBe(false);
		mqtt.end(true);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
	});

	it("a page's port that was named and is taken ends it with 2, before anything begins", async () => {
		const first = thimble(["run", "--port", "0", "--page", "0", "--json"]);
		const port = await portOf(first, "page");
		const second = thimble(["run", "--port", "0", "--page", String(port)]);
		expect(await second.code).toBe(2);
		expect(second.err()).toBe(`thimble: port ${port} is taken; choose another with --page\n`);
		expect(`${second.out()}`).toBe("");
		first.child.kill("SIGINT");
		await first.code;
	});

	it.each([
		[
			["--page", "--speed", "max", "--duration", "1m"],
			"--page: the page shows runs in real time: leave it out, or --speed and --until",
		],
		[["--page", "web"], "--page: expected a port from 0 (any free one) to 65535, got web"],
		[
			["--host", "everywhere"],
			"--host: expected an address of this machine, such as 0.0.0.0 for all of them, got everywhere",
		],
	])("%j: one sentence, exit code 2", async (args, message) => {
		const run = thimble(["run", ...args]);
		expect(await run.code).toBe(2);
		expect(run.err()).toBe(`thimble: ${message}\n`);
	});
});
