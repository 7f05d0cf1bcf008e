import { afterEach, expect, it, vi } from "vitest";
import { Stop } from "../../../host-sim/cli/stop.js";

afterEach(() => {
	for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
	vi.restoreAllMocks();
	vi.useRealTimers();
});

it("is due at the first signal; the second one does not wait", async () => {
	const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
	const stop = new Stop();
	expect(stop.isDue).toBe(false);
	process.emit("SIGTERM");
	expect([stop.isDue, stop.signal.aborted]).toEqual([true, true]);
	await stop.when(1_000_000);
	expect(exit).not.toHaveBeenCalled();
	process.emit("SIGINT");
	expect(exit).toHaveBeenCalledWith(130);
});

it("is due after its time, which may be longer than Node's timers reach; a signal then still stops in good order", async () => {
	vi.useFakeTimers();
	const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
	const stop = new Stop();
	const when = stop.when(0x7fff_ffff + 5000);
	vi.advanceTimersByTime(0x7fff_ffff);
	expect(stop.isDue).toBe(false);
	vi.advanceTimersByTime(5000);
	await when;
	expect(stop.isDue).toBe(true);
	process.emit("SIGINT");
	expect(exit).not.toHaveBeenCalled();
});
