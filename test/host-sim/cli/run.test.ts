// The command line as a person uses it: real processes, real sockets.

import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { freePort, Mosquitto, spawnClient, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { hex } from "../../support/peer.js";

const running: ChildProcess[] = [];
afterEach(() => {
	for (const child of running.splice(0)) child.kill("SIGKILL");
});

interface Run {
	child: ChildProcess;
	out: string;
	err: string;
	/** All JSON lines so far. */
	events(): Record<string, unknown>[];
	code: Promise<number | null>;
}

function thimble(...args: string[]): Run {
	const child = spawn(process.execPath, ["--import", "tsx", "host-sim/cli/main.ts", ...args], {
		stdio: ["ignore", "pipe", "pipe"],
	});
	running.push(child);
	const run: Run = {
		child,
		out: "",
		err: "",
		events: () =>
			run.out
				.trimEnd()
				.split("\n")
				.filter(line => line !== "")
				.map(line => JSON.parse(line)),
		code: new Promise(resolve => child.once("close", code => resolve(code))),
	};
	child.stdout!.on("data", data => (run.out += data));
	child.stderr!.on("data", data => (run.err += data));
	return run;
}

describe("thimble run", () => {
	it("runs three boards against its own broker for a while: each online, every reading settled, exit code 0", async () => {
		const run = thimble("run", "--duration", "3s", "--interval", "200ms", "--port", "0", "--json");
		expect(await run.code).toBe(0);
		const events = run.events();
		expect(events[0]).toMatchObject({
			event: "broker",
			embedded: true,
			url: expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/),
		});
		const online = events.filter(({ event }) => event === "online").map(({ device }) => device);
		expect(online.sort()).toEqual(["board-01", "board-02", "board-03"]);
		const summary = events.at(-1) as Record<string, number>;
		expect(summary).toMatchObject({
			event: "summary",
			devices: 3,
			seenOnline: 3,
			lost: 0,
			dropped: 0,
			refused: 0,
			reconnects: 0,
		});
		expect(summary["settled"]).toBe(summary["published"]);
		expect(summary["published"]).toBeGreaterThan(30);
		const reading = events.find(({ event }) => event === "reading") as {
			payload: Record<string, number>;
			topic: string;
			packetId: number;
		};
		expect(reading).toMatchObject({
			topic: expect.stringMatching(/^thimble\/board-0\d\/telemetry$/),
			qos: 1,
			packetId: expect.any(Number),
		});
		expect(Object.keys(reading.payload)).toEqual(["time", "boot", "seq", "temperature", "humidity", "pressure"]);
		expect(events.filter(({ event }) => event === "settled").length).toBe(summary["settled"]);
		expect(events.every(({ time }) => typeof time === "number")).toBe(true);
		expect(run.err).toBe("");
	});

	it.each(["SIGINT", "SIGTERM"] as const)(
		"at %s the boards drain and say goodbye, and it ends at once, with 0",
		async signal => {
			const run = thimble("run", "--port", "0", "--interval", "100ms", "--duration", "60s");
			await until("three boards online", () => run.out.split(" online").length === 4);
			expect(run.out).toMatch(/^Broker {4}mqtt:\/\/127\.0\.0\.1:\d+\n/);
			expect(run.out).toMatch(/mosquitto_sub -h 127\.0\.0\.1 -p \d+ -t 'thimble\/#' -v/);
			const asked = performance.now();
			run.child.kill(signal);
			expect(await run.code).toBe(0);
			expect(performance.now() - asked).toBeLessThan(5000);
			expect(run.out.match(/^board-0\d stopped$/gm)?.length).toBe(3);
			expect(run.out).toMatch(
				/published (\d+) {2}settled \1 {2}refused 0 {2}dropped 0 {2}lost 0 {2}reconnects 0 {2}ping median \d/,
			);
		},
	);

	it("takes the next free port where 1883 is taken, and says so; a port that was asked for is another matter", async () => {
		const port = await freePort();
		const server = createServer().listen(port, "127.0.0.1");
		try {
			const run = thimble("run", "--port", String(port));
			expect(await run.code).toBe(2);
			expect(run.err).toBe(`thimble: port ${port} is taken; choose another with --port\n`);
		} finally {
			server.close();
		}
		const blocker = createServer();
		await new Promise<void>(resolve => {
			// Taken by somebody else is as good.
			blocker.once("error", () => resolve());
			blocker.listen(1883, "127.0.0.1", () => resolve());
		});
		const run = thimble("run", "--duration", "500ms");
		expect(await run.code).toBe(0);
		expect(run.out).toMatch(/^Broker {4}mqtt:\/\/127\.0\.0\.1:(188[4-9]|189\d|19\d\d) \(port 1883 is taken\)\n/);
		blocker.close();
	});

	it("a board whose socket is cut abruptly: the broker publishes its will, and the board comes back", async () => {
		const published: string[] = [];
		const broker = new Broker({ on: { published: ({ topic, payload }) => published.push(`${topic} ${payload}`) } });
		const listener = await listen(broker, 0);
		const run = thimble(
			"run",
			"--broker",
			`mqtt://127.0.0.1:${listener.port}`,
			"--devices",
			"2",
			"--interval",
			"100ms",
			"--json",
		);
		try {
			await until("readings of both", () => published.filter(line => line.includes("/telemetry")).length > 10);
			const before = published.length;
			expect(listener.destroy("board-01")).toBe(true);
			await until("the will", () => published.slice(before).includes("thimble/board-01/status offline"));
			await until(
				"its return",
				() => published.slice(before).filter(line => line === "thimble/board-01/status online").length > 0,
			);
			run.child.kill("SIGINT");
			expect(await run.code).toBe(0);
			const summary = run.events().at(-1) as Record<string, number>;
			expect(summary).toMatchObject({ lost: 0, dropped: 0, reconnects: 1 });
			expect(published.at(-1)).toMatch(/^thimble\/board-0\d\/status offline$/);
		} finally {
			await listener.close();
		}
	});

	it("[MQTT-3.3.1-2] --check tells who breaks a statement, by its id, and ends with 1; our boards break none, at 5.0", async () => {
		const run = thimble("run", "--check", "--protocol", "5", "--port", "0", "--interval", "50ms", "--json");
		await until("the broker", () => run.events().length > 0);
		const { port } = new URL(String((run.events()[0] as Record<string, unknown>)["url"]));
		const socket = connect(Number(port), "127.0.0.1");
		// A clean session of "raw", and a message at QoS 0 that says it is a repeat.
		socket.write(hex("100f 0004 4d515454 04 02 003c 0003 726177"));
		socket.write(hex("3804 0001 61 78"));
		await until("the violation", () => run.events().some(event => event["event"] === "violation"));
		await until("readings", () => run.events().filter(event => event["event"] === "settled").length > 20);
		socket.destroy();
		run.child.kill("SIGINT");
		expect(await run.code).toBe(1);
		const violations = run.events().filter(event => event["event"] === "violation");
		expect(violations).toMatchObject([{ device: "raw", version: "3.1.1", statement: "MQTT-3.3.1-2" }]);
	});

	it("whoever stops reading ends it without a word", async () => {
		const run = thimble("run", "--port", "0", "--interval", "20ms", "--json", "--duration", "60s");
		await until("output", () => run.out.length > 0);
		run.child.stdout!.destroy();
		expect(await run.code).toBe(0);
		expect(run.err).toBe("");
	});

	it("a refused password ends in 1 with the reason, and is never printed", async () => {
		const listener = await listen(new Broker({ users: { ann: "right" } }), 0);
		try {
			const run = thimble(
				"run",
				"--broker",
				`mqtt://ann:wr0ng-s3cret@127.0.0.1:${listener.port}`,
				"--duration",
				"800ms",
				"--json",
			);
			expect(await run.code).toBe(1);
			expect(run.err).toBe("thimble: no board ever came online: bad user name or password\n");
			expect(run.events()).toContainEqual(
				expect.objectContaining({ event: "offline", code: 0x86, reason: "bad user name or password" }),
			);
			expect(run.out + run.err).not.toContain("s3cret");
			const good = thimble("run", "--broker", `mqtt://ann:right@127.0.0.1:${listener.port}`, "--duration", "800ms");
			expect(await good.code).toBe(0);
			expect(good.out).toContain("-u ann -P …");
		} finally {
			await listener.close();
		}
	});

	it.each([
		[["run", "--devices", "0"], "--devices: expected a whole number from 1 to 10000, got 0"],
		[["run", "--devices", "many"], '--devices: expected a whole number from 1 to 10000, got "many"'],
		[["run", "--qos", "3"], "--qos: expected 0, 1 or 2, got 3"],
		[
			["run", "--interval", "fast"],
			'--interval: expected a duration from 10ms to 24h, such as "500ms", "10s" or "2m", got "fast"',
		],
		[["run", "--port", "70000"], "--port: expected a whole number from 0 (any free port) to 65535, got 70000"],
		[
			["run", "--port", "1", "--broker", "mqtt://h"],
			"--port is for the embedded broker; with --broker the port belongs into the URL",
		],
		[
			["run", "--broker", "localhost"],
			"--broker: expected mqtt://[user[:password]@]host[:port], such as mqtt://192.168.1.10:1883",
		],
		[
			["run", "--broker", "http://h"],
			"--broker: expected mqtt://[user[:password]@]host[:port]; or mqtts://, ws:// or wss://; got a URL that begins with http://",
		],
		[
			["run", "--broker", "mqtt://u:12#34@h"],
			"--broker: expected mqtt://[user[:password]@]host[:port]; write # as %23 and ? as %3F in user and password",
		],
		[
			["run", "--broker", "mqtt://u:%zz@h"],
			"--broker: user or password has a % that begins no escape; write it as %25",
		],
		[
			["run", "--broker", "mqtt://127.0.0.1:1"],
			"cannot reach mqtt://127.0.0.1:1: connection refused; is a broker running there?",
		],
		[
			["run", "nosuch"],
			'there is no scenario "nosuch"; known are a-day-in-the-field, a-hundred-boards, bad-night, broker-forgets, first-light, recognition, and paths of JSON files',
		],
		[
			["run", "mqtt://u:hunter2@h"],
			'there is no scenario "mqtt://…@h"; known are a-day-in-the-field, a-hundred-boards, bad-night, broker-forgets, first-light, recognition, and paths of JSON files',
		],
		[["run", "--protocol", "6"], '--protocol: expected "3.1.1" or "5", got "6"'],
		[["run", "--check", "--broker", "mqtt://127.0.0.1:1"], "--check is for the embedded broker: leave --broker out"],
		[["run", "--engine", "v8"], "--engine: expected node or xs, got v8"],
		[
			["run", "--broker-config", "x", "--broker", "mqtt://h"],
			"--broker-config is for the embedded broker: leave it out, or --broker",
		],
		[
			["run", "--broker-config", "x", "--port", "0"],
			"--port: the listeners of --broker-config have ports: leave it out",
		],
		[
			["run", "--broker-config", "x", "--engine", "xs"],
			"--engine xs: boards there have no users of their own for now: leave it out, or --broker-config",
		],
		[
			["run", "--broker-config", "x", "--until", "1h"],
			'--broker-config is for one process in real time: leave it out, or --until; a scenario may say who may come in its "security"',
		],
		[["run", "--broker-config", "/nowhere/x.json"], "/nowhere/x.json: there is no such file"],
		[["run", "--heap", "32k"], "--heap is for --engine xs: Node's heap has no fixed size"],
		[["run", "--engine", "xs", "--heap", "2k"], "--heap: expected 4k to 1024k, or so many bytes, got 2k"],
		[["run", "--speed", "fast"], "--speed: expected max, or a number from 0.01 to 1000000, got fast"],
		[["run", "--speed", "0"], "--speed: expected max, or a number from 0.01 to 1000000, got 0"],
		[["run", "--speed", "max"], "as fast as it goes it would never end: give --until, or --duration"],
		[["run", "--until", "soon"], '--until: expected a duration such as "90m" or "24h", got soon'],
		[["run", "--until", "1h", "--duration", "1h"], "--until and --duration say the same: give one of them"],
		[
			["run", "--speed", "9", "--broker", "mqtt://127.0.0.1:1"],
			"--speed: a broker outside lives in real time: leave --speed out, or --broker",
		],
		[
			["run", "broker-forgets", "--broker", "mqtt://127.0.0.1:1"],
			"timeline[0].fault: a broker outside cannot be made to have broker-forgets: leave it out, or --broker",
		],
		[
			["run", "bad-night", "--broker", "mqtt://127.0.0.1:1", "--check"],
			"--check is for the embedded broker: leave --broker out",
		],
		[
			["run", "bad-night", "--broker", "mqtt://127.0.0.1:1"],
			"cannot reach mqtt://127.0.0.1:1: connection refused; is a broker running there?",
		],
		[["run", "--until", "1h", "--port", "0"], "--until is for virtual time, where no port is opened: leave --port out"],
		[
			["run", "--until", "1h", "--engine", "xs"],
			"--until is for virtual time, which --engine xs does not have yet: leave one of them out",
		],
		[["run", "--until", "1h", "--engine", "v8"], "--engine: expected node or xs, got v8"],
		[["run", "bad-night", "--devices", "3"], "--devices: each of the groups says how many: leave it out"],
		[["run", "--bogus"], "Unknown option `--bogus`"],
		[["fly"], 'there is no command "fly"; see thimble --help'],
		[[], "which command? See thimble --help"],
	])("%j: one clear sentence, exit code 2, no stack trace", async (args, message) => {
		const run = thimble(...args);
		expect(await run.code).toBe(2);
		expect(run.err).toBe(`thimble: ${message}\n`);
		expect(run.out).toBe("");
	});
});

