// thimble watch as a person uses it: against the broker in this process and a real mosquitto, with `thimble run` beside it, in a
// terminal and without one.

import { afterEach, describe, expect, it } from "vitest";
import type { Client } from "../../../firmware/mqtt/client.js";
import { watch } from "../../../host-sim/cli/watch.js";
import { Broker, type BrokerOptions, type Listener, listen, type Message } from "../../../host-sim/testing.js";
import { thimble } from "../../support/command.js";
import { Mosquitto, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";
import { Terminal } from "../../support/terminal.js";

const listeners: Listener[] = [];
const clients: Client[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) client.close();
	for (const listener of listeners.splice(0)) await listener.close();
});

async function brokerOf(options: BrokerOptions = {}) {
	const packets: string[] = [];
	let filters = 0;
	const broker = new Broker({
		...options,
		on: {
			received(_client, packet) {
				packets.push(packet.cmd);
				if (packet.cmd === "subscribe") filters += packet.subscriptions.length;
			},
		},
	});
	const listener = await listen(broker, 0);
	listeners.push(listener);
	const publish = (topic: string, payload: string | Uint8Array, retain = false) =>
		broker.publish({ topic, payload: Buffer.from(payload as string), qos: 0, retain } as Message);
	const subscribed = () => until("its subscriptions", () => filters === 5);
	return { url: `mqtt://127.0.0.1:${listener.port}`, publish, subscribed, packets };
}

const linesOf = (out: Buffer) => out.toString().trimEnd().split("\n");
const jsonOf = (out: Buffer) => linesOf(out).map(line => JSON.parse(line));

describe("what cannot be is refused", () => {
	it.each([
		[["--sort", "colour"], "--sort: expected one of board, state"],
		[["--filter", "colour:red"], 'there is no column "colour"'],
		[["mqtt://h/topic"], "leave the topic out"],
		[["-c"], "there is no flag -c"],
		[["--will-topic", "x"], "there is no flag --will-topic"],
		[["-q", "3"], "from 0 to 2"],
		[["mqtt://h", "--cafile", "x"], "for TLS"],
	])("%j", async (args, text) => {
		await expect(watch(args)).rejects.toThrow(text);
	});

	it("with exit code 2; where nobody listens it is 1", async () => {
		const wrong = thimble(["watch", "--sort", "x"]);
		const nobody = thimble(["watch", "mqtt://127.0.0.1:1", "--once"]);
		expect([await wrong.code, wrong.out().toString()]).toEqual([2, ""]);
		expect([await nobody.code, nobody.err()]).toEqual([
			1,
			"thimble: cannot connect to mqtt://127.0.0.1:1: connection refused\n",
		]);
	});
});

describe("--once", () => {
	it("prints what is retained, and ends with 1 where a board is offline", async () => {
		const { packets, publish, url } = await brokerOf();
		publish("thimble/b1/status", "online", true);
		publish("thimble/b2/status", "offline", true);
		publish("thimble/b2/update/state", '{"state":"idle","running":"1.2.0"}', true);
		const run = thimble(["watch", url, "--once", "--sort", "state"]);
		expect([await run.code, run.err()]).toEqual([1, ""]);
		const lines = linesOf(run.out());
		expect(lines[0]).toMatch(/^ BOARD {2}STATE↓ +SINCE +°C .* FIRMWARE$/);
		expect(lines[1]).toMatch(/^ b2 +offline +≥\d s .* 1\.2\.0$/);
		expect(lines[2]).toMatch(/^ b1 +online +≥\d s .* –$/);
		expect(lines[3]).toBe("2 boards: 1 online, 1 offline");
		expect([...new Set(packets)]).toEqual(["connect", "subscribe", "disconnect"]);
		const others = thimble(["watch", url, "--once", "--filter", "b1"]);
		expect([await others.code, linesOf(others.out())[2]]).toEqual([0, "1 boards: 1 online, 0 offline"]);
	});

	it("as JSON: an object a board, and a summary", async () => {
		const { publish, url } = await brokerOf();
		publish("thimble/b1/status", "sleeping", true);
		const run = thimble(["watch", url, "--once", "--json"]);
		expect(await run.code).toBe(0);
		expect(jsonOf(run.out())).toMatchObject([
			{ event: "board", device: "b1", state: "sleeping", retained: true, missing: 0 },
			{ event: "summary", boards: 1, online: 0, offline: 0, sleeping: 1, unknown: 0 },
		]);
	});

	it("ends with 1 where the broker lets nobody listen, and says so", async () => {
		const filters = ["status", "telemetry", "diagnostics", "answer", "update/state"].map(kind => `thimble/+/${kind}`);
		const { url } = await brokerOf({ refusedFilters: filters });
		const run = thimble(["watch", url, "--once"]);
		expect([await run.code, run.out().toString()]).toEqual([1, ""]);
		expect(run.err().split("\n")[0]).toBe('thimble: the subscription to "thimble/+/status" is refused: refused');
	});
});

