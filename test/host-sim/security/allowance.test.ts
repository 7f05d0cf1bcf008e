import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Allowance } from "../../../host-sim/security/allowance.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client that may say 10 packets and 100 bytes a second; each byte that comes is a packet where it is 1. */
function clientOf() {
	const paused: boolean[] = [];
	let exceeded = 0;
	const allowance = new Allowance({
		packetsPerSecond: 10,
		bytesPerSecond: 100,
		exceeded: () => {
			exceeded += 1;
		},
	});
	const transport = {
		peer: "x",
		write: () => {},
		close: () => {},
		setPaused: (isPaused: boolean) => void paused.push(isPaused),
	};
	const handleData = (bytes: Uint8Array) => {
		for (const byte of bytes) if (byte === 1) allowance.countPacket("x");
	};
	const others = () => {
		for (let i = 0; i < 1000; i += 1) allowance.countPacket("a board in the same world");
	};
	const hear = (bytes: Uint8Array) => {
		others();
		handleData(bytes);
	};
	const handler = allowance.before(() => ({ handleData: hear, handleClose: () => {} }))(transport, 0);
	return {
		handler,
		paused,
		exceeded: () => exceeded,
		say: (packets: number, bytes: number, now: number) =>
			handler.handleData(new Uint8Array(bytes).fill(1, 0, packets), now),
	};
}

it("who keeps to it is never made to wait, after any silence", () => {
	const { paused, say } = clientOf();
	for (let second = 0; second < 20; second += 1) say(10, 100, second * 1000);
	say(20, 200, 100_000);
	expect(paused).toEqual([]);
});

it("who says more waits as long as that is worth, by packets and by bytes", () => {
	const { paused, say } = clientOf();
	say(50, 50, 0);
	expect(paused).toEqual([true]);
	vi.advanceTimersByTime(2999);
	expect(paused).toEqual([true]);
	vi.advanceTimersByTime(1);
	expect(paused).toEqual([true, false]);
	say(0, 450, 5000);
	vi.advanceTimersByTime(2500);
	expect(paused).toEqual([true, false, true, false]);
});

it("who says far more at once is told so", () => {
	const { exceeded, say } = clientOf();
	say(121, 121, 0);
	expect(exceeded()).toBe(1);
});

it("who has gone is not woken", () => {
	const { handler, paused, say } = clientOf();
	say(50, 50, 0);
	handler.handleClose(1);
	vi.advanceTimersByTime(10_000);
	expect(paused).toEqual([true]);
});
