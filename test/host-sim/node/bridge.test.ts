// Simulated boards, real servers: what TCP does on one side is what the other side sees.

import { type ChildProcess, spawn } from "node:child_process";
import { connect, type Socket as NodeSocket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Socket } from "../../../firmware/io.js";
import { Bridge } from "../../../host-sim/node/bridge.js";
import { Pace } from "../../../host-sim/node/pace.js";
import { Network } from "../../../host-sim/world/network.js";
import type { LinkOptions } from "../../../host-sim/world/path.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";
import { Harbour } from "../../support/harbour.js";
import { freePort, sleep, until } from "../../support/mosquitto.js";

let harbour: Harbour;
let stop: AbortController;
let bridges: Bridge[];

beforeEach(async () => {
	harbour = await Harbour.open();
	stop = new AbortController();
	bridges = [];
});

afterEach(async () => {
	stop.abort();
	for (const bridge of bridges) bridge.close();
	await harbour.close();
});

/** A network at the pace of real time, at whose end is that port; and a board's connection through it. */
function dial(options: Partial<LinkOptions> = {}, port = harbour.port) {
	const time = new VirtualTime();
	const pace = new Pace(time);
	const network = new Network(time, new SeededRandom(1), options);
	const bridge = new Bridge({ host: "127.0.0.1", port, enter: run => pace.enter(run) });
	bridges.push(bridge);
	network.listen("10.0.0.1", 1883, bridge.accept);
	const log: string[] = [];
	const Board = network.socketFor("board");
	let socket: Socket | undefined;
	let reads = true;
	let waiting = 0;
	const read = () => {
		if (waiting === 0) return;
		const bytes = new Uint8Array(waiting);
		waiting = 0;
		socket!.read(bytes);
		log.push(`data ${Buffer.from(bytes)}`);
	};
	pace.enter(() => {
		socket = new Board({
			address: "10.0.0.1",
			port: 1883,
			onWritable: count => log.push(`writable ${count}`),
			onReadable(count) {
				waiting = count;
				if (reads) read();
			},
			onError: error => log.push(error === undefined ? "ended" : "reset"),
		});
	});
	void pace.run({ signal: stop.signal });
	return {
		network,
		bridge,
		log,
		time,
		/** Does that within the world. */
		act: (run: (socket: Socket) => void) => pace.enter(() => run(socket!)),
		setReading(isReading: boolean) {
			reads = isReading;
			if (reads) pace.enter(read);
		},
	};
}

const write = (text: string) => (socket: Socket) => socket.write(Buffer.from(text));

