// The page's line to the simulator against a server that says what a test wants.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { FromDesk, Seen, ToDesk } from "../../../../host-sim/desk/protocol.js";
import { Desk } from "../../../../host-sim/web/model/desk.js";
import { until } from "../../../support/mosquitto.js";

const closing: (() => unknown)[] = [];
beforeEach(() => void vi.stubGlobal("WebSocket", WebSocket));
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	vi.unstubAllGlobals();
});

const HELLO: FromDesk = {
	event: "hello",
	version: "0.1.0",
	stage: "main",
	title: "first-light",
	broker: { url: "mqtt://127.0.0.1:1883", embedded: true },
	boards: [{ device: "board-1", engine: "node", qos: 1, protocol: "5.0", interval: 1000 }],
	faults: ["power-cut"],
	now: 5000,
	wall: 0,
	troubles: [{ id: 7, fault: "wifi-loss", device: "board-1", since: 4000 }],
};

async function simulator() {
	const asked: ToDesk[] = [];
	const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
	server.on("connection", socket => {
		socket.on("message", data => asked.push(JSON.parse(String(data))));
		socket.send(JSON.stringify(HELLO));
	});
	closing.push(() => {
		for (const client of server.clients) client.terminate();
		return new Promise(resolve => server.close(resolve));
	});
	await new Promise(resolve => server.once("listening", resolve));
	return {
		asked,
		url: `ws://127.0.0.1:${(server.address() as { port: number }).port}/desk`,
		say(what: FromDesk) {
			for (const client of server.clients) client.send(JSON.stringify(what));
		},
		cut() {
			for (const client of server.clients) client.terminate();
		},
	};
}

it("knows the stage, its clock, and what goes wrong at the moment", async () => {
	const { say, url } = await simulator();
	const desk = new Desk(url);
	closing.push(() => desk.close());
	expect(desk.state).toBe("never");
	desk.open();
	await until("hello", () => desk.state === "there");
	expect(desk.hello?.boards[0]?.device).toBe("board-1");
	expect(desk.now).toBeGreaterThanOrEqual(5000);
	expect(desk.now).toBeLessThan(6000);
	expect([...desk.troubles.keys()]).toEqual([7]);
	const told: string[] = [];
	const leave = desk.onIncident(({ event }) => told.push(event));
	say({ event: "trouble", trouble: { id: 8, fault: "power-cut", device: "board-1", since: 6000 } });
	say({ event: "mended", id: 7, fault: "wifi-loss", device: "board-1", at: 6100 });
	say({ event: "restarted", device: "board-1", reason: "power cut", at: 6200 });
	await until("all", () => told.length === 3);
	expect(told).toEqual(["trouble", "mended", "restarted"]);
	expect([...desk.troubles.keys()]).toEqual([8]);
	expect(desk.incidents).toHaveLength(3);
	leave();
	say({ event: "mended", id: 8, fault: "power-cut", device: "board-1", at: 6300 });
	await until("the last", () => desk.incidents.length === 4);
	expect(told).toHaveLength(3);
});

it("remembers the newest happenings, and no more than it has room for", async () => {
	const { say, url } = await simulator();
	const desk = new Desk(url);
	closing.push(() => desk.close());
	desk.open();
	await until("hello", () => desk.state === "there");
	for (let at = 0; at < 600; at += 1) say({ event: "restarted", device: "board-1", reason: "reset", at });
	await until("the last", () => (desk.incidents.at(-1) as { at: number } | undefined)?.at === 599);
	expect(desk.incidents).toHaveLength(500);
});

it("hands on what is seen, comes back when the line breaks, and asks again for what was wanted", async () => {
	const { asked, cut, say, url } = await simulator();
	const desk = new Desk(url);
	closing.push(() => desk.close());
	const seen: Seen[] = [];
	let missed = 0;
	desk.onSeen = (some, left) => {
		seen.push(...some);
		missed += left;
	};
	expect(desk.ask({ ask: "see", clients: ["board-1"] })).toBe(false);
	desk.open();
	await until("the wish", () => asked.length === 1);
	expect(asked[0]).toEqual({ ask: "see", clients: ["board-1"] });
	say({ event: "seen", seen: [{ n: 1, at: 1, connection: 1, event: "begin", peer: "a" }], left: 3 });
	await until("what is seen", () => seen.length === 1 && missed === 3);
	cut();
	await until("it is away", () => desk.state === "away");
	await until("it is back", () => desk.state === "there");
	await until("the wish, again", () => asked.length === 2);
	expect(asked[1]).toEqual(asked[0]);
});

it("tells what was refused, until something else is asked for", async () => {
	const { asked, say, url } = await simulator();
	const desk = new Desk(url);
	closing.push(() => desk.close());
	desk.open();
	await until("hello", () => desk.state === "there");
	say({ event: "refused", ask: "fault", sentence: "there is no board of that name" });
	await until("the refusal", () => desk.refusal !== undefined);
	expect(desk.ask({ ask: "mend" })).toBe(true);
	expect(desk.refusal).toBeUndefined();
	await until("the question", () => asked.length === 1);
});

it("does not come back when it has been closed", async () => {
	const { cut, url } = await simulator();
	const desk = new Desk(url);
	desk.open();
	await until("hello", () => desk.state === "there");
	desk.close();
	cut();
	await new Promise(resolve => setTimeout(resolve, 700));
	expect(desk.state).toBe("there");
});