describeWith(["mosquitto", "mosquitto_sub"], "thimble run beside mosquitto's tools", () => {
	it("a mosquitto_sub beside it receives every reading once, at each QoS", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			for (const qos of ["0", "1", "2"]) {
				const { lines, child } = spawnClient("mosquitto_sub", [
					"-p",
					String(mosquitto.port),
					"-t",
					`thimble/+/telemetry`,
					"-v",
					"-q",
					"2",
				]);
				const ready = spawnClient("mosquitto_sub", [
					"-p",
					String(mosquitto.port),
					"-t",
					"$SYS/broker/version",
					"-C",
					"1",
				]);
				await until("mosquitto_sub", () => ready.lines.length === 1);
				const run = thimble(
					"run",
					"--broker",
					`mqtt://127.0.0.1:${mosquitto.port}`,
					"--qos",
					qos,
					"--interval",
					"50ms",
					"--duration",
					"2s",
					"--json",
				);
				expect(await run.code).toBe(0);
				const summary = run.events().at(-1) as Record<string, number>;
				expect(summary).toMatchObject({ lost: 0, dropped: 0 });
				await until("all readings", () => lines.length >= summary["settled"]!);
				const seen = lines.map(line => `${line.split(" ")[0]} ${JSON.parse(line.slice(line.indexOf("{"))).seq}`);
				expect(new Set(seen).size).toBe(seen.length);
				expect(seen.length).toBe(summary["settled"]);
				child.kill();
			}
		} finally {
			await mosquitto.close();
		}
	});
});
