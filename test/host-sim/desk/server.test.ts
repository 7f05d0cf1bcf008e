// The page's server with real sockets: what pages are told and may ask for, MQTT beside it, and who is kept out.

import { connect } from "node:net";
import { connect as mqttJs } from "mqtt";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { UsageError } from "../../../host-sim/fleet/schema.js";
import { listen } from "../../../host-sim/node/listen.js";
import { afterwards, desk, running, Visitor } from "../../support/desk.js";
import { spawnClient, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const QUICK = { devices: 2, interval: "100ms", keepAlive: 5 };

const QUICK_AND_SAFE = { ...QUICK, security: {} };

/** Somebody else's client, by the page's WebSocket; what comes is kept as "topic payload". */
async function client({ port }: { port: number }, query = "", options: { clientId?: string; password?: string } = {}) {
	const lines: string[] = [];
	const mqtt = mqttJs(`ws://127.0.0.1:${port}/mqtt${query}`, {
		reconnectPeriod: 0,
		...options,
		...(options.password !== undefined && { username: "ann" }),
	});
	afterwards(() => mqtt.end(true));
	mqtt.on("error", () => {});
	mqtt.on("message", (topic, payload) => lines.push(`${topic} ${payload}`));
	mqtt.subscribe("#", { qos: 1 });
	await new Promise<void>(resolve => mqtt.once("connect", () => resolve()));
	return { lines, mqtt };
}

describe("what a page is told", () => {
	it("has the page's own password where the broker asks who comes: with it MQTT is let in, and without nobody is", async () => {
		const { stage } = running({ ...QUICK, security: { access: [{ publish: ["thimble/%u/#"] }] } });
		const opened = await desk(stage);
		const { broker } = await new Visitor(opened).hello();
		const { password, userName } = broker.credentials!;
		expect([userName, password.length]).toEqual(["page", 32]);
		const attempt = (options: object) => {
			const mqtt = mqttJs(`ws://127.0.0.1:${opened.port}/mqtt`, { reconnectPeriod: 0, ...options });
			afterwards(() => mqtt.end(true));
			return new Promise<string>(resolve => {
				mqtt.on("connect", () => resolve("in"));
				mqtt.on("error", error => resolve(`${(error as { code?: number }).code}`));
			});
		};
		expect(await attempt({ username: userName, password })).toBe("in");
		expect(await attempt({ username: userName, password: `${password}0` })).toBe("4");
		expect(await attempt({})).toBe("5");
		// Each run has another one.
		const other = await new Visitor(await desk(running(QUICK_AND_SAFE).stage)).hello();
		expect(other.broker.credentials!.password).not.toBe(password);
		expect((await new Visitor(await desk(running(QUICK).stage)).hello()).broker.credentials).toBeUndefined();
	});

	it("begins with hello: which stage, which boards, which faults, and what the time is", async () => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage));
		const hello = await page.hello();
		expect(hello).toMatchObject({
			event: "hello",
			version: "1.2.3",
			stage: "main",
			title: "test",
			broker: { url: "mqtt://broker:1883", embedded: true },
			boards: [{ device: "board-01" }, { device: "board-02" }],
			troubles: [],
		});
		expect(hello.faults).toContain("power-cut");
		expect(Math.abs(hello.wall - Date.now())).toBeLessThan(2000);
		expect(page.socket.protocol).toBe("thimble-desk");
	});

	it("is every packet of the clients that it asks for, from CONNECT on, while they come", async () => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage));
		await page.hello();
		page.ask({ ask: "see", clients: ["board-02"] });
		await until("packets", () => page.seen.length > 12);
		expect(page.seen[0]).toMatchObject({ event: "begin" });
		const packets = page.seen.filter(each => each.event === "packet");
		expect(new Set(packets.map(({ client }) => client))).toEqual(new Set(["board-02"]));
		expect(packets[0]).toMatchObject({ from: "client", bytes: expect.stringMatching(/^10/) });
		expect(packets[1]).toMatchObject({ from: "broker", bytes: expect.stringMatching(/^20/) });
		page.ask({ ask: "see", clients: "all" });
		await until("the other", () => page.seen.some(each => each.event === "packet" && each.client === "board-01"));
	});

	it("no secret: what a client says as its password comes as asterisks", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage);
		const page = new Visitor(opened);
		await page.hello();
		page.ask({ ask: "see", clients: "all" });
		await client(opened, "", { clientId: "web", password: "hush-hush" });
		await until("its CONNECT", () => page.seen.some(each => each.event === "packet" && each.client === "web"));
		const [connect] = page.seen.filter(each => each.event === "packet" && each.client === "web");
		expect(connect).toMatchObject({ masked: true });
		const all = JSON.stringify(page.told);
		expect(all.includes("hush") || all.includes(Buffer.from("hush").toString("hex"))).toBe(false);
		expect(all).toContain(Buffer.from("*********").toString("hex"));
	});
});

