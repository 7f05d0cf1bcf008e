// thimble broker as a person runs it: a real process, from its first line to its last.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutUser } from "../../../host-sim/security/users.js";
import { type Command, thimble } from "../../support/command.js";
import { Knock } from "../../support/knock.js";
import { until } from "../../support/mosquitto.js";
import { PASSWORD, Papers } from "../../support/site.js";

let papers: Papers;
beforeAll(async () => {
	papers = await Papers.make();
});
afterAll(() => papers.close());

const linesOf = (broker: Command) =>
	broker
		.out()
		.toString()
		.trim()
		.split("\n")
		.filter(line => line !== "");
const eventsOf = (broker: Command) => linesOf(broker).map(line => JSON.parse(line) as Record<string, unknown>);
const named = (broker: Command, event: string) => eventsOf(broker).filter(each => each["event"] === event);

describe("thimble broker", () => {
	it("without a configuration is for this machine and everybody on it", async () => {
		const broker = thimble(["broker", "--port", "0"]);
		await until("its line", () => linesOf(broker).length > 0);
		const [, port] = /listening url=mqtt:\/\/127\.0\.0\.1:(\d+) who=everybody$/.exec(linesOf(broker)[0]!)!;
		const client = new Knock(Number(port), undefined);
		expect(await client.connect("a")).toBe("connack 0");
		broker.child.kill("SIGTERM");
		expect(await client.answer()).toBe("disconnect 8b");
		expect(await broker.code).toBe(0);
		expect(linesOf(broker).at(-1)).toMatch(/stopped$/);
	});

	it("serves all that its configuration has, tells a line for each event and of metrics, and reads users and rules again", async () => {
		const tls = { cert: "server.pem", key: "server.key" };
		const rules = [{ publish: ["own/%u/#"], subscribe: ["own/%u/#"] }];
		const config = (rest: object) =>
			papers.put(
				"process.json",
				JSON.stringify({
					listeners: [
						{ port: 0 },
						{ port: 0, tls },
						{ port: 0, webSocket: true },
						{ port: 0, webSocket: true, tls: { ...tls, ca: "ca.pem" } },
					],
					users: "process-users",
					...rest,
				}),
			);
		const path = config({ access: rules });
		const users = readFileSync(join(papers.folder, "users"), "utf8");
		papers.put("process-users", users);
		const broker = thimble(["broker", "--config", path, "--json", "--metrics", "1"]);
		await until("its listeners", () => named(broker, "listening").length === 4);
		const urls = named(broker, "listening").map(({ url }) => String(url));
		expect(urls.map(url => url.replace(/\d+(\/|$)/, "0$1"))).toEqual([
			"mqtt://127.0.0.1:0",
			"mqtts://127.0.0.1:0",
			"ws://127.0.0.1:0/mqtt",
			"wss://127.0.0.1:0/mqtt",
		]);
		const [port, secure] = urls.map(url => Number(/:(\d+)/.exec(url)![1]));
		const enter = async (at: number, options: { ca: string } | undefined, user: string, version: 4 | 5) => {
			const client = new Knock(at, options, version);
			return { client, said: await client.connect(user, { username: user, password: Buffer.from(PASSWORD) }) };
		};
		const one = await enter(port!, undefined, "board-1", 5);
		const two = await enter(secure!, { ca: papers.ca }, "board-2", 4);
		expect([one.said, two.said]).toEqual(["connack 0", "connack 0"]);
		expect(await one.client.publish("own/board-2/x", "payload-of-it")).toBe("puback 87");
		await until("metrics", () => named(broker, "metrics").some(({ clients }) => clients === 2));
		papers.put("process-users", withoutUser(users, "board-1"));
		config({ access: [] });
		broker.child.kill("SIGHUP");
		expect(await one.client.answer()).toBe("disconnect 98");
		expect(await two.client.subscribe("#")).toBe("suback 1");
		writeFileSync(path, "{");
		broker.child.kill("SIGHUP");
		await until("the second", () => named(broker, "not reloaded").length === 1);
		expect(await two.client.ping()).toBe("pingresp 0");
		broker.child.kill("SIGTERM");
		expect(await broker.code).toBe(0);
		const events = new Set(eventsOf(broker).map(({ event }) => event));
		for (const event of ["listening", "connected", "denied", "metrics", "reloaded", "disconnected", "stopped"])
			expect(events).toContain(event);
		expect(broker.err()).toBe("");
		for (const secret of [PASSWORD, "payload-of-it"]) expect(broker.out().toString()).not.toContain(secret);
	});

	it("--check says fine, or all that is wrong, and ends with 2", async () => {
		const fine = papers.put("fine.json", JSON.stringify({ listeners: [{ port: 1883 }] }));
		const good = thimble(["broker", "--check", fine]);
		expect(await good.code).toBe(0);
		expect(good.out().toString()).toBe("fine\n");
		const wrong = papers.put("wrong.json", JSON.stringify({ listeners: [{ port: -1 }], userz: "x" }));
		const bad = thimble(["broker", "--check", wrong]);
		expect(await bad.code).toBe(2);
		expect(bad.err()).toBe(
			`thimble: ${wrong}: listeners[0].port: expected a whole number from 0 to 65535, got -1\n${wrong}: userz: unknown; known are listeners, users, token, clientIds, access, limits\n`,
		);
	});

	it("the configuration beside mosquitto's is fine, and asks for what thimble certs and users make", async () => {
		cpSync("host-sim/security/broker.json", join(papers.folder, "ours.json"));
		const check = thimble(["broker", "--check", join(papers.folder, "ours.json")]);
		expect({ code: await check.code, err: check.err() }).toEqual({ code: 0, err: "" });
	});

	it("says what stands in its way", async () => {
		const first = thimble(["broker", "--port", "0", "--json"]);
		await until("its line", () => named(first, "listening").length > 0);
		const [, port] = /:(\d+)$/.exec(String(named(first, "listening")[0]!["url"]))!;
		const second = thimble(["broker", "--port", port!]);
		expect(await second.code).toBe(2);
		expect(second.err()).toContain("cannot listen: listen EADDRINUSE");
		const both = thimble(["broker", "--port", "1", "--config", "x"]);
		expect(await both.code).toBe(2);
		expect(both.err()).toContain("do not go together");
	});
});
