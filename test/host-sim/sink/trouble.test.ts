// Trouble is told once a minute.

import { expect, it } from "vitest";
import { Trouble } from "../../../host-sim/sink/trouble.js";

it("told when it begins, once a minute while it lasts, and when it is over", () => {
	const told: string[] = [];
	let now = 0;
	const trouble = new Trouble(
		text => told.push(text),
		() => now,
	);
	trouble.end("not told");
	for (; now <= 150_000; now += 1000) trouble.handle("down");
	expect(told).toEqual(["down", "down (for 1 min now)", "down (for 2 min now)"]);
	trouble.end("up");
	trouble.end("up");
	expect(told.slice(3)).toEqual(["up"]);
	trouble.handle("down");
	expect(told.slice(4)).toEqual(["down"]);
});
