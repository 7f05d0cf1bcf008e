// The page's socket against the broker in this process, with `ws` in the place of a browser's WebSocket: both keep to the same standard.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Socket } from "../../../firmware/io.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { browserSocket, type Tap } from "../../../host-sim/web/socket.js";
import { until } from "../../support/mosquitto.js";
import { nodeClient } from "../../support/node.js";

const WEBSOCKET_FAILED = 0x45;
const closing: (() => unknown)[] = [];
beforeEach(() => void vi.stubGlobal("WebSocket", WebSocket));
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
	vi.unstubAllGlobals();
});

/** A server that does with each connection what it is told; its URL. */
async function server(take: (socket: WebSocket) => void): Promise<string> {
	const made = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
	made.on("connection", take);
	closing.push(() => {
		for (const client of made.clients) client.terminate();
		return new Promise(resolve => made.close(resolve));
	});
	await new Promise(resolve => made.once("listening", resolve));
	return `ws://127.0.0.1:${(made.address() as { port: number }).port}/mqtt`;
}

/** A socket, and what it has called. */
function socketTo(url: string, tap?: Tap) {
	const told: (string | number | undefined)[] = [];
	const Class = browserSocket(url, tap);
	const socket: Socket = new Class({
		address: "10.0.0.1",
		port: 1883,
		onReadable: count => told.push("readable", count),
		onWritable: count => told.push("writable", count),
		onError: error => told.push("error", (error as { code?: number } | undefined)?.code),
	});
	closing.push(() => socket.close());
	return { socket, told };
}

it("carries our client to a broker and back, payloads larger than a frame among them", async () => {
	const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
	closing.push(() => listener.close());
	const seen = { client: 0, broker: 0 };
	const got: number[] = [];
	const io = browserSocket(`ws://127.0.0.1:${listener.port}/mqtt`, {
		bytes: (fromClient, bytes) => {
			seen[fromClient ? "client" : "broker"] += bytes.length;
		},
	});
	let isSubscribed = false;
	const client = nodeClient(listener.port, "page", { socket: { io }, onSubscribed: () => (isSubscribed = true) });
	closing.push(() => client.close());
	client.subscribe("large", message => got.push(message.payloadLength), { qos: 2, stream: true });
	client.open();
	await until("the subscription", () => isSubscribed);
	const source = { read: (_bytes: Uint8Array, _at: number, count: number) => count };
	expect(client.publishFrom(client.topic("large"), source, 300_000, 4)).toBeGreaterThan(0);
	await until("all of it", () => got.reduce((sum, each) => sum + each, 0) === 300_000);
	expect(seen.client).toBeGreaterThan(300_000);
	expect(seen.broker).toBeGreaterThan(300_000);
});

it("reads whole views, over the borders of frames, and throws beyond what is there", async () => {
	const url = await server(socket => {
		socket.send(Uint8Array.of(1, 2, 3));
		socket.send(Uint8Array.of(4, 5));
	});
	const { socket, told } = socketTo(url);
	await until("both", () => told.includes(5));
	expect(told.slice(2)).toEqual(["readable", 3, "readable", 5]);
	const view = new Uint8Array(4);
	expect(() => socket.read(new Uint8Array(6))).toThrow("invalid");
	expect(() => socket.read(new Uint8Array(0))).toThrow("invalid");
	socket.read(view);
	expect([...view]).toEqual([1, 2, 3, 4]);
	socket.read(view.subarray(0, 1));
	expect(view[0]).toBe(5);
	expect(() => socket.read(view.subarray(0, 1))).toThrow("invalid");
});

it("tells the end when all has been read, and only once", async () => {
	const ends: string[] = [];
	const url = await server(socket => {
		socket.send(Uint8Array.of(1, 2));
		socket.close();
	});
	const { socket, told } = socketTo(url, { begin: () => ends.push("begin"), end: () => ends.push("end") });
	await until("its end", () => ends.length === 2);
	expect(told).not.toContain("error");
	socket.read(new Uint8Array(2));
	await until("the error", () => told.includes("error"));
	expect(told.filter(each => each === "error")).toHaveLength(1);
	expect(told.at(-1)).toBeUndefined();
});

it("takes what a view holds at that moment, and no more than there is room for", async () => {
	const got: number[] = [];
	const url = await server(socket => socket.on("message", (data: Buffer) => got.push(...data)));
	const { socket, told } = socketTo(url);
	await until("it stands", () => told[0] === "writable");
	const room = told[1] as number;
	expect(() => socket.write(new Uint8Array(room + 1))).toThrow("would block");
	const buffer = new ArrayBuffer(4, { maxByteLength: 8 });
	const view = new Uint8Array(buffer);
	view.set([1, 2, 3, 4]);
	socket.write(view);
	view.fill(9);
	await until("all", () => got.length === 4);
	expect(got).toEqual([1, 2, 3, 4]);
	await until("it is writable again", () => told.filter(each => each === "writable").length > 1);
	expect(told.at(-1)).toBe(room);
});

it("says so where nobody answers, or what answers speaks something else", async () => {
	const { told } = socketTo("ws://127.0.0.1:1/mqtt");
	await until("the error", () => told.includes("error"));
	expect(told).toEqual(["error", WEBSOCKET_FAILED]);
});

it("[MQTT-6.0.0-1] breaks a connection on which text comes", async () => {
	const url = await server(socket => socket.send("text"));
	const { told } = socketTo(url);
	await until("the error", () => told.includes("error"));
	expect(told).not.toContain("readable");
});

it("calls nobody after close()", async () => {
	const url = await server(socket => socket.on("message", () => socket.send(Uint8Array.of(1))));
	const { socket, told } = socketTo(url);
	await until("it stands", () => told[0] === "writable");
	socket.write(Uint8Array.of(1));
	const before = told.length;
	socket.close();
	socket.close();
	await new Promise(resolve => setTimeout(resolve, 100));
	expect(told).toHaveLength(before);
	expect(() => socket.write(Uint8Array.of(1))).toThrow("closed");
	expect(() => socket.read(new Uint8Array(1))).toThrow("closed");
});
