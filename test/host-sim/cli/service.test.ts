// Brokers behind configuration files: where they listen, and a run behind one, whose boards and whose page come in while others do as the
// file says.

import { connect as mqttJs } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEndpoint } from "../../../host-sim/cli/endpoint.js";
import { destinationOf, openService, serveGuarded } from "../../../host-sim/cli/service.js";
import { liveStage } from "../../../host-sim/desk/stage.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { readConfiguration } from "../../../host-sim/security/configuration.js";
import { eventsOf, portOf, thimble } from "../../support/command.js";
import { afterwards, desk, Visitor } from "../../support/desk.js";
import { Knock } from "../../support/knock.js";
import { until } from "../../support/mosquitto.js";
import { PASSWORD, Papers } from "../../support/site.js";

let papers: Papers;
let path: string;
beforeAll(async () => {
	papers = await Papers.make(["page"]);
	const tls = { cert: "server.pem", key: "server.key" };
	path = papers.put(
		"run.json",
		JSON.stringify({
			listeners: [
				{ port: 0, tls },
				{ port: 0, tls: { ...tls, ca: "ca.pem" } },
				{ port: 0, webSocket: true },
			],
			users: "users",
			token: { secret: "secret" },
			clientIds: "userName",
			access: [
				{ user: "ops", publish: ["thimble/#"], subscribe: ["thimble/#", "$SYS/#"] },
				{ publish: ["thimble/%u/#"], subscribe: ["thimble/%u/#"] },
			],
			limits: { packetSize: 2000, connectPacketSize: 1000, packetsPerSecond: 50, failedLogins: 1000 },
		}),
	);
});
afterAll(() => papers.close());

const user = (username: string, password = PASSWORD) => ({ username, password: Buffer.from(password) });

async function guarded(given: object = {}) {
	const made = await serveGuarded(path, broker =>
		liveStage(checkScenario({ devices: 2, interval: "100ms", ...given }, ""), {
			title: "test",
			where: { url: "" },
			broker,
		}),
	);
	const halt = new AbortController();
	void made.live.stage.pace.run({ signal: halt.signal });
	afterwards(async () => {
		await made.listener.close();
		halt.abort();
	});
	const { simulation } = made.live.stage;
	await until("boards", () => simulation.fleet.boards.every(({ isOnline }) => isOnline));
	return { ...made, simulation };
}

describe("where clients come in", () => {
	it.each([
		[{}, "mqtt://127.0.0.1:7"],
		[{ tls: {} }, "mqtts://127.0.0.1:7"],
		[{ webSocket: true }, "ws://127.0.0.1:7/mqtt"],
		[{ webSocket: true, tls: {}, host: "::" }, "wss://[::]:7/mqtt"],
	])("%j is %s", (given, url) => {
		const entrance = { host: "127.0.0.1", webSocket: false, ...given } as Parameters<typeof destinationOf>[0];
		expect(describeEndpoint(destinationOf(entrance, 7))).toBe(url);
	});

	it("a port that is taken is told in a sentence", async () => {
		const { entrances, ...rest } = readConfiguration(path);
		const service = await openService({ configuration: { entrances, ...rest }, tell: () => {} });
		afterwards(() => service.close());
		const taken = [{ ...entrances[0]!, port: service.ports[0]! }];
		const opening = openService({ configuration: { ...rest, entrances: taken }, tell: () => {} });
		await expect(opening).rejects.toThrow(/^cannot listen: .*EADDRINUSE/);
	});
});

