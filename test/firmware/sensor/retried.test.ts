import { describe, expect, it } from "vitest";
import type { Sensor } from "../../../firmware/io.js";
import { CONFIGURING_FAILED, MAKING_FAILED, RetriedSensor, SAMPLING_FAILED } from "../../../firmware/sensor/retried.js";

/** A sensor that fails where it is told to, asked each 100 ms; times are from the first question on. */
function bench(fails: (what: "make" | "configure" | "sample" | "close", at: number) => boolean, startMs = 0) {
	let at = 0;
	let made = 0;
	let closed = 0;
	const faults: [number, number, number][] = [];
	const samples: number[] = [];
	const attempt = (what: "make" | "configure" | "sample" | "close") => {
		if (fails(what, at)) throw new Error(what);
	};
	const make = (): Sensor => {
		attempt("make");
		made += 1;
		return {
			configure: () => attempt("configure"),
			sample() {
				attempt("sample");
				return { temperature: at };
			},
			close() {
				closed += 1;
				attempt("close");
			},
		};
	};
	const clock = { now: () => (startMs + at) | 0, wall: () => 0 };
	const sensor = new RetriedSensor("s@1", make, clock, (name, code, failures) => {
		expect(name).toBe("s@1");
		faults.push([at, code, failures]);
	});
	const run = (untilMs: number) => {
		for (; at < untilMs; at += 100) if (sensor.sample() !== undefined) samples.push(at);
	};
	return { sensor, run, faults, samples, counts: () => ({ made, closed, errors: sensor.errors }) };
}

describe("a sensor that fails", () => {
	it("at making is made again after pauses that grow to five minutes, and told each time, also over the clock's wrap", () => {
		const { run, faults, samples } = bench((_what, at) => at < 1_200_000, 0x7fff_ffff - 100_000);
		run(1_500_000);
		const seconds = [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111];
		expect(faults).toEqual(seconds.map((second, i) => [second * 1000, MAKING_FAILED, i + 1]));
		expect(samples[0]).toBe(1_411_000);
		expect(samples.length).toBe(890);
	});

	it("at sampling is closed and made anew after a pause; when it has been well again, the pauses begin anew", () => {
		const bad = [500, 1500, 5000];
		const { run, faults, samples, counts } = bench((what, at) => what === "sample" && bad.includes(at));
		run(10_000);
		expect(faults).toEqual([
			[500, SAMPLING_FAILED, 1],
			[1500, SAMPLING_FAILED, 2],
			[5000, SAMPLING_FAILED, 1],
		]);
		expect(samples.filter(at => at < 6200)).toEqual([
			...[0, 100, 200, 300, 400],
			...Array.from({ length: 15 }, (_, i) => 3500 + i * 100),
			...[6000, 6100],
		]);
		expect(counts()).toEqual({ made: 4, closed: 3, errors: 3 });
	});

	it("is configured each time that it is made, and made again where that fails", () => {
		const { sensor, run, faults, samples } = bench((what, at) => what === "configure" && at < 3000);
		sensor.configure({ range: 1 });
		run(4000);
		expect(faults).toEqual([
			[0, CONFIGURING_FAILED, 1],
			[1000, CONFIGURING_FAILED, 2],
		]);
		expect(samples[0]).toBe(3000);
		sensor.configure({ range: 2 });
		expect(faults.length).toBe(2);
	});

	it("is left alone where it cannot even be closed", () => {
		const { sensor, run, faults, counts } = bench((what, at) => what === "close" || (what === "sample" && at === 0));
		run(2000);
		sensor.close();
		expect([faults.length, counts()]).toEqual([1, { made: 2, closed: 2, errors: 1 }]);
	});
});
