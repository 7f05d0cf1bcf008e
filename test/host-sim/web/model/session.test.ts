import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { Broker } from "../../../../host-sim/broker/broker.js";
import type { Stage } from "../../../../host-sim/desk/stage.js";
import { listen } from "../../../../host-sim/node/listen.js";
import { Session } from "../../../../host-sim/web/model/session.js";
import { desk, running } from "../../../support/desk.js";
import { until } from "../../../support/mosquitto.js";

const closing: (() => unknown)[] = [];
beforeEach(() => void vi.stubGlobal("WebSocket", WebSocket));
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	vi.unstubAllGlobals();
});

const bytes = (text: string) => new TextEncoder().encode(text);

async function brokerAt(): Promise<string> {
	const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
	closing.push(() => listener.close());
	return `ws://127.0.0.1:${listener.port}/mqtt`;
}

it("finds the stage's broker at the page's own server, with what that wants to be shown", () => {
	const plain = new Session({ origin: "http://127.0.0.1:8080" });
	expect(plain.usual().url).toBe("ws://127.0.0.1:8080/mqtt?stage=");
	const secret = new Session({ origin: "https://desk.example", token: "abc" });
	expect(secret.usual("3.1.1")).toEqual({ url: "wss://desk.example/mqtt?stage=&token=abc", version: "3.1.1" });
});

it("has a lesson on the same server, in its own version of MQTT, and with what the server wants to be shown", () => {
	const main = new Session({ origin: "http://127.0.0.1:8080", token: "abc" });
	const lesson = main.lesson("qos-1", "3.1.1");
	expect(lesson.usual()).toEqual({ url: "ws://127.0.0.1:8080/mqtt?stage=&token=abc", version: "3.1.1" });
	expect(main.usual().version).toBe("5.0");
});

it("knows boards by what they say, and forgets them with their broker", async () => {
	const session = new Session({ origin: "http://127.0.0.1:1" });
	closing.push(() => session.close());
	const told: string[] = [];
	session.fleet.listen(({ event }) => told.push(event));
	session.connect({ url: await brokerAt(), version: "5.0" });
	await until("it is online", () => session.link.isOnline);
	await session.link.publish("thimble/board-1/status", bytes("online"), { qos: 1, retain: true });
	await until("the board", () => session.fleet.watched.boards.size === 1);
	expect(told).toEqual(["presence"]);
	expect(session.fleet.watched.count().online).toBe(1);
	session.connect({ url: await brokerAt(), version: "5.0" });
	expect(session.fleet.watched.boards.size).toBe(0);
	await until("it is online", () => session.link.isOnline);
	expect(session.fleet.watched.boards.size).toBe(0);
});

it("shows what the page itself sends and gets to who wants it", async () => {
	const session = new Session({ origin: "http://127.0.0.1:1" });
	closing.push(() => session.close());
	const seen: string[] = [];
	session.tap = {
		begin: () => seen.push("begin"),
		bytes: (fromClient, [first]) => seen.push(`${fromClient ? ">" : "<"}${first! >> 4}`),
		end: () => seen.push("end"),
	};
	session.connect({ url: await brokerAt(), version: "5.0" });
	await until("CONNACK", () => seen.includes("<2"));
	expect(seen.slice(0, 3)).toEqual(["begin", ">1", "<2"]);
});

it("comes to a broker that asks with what the simulator tells it; another run has another password", async () => {
	const safe = { devices: 1, interval: "100ms", security: { access: [{ publish: ["thimble/%u/#"] }] } };
	const opened = await desk(running(safe).stage);
	const { port } = opened;
	const session = new Session({ origin: `http://127.0.0.1:${port}` });
	closing.push(() => session.close());
	session.open();
	await until("the board", () => session.fleet.watched.boards.size === 1);
	const before = session.link.destination!;
	expect(before.userName).toBe("page");
	expect(before.url).not.toContain(before.password);
	await opened.close();
	const other = await desk(running(safe).stage as Stage, { port });
	await until("the other run", () => session.link.isOnline && session.link.destination !== before);
	expect(session.link.destination!.password).not.toBe(before.password);
	await until("the board", () => session.fleet.watched.boards.size === 1);
	// What somebody has chosen is his own.
	session.connect({ ...session.usual(), userName: "ann", password: "wrong" });
	await until("no", () => session.link.trouble !== undefined);
	const { hello } = session.desk;
	await other.close();
	await desk(running(safe).stage as Stage, { port });
	await until("a third run", () => session.desk.hello !== hello);
	expect(session.link.destination!.userName).toBe("ann");
});
