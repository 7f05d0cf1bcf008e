import { describe, expect, it } from "vitest";
import { CurveSensor, type Curves, type Shape, valueAt } from "../../../host-sim/sensor/curve.js";
import { SeededRandom } from "../../../host-sim/world/random.js";

const weather = { configure() {}, sample: () => ({ temperature: 7, humidity: 0.7, pressure: 100_000 }), close() {} };
const broken = {
	...weather,
	sample() {
		throw new Error("nobody asked");
	},
};
const flat = (constant: number, noise = 0, offset = 0) => ({ shape: { constant }, noise, offset });

function sensor(curves: Curves, seed = 1, below = weather, elapsed = () => 0) {
	return new CurveSensor(curves, below, elapsed, new SeededRandom(seed));
}

describe("shapes", () => {
	it("a constant stays", () => {
		for (const ms of [0, 1e9]) expect(valueAt({ constant: -3.5 }, ms)).toBe(-3.5);
	});

	it("between points it is a line, before and behind them it stays", () => {
		const shape: Shape = {
			points: [
				[1000, 10],
				[2000, 20],
				[4000, 0],
			],
		};
		const at = [0, 1000, 1500, 2000, 3000, 4000, 1e9].map(ms => valueAt(shape, ms));
		expect(at).toEqual([10, 10, 15, 20, 10, 0, 0]);
		expect(valueAt({ points: [[5, 3]] }, 0)).toBe(3);
	});

	it("a sine begins at its mean, and swings by its amplitude once in a period", () => {
		const shape: Shape = { sine: { mean: 50, amplitude: 10, periodMs: 4000 } };
		for (const [ms, value] of [
			[0, 50],
			[1000, 60],
			[2000, 50],
			[3000, 40],
			[4_000_001_000, 60],
		])
			expect(valueAt(shape, ms!)).toBeCloseTo(value!, 9);
	});
});

describe("a sensor with curves", () => {
	it("gives Celsius, a fraction and pascal, and leaves the weather alone where it has all", () => {
		const curves = { temperature: flat(21.5), humidity: flat(45), pressure: flat(1013.25) };
		expect(sensor(curves, 1, broken).sample()).toEqual({ temperature: 21.5, humidity: 0.45, pressure: 101_325 });
	});

	it("takes from the weather what has no curve", () => {
		expect(sensor({ humidity: flat(45) }).sample()).toEqual({ temperature: 7, humidity: 0.45, pressure: 100_000 });
	});

	it("follows the time that it is told", () => {
		let now = 0;
		const curves: Curves = {
			temperature: {
				shape: {
					points: [
						[0, 0],
						[1000, 10],
					],
				},
				noise: 0,
				offset: 0,
			},
		};
		const rising = sensor(curves, 1, weather, () => now);
		const values = [0, 250, 1000].map(at => {
			now = at;
			return rising.sample().temperature;
		});
		expect(values).toEqual([0, 2.5, 10]);
	});

	it("humidity stays within what there can be", () => {
		expect(sensor({ humidity: flat(150) }).sample().humidity).toBe(1);
		expect(sensor({ humidity: flat(-2) }).sample().humidity).toBe(0);
	});

	it("its noise is as strong as said, around the curve, and from the seed", () => {
		const values = (seed: number) => {
			const noisy = sensor({ temperature: flat(20, 0.5) }, seed);
			return Array.from({ length: 2000 }, () => noisy.sample().temperature!);
		};
		const all = values(1);
		const mean = all.reduce((sum, value) => sum + value) / all.length;
		const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length);
		expect(Math.abs(mean - 20)).toBeLessThan(0.05);
		expect(Math.abs(deviation - 0.5)).toBeLessThan(0.05);
		expect(values(1)).toEqual(all);
		expect(values(2)).not.toEqual(all);
	});

	it("each board is off by an offset of its own, which stays", () => {
		const offsets = [1, 2, 3, 4].map(seed => {
			const board = sensor({ temperature: flat(20, 0, 1) }, seed);
			expect(board.sample()).toEqual(board.sample());
			return board.sample().temperature! - 20;
		});
		expect(new Set(offsets).size).toBe(4);
		for (const offset of offsets) expect(Math.abs(offset)).toBeLessThan(4);
	});
});