describe("what a page may do", () => {
	it("cut a board's power: its will comes over MQTT, it starts anew, and the session goes on", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage);
		const page = new Visitor(opened);
		await page.hello();
		const { lines } = await client(opened);
		await until("its birth", () => lines.includes("thimble/board-01/status online"));
		page.ask({ ask: "fault", fault: "power-cut", boards: ["board-01"], for: "300ms" });
		const { trouble } = await page.next("trouble");
		expect(trouble).toMatchObject({ id: 1, fault: "power-cut", device: "board-01", until: trouble.since + 300 });
		await until("mended", () => page.all("mended").some(({ id }) => id === 1));
		await until("restarted", () => page.all("restarted").length > 0);
		expect(page.all("restarted")[0]).toMatchObject({ device: "board-01", reason: "power cut" });
		await until("the will", () => lines.includes("thimble/board-01/status offline"));
		await until(
			"its return",
			() => lines.lastIndexOf("thimble/board-01/status online") > lines.indexOf("thimble/board-01/status offline"),
		);
		expect(lines).not.toContain("thimble/board-02/status offline");
	});

	it("leave a connection half open: nobody is told until the board finds out, and then the will comes", async () => {
		const { stage } = running({ ...QUICK, devices: 1, keepAlive: 2 });
		const opened = await desk(stage);
		const page = new Visitor(opened);
		await page.hello();
		const { lines } = await client(opened);
		await until("readings", () => lines.some(line => line.startsWith("thimble/board-01/telemetry")));
		page.ask({ ask: "fault", fault: "hang" });
		const { trouble } = await page.next("trouble");
		expect(trouble.until).toBe(trouble.since);
		await until("the will", () => lines.includes("thimble/board-01/status offline"));
		await until("its return", () => lines.at(-1)!.startsWith("thimble/board-01/telemetry"));
	});

	it("mend what it has asked for, and another page hears of all that", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage);
		const [page, other] = [new Visitor(opened), new Visitor(opened)];
		await Promise.all([page.hello(), other.hello()]);
		page.ask({ ask: "fault", fault: "wifi-loss" });
		await until("both", () => other.all("trouble").length === 2);
		const late = new Visitor(opened);
		expect((await late.hello()).troubles.map(({ device }) => device)).toEqual(["board-01", "board-02"]);
		other.ask({ ask: "mend", id: 1 });
		expect(await page.next("mended")).toMatchObject({ id: 1, device: "board-01" });
		page.ask({ ask: "mend" });
		await until("all", () => late.all("mended").length === 2);
	});

	it("stop the broker: everybody's connection is gone, also those of this machine, and nobody comes in until it is back", async () => {
		const { served, stage } = running(QUICK);
		const opened = await desk(stage);
		const listener = await listen(served, 0);
		afterwards(() => listener.close());
		const page = new Visitor(opened);
		await page.hello();
		const { mqtt } = await client(opened);
		const tcp = connect(listener.port, "127.0.0.1");
		const gone: string[] = [];
		mqtt.on("close", () => gone.push("page"));
		tcp.on("error", () => {});
		tcp.on("close", () => gone.push("tcp"));
		await new Promise(resolve => tcp.once("connect", resolve));
		tcp.write(Buffer.from("100d00044d51545404020000000178", "hex").subarray(0, 14));
		await until("online", () => stage.simulation.fleet.boards.every(({ isOnline }) => isOnline));
		page.ask({ ask: "fault", fault: "broker-stop", for: "1s" });
		const { trouble } = await page.next("trouble");
		expect(trouble.device).toBeUndefined();
		await until("both gone", () => gone.length === 2);
		const early = mqttJs(`ws://127.0.0.1:${opened.port}/mqtt`, { reconnectPeriod: 0 });
		early.on("error", () => {});
		await new Promise<void>(resolve => early.once("close", () => resolve()));
		expect(early.connected).toBe(false);
		await page.next("mended");
		const back = await client(opened);
		expect(back.mqtt.connected).toBe(true);
	});

	it.each([
		["nonsense", "", "expected JSON"],
		["[1]", "", "expected a JSON object"],
		["{}", "", /^ask: missing; expected see, fault or mend|^ask: expected see, fault or mend/],
		['{"ask":"reboot"}', "reboot", 'ask: expected see, fault or mend, got "reboot"'],
		['{"ask":"see","clients":7}', "see", /^clients: expected "all", or a list of at most 10000 client ids/],
		['{"ask":"see","clients":[7]}', "see", /^clients/],
		['{"ask":"mend","id":"x"}', "mend", /^id: expected the number/],
		['{"ask":"mend","id":99}', "mend", "id: nothing that is wrong now has the number 99"],
		['{"ask":"fault"}', "fault", /^fault: expected cut, hang/],
		['{"ask":"fault","fault":"wifi-loss","boards":["nobody"]}', "fault", /there is no board or group "nobody"/],
		['{"ask":{"toString":1}}', "", /^ask: expected see, fault or mend/],
		['{"ask":"fault","fault":"cut","__proto__":{"boards":"nobody"},"toString":1}', "fault", /^toString: unknown/],
		['{"ask":"fault","fault":{"toString":1}}', "fault", /^fault: expected cut/],
	])("%s is refused with a sentence, and the page goes on", async (text, ask, sentence) => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage));
		await page.hello();
		page.socket.send(text);
		const refused = await page.next("refused");
		expect(refused.ask).toBe(ask);
		expect(refused.sentence).toMatch(sentence);
		expect(refused.sentence).not.toContain("\n");
		page.ask({ ask: "fault", fault: "cut" });
		await page.next("trouble");
	});

	it("not send more than a page would: what is binary is refused, what is too long ends it", async () => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage));
		await page.hello();
		page.socket.send(Buffer.from('{"ask":"mend"}'));
		expect((await page.next("refused")).sentence).toBe("expected JSON as text");
		page.socket.send(" ".repeat(70_000));
		await until("closed", () => page.isClosed);
	});
});

