// MQTT over WebSocket, with TLS and without: against the broker in this process, mosquitto, and servers that are neither.

import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { ClientOptions } from "../../../firmware/mqtt/client.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import { listen } from "../../../host-sim/node/listen.js";
import { type WebSocketOptions, webSocket } from "../../../host-sim/node/websocket.js";
import { Certificates } from "../../support/certificates.js";
import { answers, freePort, Mosquitto, sleep, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { nodeClient } from "../../support/node.js";

const CONNECT_FAILED = 0x32;
const WEBSOCKET_FAILED = 0x45;

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

async function attempt(port: number, options: WebSocketOptions = {}, given: Partial<ClientOptions> = {}) {
	const codes: number[] = [];
	const client = nodeClient(port, "c", {
		...given,
		socket: { io: webSocket(options) },
		onOnline: () => codes.push(0),
		onOffline: code => codes.push(code),
	});
	closing.push(() => client.close());
	client.open();
	await until("what became of it", () => codes.length > 0);
	return { client, codes, code: codes[0] };
}

async function portOf(server: Server): Promise<number> {
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	closing.push(() => new Promise(resolve => server.close(resolve)));
	return (server.address() as { port: number }).port;
}

/** The port of a mosquitto for WebSocket; it has one for TCP as well, without which 2.0.11 does not start. */
async function mosquittoOf(...settings: string[]): Promise<number> {
	const port = await freePort();
	const mosquitto = await Mosquitto.start([`listener ${port} lo`, "protocol websockets", ...settings]);
	closing.push(() => mosquitto.close());
	// The port for TCP is there before this one.
	while (!(await answers(port))) await sleep(25);
	return port;
}

/** Messages there and back, one of them larger than all buffers of the client. */
async function expectMessages(port: number, options: WebSocketOptions = {}): Promise<void> {
	let subscribed = 0;
	let streamed = 0;
	const got: string[] = [];
	const { client, code } = await attempt(port, options, { onSubscribed: () => (subscribed += 1) });
	expect(code).toBe(0);
	client.subscribe("small", message => got.push(message.text() ?? ""), { qos: 2 });
	client.subscribe("large", message => (streamed += message.payloadLength), { qos: 1, stream: true });
	await until("both subscriptions", () => subscribed === 2);
	client.publish("small", "hello", { qos: 2 });
	const source = { read: (_bytes: Uint8Array, _at: number, count: number) => count };
	expect(client.publishFrom(client.topic("large"), source, 60_000, 2)).toBeGreaterThan(0);
	await until("both", () => got.length === 1 && streamed === 60_000);
	expect(got).toEqual(["hello"]);
}

describe("WebSocket", () => {
	it("with the broker in this process, messages go both ways", async () => {
		const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
		closing.push(() => listener.close());
		await expectMessages(listener.port);
	});

	it("[MQTT-6.0.0-3] asks for the subprotocol mqtt, at the path and of the host that it was given", async () => {
		const asked: unknown[] = [];
		const server = createHttpServer();
		server.on("upgrade", ({ headers, url }, socket) => {
			asked.push([url, headers.host, headers["sec-websocket-protocol"]]);
			socket.destroy();
		});
		const port = await portOf(server);
		await attempt(port, { path: "/deep/er", host: "broker.example" });
		await attempt(port);
		expect(asked[0]).toEqual(["/deep/er", `broker.example:${port}`, "mqtt"]);
		expect(asked).toContainEqual(["/mqtt", `127.0.0.1:${port}`, "mqtt"]);
	});

	it("a path where there is nothing, a server of something else, and one that hangs up: told with a code", async () => {
		const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true });
		closing.push(() => listener.close());
		expect((await attempt(listener.port, { path: "/" })).code).toBe(WEBSOCKET_FAILED);
		const plain = await listen(new Broker(), 0);
		closing.push(() => plain.close());
		expect((await attempt(plain.port)).code).toBe(WEBSOCKET_FAILED);
		const rude = createServer(socket => socket.once("data", () => socket.destroy()));
		expect((await attempt(await portOf(rude))).code).toBe(WEBSOCKET_FAILED);
	});

	it("a server that agrees to no subprotocol is none for us", async () => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => false });
		await new Promise(resolve => server.once("listening", resolve));
		closing.push(() => server.close());
		expect((await attempt((server.address() as { port: number }).port)).code).toBe(WEBSOCKET_FAILED);
	});

	it("[MQTT-6.0.0-1] a text frame ends the connection", async () => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
		await new Promise(resolve => server.once("listening", resolve));
		closing.push(() => server.close());
		let ends = 0;
		server.on("connection", socket => {
			socket.once("message", () => {
				socket.send(Buffer.from("20020000", "hex"));
				socket.send("\xd0\0");
			});
			socket.on("close", () => (ends += 1));
		});
		const { codes } = await attempt((server.address() as { port: number }).port);
		await until("the end", () => ends > 0 && codes.length > 1);
		expect(codes.slice(0, 2)).toEqual([0, WEBSOCKET_FAILED]);
	});

	it("where nobody is it is a connection refused", async () => {
		expect((await attempt(1)).code).toBe(CONNECT_FAILED);
	});

	it("closed in the middle of the handshake it is gone, and tells nothing", async () => {
		let connections = 0;
		let ends = 0;
		const port = await portOf(
			createServer(socket => {
				connections += 1;
				socket.on("error", () => {}).on("close", () => (ends += 1));
				socket.resume();
			}),
		);
		const told: string[] = [];
		const tell = (what: string) => () => told.push(what);
		const options = { onWritable: tell("writable"), onError: tell("error") };
		const socket = new (webSocket())({ address: "127.0.0.1", port, ...options });
		await until("the connection", () => connections === 1);
		socket.close();
		await until("its end", () => ends === 1);
		expect(told).toEqual([]);
	});

	describeWith(["mosquitto"], "with mosquitto", () => {
		it("messages go both ways", async () => {
			await expectMessages(await mosquittoOf());
		});
	});
});

