import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FullScreen, type View } from "../../../host-sim/cli/fullscreen.js";
import { Display } from "../../support/terminal.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal in this process, and what happens to it. */
function make(lines: string[]) {
	const display = new Display();
	const state = { isRaw: false, quits: 0, writes: 0 };
	const input = Object.assign(new EventEmitter(), {
		isTTY: true,
		setRawMode: (raw: boolean) => {
			state.isRaw = raw;
		},
		resume() {},
		pause() {},
	});
	const output = Object.assign(new EventEmitter(), {
		isTTY: true,
		columns: 40,
		rows: 5,
		writableNeedDrain: false,
		write: (text: string) => {
			state.writes += 1;
			display.write(text);
			return true;
		},
	});
	const keys: string[] = [];
	const view: View = {
		lines: () => [...lines],
		handleKey: key => {
			keys.push(key);
			return key !== "q";
		},
	};
	const screen = new FullScreen(view, input as never, output as never, () => {
		state.quits += 1;
	});
	return { display, input, keys, output, screen, state };
}

it("takes the terminal, and gives it back as it was, once", () => {
	const { display, input, output, screen, state } = make(["a", "b"]);
	const before = process.listenerCount("exit");
	screen.open();
	expect([display.isOther, display.hasCursor, state.isRaw, display.lines]).toEqual([true, false, true, ["a", "b"]]);
	screen.close();
	expect([display.isOther, display.hasCursor, state.isRaw]).toEqual([false, true, false]);
	const { writes } = state;
	screen.close();
	screen.request();
	vi.advanceTimersByTime(5000);
	expect([state.writes, process.listenerCount("exit")]).toEqual([writes, before]);
	expect([input.eventNames(), output.eventNames()]).toEqual([[], []]);
});

it("draws four times a second at most, only what has changed, and once a second in any case", () => {
	const lines = ["a", "b"];
	const { display, screen, state } = make(lines);
	screen.open();
	const first = state.writes;
	for (let i = 0; i < 1000; i += 1) {
		lines[1] = `b${i}`;
		screen.request();
		vi.advanceTimersByTime(1);
	}
	expect(state.writes - first).toBeGreaterThanOrEqual(3);
	expect(state.writes - first).toBeLessThanOrEqual(4);
	vi.advanceTimersByTime(250);
	expect(display.lines).toEqual(["a", "b999"]);
	const length = display.text.length;
	lines[1] = "c";
	vi.advanceTimersByTime(1000);
	expect(display.text.slice(length)).toBe("\u001b[2;1H\u001b[2Kc");
	vi.advanceTimersByTime(5000);
	expect(display.text.length - length).toBe("\u001b[2;1H\u001b[2Kc".length);
	screen.close();
});

it("a window of another size is drawn anew", () => {
	const lines = ["a", "b", "c"];
	const { display, output, screen } = make(lines);
	screen.open();
	lines.pop();
	output.emit("resize");
	vi.advanceTimersByTime(250);
	expect(display.lines).toEqual(["a", "b"]);
	screen.close();
});

it("a slow terminal is not written to, and gets the latest when it has caught up", () => {
	const lines = ["a"];
	const { display, output, screen, state } = make(lines);
	screen.open();
	const { writes } = state;
	output.writableNeedDrain = true;
	lines[0] = "b";
	vi.advanceTimersByTime(10_000);
	expect(state.writes).toBe(writes);
	output.writableNeedDrain = false;
	output.emit("drain");
	vi.advanceTimersByTime(250);
	expect(display.lines).toEqual(["b"]);
	screen.close();
});

it("keys go to the view, and one of them, or the end of the input, ends it", () => {
	const { input, keys, screen, state } = make(["a"]);
	screen.open();
	input.emit("data", Buffer.from("\u001b[Ax"));
	expect([keys, state.quits]).toEqual([["up", "x"], 0]);
	input.emit("data", Buffer.from("q"));
	input.emit("end");
	expect(state.quits).toBe(2);
	screen.close();
});