describe("lessons", () => {
	const lesson = (name: string) => {
		if (name === "broken") throw new UsageError("lesson broken: not JSON");
		return name === "first" ? checkScenario({ devices: 1, interval: "100ms" }, "") : undefined;
	};

	it("have a stage of their own, with a broker of its own, as long as the page is there", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage, { lesson });
		const [main, one, two] = [
			new Visitor(opened),
			new Visitor(opened, "?lesson=first"),
			new Visitor(opened, "?lesson=first"),
		];
		const [, first, second] = await Promise.all([main.hello(), one.hello(), two.hello()]);
		expect(first).toMatchObject({ title: "first", boards: [{ device: "board-01" }] });
		expect(new Set(["main", first.stage, second.stage]).size).toBe(3);
		const there = await client(opened, `?stage=${first.stage}`);
		const elsewhere = await client(opened, `?stage=${second.stage}`);
		const outside = await client(opened);
		there.mqtt.publish("only/here", "x");
		await until("the message", () => there.lines.includes("only/here x"));
		await until("readings elsewhere", () => elsewhere.lines.length > 4 && outside.lines.length > 4);
		expect([...elsewhere.lines, ...outside.lines]).not.toContain("only/here x");
		one.ask({ ask: "fault", fault: "wifi-loss" });
		await one.next("trouble");
		expect([main.all("trouble"), two.all("trouble")]).toEqual([[], []]);
		const isGone = new Promise<void>(resolve => there.mqtt.once("close", () => resolve()));
		one.socket.close();
		await isGone;
		const late = new WebSocket(`ws://127.0.0.1:${opened.port}/mqtt?stage=${first.stage}`, "mqtt");
		const refusal = await new Promise<string>(resolve => late.on("error", error => resolve(error.message)));
		expect(refusal).toContain("404");
		expect(elsewhere.mqtt.connected).toBe(true);
	});

	it.each([
		["nothing", "lesson: there is no lesson of that name"],
		["", "lesson: there is no lesson of that name"],
		["broken", "lesson broken: not JSON"],
	])("%j is refused with a sentence, and closed", async (name, sentence) => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage, { lesson }), `?lesson=${name}`);
		await until("closed", () => page.isClosed);
		expect(page.told).toEqual([{ event: "refused", ask: "lesson", sentence }]);
	});

	it("are at most eight at once", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage, { lesson });
		const pages = Array.from({ length: 8 }, () => new Visitor(opened, "?lesson=first"));
		await Promise.all(pages.map(page => page.hello()));
		const ninth = new Visitor(opened, "?lesson=first");
		await until("closed", () => ninth.isClosed);
		expect(ninth.all("refused")[0]!.sentence).toBe("lesson: so many lessons are open already: close another");
		pages[0]!.socket.close();
		await until("gone", () => pages[0]!.isClosed);
		const tenth = new Visitor(opened, "?lesson=first");
		expect(await tenth.hello()).toMatchObject({ event: "hello" });
	});
});

