// What is handed on of what has come: no more than there is room for.

import { describe, expect, it } from "vitest";
import type { Socket, SocketOptions } from "../../../firmware/io.js";
import { Valve } from "../../../host-sim/sink/valve.js";

/** A socket with bytes in it that nobody sees. */
class Fake implements Socket {
	static last: Fake;
	readonly target: unknown;
	readonly options: SocketOptions;
	waiting = 0;
	isClosed = false;

	constructor(options: SocketOptions) {
		this.options = options;
		this.target = options.target;
		Fake.last = this;
	}

	arrive(count: number): void {
		this.waiting += count;
		this.options.onReadable?.call(this, this.waiting);
	}

	read(view: Uint8Array): number {
		if (view.length > this.waiting) throw new Error("invalid");
		this.waiting -= view.length;
		return view.length;
	}

	write(): number {
		return 0;
	}

	close(): void {
		this.isClosed = true;
	}
}

/** Whoever reads: all that it is told of, unless it pauses. */
function make(room: { messages: number; perByte: number }) {
	const told: number[] = [];
	const state = { isPaused: false };
	const valve = new Valve(() => room.messages);
	const io = valve.around(Fake);
	const socket = new io({
		address: "",
		port: 1,
		target: "me",
		onReadable(count) {
			told.push(count);
			expect(this.target).toBe("me");
			if (state.isPaused) return;
			this.read(new Uint8Array(count));
			room.messages -= Math.floor(count * room.perByte);
		},
	});
	return { valve, socket, told, state, fake: Fake.last };
}

describe("Valve", () => {
	it("with room for all it hands on all, in as many pieces as the shortest messages make necessary", () => {
		const { fake, told } = make({ messages: 100, perByte: 0 });
		fake.arrive(1500);
		expect(told).toEqual([700, 700, 100]);
	});

	it("stops where the room ends, and goes on when there is more", () => {
		const room = { messages: 128, perByte: 1 / 7 };
		const { fake, told, valve } = make(room);
		fake.arrive(2000);
		expect([told, fake.waiting]).toEqual([[896], 1104]);
		fake.arrive(10);
		expect([told.length, fake.waiting]).toEqual([1, 1114]);
		valve.handleRoom();
		expect(told.length).toBe(1);
		room.messages = 1;
		valve.handleRoom();
		expect([told, fake.waiting]).toEqual([[896, 7], 1107]);
		room.messages = 1000;
		valve.handleRoom();
		expect([told, fake.waiting]).toEqual([[896, 7, 1107], 0]);
	});

	it("without any room the answer to a ping gets through, as long as no message is before it", () => {
		const { fake, told } = make({ messages: 0, perByte: 0 });
		fake.arrive(2);
		expect(told).toEqual([2]);
		fake.arrive(7);
		expect([told, fake.waiting]).toEqual([[2], 7]);
	});

	it("one that pauses and goes on by itself gets the rest, too", async () => {
		const { fake, socket, state, told } = make({ messages: 100, perByte: 0 });
		state.isPaused = true;
		fake.arrive(1000);
		expect(told).toEqual([700]);
		state.isPaused = false;
		socket.read(new Uint8Array(700));
		await Promise.resolve();
		expect([told, fake.waiting]).toEqual([[700, 300], 0]);
	});

	it("closed, it hands on nothing", () => {
		const room = { messages: 0, perByte: 0 };
		const { fake, socket, told, valve } = make(room);
		fake.arrive(1000);
		socket.close();
		room.messages = 1000;
		valve.handleRoom();
		expect([told, fake.isClosed]).toEqual([[], true]);
	});
});