describe("without a terminal", () => {
	it("it prints a line for each thing worth knowing, and nothing that a terminal would obey", async () => {
		const { publish, subscribed, url } = await brokerOf();
		publish("thimble/b1/status", "offline", true);
		const run = thimble(["watch", url]);
		await subscribed();
		await until("a first line", () => run.out().length > 0);
		publish("thimble/b1/status", "online", true);
		for (const seq of [1, 2, 5]) publish("thimble/b1/telemetry", JSON.stringify({ boot: 1, seq }));
		publish("thimble/b1/telemetry", JSON.stringify({ boot: 1, seq: 3, ms: [0, 1] }));
		publish("thimble/b1/telemetry", JSON.stringify({ boot: 2, seq: 1 }));
		publish("thimble/b1/answer", '{"command":"set","ok":false,"error":"\\u001b[2J"}');
		publish("thimble/b1/update/state", '{"state":"receiving","running":"1.0.0","version":"1.1.0","at":1,"size":2}');
		for (let i = 0; i < 3; i += 1) publish("thimble/b1/telemetry", Uint8Array.of(0xff, 0x1b, 0x5b));
		publish("thimble/b1/telemetry", "x".repeat(100_000));
		publish("thimble/b\u001b]0;x\u0007/status", "online");
		publish("thimble/b1/status", "", true);
		await until("the last line", () => run.out().includes("forgotten"));
		run.child.kill("SIGINT");
		expect([await run.code, run.err()]).toEqual([0, "thimble: message larger than the receive buffer skipped\n"]);
		expect(linesOf(run.out())).toEqual([
			"b1 offline, retained",
			"b1 online",
			"b1 missing 2 from reading 3 on, boot 1",
			"b1 filled in 2 from reading 3 on, boot 1",
			"b1 restarted, boot 2",
			"b1 answers set: ?[2J",
			"b1 firmware 1.0.0 > 1.1.0 receiving 50 %",
			"b1 says on telemetry what no board says",
			"b?]0;x? online",
			"b1 is forgotten: its status was taken away",
		]);
	});

	it("--json prints each thing as it comes, filtered; -W ends it with 27", async () => {
		const { publish, subscribed, url } = await brokerOf();
		const run = thimble(["watch", url, "--json", "--filter", "board=b1", "-W", "2"]);
		await subscribed();
		for (const id of ["b1", "b2"]) publish(`thimble/${id}/telemetry`, '{"boot":1,"seq":4,"temperature":20}');
		expect(await run.code).toBe(27);
		expect(jsonOf(run.out())).toEqual([
			{
				time: expect.any(Number),
				event: "reading",
				device: "b1",
				boot: 1,
				seq: 4,
				late: false,
				retained: false,
				readings: [{ values: { temperature: 20 } }],
			},
		]);
	});
});

