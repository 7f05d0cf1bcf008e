import { describe, expect, it } from "vitest";
import { Arena } from "../../../firmware/mqtt/arena.js";
import { Lane } from "../../../firmware/mqtt/lane.js";

describe("lane", () => {
	it("gives acknowledgements out in order, as many as fit, around its end", () => {
		const arena = new Arena(3, 64, 64);
		const lane = new Lane(arena, 3);
		const bytes = new Uint8Array(16);
		for (let round = 0; round < 5; round += 1) {
			for (let i = 0; i < 3; i += 1) lane.push(0x40, round * 3 + i + 1);
			expect(lane.waiting === lane.capacity).toBe(true);
			expect(lane.takeInto(bytes, 0, 11)).toBe(8);
			expect([...bytes.subarray(0, 8)]).toEqual([0x40, 2, 0, round * 3 + 1, 0x40, 2, 0, round * 3 + 2]);
			expect(lane.takeInto(bytes, 0, 3)).toBe(0);
			expect(lane.takeInto(bytes, 0, 4)).toBe(4);
			expect(lane.waiting === 0).toBe(true);
		}
		lane.push(0x62, 65_535);
		lane.clear();
		expect(lane.takeInto(bytes, 0, 16)).toBe(0);
	});
});
