// Real clients, a simulated network in between, a real server: the faults of the network befall the client.

import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bridge } from "../../../host-sim/node/bridge.js";
import { Pace } from "../../../host-sim/node/pace.js";
import { FaultProxy } from "../../../host-sim/node/proxy.js";
import { Network } from "../../../host-sim/world/network.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";
import { Harbour } from "../../support/harbour.js";
import { sleep, until } from "../../support/mosquitto.js";

let harbour: Harbour;
let network: Network;
let pace: Pace;
let bridge: Bridge;
let proxy: FaultProxy;
let stop: AbortController;
const clients: Socket[] = [];

beforeEach(async () => {
	harbour = await Harbour.open();
	stop = new AbortController();
	const time = new VirtualTime();
	pace = new Pace(time);
	network = new Network(time, new SeededRandom(1));
	bridge = new Bridge({ host: "127.0.0.1", port: harbour.port, enter: run => pace.enter(run) });
	network.listen("10.0.0.1", 1883, bridge.accept);
	void pace.run({ signal: stop.signal });
	proxy = await FaultProxy.listen(options());
});

afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	stop.abort();
	await proxy.close();
	bridge.close();
	await harbour.close();
});

function options() {
	return { network, name: "guest", address: "10.0.0.1", port: 1883, enter: (run: () => void) => pace.enter(run) };
}

/** A client of the proxy, and what becomes of it. */
function dial(port = proxy.port) {
	const socket = connect({ port, host: "127.0.0.1", noDelay: true });
	clients.push(socket);
	const log: string[] = [];
	let data = "";
	socket.on("connect", () => log.push("open"));
	socket.on("data", bytes => {
		data += bytes;
		log.push("data");
	});
	socket.on("end", () => log.push("end"));
	socket.on("error", () => log.push("reset"));
	return { socket, log, data: () => data };
}

describe("a fault proxy", () => {
	it("carries what is more than a board's buffer, both ways, and the client's end behind it", async () => {
		network.path("guest").worsen({ slice: 700, sendBuffer: 1000 });
		const { data, log, socket } = dial();
		const text = Array.from({ length: 20_000 }, (_, i) => `${i} `).join("");
		socket.write(text);
		await until("all at the server", () => harbour.received.length === text.length);
		expect(harbour.received).toBe(text);
		harbour.sockets[0]!.write(text);
		await until("all at the client", () => data().length === text.length);
		expect(data()).toBe(text);
		socket.write(text);
		socket.end("the end");
		await until("closed", () => harbour.log.at(-1) === "closed");
		expect(harbour.received).toBe(`${text}${text}the end`);
		expect([harbour.log.includes("reset"), log.includes("reset")]).toEqual([false, false]);
	});

	it("carries the server's end, and resets both ways", async () => {
		const ended = dial();
		await until("the connection", () => harbour.log.length === 1);
		harbour.sockets[0]!.end("goodbye");
		await until("its end", () => ended.log.includes("end"));
		expect(ended.log).toEqual(["open", "data", "end"]);
		const cut = dial();
		await until("the connection", () => harbour.sockets.length === 2);
		harbour.sockets[1]!.resetAndDestroy();
		await until("the reset", () => cut.log.includes("reset"));
		const cutter = dial();
		await until("the connection", () => harbour.sockets.length === 3);
		const from = harbour.log.length;
		cutter.socket.resetAndDestroy();
		await until("the reset at the server", () => harbour.log.length === from + 2);
		expect(harbour.log.slice(from)).toEqual(["reset", "closed"]);
	});

	it("the faults of its path befall the client: cut, hung, without Wi-Fi, without memory, slowly", async () => {
		const path = network.path("guest");
		const cut = dial();
		await until("the connection", () => harbour.sockets.length === 1);
		pace.enter(() => path.links[0]!.cut());
		await until("cut", () => cut.log.includes("reset"));

		const hung = dial();
		await until("the connection", () => harbour.sockets.length === 2);
		pace.enter(() => path.links[0]!.hang());
		hung.socket.write("lost");
		await sleep(50);
		expect([hung.log, harbour.received]).toEqual([["open"], ""]);

		pace.enter(() => path.setJoined(false));
		const away = dial();
		await until("nobody there", () => away.log.includes("end"));
		pace.enter(() => path.setJoined(true));

		path.hasMemory = false;
		const full = dial();
		await until("no memory", () => full.log.includes("reset"));
		path.hasMemory = true;

		path.worsen({ latencyMs: 40 });
		const slow = dial();
		const start = performance.now();
		slow.socket.write("at last");
		await until("it", () => harbour.received === "at last");
		// The connection takes there and back, and the bytes one way more.
		expect(performance.now() - start).toBeGreaterThanOrEqual(119);
	});

	it("cuts the client where the server refuses", async () => {
		network.listen("10.0.0.1", 1883, undefined);
		const { log } = dial();
		await until("refused", () => log.includes("reset"));
	});

	it("makes the client wait while the server reads nothing, and the server while the client does", async () => {
		const { data, socket } = dial();
		await until("the connection", () => harbour.sockets.length === 1);
		const server = harbour.sockets[0]!;
		const block = Buffer.alloc(65_536, "x");
		for (const [from, to, received] of [
			[socket, server, () => harbour.received],
			[server, socket, data],
		] as const) {
			to.pause();
			let flushed = 0;
			for (let i = 0; i < 200; i += 1) from.write(block, () => (flushed += block.length));
			let before = -1;
			while (before !== flushed) {
				before = flushed;
				await sleep(150);
			}
			expect(flushed).toBeLessThan(block.length * 200);
			to.resume();
			await until("all of it", () => received().length === block.length * 200, 20_000);
		}
	});

	it("rejects where its port is taken", async () => {
		await expect(FaultProxy.listen({ ...options(), listenPort: harbour.port })).rejects.toMatchObject({
			code: "EADDRINUSE",
		});
	});
});
