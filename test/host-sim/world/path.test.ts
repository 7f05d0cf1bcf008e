// The way between a board and a server: when bytes arrive, and what faults do to them.

import { describe, expect, it } from "vitest";
import type { Socket } from "../../../firmware/io.js";
import { Network } from "../../../host-sim/world/network.js";
import type { LinkOptions } from "../../../host-sim/world/path.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";

/** A board's socket to a server that takes note of what arrives, and when; and answers what it is told to. */
function make(options: Partial<LinkOptions>) {
	const time = new VirtualTime();
	const network = new Network(time, new SeededRandom(1), options);
	const log: string[] = [];
	let answer: (text: string) => void = () => {};
	network.listen("10.0.0.1", 1883, transport => {
		answer = text => transport.write(Buffer.from(text));
		return {
			handleData: (bytes, now) => log.push(`${now} server ${Buffer.from(bytes)}`),
			handleClose: now => log.push(`${now} server closed`),
		};
	});
	const open = () =>
		new (network.socketFor("b"))({
			address: "10.0.0.1",
			port: 1883,
			onReadable(count) {
				const view = new Uint8Array(count);
				this.read(view);
				log.push(`${time.now} board ${Buffer.from(view)}`);
			},
			onError: () => log.push(`${time.now} board failed`),
		});
	const write = (socket: Socket, text: string) => socket.write(Buffer.from(text));
	return { time, network, path: network.path("b"), log, open, write, answer: (text: string) => answer(text) };
}

describe("a path", () => {
	it("has a bandwidth, each way its own: bytes wait for those before them", () => {
		const { time, open, write, log, answer } = make({ latencyMs: 10, bandwidth: 1000 });
		const socket = open();
		time.run(20);
		write(socket, "a".repeat(100));
		write(socket, "b".repeat(50));
		answer("c".repeat(20));
		time.run(1000);
		expect(log.map(line => line.slice(0, 12))).toEqual(["50 board ccc", "130 server a", "180 server b"]);
	});

	it("has jitter, and its bytes stay in order", () => {
		const { time, open, write, log } = make({ latencyMs: 10, jitterMs: 50 });
		const socket = open();
		time.run(20);
		for (const letter of "abcdefghij") write(socket, letter);
		time.run(1000);
		expect(log.map(line => line.at(-1)).join("")).toBe("abcdefghij");
		const times = log.map(line => Number.parseInt(line, 10));
		expect(times).toEqual([...times].sort((a, b) => a - b));
		expect(new Set(times).size).toBeGreaterThan(2);
		expect(times.at(-1)).toBeLessThanOrEqual(80);
	});

	it("partitioned, keeps bytes and ends back until it is whole again, and new connections too", () => {
		const { time, path, open, write, log, answer } = make({ latencyMs: 5 });
		const socket = open();
		time.run(10);
		path.setPartitioned(true);
		write(socket, "up");
		answer("down");
		const late = open();
		socket.close();
		time.run(500);
		expect(log).toEqual([]);
		expect(() => write(late, "x")).toThrow("would block");
		path.setPartitioned(false);
		expect(log).toEqual(["510 server up", "510 server closed"]);
		expect(write(late, "x")).toBe(5743);
	});

	it("without Wi-Fi: the board is told at once, the server never; new sockets and questions fail", () => {
		const { time, network, path, open, write, log } = make({ latencyMs: 5 });
		const socket = open();
		time.run(10);
		write(socket, "lost");
		path.setJoined(false);
		time.run(1000);
		expect(log).toEqual(["10 board failed"]);
		open();
		network.setName("broker", "10.0.0.1");
		new (network.resolverFor("b"))({}).resolve({
			host: "broker",
			onResolved: () => log.push("resolved"),
			onError: () => log.push("unknown"),
		});
		time.run(100);
		expect(log.slice(1)).toEqual(["1010 board failed", "unknown"]);
		path.setJoined(true);
		const back = open();
		time.run(20);
		write(back, "back");
		time.run(20);
		expect(log.at(-1)).toBe("1135 server back");
	});

	it("answers for names, or fails, or stays silent", () => {
		const { time, network, path, log } = make({});
		network.setName("broker", "10.0.0.1");
		const ask = () =>
			new (network.resolverFor("b"))({}).resolve({
				host: "broker",
				onResolved: (_host, address) => log.push(address),
				onError: () => log.push("unknown"),
			});
		for (const names of ["answers", "fails", "silent"] as const) {
			path.names = names;
			ask();
			time.run(100);
		}
		expect(log).toEqual(["10.0.0.1", "unknown"]);
	});

	it("without memory: no socket, no question", () => {
		const { network, path, open } = make({});
		path.hasMemory = false;
		expect(open).toThrow("no memory");
		expect(() => new (network.resolverFor("b"))({})).toThrow("no memory");
	});

	it("is worse for a while, and then as it was", () => {
		const { path } = make({ latencyMs: 7, slice: 3 });
		path.worsen({ latencyMs: 700, bandwidth: 10 });
		expect(path.options).toMatchObject({ latencyMs: 700, bandwidth: 10, slice: 3 });
		path.worsen({});
		expect(path.options).toMatchObject({ latencyMs: 7, bandwidth: 0 });
	});
});
