import { expect, it } from "vitest";
import { END_LOST, END_SETTLED } from "../../../firmware/mqtt/client.js";
import { Board, type BoardListener, sendLimit } from "../../../host-sim/fleet/board.js";

/** A board that does what it is told to have done. */
class Told extends Board {
	constructor(on: BoardListener = {}) {
		super({ deviceId: "b", qos: 1 }, on);
	}
	override start(): void {}
	override stop(): void {}
	get tell() {
		return this.listener;
	}
	read(ticket: number, text = '{"boot":1,"seq":1}'): void {
		const bytes = new TextEncoder().encode(text);
		this.listener.reading(ticket, 1, bytes, bytes.length);
	}
	restart(reason: string, kept?: number): void {
		this.handleRestart(reason, kept);
	}
}

it("shows the last reading, whatever its bytes become", () => {
	const board = new Told();
	expect(board.reading).toBeUndefined();
	const bytes = new TextEncoder().encode('{"boot":1,"seq":7}  and what lies behind');
	board.tell.reading(1, 7, bytes, 18);
	bytes.fill(0);
	expect(board.reading).toEqual({ boot: 1, seq: 7 });
	board.read(2, JSON.stringify({ boot: 1, seq: 8, note: "x".repeat(300) }));
	expect(board.reading!.seq).toBe(8);
});

it("with its power, what was under way is lost", () => {
	const told: unknown[] = [];
	const board = new Told({ restarted: (reason, lost) => told.push(reason, lost) });
	for (const ticket of [1, 2, 3]) board.read(ticket);
	board.tell.end(1, END_SETTLED, 0);
	board.restart("power cut");
	expect(told).toEqual(["power cut", 2]);
	expect(board.counts).toMatchObject({ published: 3, settled: 1, lost: 2 });
	expect(board.unsettled).toBe(0);
});

it("what is in flash is under way still, and ends in the next life", () => {
	const board = new Told();
	for (const ticket of [1, 2, 3]) board.read(ticket);
	board.restart("power cut", 2);
	expect(board.counts).toMatchObject({ published: 3, lost: 1 });
	board.tell.end(2, END_SETTLED, 0);
	board.tell.end(3, END_LOST, 0);
	expect(board.counts).toMatchObject({ published: 3, settled: 1, lost: 2 });
	expect(board.unsettled).toBe(0);
});

it("a reading that was written in the moment of the power cut counts as published", () => {
	const board = new Told();
	board.read(1);
	board.restart("power cut", 2);
	expect(board.counts).toMatchObject({ published: 2, lost: 0 });
	expect(board.unsettled).toBe(2);
});

it("makes room for credentials as long as they are", () => {
	expect(sendLimit(undefined, undefined)).toBe(512);
	expect(sendLimit("u", "ü".repeat(1000))).toBe(256 + 2001);
});
