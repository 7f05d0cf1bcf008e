import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readConfiguration } from "../../../host-sim/security/configuration.js";
import { Service } from "../../../host-sim/security/service.js";
import { withoutUser } from "../../../host-sim/security/users.js";
import { Knock } from "../../support/knock.js";
import { sleep, until } from "../../support/mosquitto.js";
import { embeddedSite, PASSWORD, Papers, type Site } from "../../support/site.js";

let papers: Papers;
let site: Site;
const clients: Knock[] = [];
beforeAll(async () => {
	papers = await Papers.make();
});
afterEach(async () => {
	for (const client of clients.splice(0)) client.cut();
	await site?.close();
});
afterAll(() => papers.close());

async function enter(user: string, clientId = user, options = {}) {
	const client = new Knock(site.ports[0], { ca: papers.ca }, 5);
	clients.push(client);
	expect(await client.connect(clientId, { username: user, password: Buffer.from(PASSWORD), ...options })).toBe(
		"connack 0",
	);
	return client;
}

describe("a service", () => {
	it("tells who comes and goes, counts, and has it under $SYS for who may read it", async () => {
		site = await embeddedSite(papers);
		const ops = await enter("ops");
		await ops.subscribe("$SYS/broker/#");
		expect(await ops.ping()).toBe("pingresp 0");
		expect(ops.messages).toContain("$SYS/broker/version thimble test");
		expect(site.service!.metrics.clients).toBe(1);
		ops.cut();
		await until("the end", () => site.service!.metrics.clients === 0);
		expect(site.told.map(({ event }) => event)).toEqual(["connected", "disconnected"]);
		expect(site.told[0]).toMatchObject({ client: "ops", user: "ops" });
		expect(site.service!.metrics.line(performance.now())).toMatchObject({ connections: 1, packetsReceived: 3 });
	});

	it("takes other users and rules while clients are in", async () => {
		site = await embeddedSite(papers);
		const [one, two, ops] = [await enter("board-1"), await enter("board-2"), await enter("ops")];
		await two.subscribe("thimble/board-2/command/+");
		const path = join(papers.folder, "broker.json");
		const config = JSON.parse(readFileSync(path, "utf8"));
		const before = readFileSync(join(papers.folder, "users"), "utf8");
		papers.put("fewer", withoutUser(before, "board-1"));
		papers.put("other.json", JSON.stringify({ ...config, users: "fewer", access: config.access.slice(0, 1) }));
		site.service!.reload(readConfiguration(join(papers.folder, "other.json")));
		expect(await one.answer()).toBe("disconnect 98");
		expect(await two.publish("thimble/board-2/telemetry", "1")).toBe("puback 87");
		expect(await ops.publish("thimble/board-2/command/x", "1")).toBe("puback 10");
		const again = new Knock(site.ports[0], { ca: papers.ca }, 5);
		clients.push(again);
		expect(await again.connect("board-1", { username: "board-1", password: Buffer.from(PASSWORD) })).toBe("connack 86");
	});

	it("keeps each limit: a session's subscriptions, packets, what waits for who is away, what one says in a second", async () => {
		site = await embeddedSite(papers, {
			subscriptions: 2,
			packetSize: 1000,
			connectPacketSize: 500,
			queue: 2,
			packetsPerSecond: 50,
		});
		const board = await enter("board-1", "board-1", { properties: { sessionExpiryInterval: 60 } });
		const codes = [];
		for (const name of ["a", "b", "c"]) codes.push(await board.subscribe(`thimble/board-1/${name}`));
		expect(codes).toEqual(["suback 1", "suback 1", "suback 97"]);
		board.cut();
		await until("its end", () => site.service!.metrics.clients === 0);
		const ops = await enter("ops");
		for (const payload of ["1", "2", "3"]) await ops.publish("thimble/board-1/a", payload);
		const back = await enter("board-1", "board-1", { clean: false });
		await until("what has waited", () => back.messages.length === 2);
		expect(back.messages).toEqual(["thimble/board-1/a 1", "thimble/board-1/a 2"]);
		expect(await ops.publish("thimble/x", "x".repeat(1100))).toBe("disconnect 95");
		// Two seconds' worth at once, then slowly; far more: told, and gone.
		const began = performance.now();
		for (let i = 0; i < 40; i += 1) back.send({ cmd: "pingreq" });
		for (let i = 0; i < 40; i += 1) expect(await back.answer()).toBe("pingresp 0");
		expect(performance.now() - began).toBeLessThan(500);
		for (let i = 0; i < 120; i += 1) back.send({ cmd: "pingreq" });
		for (let i = 0; i < 120; i += 1) await back.answer();
		back.send({ cmd: "pingreq" });
		expect(await back.answer()).toBe("pingresp 0");
		expect(performance.now() - began).toBeGreaterThan(800);
		const flood = Buffer.concat(Array.from({ length: 2000 }, () => Buffer.from("c000", "hex")));
		back.send(flood);
		let word = await back.answer();
		while (word === "pingresp 0") word = await back.answer();
		expect(word).toBe("disconnect 96");
	});

	it("writes so many lines in a second, and counts the rest", async () => {
		site = await embeddedSite(papers);
		const board = await enter("board-1");
		for (let i = 0; i < 500; i += 1)
			board.send({ cmd: "publish", topic: "thimble/other", payload: "x", qos: 0, dup: false, retain: false });
		await board.ping();
		await sleep(20);
		const { metrics } = site.service!;
		expect(site.told.length).toBeLessThanOrEqual(201);
		expect(site.told.length + metrics.unsaid).toBe(501);
		expect(metrics.line(0)).toMatchObject({ refusals: { "publish denied": 500 } });
	});

	it("opens all of its ports or none", async () => {
		site = await embeddedSite(papers);
		const { entrances, ...rest } = readConfiguration(join(papers.folder, "broker.json"));
		const [taken] = site.ports;
		const opening = Service.open({
			configuration: { ...rest, entrances: [entrances[0]!, { ...entrances[1]!, port: taken }] },
			version: "test",
			tell: () => {},
		});
		await expect(opening).rejects.toMatchObject({ code: "EADDRINUSE" });
	});
});
