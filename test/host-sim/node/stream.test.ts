// All sockets of the desktop have the manners of the board's, whatever carries them.

import { createServer, type Server } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { SocketConstructor } from "../../../firmware/io.js";
import { framesOf } from "../../../host-sim/node/frames.js";
import { TCP } from "../../../host-sim/node/tcp.js";
import { secureSocket } from "../../../host-sim/node/tls.js";
import { webSocket } from "../../../host-sim/node/websocket.js";
import { Certificates } from "../../support/certificates.js";
import { sleep, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";

type Serve = (accept: (peer: Duplex) => void) => Promise<{ port: number; close(): void }>;

let close = () => {};
afterEach(() => close());

async function listening(server: Server): Promise<{ port: number; close(): void }> {
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return { port: (server.address() as { port: number }).port, close: () => server.close() };
}

async function pairOf(serve: Serve, io: SocketConstructor) {
	const peers: Duplex[] = [];
	const server = await serve(peer => {
		peers.push(peer);
		peer.on("error", () => {});
	});
	close = server.close;
	const calls: string[] = [];
	const target = {};
	let readable = 0;
	let writable = -1;
	const socket = new io({
		address: "127.0.0.1",
		port: server.port,
		target,
		onReadable(count) {
			expect(this.target).toBe(target);
			readable = count;
			calls.push(`readable ${count}`);
		},
		onWritable(count) {
			writable = count;
			calls.push(`writable ${count}`);
		},
		onError() {
			calls.push("error");
		},
	});
	expect(calls).toEqual([]);
	await until("the connection", () => writable >= 0 && peers.length === 1);
	return { socket, peer: peers[0]!, calls, readable: () => readable, writable: () => writable };
}

function manners(pair: () => ReturnType<typeof pairOf>): void {
	it("is connected with the first onWritable, which tells the room of lwIP's buffer", async () => {
		const { socket, calls } = await pair();
		expect(calls).toEqual(["writable 5744"]);
		socket.close();
	});

	it("reads whole views, and throws for more than is there", async () => {
		const { socket, peer, readable } = await pair();
		peer.write("hello");
		await until("bytes", () => readable() === 5);
		const view = new Uint8Array(3);
		socket.read(view);
		expect(Buffer.from(view).toString()).toBe("hel");
		expect(() => socket.read(new Uint8Array(3))).toThrow("invalid");
		expect(() => socket.read(new Uint8Array(0))).toThrow("invalid");
		const rest = new Uint8Array(2);
		socket.read(rest);
		expect(Buffer.from(rest).toString()).toBe("lo");
		socket.close();
	});

	it("writes whole views, copies them, tells the room left, and throws beyond it", async () => {
		const { socket, peer, writable } = await pair();
		let got = "";
		peer.on("data", data => {
			got += data;
		});
		const view = new Uint8Array(4).fill(0x61);
		expect(socket.write(view)).toBe(5740);
		view.fill(0x62);
		await until("the room back", () => writable() === 5744 && got.length === 4);
		expect(got).toBe("aaaa");
		expect(() => socket.write(new Uint8Array(5745))).toThrow("would block");
		socket.close();
	});

	it("close() sends what was written, also while the peer is sending; and nothing is called after it", async () => {
		const { socket, peer, calls } = await pair();
		let got = "";
		peer.on("data", data => {
			got += data;
		});
		const sending = setInterval(() => peer.write("x".repeat(1000)), 1);
		await sleep(20);
		socket.write(new TextEncoder().encode("BYE"));
		socket.close();
		const before = calls.length;
		await until("the last word", () => got === "BYE");
		clearInterval(sending);
		peer.end();
		await sleep(50);
		expect(calls.length).toBe(before);
		expect(() => socket.write(new Uint8Array(1))).toThrow("closed");
		expect(() => socket.read(new Uint8Array(1))).toThrow("closed");
	});

	it("the peer's end is one onError, after all bytes have been read", async () => {
		const { socket, peer, calls, readable } = await pair();
		peer.end("last");
		await until("bytes", () => readable() === 4);
		await sleep(30);
		expect(calls).not.toContain("error");
		socket.read(new Uint8Array(4));
		await until("the end", () => calls.includes("error"));
		await sleep(30);
		expect(calls.filter(call => call === "error").length).toBe(1);
		socket.close();
	});
}

describe("TCP", () => {
	manners(() => pairOf(accept => listening(createServer({ allowHalfOpen: true }, accept)), TCP));
});

describe("WebSocket", () => {
	const serve: Serve = async accept => {
		const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
		server.on("connection", socket => accept(framesOf(socket)));
		await new Promise(resolve => server.once("listening", resolve));
		return { port: (server.address() as { port: number }).port, close: () => server.close() };
	};
	manners(() => pairOf(serve, webSocket()));
});

describeWith(["openssl"], "TLS", () => {
	let certificates: Certificates;
	beforeAll(() => {
		certificates = new Certificates();
	});
	afterAll(() => certificates.close());
	manners(() => {
		const { cert, key } = certificates.broker;
		return pairOf(
			accept => listening(createTlsServer({ cert, key, allowHalfOpen: true }, accept)),
			secureSocket({ ca: certificates.ca.cert }),
		);
	});
});
