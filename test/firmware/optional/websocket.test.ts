// MQTT over WebSocket against a scripted server: the request, frames of all sizes and kinds, and what ends the connection.

import { describe, expect, it } from "vitest";
import { sha1 } from "../../../firmware/optional/accept.js";
import { base64 } from "../../../firmware/optional/base64.js";
import { Names } from "../../../firmware/optional/names.js";
import { webSocket } from "../../../firmware/optional/websocket.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { Listener, scripted, settled } from "../../support/scripted.js";

const ascii = (text: string) => new Uint8Array([...text].map(character => character.charCodeAt(0)));
const text = (bytes: number[]) => String.fromCharCode(...bytes);

function make({ isSecure = false, path = undefined as string | undefined, port = 80 } = {}) {
	const { io, sockets } = scripted();
	const Over = webSocket({
		socket: { io },
		names: new Names(),
		random: new SeededRandom(1),
		isSecure,
		...(path !== undefined && { path }),
	});
	const listener = new Listener();
	const socket = new Over(listener.options("10.0.0.1", port));
	return { listener, below: sockets[0]!, socket };
}

type Bench = ReturnType<typeof make>;

function keyOf(request: string): string {
	return /Sec-WebSocket-Key: (\S+)\r\n/.exec(request)![1]!;
}

