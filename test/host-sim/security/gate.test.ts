import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Gate } from "../../../host-sim/security/gate.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function gateOf(most: number, mostOfAddress: number) {
	const shut: string[] = [];
	const gate = new Gate({
		most,
		mostOfAddress,
		connectMs: 1000,
		shut: (peer, why) => void shut.push(`${peer} ${why}`),
	});
	let port = 0;
	const come = (remoteAddress: string) => {
		port += 1;
		const socket = Object.assign(new EventEmitter(), {
			remoteAddress,
			remotePort: port,
			isDestroyed: false,
			destroy() {
				socket.isDestroyed = true;
				socket.emit("close");
			},
		});
		gate.admit(socket as never);
		return socket;
	};
	return { gate, come, shut };
}

it("who is not in after its time is shut out; who is in is left alone", () => {
	const { come, gate, shut } = gateOf(10, 10);
	const [slow, fast] = [come("a"), come("a")];
	gate.enter(`a:${fast.remotePort}`);
	vi.advanceTimersByTime(999);
	expect(slow.isDestroyed).toBe(false);
	vi.advanceTimersByTime(1);
	expect([slow.isDestroyed, fast.isDestroyed]).toEqual([true, false]);
	expect(shut).toEqual(["a:1 no CONNECT in time"]);
	expect(gate.count).toBe(0);
});

it("beyond its room the oldest goes: of the same address, and where all are too many, of the one with most", () => {
	const { come, gate, shut } = gateOf(4, 3);
	const [first] = [come("a"), come("a"), come("a")];
	const other = come("b");
	const next = come("a");
	expect(first!.isDestroyed).toBe(true);
	const stranger = come("c");
	expect(shut).toEqual(["a:1 too many of its address before CONNECT", "a:2 too many before CONNECT"]);
	expect([other, next, stranger].map(({ isDestroyed }) => isDestroyed)).toEqual([false, false, false]);
	expect(gate.count).toBe(4);
});

it("forgets who goes by itself, and does not take a later one at the same port for it", () => {
	const { come, gate } = gateOf(4, 3);
	const one = come("a");
	one.emit("close");
	expect(gate.count).toBe(0);
	const two = come("a");
	one.remotePort = two.remotePort;
	one.emit("close");
	expect(gate.count).toBe(1);
	two.destroy();
	expect(gate.count).toBe(0);
});