describeWith(["python3"], "in a terminal", () => {
	it("keys sort, filter, move and open; q gives the terminal back as it was", async () => {
		const { publish, url } = await brokerOf();
		for (const id of ["b1", "b2", "b3"]) publish(`thimble/${id}/status`, id === "b2" ? "offline" : "online", true);
		const terminal = new Terminal(8, 70, ["watch", url]);
		const { display } = terminal;
		const shows = (what: string, done: () => boolean) => until(`${what}: ${display.lines.join("|")}`, done);
		await shows("the boards", () => display.lines[0]?.startsWith("3 boards: 2 online, 1 offline") === true);
		expect([display.isOther, display.hasCursor, display.lines.length]).toEqual([true, false, 8]);
		expect(display.lines[2]).toMatch(/^>b1 +online/);
		terminal.press("r\u001b[B");
		await shows(
			"reversed",
			() => display.lines[3]?.startsWith(">b2") === true && display.lines[2]?.startsWith(" b3") === true,
		);
		terminal.press("\r");
		await shows("details", () => display.lines[1] === "board             b2");
		terminal.press("\u001b");
		await shows("the table", () => display.lines[1]?.startsWith(" BOARD") === true);
		terminal.press("/b3");
		await shows("the filter", () => display.lines[2]?.startsWith(">b3") === true && display.lines[7] === "/b3_");
		terminal.press("\r");
		publish("thimble/b3/status", "offline", true);
		await shows("what is live", () => /^>b3 +offline +0 s/.test(display.lines[2] ?? ""));
		terminal.press("q");
		expect(await terminal.end()).toEqual({ code: 0, restored: true });
		expect([display.isOther, display.hasCursor]).toEqual([false, true]);
	});

	it.each([
		["Ctrl-C", (terminal: Terminal) => terminal.press("\u0003"), 0],
		["SIGTERM", (terminal: Terminal) => terminal.signal(15), 0],
		["SIGHUP", (terminal: Terminal) => terminal.signal(1), 129],
	])("%s gives it back, too", async (_name, stop, code) => {
		const { publish, url } = await brokerOf();
		publish("thimble/b1/status", "online", true);
		const terminal = new Terminal(8, 70, ["watch", url]);
		const { display } = terminal;
		await until("a board", () => display.lines[2]?.startsWith(">b1") === true);
		stop(terminal);
		expect(await terminal.end()).toEqual({ code, restored: true });
		expect([display.isOther, display.hasCursor]).toEqual([false, true]);
	});

	it("a broker that goes is told above the table, and what it is when it is back", async () => {
		const { publish, url } = await brokerOf();
		publish("thimble/b1/status", "online", true);
		const terminal = new Terminal(8, 90, ["watch", url]);
		const { display } = terminal;
		await until("a board", () => display.lines[2]?.startsWith(">b1") === true);
		const { port } = listeners[0]!;
		await listeners.splice(0)[0]!.close();
		await until("trouble", () => display.lines[0]?.includes("trying again") === true);
		const broker = new Broker();
		listeners.push(await listen(broker, port));
		broker.publish({ topic: "thimble/b1/status", payload: Buffer.from("offline"), qos: 0, retain: true } as Message);
		await until("the news", () => /^>b1 +offline +≥/.test(display.lines[2] ?? ""));
		expect(display.lines[0]).toBe(`1 boards: 0 online, 1 offline  ${url}`);
		terminal.press("q");
		expect(await terminal.end()).toEqual({ code: 0, restored: true });
	});
});

describeWith(["mosquitto"], "over a real mosquitto", () => {
	it("the boards of thimble run are there, and gone when it ends", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const url = `mqtt://127.0.0.1:${mosquitto.port}`;
			const boards = thimble(["run", "--broker", url, "--devices", "3", "--interval", "100ms", "--json"]);
			await until("readings", () => boards.out().includes('"settled"'));
			const once = thimble(["watch", url, "--once", "--json", "-q", "1"]);
			expect(await once.code).toBe(0);
			const shown = jsonOf(once.out());
			expect(shown.map(({ device, missing, state }) => [device, state, missing])).toEqual([
				["board-01", "online", 0],
				["board-02", "online", 0],
				["board-03", "online", 0],
				[undefined, undefined, undefined],
			]);
			for (const { rate, temperature } of shown.slice(0, 3)) {
				expect(rate).toBeGreaterThan(100);
				expect(Math.abs(temperature)).toBeLessThan(60);
			}
			const lines = thimble(["watch", url]);
			await until("three boards", () => linesOf(lines.out()).length === 3);
			boards.child.kill("SIGINT");
			await boards.code;
			await until("their goodbyes", () => linesOf(lines.out()).length === 6);
			expect(linesOf(lines.out()).sort()).toEqual(
				["board-01", "board-02", "board-03"].flatMap(id => [`${id} offline`, `${id} online, retained`]),
			);
			const after = thimble(["watch", url, "--once"]);
			expect([await after.code, linesOf(after.out()).at(-1)]).toEqual([1, "3 boards: 0 online, 3 offline"]);
		} finally {
			await mosquitto.close();
		}
	});

	it("all of a thousand boards are there", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const publisher = nodeClient(mosquitto.port, "all", { limits: { outbox: 65_528, messages: 256 } });
			clients.push(publisher);
			publisher.open();
			let sent = 0;
			await until("all to be published", () => {
				while (sent < 2000) {
					const kind = sent % 2 === 0 ? "status" : "update/state";
					const text = sent % 2 === 0 ? "online" : '{"state":"idle","running":"1.0.0"}';
					if (publisher.publish(`thimble/b${sent >> 1}/${kind}`, text, { qos: 1, retain: true }) < 0) return false;
					sent += 1;
				}
				return publisher.unsettled === 0;
			});
			const once = thimble(["watch", `mqtt://127.0.0.1:${mosquitto.port}`, "--once", "--filter", "1.0.0 online"]);
			expect([await once.code, linesOf(once.out()).at(-1)]).toEqual([0, "1000 boards: 1000 online, 0 offline"]);
		} finally {
			await mosquitto.close();
		}
	});
});
