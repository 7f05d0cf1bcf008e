// A page before a broker outside: its bytes go there as they are, and what is seen of it here has no secret in it.

import { connect as mqttJs } from "mqtt";
import { describe, expect, it } from "vitest";
import { Broker } from "../../../host-sim/broker/broker.js";
import { Feed } from "../../../host-sim/desk/feed.js";
import { Stage } from "../../../host-sim/desk/stage.js";
import { tunnel } from "../../../host-sim/desk/tunnel.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { type ListenOptions, listen } from "../../../host-sim/node/listen.js";
import { Recorder } from "../../../host-sim/record/recorder.js";
import type { Entry } from "../../../host-sim/record/recording.js";
import { Certificates } from "../../support/certificates.js";
import { afterwards, desk } from "../../support/desk.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

const entries: Entry[] = [];

async function page(far: { port: number; path?: string; secure?: { ca: string | Buffer; serverName: string } }) {
	entries.length = 0;
	const carry = tunnel({ host: "127.0.0.1", ...far, recorder: new Recorder({ put: entry => entries.push(entry) }) });
	const stage = new Stage({
		title: "outside",
		broker: () => ({ url: "mqtt://127.0.0.1", embedded: false }),
		scenario: checkScenario({ devices: 1 }, ""),
		feed: new Feed(),
		wallMs: 0,
		now: () => 0,
		carry,
	});
	return desk(stage);
}

async function broker(options: ListenOptions = {}) {
	const published: string[] = [];
	const served = new Broker({
		users: { ann: "hush-hush" },
		on: { published: ({ payload, topic }) => published.push(`${topic} ${payload}`) },
	});
	const listener = await listen(served, 0, "127.0.0.1", options);
	afterwards(() => listener.close());
	return { listener, published };
}

async function talk(port: number, published: readonly string[]): Promise<void> {
	const said: string[] = [];
	const mqtt = mqttJs(`ws://127.0.0.1:${port}/mqtt`, {
		clientId: "web",
		username: "ann",
		password: "hush-hush",
		reconnectPeriod: 0,
	});
	afterwards(() => mqtt.end(true));
	mqtt.on("message", (topic, payload) => said.push(`${topic} ${payload}`));
	await new Promise<void>(resolve => mqtt.subscribe("t", { qos: 2 }, () => resolve()));
	mqtt.publish("t", "x".repeat(100_000), { qos: 2 });
	await until("both ways", () => published.length === 1 && said.length === 1);
	expect(said).toEqual(published);
	mqtt.end();
	await until("its end", () => entries.at(-1)?.event === "end");
	const types = entries.flatMap(entry => (entry.event === "packet" ? [entry.bytes[0]! >> 4] : []));
	expect(types.slice(0, 2)).toEqual([1, 2]);
	expect(types.at(-1)).toBe(14);
	const bytes = Buffer.concat(entries.flatMap(entry => (entry.event === "packet" ? [entry.bytes] : [])));
	expect(bytes.includes("hush")).toBe(false);
}

describe("the page's MQTT to a broker outside", () => {
	it("goes over TCP, with the user name and password that the page gives", async () => {
		const { listener, published } = await broker();
		await talk((await page({ port: listener.port })).port, published);
	});

	it("or over WebSocket, at its path", async () => {
		const { listener, published } = await broker({ webSocket: true });
		await talk((await page({ port: listener.port, path: "/mqtt" })).port, published);
	});

	it("ends where the broker ends it, and where there is none", async () => {
		const { listener } = await broker();
		const { port } = await page({ port: listener.port });
		const mqtt = mqttJs(`ws://127.0.0.1:${port}/mqtt`, {
			clientId: "web",
			username: "ann",
			password: "hush-hush",
			reconnectPeriod: 0,
		});
		mqtt.on("error", () => {});
		await new Promise<void>(resolve => mqtt.once("connect", () => resolve()));
		const gone = new Promise<void>(resolve => mqtt.once("close", () => resolve()));
		await listener.close();
		await gone;
		const again = mqttJs(`ws://127.0.0.1:${port}/mqtt`, { reconnectPeriod: 0 });
		again.on("error", () => {});
		await new Promise<void>(resolve => again.once("close", () => resolve()));
		expect(again.connected).toBe(false);
	});
});

describeWith(["openssl"], "the page's MQTT over TLS", () => {
	it.each([false, true])("to a broker whose certificate we trust; with WebSocket: %j", async webSocket => {
		const certificates = new Certificates();
		afterwards(() => certificates.close());
		const { cert, key } = certificates.broker;
		const { listener, published } = await broker({ tls: { cert, key }, webSocket });
		const secure = { ca: certificates.ca.cert, serverName: "localhost" };
		await talk((await page({ port: listener.port, secure, ...(webSocket && { path: "/mqtt" }) })).port, published);
	});
});
