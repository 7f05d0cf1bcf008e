// thimble run with boards on real sockets: on the XS engine, and before a broker outside.

import { connect as mqttJs } from "mqtt";
import { describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { type Listener, type ListenOptions, listen } from "../../../host-sim/node/listen.js";
import { eventsOf, portOf, thimble } from "../../support/command.js";
import { afterwards, Visitor } from "../../support/desk.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

async function broker(options: ListenOptions = {}): Promise<Listener> {
	const listener = await listen(new Broker(), 0, "127.0.0.1", options);
	afterwards(() => listener.close());
	return listener;
}

/** By the page's way to the broker. */
async function seeReading(port: number): Promise<void> {
	const mqtt = mqttJs(`ws://127.0.0.1:${port}/mqtt`);
	afterwards(() => mqtt.end(true));
	const said: string[] = [];
	mqtt.on("message", topic => said.push(topic));
	mqtt.subscribe("thimble/board-01/telemetry");
	await until("a reading", () => said.length > 0);
}

describe("thimble run before a broker outside", () => {
	it("without a page has sockets of its own: where the broker is comes first, and the summary has no world in it", async () => {
		const url = `mqtt://127.0.0.1:${(await broker()).port}`;
		const run = thimble(["run", "--broker", url, "--interval", "100ms", "--duration", "1s", "--json"]);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		const told = eventsOf(run);
		expect(told[0]).toMatchObject({ event: "broker", url, embedded: false });
		expect(told.at(-1)).toMatchObject({ event: "summary", seenOnline: 3, refused: 0, lost: 0 });
		expect(told.at(-1)).not.toHaveProperty("gaps");
		const shown = thimble(["run", "--broker", url, "--duration", "1s"]);
		expect(await shown.code).toBe(0);
		expect(`${shown.out()}`.split("\n").slice(0, 4)).toEqual([
			`Broker    ${url}`,
			"Boards    3 boards, a reading every 1000 ms at QoS 1",
			expect.stringContaining("Look on   mosquitto_sub "),
			"Stop      after 1 s, or Ctrl-C",
		]);
	});

	it("with several brokers goes to the next one where the first one ends, and loses nothing on the way", async () => {
		const [first, second] = [await broker(), await broker()];
		const url = `mqtt://127.0.0.1:${first.port},127.0.0.1:${second.port}`;
		// Seldom enough for what waits meanwhile to find room.
		const run = thimble(["run", "--broker", url, "--interval", "500ms", "--json"]);
		const online = () => eventsOf(run).filter(({ event }) => event === "online").length;
		await until("all boards", () => online() === 3);
		await first.close();
		await until("all boards at the other", () => online() === 6);
		const told = eventsOf(run).length;
		await until("readings", () => eventsOf(run).length > told + 10);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(eventsOf(run)[0]).toMatchObject({ event: "broker", url });
		expect(eventsOf(run).at(-1)).toMatchObject({ event: "summary", seenOnline: 3, reconnects: 3, lost: 0, refused: 0 });
	});

	it.each([
		["--engine xs", ["--engine", "xs"]],
		["--record", ["--record", "never.jsonl"]],
		["a scenario with faults", ["bad-night"]],
	])("takes one broker only with %s", async (_, words) => {
		const run = thimble(["run", ...words, "--broker", "mqtt://127.0.0.1:1,127.0.0.1:2"]);
		expect(await run.code).toBe(2);
		expect(run.err()).toContain("give a URL with one host");
	});

	it("behind a WebSocket has a page without faults, whose MQTT goes through to it", async () => {
		const url = `ws://127.0.0.1:${(await broker({ webSocket: true })).port}/mqtt`;
		const run = thimble(["run", "--broker", url, "--interval", "100ms", "--page", "0", "--json"]);
		const port = await portOf(run, "page");
		const visitor = new Visitor({ port });
		expect(await visitor.hello()).toMatchObject({ broker: { url, embedded: false }, faults: [] });
		await seeReading(port);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
	});

	it("[--engine xs] over TLS or WebSocket there is none, which is said before anything is built", async () => {
		const run = thimble(["run", "--engine", "xs", "--broker", "ws://127.0.0.1:1"]);
		expect(await run.code).toBe(2);
		expect(run.err()).toBe("thimble: --engine xs: boards there speak plain TCP for now: give a URL with mqtt://\n");
	});
});

describeWith(["gcc", "gcc -m32"], "thimble run --engine xs", () => {
	it("runs the first-light scenario: every board a process of its own, every reading settled", async () => {
		const run = thimble(["run", "first-light", "--engine", "xs", "--port", "0", "--duration", "4s", "--json"]);
		expect(await run.code).toBe(0);
		const summary = eventsOf(run).at(-1) as Record<string, number>;
		expect(summary).toMatchObject({ devices: 3, seenOnline: 3, refused: 0, dropped: 0, lost: 0, restarts: 0 });
		expect(summary["published"]).toBeGreaterThanOrEqual(9);
		expect(summary["settled"]).toBe(summary["published"]);
	}, 120_000);

	it("says so where the memory is too small: boards restart, and the exit code is 1", async () => {
		const run = thimble(["run", "--engine", "xs", "--heap", "8k", "--port", "0", "--duration", "2s"]);
		expect(await run.code).toBe(1);
		expect(`${run.out()}`).toContain(
			"Boards    3 boards, a reading every 1000 ms at QoS 1, each an XS machine with 8192 bytes",
		);
		expect(`${run.out()}`).toContain("board-01 restarted: out of memory, 0 readings lost");
		expect(`${run.out()}`).toMatch(/ {2}restarts \d+ {2}ping/);
		expect(run.err()).toContain("thimble: no board ever came online");
	}, 120_000);

	it("ends at Ctrl-C with nothing left behind", async () => {
		const run = thimble(["run", "--engine", "xs", "--port", "0", "--json"]);
		await until("readings", () => `${run.out()}`.includes('"settled"'));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		expect(eventsOf(run).at(-1)).toMatchObject({ event: "summary", seenOnline: 3 });
	}, 120_000);

	it("beside a page shows every packet of its broker, and has no faults by order", async () => {
		const run = thimble(["run", "--engine", "xs", "--devices", "1", "--port", "0", "--page", "0", "--json"]);
		const port = await portOf(run, "page");
		const visitor = new Visitor({ port });
		expect(await visitor.hello()).toMatchObject({
			broker: { url: `mqtt://127.0.0.1:${await portOf(run, "broker")}`, embedded: true },
			boards: [{ device: "board-01", engine: "xs" }],
			faults: [],
		});
		visitor.ask({ ask: "see", clients: ["board-01"] });
		await until("packets", () => visitor.seen.length > 6);
		visitor.ask({ ask: "fault", fault: "power-cut" });
		expect((await visitor.next("refused")).sentence).toBe("fault: boards on real sockets have no faults by order");
		await seeReading(port);
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
	}, 120_000);

	it("ends with one sentence where its broker cannot be had: nothing of the engine is left behind", async () => {
		const run = thimble(["run", "--engine", "xs", "--broker", "mqtt://127.0.0.1:1"]);
		expect(await run.code).toBe(2);
		expect(run.err()).toBe(
			"thimble: cannot reach mqtt://127.0.0.1:1: connection refused; is a broker running there?\n",
		);
	}, 120_000);
});