describe("a bridge", () => {
	it("carries bytes both ways, through the network's slices, and the board's end", async () => {
		const { act, log } = dial({ slice: 2, latencyMs: 5 });
		await until("the connection", () => log.length > 0);
		expect(log).toEqual(["writable 5744"]);
		act(write("hello, harbour"));
		await until("it", () => harbour.received === "hello, harbour");
		harbour.sockets[0]!.write("hello, board");
		const data = () => log.filter(line => line.startsWith("data")).map(line => line.slice(5));
		await until("the answer", () => data().join("") === "hello, board");
		expect(data().length).toBeGreaterThan(5);
		act(write("the last"));
		act(socket => socket.close());
		await until("the end", () => harbour.log.at(-1) === "closed");
		expect(harbour.log.slice(-2)).toEqual(["end", "closed"]);
		expect(harbour.received.endsWith("the last")).toBe(true);
	});

	it("carries the server's end, after its bytes", async () => {
		const { bridge, log } = dial({ bandwidth: 1000, slice: 4 });
		await until("the connection", () => log.length > 0);
		harbour.sockets[0]!.end("goodbye, all of you");
		await until("the end", () => log.at(-1) === "ended");
		expect(
			log
				.filter(line => line.startsWith("data"))
				.map(line => line.slice(5))
				.join(""),
		).toBe("goodbye, all of you");
		await until("nothing left", () => bridge.connections === 0);
	});

	it("carries resets both ways", async () => {
		const first = dial();
		await until("the connection", () => first.log.length > 0);
		harbour.sockets[0]!.resetAndDestroy();
		await until("the reset", () => first.log.at(-1) === "reset");
		const second = dial();
		await until("the connection", () => second.log.length > 0);
		const from = harbour.log.length;
		second.act(() => second.network.links[0]!.cut());
		await until("closed", () => harbour.log.at(-1) === "closed");
		expect(harbour.log.slice(from)).toEqual(["reset", "closed"]);
		expect(second.log.at(-1)).toBe("reset");
	});

	it("refuses the board where nobody listens", async () => {
		const { bridge, log } = dial({}, await freePort());
		await until("refused", () => log.length > 0);
		expect([log, bridge.connections]).toEqual([["ended"], 0]);
	});

	it("a board whose link hangs is half open to the server, and its bytes vanish", async () => {
		const { act, bridge, log, network } = dial();
		await until("the connection", () => log.length > 0);
		act(() => network.links[0]!.hang());
		act(write("into the void"));
		act(socket => socket.close());
		harbour.sockets[0]!.write("anybody?");
		await sleep(60);
		expect([harbour.log, log, bridge.connections]).toEqual([["open"], ["writable 5744"], 1]);
	});

	it("a server that cannot be reached keeps the board waiting, until it gives up", async () => {
		const hung = await hungServer();
		try {
			const { act, bridge, log } = dial({}, hung.port);
			await until("the attempt", () => bridge.connections === 1);
			await sleep(80);
			expect(log).toEqual([]);
			act(socket => socket.close());
			await until("nothing left", () => bridge.connections === 0);
			expect(log).toEqual([]);
		} finally {
			hung.close();
		}
	});

	it("makes the server wait while the board reads nothing", async () => {
		const { log, setReading } = dial();
		await until("the connection", () => log.length > 0);
		setReading(false);
		const block = Buffer.alloc(65_536, "x");
		let flushed = 0;
		for (let i = 0; i < 400; i += 1) harbour.sockets[0]!.write(block, () => (flushed += block.length));
		let before = -1;
		while (before !== flushed) {
			before = flushed;
			await sleep(100);
		}
		expect(flushed).toBeLessThan(block.length * 400);
		setReading(true);
		await until("all of it", () => flushed === block.length * 400);
		const length = () => log.reduce((sum, line) => sum + (line.startsWith("data ") ? line.length - 5 : 0), 0);
		await until("all of it on the board", () => length() === block.length * 400);
	});

	it("makes the board wait while the server reads nothing", async () => {
		const { act, log } = dial();
		await until("the connection", () => log.length > 0);
		harbour.sockets[0]!.pause();
		const room = () => Number(log.at(-1)!.split(" ")[1]);
		let written = 0;
		const fill = () =>
			act(socket => {
				while (room() >= 4096 && written < 64_000_000) {
					const left = socket.write(Buffer.alloc(4096, "x"));
					written += 4096;
					log.push(`writable ${left}`);
				}
			});
		let before = -1;
		while (before !== written) {
			before = written;
			for (let i = 0; i < 100; i += 1) {
				fill();
				await sleep(2);
			}
		}
		expect(written).toBeLessThan(64_000_000);
		harbour.sockets[0]!.resume();
		await until("all of it", () => harbour.received.length === written);
	});
});

/** A port whose queue of connections is full, and whose process is stopped: who connects there hears nothing. */
async function hungServer(): Promise<{ port: number; close(): void }> {
	const program =
		'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port));';
	const child: ChildProcess = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
	const port = await new Promise<number>(resolve => child.stdout!.once("data", data => resolve(Number(data))));
	child.kill("SIGSTOP");
	const fillers: NodeSocket[] = [];
	// As many as get in; the next one does not.
	for (;;) {
		const socket = connect(port, "127.0.0.1");
		socket.on("error", () => {});
		fillers.push(socket);
		const isIn = await Promise.race([
			new Promise<boolean>(resolve => socket.once("connect", () => resolve(true))),
			sleep(200).then(() => false),
		]);
		if (!isIn) break;
	}
	return {
		port,
		close() {
			for (const socket of fillers) socket.destroy();
			child.kill("SIGKILL");
		},
	};
}
