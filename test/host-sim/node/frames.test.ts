import { afterEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { framesOf } from "../../../host-sim/node/frames.js";
import { until } from "../../support/mosquitto.js";

let server: WebSocketServer | undefined;
afterEach(() => server?.close());

/** Both ends: one as a stream of bytes, the other as what goes over it. */
async function pair() {
	server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
	const accepted = new Promise<WebSocket>(resolve => server!.once("connection", resolve));
	await new Promise(resolve => server!.once("listening", resolve));
	const stream = framesOf(new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`));
	const got: Buffer[] = [];
	const errors: string[] = [];
	stream.on("data", chunk => got.push(chunk));
	stream.on("error", error => errors.push(error.message));
	return { stream, peer: await accepted, bytes: () => Buffer.concat(got).toString(), errors };
}

it("[MQTT-6.0.0-2] the bytes of frames are one stream, however they are cut", async () => {
	const { bytes, peer, stream } = await pair();
	for (const part of ["a", "", "bcd", "ef"]) peer.send(Buffer.from(part));
	await until("all", () => bytes() === "abcdef");
	stream.destroy();
});

it("what is written leaves in binary frames", async () => {
	const { peer, stream } = await pair();
	const frames: [string, boolean][] = [];
	peer.on("message", (data, isBinary) => frames.push([String(data), isBinary]));
	stream.write(Buffer.from("one"));
	stream.end(Buffer.from("two"));
	await until("both", () => frames.length === 2);
	expect(frames).toEqual([
		["one", true],
		["two", true],
	]);
});

it("ends when the other end has closed, and is gone then", async () => {
	const { bytes, errors, peer, stream } = await pair();
	const told: string[] = [];
	for (const event of ["end", "close"]) stream.on(event, () => told.push(event));
	peer.send(Buffer.from("last"));
	peer.close();
	await until("the end", () => told.length === 2);
	expect([bytes(), told, errors]).toEqual(["last", ["end", "close"], []]);
});

it("[MQTT-6.0.0-1] a text frame ends the connection, and nothing of it is taken", async () => {
	const { bytes, errors, peer } = await pair();
	let isClosed = false;
	peer.on("close", () => {
		isClosed = true;
	});
	peer.send(Buffer.from("before"));
	peer.send("text");
	peer.send(Buffer.from("behind"));
	await until("the end", () => isClosed && errors.length > 0);
	expect(bytes()).toBe("before");
	expect(errors).toEqual(["a text frame"]);
});