function answer(
	key: string,
	changes: Record<string, string | undefined> = {},
	status = "HTTP/1.1 101 Switching Protocols",
): Uint8Array {
	const lines: Record<string, string | undefined> = {
		Upgrade: "websocket",
		Connection: "Upgrade",
		"Sec-WebSocket-Accept": base64(sha1(ascii(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`))),
		"Sec-WebSocket-Protocol": "mqtt",
		...changes,
	};
	const said = Object.entries(lines).filter(([, value]) => value !== undefined);
	return ascii([status, ...said.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n"));
}

function stand(bench = make()): Bench {
	bench.below.open();
	bench.below.receive(answer(keyOf(text(bench.below.sent()))));
	expect(bench.listener.told).toEqual(["writable"]);
	return bench;
}

/** Of a server: not masked. */
function frame(first: number, payload: number[], longer = false): number[] {
	const { length } = payload;
	if (longer) return [first, 127, 0, 0, 0, 0, 0, 0, length >> 8, length & 255, ...payload];
	return length < 126 ? [first, length, ...payload] : [first, 126, length >> 8, length & 255, ...payload];
}

/** Of ours: first byte and payload. */
function unmask(bytes: number[]): { first: number; payload: number[]; size: number } {
	const isLong = (bytes[1]! & 0x7f) === 126;
	const length = isLong ? (bytes[2]! << 8) | bytes[3]! : bytes[1]! & 0x7f;
	expect(bytes[1]! & 0x80).toBe(0x80);
	const head = isLong ? 8 : 6;
	const mask = bytes.slice(head - 4, head);
	return {
		first: bytes[0]!,
		payload: bytes.slice(head, head + length).map((byte, at) => byte ^ mask[at & 3]!),
		size: head + length,
	};
}

describe("the request", () => {
	it("asks for the subprotocol mqtt, at the path that was given [MQTT-6.0.0-3]", () => {
		const { below } = make({ path: "/broker?a=b", port: 8080 });
		below.open();
		const request = text(below.sent());
		expect(request).toMatch(/^GET \/broker\?a=b HTTP\/1\.1\r\nHost: 10\.0\.0\.1:8080\r\n/);
		expect(request).toContain("\r\nSec-WebSocket-Protocol: mqtt\r\n");
		expect(request).toMatch(/\r\n\r\n$/);
		expect(keyOf(request)).toHaveLength(24);
	});

	it("goes out in parts where there is no room for it", () => {
		const { below } = make();
		below.open(10);
		expect(text(below.sent())).toBe("GET /mqtt ");
		below.open(1000);
		expect(text(below.sent())).toMatch(/^HTTP[\s\S]*\r\n\r\n$/);
	});

	it("names the port unless it is the usual one", () => {
		for (const [port, isSecure, host] of [
			[80, false, "10.0.0.1"],
			[443, true, "10.0.0.1"],
			[80, true, "10.0.0.1:80"],
		] as const) {
			const { below } = make({ port, isSecure });
			below.open();
			expect(text(below.sent())).toContain(`Host: ${host}\r\n`);
		}
	});

	it.each<[string, Record<string, string | undefined>, string?]>([
		["another status", {}, "HTTP/1.1 404 Not Found"],
		["no upgrade", { Upgrade: undefined }],
		["another connection", { Connection: "close" }],
		["another key", { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }],
		["no subprotocol [MQTT-6.0.0-4]", { "Sec-WebSocket-Protocol": undefined }],
		["another subprotocol", { "Sec-WebSocket-Protocol": "mqttv3.1" }],
		["an extension that nobody asked for", { "Sec-WebSocket-Extensions": "permessage-deflate" }],
	])("that is answered with %s ends with a code", (_, changes, status) => {
		const { below, listener, socket } = make();
		below.open();
		below.receive(answer(keyOf(text(below.sent())), changes, status));
		expect(listener.told).toEqual(["error 45"]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("would block");
	});

	it("that is answered with no end, or not at all, ends with a code", () => {
		const endless = make();
		endless.below.open();
		endless.below.receive(ascii("x".repeat(3000)));
		expect(endless.listener.told).toEqual(["error 45"]);
		const silent = make();
		silent.below.open();
		silent.below.end();
		expect(silent.listener.told).toEqual(["error 45"]);
		const unreachable = make();
		unreachable.below.end();
		expect(unreachable.listener.told).toEqual(["error -"]);
		const refused = make();
		refused.below.open();
		refused.below.end({ code: 0x43 });
		expect(refused.listener.told).toEqual(["error 43"]);
	});
});

describe("a connection", () => {
	it("sends binary frames with a mask of their own each [MQTT-6.0.0-1]", () => {
		const { below, socket } = stand();
		const masks = new Set<string>();
		for (const length of [1, 125, 126, 1000]) {
			const payload = Array.from({ length }, (_, at) => at & 255);
			const view = new Uint8Array(payload);
			below.room = 4096;
			const room = socket.write(view);
			expect(Array.from(view)).toEqual(payload);
			const sent = below.sent();
			const { first, payload: got, size } = unmask(sent);
			expect([first, got, size]).toEqual([0x82, payload, sent.length]);
			expect(room).toBe(4096 - size - 8);
			masks.add(sent.slice(size - length - 4, size - length).join());
		}
		expect(masks.size).toBe(4);
		below.room = 100;
		below.open(100);
		expect(() => socket.write(new Uint8Array(93))).toThrow("would block");
		socket.write(new Uint8Array(92));
	});

	it("gives on what frames bring, in slices of any size [MQTT-6.0.0-2]", () => {
		const long = Array.from({ length: 300 }, (_, at) => at & 255);
		const bytes = [
			...frame(0x82, [1, 2, 3]),
			...frame(0x02, [4]),
			...frame(0x89, [9, 9]),
			...frame(0x00, []),
			...frame(0x80, [5, 6]),
			...frame(0x82, long),
			...frame(0x8a, []),
			...frame(0x82, [7], true),
		];
		for (const slice of [1, 2, 3, 7, 64, bytes.length]) {
			const { below, listener } = stand();
			for (let at = 0; at < bytes.length; at += slice) below.receive(bytes.slice(at, at + slice));
			expect(listener.read).toEqual([1, 2, 3, 4, 5, 6, ...long, 7]);
			const { first, payload } = unmask(below.sent());
			expect([first, payload]).toEqual([0x8a, [9, 9]]);
		}
	});

	it("has in its first bytes what came with the answer", () => {
		const { below, listener } = make();
		below.open();
		below.receive([...answer(keyOf(text(below.sent()))), ...frame(0x82, [1, 2])]);
		expect(listener.told).toEqual(["writable"]);
		expect(listener.read).toEqual([1, 2]);
	});

	it("tells later what waits behind a frame that was read later", async () => {
		const { below, listener, socket } = stand();
		listener.appetite = 1;
		below.receive([...frame(0x82, [1, 2]), ...frame(0x82, [3])]);
		expect(listener.read).toEqual([1]);
		socket.read(new Uint8Array(1));
		expect(listener.read).toEqual([1]);
		await settled();
		expect(listener.read).toEqual([1, 3]);
		expect(() => socket.read(new Uint8Array(1))).toThrow("invalid");
	});

	it("answers a ping when there is room, and nothing goes before that", () => {
		const { below, listener, socket } = stand();
		below.room = 9;
		below.open(9);
		below.receive(frame(0x89, [1, 2]));
		expect(below.sent()).toEqual([]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("would block");
		below.open(500);
		expect(unmask(below.sent()).first).toBe(0x8a);
		expect(listener.room).toBe(500 - 8 - 8);
	});

	it("ends where the server closes it, without a code, after all that was said", async () => {
		const { below, listener, socket } = stand();
		listener.appetite = 0;
		below.receive([...frame(0x82, [1]), ...frame(0x88, [3, 232])]);
		expect(listener.told).toEqual(["writable"]);
		socket.read(new Uint8Array(1));
		await settled();
		expect(listener.told).toEqual(["writable", "error -"]);
		below.end();
		expect(listener.told.length).toBe(2);
	});

	it.each<[string, number[]]>([
		["a text frame [MQTT-6.0.0-1]", frame(0x81, [65])],
		["a continuation of nothing", frame(0x80, [1])],
		["another message inside one", [...frame(0x02, [1]), ...frame(0x82, [1])]],
		["a mask", [0x82, 0x81, 0, 0, 0, 0, 1]],
		["bits of an extension", frame(0xc2, [1])],
		["a ping in parts", frame(0x09, [1])],
		["a ping that is too long", frame(0x89, new Array(126).fill(1))],
		["a frame of control that nobody knows", frame(0x8b, [])],
		["more than four gigabytes", [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0]],
	])("ends with a code at %s", (_, bytes) => {
		const { below, listener } = stand();
		below.receive(bytes);
		expect(listener.told).toEqual(["writable", "error 45"]);
	});

	it("says goodbye, and nothing follows", async () => {
		const { below, listener, socket } = stand();
		socket.close();
		socket.close();
		expect(unmask(below.sent()).first).toBe(0x88);
		expect(below.isClosed).toBe(true);
		below.end();
		below.open();
		await settled();
		expect(listener.told).toEqual(["writable"]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("closed");
		expect(() => socket.read(new Uint8Array(1))).toThrow("closed");
	});
});