describe("who is kept out", () => {
	it.each([
		["another site's page", "", { Origin: "http://evil.example" }, /^403 a page of another site/],
		[
			"a name that was pointed at this machine",
			"",
			{ Host: "evil.example" },
			/^403 this server is for this machine alone/,
		],
		["a page that speaks something else", "", {}, /^400 the subprotocol here is thimble-desk/, "chat"],
	])("%s", async (_who, query, headers, refusal, protocol = "thimble-desk") => {
		const { stage } = running(QUICK);
		const page = new Visitor(await desk(stage), query, headers as Record<string, string>, protocol);
		await until("refused", () => page.refused !== undefined);
		expect(page.refused).toMatch(refusal);
		expect(page.told).toEqual([]);
	});

	it("from elsewhere, who has no token: not for packets, and not for MQTT; files are public", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage, { host: "0.0.0.0" });
		const [, token] = /^http:\/\/0\.0\.0\.0:\d+\/#token=([0-9a-f]{32})$/.exec(opened.url)!;
		for (const query of ["", `?token=${"0".repeat(32)}`]) {
			const page = new Visitor(opened, query);
			await until("refused", () => page.refused !== undefined);
			expect(page.refused).toMatch(/^401 the token is missing/);
			const mqtt = new WebSocket(`ws://127.0.0.1:${opened.port}/mqtt${query}`, "mqtt");
			const error = await new Promise<string>(resolve => mqtt.on("error", error => resolve(error.message)));
			expect(error).toContain("401");
		}
		const page = new Visitor(opened, `?token=${token}`);
		expect(JSON.stringify(await page.hello())).not.toContain(token);
		const { mqtt } = await client(opened, `?token=${token}`);
		expect(mqtt.connected).toBe(true);
		const files = await fetch(`http://127.0.0.1:${opened.port}/`);
		expect([files.status, await files.text()]).toEqual([500, "no files here\n"]);
	});

	it("the thirty-third page", async () => {
		const { stage } = running(QUICK);
		const opened = await desk(stage);
		const pages = Array.from({ length: 32 }, () => new Visitor(opened));
		await Promise.all(pages.map(page => page.hello()));
		const last = new Visitor(opened);
		await until("refused", () => last.refused !== undefined);
		expect(last.refused).toBe("503 so many pages are open already");
	});

	it.each(["GET //evil HTTP/1.1", "GET /nothing?x HTTP/1.1", "GET http://[ HTTP/1.1", "GET /%zz HTTP/1.1"])(
		"%s with an upgrade: an answer, and the server goes on",
		async line => {
			const { stage } = running(QUICK);
			const opened = await desk(stage);
			const socket = connect(opened.port, "127.0.0.1");
			let text = "";
			socket.on("data", chunk => (text += chunk));
			socket.on("error", () => {});
			socket.write(
				`${line}\r\nHost: 127.0.0.1:${opened.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n`,
			);
			await until("an answer", () => text !== "");
			expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
			const page = new Visitor(opened);
			await page.hello();
		},
	);
});

it("closing ends pages, clients and lessons in a moment", async () => {
	const { stage } = running(QUICK);
	const opened = await desk(stage, { lesson: () => checkScenario({ devices: 1 }, "") });
	const [page, lesson] = [new Visitor(opened), new Visitor(opened, "?lesson=x")];
	await Promise.all([page.hello(), lesson.hello()]);
	const { mqtt } = await client(opened);
	// Somebody who has not said what he wants yet.
	const silent = connect(opened.port, "127.0.0.1");
	silent.on("error", () => {});
	await new Promise(resolve => silent.once("connect", resolve));
	const before = performance.now();
	await opened.close();
	expect(performance.now() - before).toBeLessThan(2000);
	await until("all gone", () => page.isClosed && lesson.isClosed && !mqtt.connected && silent.destroyed);
	expect(stage.listeners.size).toBe(0);
});

describeWith(["mosquitto_sub"], "beside mosquitto_sub", () => {
	it("a publish from the page reaches it, and the will of a board whose power is cut", async () => {
		const { served, stage } = running(QUICK);
		const opened = await desk(stage);
		const listener = await listen(served, 0);
		afterwards(() => listener.close());
		const sub = spawnClient("mosquitto_sub", ["-p", String(listener.port), "-t", "#", "-v"]);
		afterwards(() => sub.child.kill());
		await until("readings", () => sub.lines.some(line => line.includes("/telemetry")));
		const { mqtt } = await client(opened);
		mqtt.publish("from/the/page", "hello");
		await until("the message", () => sub.lines.includes("from/the/page hello"));
		const page = new Visitor(opened);
		await page.hello();
		page.ask({ ask: "fault", fault: "power-cut", boards: "all", for: "200ms" });
		await until("the will", () => sub.lines.includes("thimble/board-02/status offline"));
	});
});
