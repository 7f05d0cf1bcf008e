// Devices on the real engine: what they can do, and how they end.

import { afterAll, beforeAll, expect, it } from "vitest";
import type { EngineHost } from "../../../host-sim/xs/device.js";
import { boot, engineWith, step } from "../../support/engine.js";
import { describeWith } from "../../support/need.js";

/** Commands of the program; what it learns it prints. */
const [CONNECT, WRITE, READ, HOARD, RECURSE, LOOP, THROW, STORE, TIMER, WASTE, SAMPLE, ASK, RANDOM, TIMES] = Array.from(
	{ length: 14 },
	(_, i) => i + 1,
) as [number, number, number, number, number, number, number, number, number, number, number, number, number, number];

const PROGRAM = `
class Socket {
	write = socketWrite;
	read = socketRead;
	onWritable(room) { print("writable " + room); }
	onReadable(count) { print("readable " + count); }
	onError() { print("error"); }
}
class App {
	hoard = [];
	handleCommand(command, argument) {
		try {
			switch (command) {
				case ${CONNECT}: this.socket = new Socket(); socketOpen(this.socket, "10.0.0.9", 1883); break;
				case ${WRITE}: print("left " + this.socket.write(new Uint8Array(argument).fill(65))); break;
				case ${READ}: { const view = new Uint8Array(argument); this.socket.read(view); print("read " + view.join(" ")); break; }
				case ${HOARD}: for (;;) this.hoard.push({ a: 1 });
				case ${LOOP}: for (;;);
				case ${STORE}: {
					const before = storeRead("k");
					print(before === undefined ? "nothing" : "has " + new Uint8Array(before).join(" "));
					storeWrite("k", new Uint8Array([argument, 2]).buffer);
					storeWrite("l", new ArrayBuffer(1));
					storeDelete("l");
					print("stored");
					break;
				}
				case ${TIMER}: { const name = "timer " + argument; this.t = timerOpen({ onTimer() { print(name + " at " + clockNow()); } }); timerSchedule(this.t, argument); break; }
				case ${WASTE}: for (let i = 0; i < argument; i++) new Uint8Array(100); break;
				case ${SAMPLE}: { const q = new Float64Array(3); print(sensorSample(argument, q) + " " + q.join(" ")); break; }
				case ${ASK}: this.r = resolverOpen({ handleAddress(address) { print("is " + address); }, onError() { print("unknown"); } }); resolverAsk(this.r, "broker.local"); break;
				case ${RANDOM}: print("random " + randomNext() + " " + randomNext()); break;
				case ${TIMES}: print(clockNow() + " " + clockWall() + " " + config()); break;
				case ${RECURSE}: this.handleCommand(command, argument); break;
			}
		}
		catch (error) { print(String(error)); }
		if (command === ${THROW}) throw new Error("on purpose");
	}
}
export default () => new App();
`;

