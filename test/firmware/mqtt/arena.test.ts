import { describe, expect, it } from "vitest";
import type { Socket } from "../../../firmware/io.js";
import { Arena } from "../../../firmware/mqtt/arena.js";

describe("arena", () => {
	it("shows a socket exactly the bytes meant, in one view that is always the same", () => {
		const arena = new Arena(4, 64, 32);
		const views = new Set<Uint8Array>();
		const lengths: number[] = [];
		const socket: Socket = {
			read(view) {
				views.add(view);
				lengths.push(view.length);
				view.fill(7);
			},
			write(view) {
				views.add(view);
				lengths.push(view.length);
				return 1;
			},
			close() {},
		};
		arena.words.fill(-1);
		arena.readToArea(socket, 5);
		arena.readToStage(socket, 32);
		expect(arena.writeStage(socket, 3)).toBe(1);
		expect(lengths).toEqual([5, 32, 3]);
		expect(views.size).toBe(2);
		expect([...arena.bytes.subarray(arena.receiveAt, arena.receiveAt + 6)]).toEqual([7, 7, 7, 7, 7, 0]);
		// What lasts lies in front, and no cut touches it.
		expect([...arena.words]).toEqual([-1, -1, -1, -1]);
	});

	it("can be made whole again after a socket that throws", () => {
		const arena = new Arena(1, 64, 64);
		const socket: Socket = {
			read() {
				throw new Error("no");
			},
			write() {
				throw new Error("no");
			},
			close() {},
		};
		for (const use of [
			() => arena.readToArea(socket, 1),
			() => arena.readToStage(socket, 1),
			() => arena.writeStage(socket, 1),
		]) {
			expect(use).toThrow("no");
			arena.restore();
			expect(arena.buffer.byteLength).toBe(arena.total);
		}
	});
});
