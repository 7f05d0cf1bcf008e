// thimble run with faults before a real broker, as a person runs it: real processes, real sockets.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { Certificates } from "../../support/certificates.js";
import { type Command, thimble } from "../../support/command.js";
import { Mosquitto, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const folders: string[] = [];
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A file with that scenario. */
function scenario(given: object): string {
	const folder = mkdtempSync(join(tmpdir(), "thimble-"));
	folders.push(folder);
	const path = join(folder, "given.json");
	writeFileSync(path, JSON.stringify(given));
	return path;
}

const run = (given: object, port: number, ...more: string[]) =>
	thimble(["run", scenario(given), "--broker", `mqtt://127.0.0.1:${port}`, ...more]);

type Line = Record<string, unknown>;
const events = (command: Command): Line[] =>
	`${command.out()}`
		.split("\n")
		.filter(line => line !== "")
		.map(line => JSON.parse(line) as Line);

/** The bad night, a thousandth of it. */
const BAD_NIGHT = {
	seed: 7,
	duration: "9s",
	durability: "flash",
	interval: "200ms",
	link: { latency: "5ms", jitter: "5ms", slice: 200 },
	groups: [
		{ name: "attic", devices: 2, qos: 2 },
		{ name: "cellar", devices: 2, qos: 1, protocol: "5" },
	],
	timeline: [
		{ at: "1s", fault: "wifi-loss", for: "500ms", spread: "300ms" },
		{ at: "2s", fault: "power-cut", boards: "attic", for: "500ms", spread: "300ms" },
		{ at: "3s", fault: "power-cut-at-write", operation: 3, mode: "torn" },
		{ at: "4.5s", fault: "partition", for: "400ms" },
		{ at: "5s", fault: "broker-stop", for: "300ms" },
		{ at: "6s", fault: "cut" },
		{ at: "6.5s", fault: "broker-answers", for: "1s", late: "50ms", twice: 20 },
	],
};

/** A day in the field, a few thousandths of it. */
const DAY = {
	seed: 3,
	duration: "20s",
	interval: "500ms",
	durability: "flash",
	link: { latency: "5ms", jitter: "5ms", slice: 300 },
	telemetry: { ringBytes: 1024 },
	groups: [
		{ name: "mast", devices: 1, qos: 2, protocol: "5", commands: true, diagnostics: "5s", updates: true },
		{ name: "well", devices: 2, qos: 1, commands: true, updates: true, homeAssistant: true },
		{ name: "meadow", devices: 1, qos: 1, interval: "1500ms", sleep: true },
	],
	timeline: [
		{ at: "1500ms", fault: "wifi-loss", for: "500ms", spread: "500ms" },
		{ at: "3s", command: "set", with: { interval: 300 }, boards: "mast" },
		{ at: "3s", command: "set", with: { qos: 9 }, boards: "well-01" },
		{ at: "4s", fault: "sensor-fails", for: "1s", boards: "mast" },
		{ at: "5s", update: "1.1.0", boards: ["mast", "well-01"] },
		{ at: "5s", fault: "power-cut-at-write", operation: 6, mode: "torn", boards: ["mast", "well-01"] },
		{ at: "12s", fault: "broker-stop", for: "400ms" },
		{ at: "14s", command: "restart", boards: "mast" },
		{ at: "16s", fault: "power-cut", for: "400ms", boards: ["well", "meadow"] },
	],
};

describeWith(["mosquitto"], "thimble run with faults before mosquitto", () => {
	it("[MQTT-4.3.2-1] [MQTT-4.3.3-1] a bad night, shortened: nothing is missing, nothing comes twice at QoS 2, and all of it is told", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const night = run(BAD_NIGHT, mosquitto.port, "--json");
			expect(await night.code, night.err()).toBe(0);
			expect(night.err()).toBe("");
			const told = events(night);
			const broker = `mqtt://127.0.0.1:${mosquitto.port}`;
			expect(told[0]).toEqual({ time: 0, event: "world", seed: 7, devices: 4, speed: 1, broker });
			const summary = told.at(-1) as Record<string, number>;
			expect(summary).toMatchObject({
				event: "summary",
				devices: 4,
				seenOnline: 4,
				simulatedMs: 9000,
				gaps: 0,
				duplicatesQos2: 0,
				waiting: 0,
				faults: { "broker-stop": 1, partition: 4, "power-cut": 2, "wifi-loss": 4 },
			});
			expect(summary["arrived"]).toBeGreaterThanOrEqual(summary["settled"]!);
			expect(summary["settled"]).toBeGreaterThan(60);
			expect(summary["wireBytes"]).toBeGreaterThan(60 * 100);
			expect(summary["restarts"]).toBeGreaterThanOrEqual(4);
			const times = told.map(({ time }) => Number(time));
			expect(times).toEqual([...times].sort((a, b) => a - b));
			for (const fault of BAD_NIGHT.timeline.map(({ fault }) => fault))
				expect(told).toContainEqual(expect.objectContaining({ event: "fault", fault }));
		} finally {
			await mosquitto.close();
		}
	}, 120_000);

	it("the same over TLS, where the network breaks what is below it; by a CA that did not sign, nobody comes online", async () => {
		const certificates = new Certificates();
		const { broker, ca, otherCa } = certificates;
		const files = [`cafile ${ca.certFile}`, `certfile ${broker.certFile}`, `keyfile ${broker.keyFile}`];
		const mosquitto = await Mosquitto.start(files);
		try {
			const short = { ...BAD_NIGHT, timeline: BAD_NIGHT.timeline.filter(({ fault }) => fault !== "broker-answers") };
			const url = `mqtts://localhost:${mosquitto.port}`;
			const night = thimble(["run", scenario(short), "--broker", url, "--cafile", ca.certFile, "--json"]);
			expect(await night.code, night.err()).toBe(0);
			const told = events(night);
			expect(told[0]).toMatchObject({ event: "world", broker: url });
			expect(told.at(-1)).toMatchObject({ event: "summary", seenOnline: 4, gaps: 0, duplicatesQos2: 0, waiting: 0 });
			expect((told.at(-1) as Record<string, number>)["settled"]).toBeGreaterThan(60);
			const cut = { duration: "1s", timeline: [{ at: "500ms", fault: "cut" }] };
			const refused = thimble(["run", scenario(cut), "--broker", url, "--cafile", otherCa.certFile, "--json"]);
			expect(await refused.code).toBe(1);
			expect(events(refused).at(-1)).toMatchObject({ settled: 0, seenOnline: 0 });
			expect(refused.err()).toMatch(/^thimble: no board ever came online: .*certificate.*\n$/);
		} finally {
			await mosquitto.close();
			certificates.close();
		}
	}, 120_000);

	it("a day in the field, shortened, over TLS: commands, an update through a power cut, and a board that sleeps", async () => {
		const certificates = new Certificates();
		const { broker, ca } = certificates;
		const files = [`cafile ${ca.certFile}`, `certfile ${broker.certFile}`, `keyfile ${broker.keyFile}`];
		const mosquitto = await Mosquitto.start(files);
		try {
			const url = `mqtts://localhost:${mosquitto.port}`;
			const day = thimble(["run", scenario(DAY), "--broker", url, "--cafile", ca.certFile, "--json"]);
			expect(await day.code, day.err()).toBe(0);
			const told = events(day);
			expect(told.at(-1)).toMatchObject({
				event: "summary",
				seenOnline: 4,
				gaps: 0,
				duplicatesQos2: 0,
				waiting: 0,
				orders: { commands: 3, answered: 2, refused: 1, unanswered: 0, updates: 2, updated: 2, notUpdated: 0 },
			});
			expect(told).toContainEqual(
				expect.objectContaining({ device: "well-01", event: "updated", version: "1.1.0", state: "confirmed" }),
			);
			expect(told).toContainEqual(expect.objectContaining({ device: "mast-01", event: "sensor-failed" }));
			const naps = told.filter(({ device, event }) => device === "meadow-01" && event === "online");
			expect(naps.length).toBeGreaterThan(5);
		} finally {
			await mosquitto.close();
			certificates.close();
		}
	}, 120_000);

	it("at Ctrl-C in the middle everything is mended, the boards say goodbye, and what was settled is there", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const night = run({ ...BAD_NIGHT, duration: "10m" }, mosquitto.port, "--no-page");
			await until("the dark", () => night.out().includes("attic-02 fault: power-cut"), 20_000);
			night.child.kill("SIGINT");
			expect(await night.code, night.err()).toBe(0);
			const lines = `${night.out()}`.split("\n");
			expect(lines.slice(0, 5)).toEqual([
				`Broker    mqtt://127.0.0.1:${mosquitto.port}`,
				"World     virtual, in real time, seed 7, 7 faults in its timeline",
				"Boards    4 boards: 2 attic, 2 cellar",
				`Look on   mosquitto_sub -h 127.0.0.1 -p ${mosquitto.port} -t 'thimble/#' -v`,
				"Stop      after 10 min, or Ctrl-C",
			]);
			expect(lines.filter(line => / stopped$/.test(line)).length).toBe(4);
			expect(lines.at(-6)).toMatch(/^simulated [2-9](\.\d)? s in /);
			expect(lines.at(-5)).toMatch(/^broker {4}[1-9]\d* readings arrived {2}gaps 0 .* at QoS 2 0 /);
			expect(lines.at(-2)).toMatch(/^late {6}\d+ ms at most$/);
		} finally {
			await mosquitto.close();
		}
	}, 120_000);
});