describe("a run behind a configuration", () => {
	it("has its boards in by users of their own, held to the rules, and all of its listeners, held to the file", async () => {
		const { listener, live, note, simulation, urls } = await guarded();
		expect(urls.map(url => url.replace(/\d+/g, "N"))).toEqual([
			"mqtts://N.N.N.N:N",
			"mqtts://N.N.N.N:N",
			"ws://N.N.N.N:N/mqtt",
		]);
		expect(note).toBe(`, ${urls[1]}, ${urls[2]}`);
		const { sessions } = simulation.world.broker;
		expect(sessions.get("board-01")!.owner).toEqual({ kind: "user", name: "board-01" });
		const [tls, certificates] = listener.ports as [number, number];
		const knock = async (clientId: string, options = {}, port = tls, more = {}) => {
			const client = new Knock(port, { ca: papers.ca, ...more });
			afterwards(() => client.cut());
			return [await client.connect(clientId, options), client] as const;
		};
		const [word, ops] = await knock("ops", user("ops"));
		expect(word).toBe("connack 0");
		expect(await ops.subscribe("#")).toBe("suback 87");
		expect(await ops.subscribe("thimble/+/telemetry")).toBe("suback 1");
		expect(await ops.subscribe("$SYS/broker/#")).toBe("suback 1");
		await until("a board's reading", () => ops.messages.some(text => text.startsWith("thimble/board-02/telemetry")));
		expect(ops.messages).toContainEqual(expect.stringMatching(/^\$SYS\/broker\/version thimble /));
		expect(await ops.publish("thimble/x", "x".repeat(2000))).toBe("disconnect 95");
		for (const [clientId, options, reason] of [
			["ops", user("ops", "wrong password"), "86"],
			["ops", {}, "87"],
			["board-01", user("board-01", "wrong password"), "86"],
			["board-01", user("board-1"), "85"],
			[
				"board-1/x",
				{
					...user("board-1"),
					will: { topic: "thimble/board-2/status", payload: Buffer.from("x"), qos: 0, retain: false },
				},
				"87",
			],
			["page", user("page"), "86"],
			["page", { username: "page", password: Buffer.from(await papers.token("page")) }, "86"],
			["operator", { username: "operator", password: Buffer.from(await papers.token("operator")) }, "86"],
		] as const)
			expect((await knock(clientId, options))[0], `${clientId} ${reason}`).toBe(`connack ${reason}`);
		expect((await knock("board-1", user("board-1")))[0]).toBe("connack 0");
		const { cert, key } = papers.clients["board-1"];
		expect((await knock("board-1/a", {}, certificates, { cert, key }))[0]).toBe("connack 0");
		expect((await knock("board-1", user("board-1"), certificates))[0]).toBe("closed");
		expect(live.stage.page!.userName).toBe("page");
	});

	it("takes far more from its boards than one client may say: the limit is each one's own", async () => {
		const { listener, simulation } = await guarded({ devices: 20, interval: "50ms" });
		const slow = new Knock(listener.ports[0]!, { ca: papers.ca });
		afterwards(() => slow.cut());
		expect(await slow.connect("board-1", user("board-1"))).toBe("connack 0");
		// 400 readings a second of boards, and one ping of this client now and then.
		for (let i = 0; i < 20; i += 1) {
			expect(await slow.ping()).toBe("pingresp 0");
			await new Promise(resolve => setTimeout(resolve, 50));
		}
		expect(simulation.summary().arrived).toBeGreaterThan(200);
		expect(slow.isClosed).toBe(false);
		// Two seconds' worth at once are fine, and then it waits.
		for (let i = 0; i < 2000; i += 1) slow.send({ cmd: "pingreq" });
		let word = await slow.answer();
		while (word === "pingresp 0") word = await slow.answer();
		expect(word).toBe("disconnect 96");
	});

	it("has its page, and whoever types another name there is held to the file", async () => {
		const { live } = await guarded();
		const opened = await desk(live.stage);
		const { broker } = await new Visitor(opened).hello();
		const enter = (options: object) => {
			const mqtt = mqttJs(`ws://127.0.0.1:${opened.port}/mqtt`, { reconnectPeriod: 0, ...options });
			afterwards(() => mqtt.end(true));
			return new Promise<unknown>(resolve => {
				mqtt.on("connect", () => mqtt.subscribe("#", error => resolve(error === null ? "all" : "in")));
				mqtt.on("error", error => resolve(`no: ${(error as { code?: number }).code}`));
			});
		};
		const { password, userName: username } = broker.credentials!;
		expect(await enter({ clientId: "page-1", username, password })).toBe("all");
		expect(await enter({ clientId: "ops", username: "ops", password: PASSWORD })).toBe("in");
		expect(await enter({ clientId: "ops", username: "ops", password: "wrong password" })).toBe("no: 4");
	});

	it("goes on with faults: after a broker that forgets, boards come back in, and so may others", async () => {
		const { listener, live, simulation } = await guarded();
		const { broker } = simulation.world;
		live.stage.strike({ fault: "broker-forgets", for: "300ms" });
		await until("another broker", () => simulation.world.broker !== broker);
		await until("boards", () => simulation.fleet.boards.every(({ isOnline }) => isOnline));
		const late = new Knock(listener.ports[0]!, { ca: papers.ca });
		afterwards(() => late.cut());
		expect(await late.connect("ops", user("ops"))).toBe("connack 0");
	});

	it("as a command: no password is in what it prints, in its recording or in its report", async () => {
		const [recording, report] = [papers.put("run.jsonl", ""), papers.put("run-report.json", "")];
		const args = ["run", "--broker-config", path, "--devices", "1", "--interval", "100ms", "--page", "0", "--json"];
		const run = thimble([...args, "--record", recording, "--report", report]);
		const port = await portOf(run, "page");
		const { password } = (await new Visitor({ port }).hello()).broker.credentials!;
		await until("readings", () => `${run.out()}`.includes('"event":"settled"'));
		run.child.kill("SIGINT");
		expect(await run.code).toBe(0);
		const told = eventsOf(run).find(({ event }) => event === "broker")!;
		expect(told["urls"]).toHaveLength(3);
		expect(told["url"]).toBe((told["urls"] as string[])[0]);
		expect(eventsOf(run).at(-1)).toMatchObject({ event: "summary", seenOnline: 1, gaps: 0 });
		const { readFileSync } = await import("node:fs");
		const all = [`${run.out()}${run.err()}`, readFileSync(recording, "latin1"), readFileSync(report, "latin1")];
		for (const text of all) {
			expect(text.length).toBeGreaterThan(100);
			expect(text).not.toContain(password);
			expect(text).not.toContain(Buffer.from(password).toString("hex"));
			expect(text).not.toContain(Buffer.from(password).toString("base64").slice(0, 40));
		}
	}, 60_000);
});