describeWith(["openssl"], "WebSocket over TLS", () => {
	let certificates: Certificates;
	beforeAll(() => {
		certificates = new Certificates();
	});
	afterAll(() => certificates.close());

	const secureOf = (serverName = "localhost") => ({ ca: certificates.ca.cert, serverName });

	it("with the broker in this process, messages go both ways; wrong certificates are refused as without WebSocket", async () => {
		const start = async (identity: "broker" | "elsewhere" | "expired" | "unknown") => {
			const { cert, key } = certificates[identity];
			const listener = await listen(new Broker(), 0, "127.0.0.1", { webSocket: true, tls: { cert, key } });
			closing.push(() => listener.close());
			return listener.port;
		};
		await expectMessages(await start("broker"), { host: "localhost", secure: secureOf() });
		expect((await attempt(await start("expired"), { secure: secureOf() })).code).toBe(0x41);
		expect((await attempt(await start("unknown"), { secure: secureOf() })).code).toBe(0x42);
		expect((await attempt(await start("elsewhere"), { secure: secureOf() })).code).toBe(0x43);
	});

	it("to a server without TLS no request is made", async () => {
		let heard = Buffer.alloc(0);
		const port = await portOf(
			createServer(socket => {
				socket.on("error", () => {});
				socket.on("data", chunk => {
					heard = Buffer.concat([heard, chunk]);
					socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
				});
			}),
		);
		expect((await attempt(port, { secure: secureOf() })).code).toBe(0x40);
		expect(heard[0]).toBe(0x16);
		expect(heard.includes("GET") || heard.includes("mqtt")).toBe(false);
	});

	describeWith(["mosquitto"], "with mosquitto", () => {
		it("messages go both ways; without a certificate where it wants one it says no", async () => {
			const { certFile, keyFile } = certificates.broker;
			const { cert, key } = certificates.client;
			const port = await mosquittoOf(
				`certfile ${certFile}`,
				`keyfile ${keyFile}`,
				`cafile ${certificates.ca.certFile}`,
				"require_certificate true",
			);
			await expectMessages(port, { secure: { ...secureOf(), cert, key } });
			expect((await attempt(port, { secure: secureOf() })).code).toBe(0x44);
		});
	});
});
