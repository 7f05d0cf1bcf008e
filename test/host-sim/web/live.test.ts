import { expect, it } from "vitest";
import { Frames, Live } from "../../../host-sim/web/live.js";

/** A browser whose pictures come when we say so. */
function screen() {
	const due: (() => void)[] = [];
	const frames = new Frames(show => due.push(show));
	return {
		frames,
		due,
		show() {
			for (const each of due.splice(0)) each();
		},
	};
}

it("shows what has changed once with the next picture, however often it has", () => {
	const { due, frames, show } = screen();
	const [one, two] = [new Live(frames), new Live(frames)];
	const shown: string[] = [];
	one.watch(() => shown.push("one"));
	two.watch(() => shown.push("two"));
	for (let i = 0; i < 1000; i += 1) {
		one.changed();
		two.changed();
	}
	expect(shown).toEqual([]);
	expect(due).toHaveLength(1);
	show();
	expect(shown).toEqual(["one", "two"]);
	show();
	expect(shown).toHaveLength(2);
});

it("takes what changes while a picture is made into the next one", () => {
	const { frames, show } = screen();
	const live = new Live(frames);
	let count = 0;
	live.watch(() => {
		count += 1;
		if (count < 3) live.changed();
	});
	live.changed();
	show();
	expect(count).toBe(1);
	show();
	show();
	show();
	expect(count).toBe(3);
});

it("asks for no picture where nobody looks, and shows nothing to who has gone", () => {
	const { due, frames, show } = screen();
	const live = new Live(frames);
	live.changed();
	expect(due).toEqual([]);
	let count = 0;
	const leave = live.watch(() => {
		count += 1;
	});
	live.changed();
	leave();
	show();
	expect(count).toBe(0);
});