describeWith(["gcc", "gcc -m32"], "a device", () => {
	let host: EngineHost;
	beforeAll(async () => {
		host = await engineWith(PROGRAM);
	}, 120_000);
	afterAll(() => host.close());

	function device(options: Parameters<typeof boot>[1] = {}) {
		const said: string[] = [];
		const { world, ...rest } = options;
		const device = boot(host, { ...rest, world: { ...world, print: text => said.push(text) } });
		return {
			device,
			command: (command: number, argument = 0, now = 0) =>
				step(device, now, events => events.command(command, argument)),
			said: () => said.splice(0),
		};
	}

	it("has a socket with the manners of lwIP: whole views, no more than there is, no more than there is room for", () => {
		const written: string[] = [];
		const connects: unknown[] = [];
		const world = {
			connect: (...args: unknown[]) => connects.push(args),
			write: (_: number, bytes: Buffer) => written.push(bytes.toString()),
			consumed: (handle: number, count: number) => connects.push(["consumed", handle, count]),
		};
		const { device: board, command, said } = device({ world });
		command(CONNECT);
		expect(connects.splice(0)).toEqual([[1, "10.0.0.9", 1883]]);
		command(WRITE, 1);
		expect(said()).toEqual(["RangeError: would block"]);
		step(board, 1, events => events.writable(1, 10));
		command(WRITE, 4);
		command(WRITE, 7);
		expect(said()).toEqual(["writable 10", "left 6", "RangeError: would block"]);
		expect(written).toEqual(["AAAA"]);
		step(board, 2, events => events.readable(1, new Uint8Array([1, 2])));
		step(board, 2, events => events.readable(1, new Uint8Array([3])));
		command(READ, 4);
		command(READ, 2);
		expect(said()).toEqual(["readable 2", "readable 3", "RangeError: invalid", "read 1 2"]);
		expect(connects).toEqual([["consumed", 1, 2]]);
		// The end of a connection is told when everything has been read.
		step(board, 3, events => events.failed(1));
		expect(said()).toEqual([]);
		command(READ, 1);
		expect(said()).toEqual(["read 3", "error"]);
	});

	it("has timers in the order of their times, also over the wrap of its clock", () => {
		const { device: board, command, said } = device({ now: 0x7fff_fff0 });
		command(TIMER, 30, 0x7fff_fff0);
		command(TIMER, 10, 0x7fff_fff0);
		expect(board.deadline).toBe(0x7fff_fffa);
		step(board, 0x7fff_fff9);
		expect(said()).toEqual([]);
		step(board, 0x7fff_fffa);
		expect(said()).toEqual([`timer 10 at ${0x7fff_fffa}`]);
		expect(board.deadline).toBe((0x7fff_fff0 + 30) | 0);
		step(board, (0x7fff_fff0 + 31) | 0);
		expect(said()).toEqual([`timer 30 at ${(0x7fff_fff0 + 31) | 0}`]);
		expect(board.deadline).toBeUndefined();
	});

	it("asks its world for storage, samples and addresses", () => {
		const stored = new Map<string, ArrayBuffer>();
		const {
			device: board,
			command,
			said,
		} = device({
			config: '{"a":"é"}',
			wall: 1.5e12,
			world: {
				storeRead: key => stored.get(key),
				storeWrite: (key, value) => stored.set(key, value),
				storeDelete: key => stored.delete(key),
				sample: sensor => (sensor === 0 ? { temperature: 21.5, pressure: 3 } : undefined),
				resolve: (handle, name) => said().concat(`${handle} ${name}`),
			},
		});
		command(STORE, 9);
		command(STORE, 8);
		expect(said()).toEqual(["nothing", "stored", "has 9 2", "stored"]);
		expect([...stored.keys()]).toEqual(["k"]);
		command(SAMPLE, 0);
		command(SAMPLE, 1);
		expect(said()).toEqual(["true 21.5 NaN 3", "false 0 0 0"]);
		command(ASK);
		step(board, 0, events => events.resolved(1, "10.1.2.3"));
		step(board, 0, events => events.failed(1));
		expect(said()).toEqual(["is 10.1.2.3", "unknown"]);
		command(TIMES, 0, 7);
		expect(said()).toEqual(['7 0 {"a":"é"}']);
	});

	it("has chance of its own that a seed repeats", () => {
		const numbers = [5, 5, 6].map(seed => {
			const { command, said } = device({ seed });
			command(RANDOM);
			return said()[0];
		});
		expect(numbers[0]).toBe(numbers[1]);
		expect(numbers[0]).not.toBe(numbers[2]);
	});

	it("counts what it makes, and a collection leaves what lives", () => {
		const { device: board, command } = device();
		step(board, 0, events => events.collect());
		const before = board.counters!;
		command(WASTE, 10);
		const after = board.counters!;
		// A view of 100 bytes: seven slots of 16 bytes, and a chunk of 104 with its header of 8 (XS.md's 112 + chunk).
		expect(after.slotsMade - before.slotsMade).toBe(70);
		expect(after.chunksMade - before.chunksMade).toBe(10);
		expect(after.chunkBytesMade - before.chunkBytesMade).toBe(10 * 112);
		expect(before.slotSize).toBe(16);
		step(board, 0, events => events.collect());
		expect(board.counters!.liveSlots).toBe(before.liveSlots);
		expect(board.counters!.liveChunkBytes).toBe(before.liveChunkBytes);
		expect(board.counters!.collections).toBe(after.collections + 1);
	});

	it.each([
		["out of memory", HOARD],
		["stack overflow", RECURSE],
		["watchdog", LOOP],
		["unhandled exception", THROW],
	] as const)("ends by %s as a board would, and the next one is none the worse", (why, command) => {
		const { device: board, command: give, said } = device({ watchdog: 1_000_000 });
		give(command);
		expect(board.ended).toBe(why);
		if (why === "unhandled exception") expect(board.lastPrint).toBe("Error: on purpose");
		give(WASTE, 1);
		expect(device().device.ended).toBeUndefined();
		said();
	});

	it("survives the same work in a heap that is collected and never grows", () => {
		const { device: board, command } = device({ heapBytes: 16_384, stackSlots: 256 });
		command(WASTE, 2000);
		expect(board.ended).toBeUndefined();
		expect(board.counters!.collections).toBeGreaterThan(20);
	});

	it("loses its power in the middle of a storage operation, where the world says so", () => {
		let operations = 0;
		const stored = new Map<string, ArrayBuffer>();
		const {
			device: board,
			command,
			said,
		} = device({
			world: {
				storeRead: () => undefined,
				storeWrite(key, value) {
					operations += 1;
					if (operations === 2) board.kill();
					else stored.set(key, value);
				},
			},
		});
		command(STORE, 1);
		expect(board.ended).toBe("no power");
		expect([...stored.keys()]).toEqual(["k"]);
		expect(said()).toEqual(["nothing"]);
	});
});
