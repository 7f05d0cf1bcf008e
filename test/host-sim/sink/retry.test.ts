// The waits between tries.

import { expect, it } from "vitest";
import { Retry } from "../../../host-sim/sink/retry.js";

it("limits double up to half a minute, for as many tries as it takes, and begin anew when it has gone well", () => {
	const retry = new Retry(() => 1);
	const waits = Array.from({ length: 9 }, () => retry.next());
	expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
	for (let i = 0; i < 5000; i += 1) expect(retry.next()).toBe(30_000);
	retry.reset();
	expect(retry.next()).toBe(500);
});

it("full jitter: anything from 0 to the limit", () => {
	const numbers = [0, 0.5, 0.25];
	const retry = new Retry(() => numbers.shift()!);
	expect([retry.next(), retry.next(), retry.next()]).toEqual([0, 500, 500]);
});