describe("thimble run with faults before a broker outside", () => {
	const CUT = { devices: 1, duration: "1500ms", interval: "100ms", timeline: [{ at: "800ms", fault: "cut" }] };

	it("boards and observer give user name and password, which nobody prints; the broker keeps nothing of the observer", async () => {
		const broker = new Broker({ users: { ann: "right-s3cret" } });
		const listener = await listen(broker, 0);
		try {
			const url = `mqtt://ann:right-s3cret@127.0.0.1:${listener.port}`;
			const good = thimble(["run", scenario(CUT), "--broker", url]);
			expect(await good.code, good.err()).toBe(0);
			expect(`${good.out()}`).toMatch(/broker {4}\d+ readings arrived {2}gaps 0/);
			expect(`${good.out()}`).toContain("-u ann -P …");
			expect(good.out() + good.err()).not.toContain("s3cret");
			expect([...broker.sessions.keys()]).toEqual(["board-01"]);
			const bad = thimble(["run", scenario(CUT), "--broker", url.replace("right", "wr0ng"), "--json"]);
			expect(await bad.code).toBe(1);
			expect(bad.err()).toBe("thimble: no board ever came online: bad user name or password\n");
			const unseen = "our observer did not come online (bad user name or password)";
			expect(events(bad).at(-1)).toMatchObject({ event: "summary", unseen });
			expect(bad.out() + bad.err()).not.toContain("s3cret");
		} finally {
			await listener.close();
		}
	}, 120_000);

	it("one that lets nobody see what arrives: says so, and counts neither gaps nor duplicates", async () => {
		for (const [granted, unseen] of [
			[0x80, "the broker refuses our observer's subscription (refused)"],
			[2, "the broker has shown nothing at all to our observer"],
		] as const) {
			const { port, server } = await secretive(granted);
			try {
				const silent = run(CUT, port, "--json");
				expect(await silent.code, silent.err()).toBe(0);
				const summary = events(silent).at(-1)!;
				expect(summary).toMatchObject({ event: "summary", unseen });
				expect(summary["settled"]).toBeGreaterThan(5);
				for (const name of ["arrived", "gaps", "duplicatesQos1", "duplicatesQos2"])
					expect(summary, name).not.toHaveProperty(name);
			} finally {
				server.close();
			}
		}
		const { port, server } = await secretive(0x80);
		const text = run(CUT, port);
		expect(await text.code).toBe(0);
		expect(`${text.out()}`).toContain("broker    what has arrived is not known: the broker refuses our observer's");
		server.close();
	}, 120_000);

	it("one that loses what it has acknowledged: tells the gaps, and ends with 1", async () => {
		const broker = new Broker();
		const publish = broker.publish.bind(broker);
		let count = 0;
		broker.publish = message => {
			if (message.topic.endsWith("telemetry")) count += 1;
			return count === 5 ? true : publish(message);
		};
		const listener = await listen(broker, 0);
		try {
			const lossy = run(CUT, listener.port, "--json");
			expect(await lossy.code).toBe(1);
			expect(events(lossy).filter(({ event }) => event === "gap")).toMatchObject([
				{ device: "board-01", boot: 1, seq: 5 },
			]);
			expect(events(lossy).at(-1)).toMatchObject({ gaps: 1 });
			expect(lossy.err()).toContain("1 settled readings have not arrived");
		} finally {
			await listener.close();
		}
	}, 120_000);

	it("a scenario without faults has sockets of its own, as before; with --speed 1 a world", async () => {
		const broker = new Broker();
		const listener = await listen(broker, 0);
		try {
			const given = { devices: 1, duration: "600ms", interval: "100ms" };
			const plain = run(given, listener.port, "--json");
			expect(await plain.code).toBe(0);
			expect(events(plain)[0]).toMatchObject({ event: "broker", embedded: false });
			const until = thimble(["run", "--until", "600ms", "--json", "--broker", `mqtt://127.0.0.1:${listener.port}`]);
			expect(await until.code).toBe(0);
			expect(events(until)[0]).toMatchObject({ event: "broker", embedded: false });
			const world = run(given, listener.port, "--json", "--speed", "1");
			expect(await world.code).toBe(0);
			expect(events(world)[0]).toMatchObject({ event: "world", speed: 1 });
		} finally {
			await listener.close();
		}
	}, 120_000);

	it("what cannot be had from it is refused, with the entry of the timeline, before anything is begun", async () => {
		const refusals: [object, string][] = [
			[
				{ timeline: [CUT.timeline[0], { at: "1s", fault: "broker-refuses", for: "1s", reason: 137 }] },
				"timeline[1].fault: a broker outside cannot be made to have broker-refuses: leave it out, or --broker",
			],
			[{ security: {} }, "security: who may come to a broker outside is its own affair: leave it out, or --broker"],
			[
				{ broker: { maximumQos: 1 } },
				"broker: what a broker outside allows is its own affair: leave it out, or --broker",
			],
		];
		for (const [given, sentence] of refusals) {
			const refused = run(given, 1);
			expect(await refused.code).toBe(2);
			expect(refused.err()).toBe(`thimble: ${sentence}\n`);
			expect(refused.out().length).toBe(0);
		}
	});
});

/** A broker that takes everything, grants subscriptions like that, and sends nobody anything. */
async function secretive(granted: number): Promise<{ port: number; server: Server }> {
	const server = createServer(socket => {
		const codec = parser({ protocolVersion: 4 });
		const say = (packet: Packet) => socket.write(generate(packet));
		socket.on("data", bytes => codec.parse(bytes));
		socket.on("error", () => {});
		codec.on("packet", packet => {
			const { messageId = 0 } = packet;
			if (packet.cmd === "connect") say({ cmd: "connack", returnCode: 0, sessionPresent: false });
			else if (packet.cmd === "subscribe") say({ cmd: "suback", messageId, granted: [granted] });
			else if (packet.cmd === "publish" && packet.qos === 1) say({ cmd: "puback", messageId });
			else if (packet.cmd === "pingreq") say({ cmd: "pingresp" });
		});
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return { port: (server.address() as { port: number }).port, server };
}
