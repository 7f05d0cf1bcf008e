// The time of day: which answers count, what happens without one, and when who waits for the time goes on.

import { describe, expect, it } from "vitest";
import { Timekeeper, type TimekeeperOptions } from "../../../firmware/device/timekeeper.js";
import type { ResolveOptions } from "../../../firmware/io.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";

type Message = ArrayBuffer & { readonly address?: string; readonly port?: number };

const SECONDS_TO_1970 = 2_208_988_800;
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 250);

class FakeUDP {
	readonly sent: { bytes: Uint8Array; to: string }[] = [];
	waiting: Message[] = [];
	isClosed = false;
	readonly #onReadable: (count: number) => void;

	constructor(options: { onReadable(count: number): void }) {
		this.#onReadable = options.onReadable;
	}

	read(): Message | undefined {
		return this.waiting.shift();
	}

	write(bytes: Uint8Array, address: string, port: number): void {
		this.sent.push({ bytes: bytes.slice(), to: `${address}:${port}` });
	}

	close(): void {
		this.isClosed = true;
	}

	receive(...messages: Message[]): void {
		this.waiting.push(...messages);
		this.#onReadable(this.waiting.length);
	}
}

/** What a server says at that time, to that question. */
function answer(
	question: Uint8Array,
	wall = NOW,
	from: { address?: string; port?: number } = {},
): Uint8Array & { message(): Message } {
	const bytes = new Uint8Array(48);
	const view = new DataView(bytes.buffer);
	bytes[0] = 0x24;
	bytes[1] = 2;
	bytes.set(question.subarray(40, 48), 24);
	view.setUint32(40, (Math.floor(wall / 1000) + SECONDS_TO_1970) % 2 ** 32);
	view.setUint32(44, Math.floor(((wall % 1000) / 1000) * 2 ** 32));
	return Object.assign(bytes, { message: () => Object.assign(bytes.buffer, from) as Message });
}

function make(options: Partial<TimekeeperOptions> = {}) {
	const time = new VirtualTime();
	const sockets: FakeUDP[] = [];
	const asked: [number, string][] = [];
	const set: number[] = [];
	const ready: [number, boolean][] = [];
	class Names {
		resolve({ host, onError, onResolved }: ResolveOptions): void {
			asked.push([time.now, host]);
			if (host === "nowhere") onError();
			else if (host !== "mute") onResolved(host, `10.0.0.${host.length}`);
		}
		close(): void {}
	}
	const keeper = new Timekeeper({
		servers: ["a", "bb"],
		resolver: { io: Names },
		socket: {
			io: class extends FakeUDP {
				constructor(given: { onReadable(count: number): void }) {
					super(given);
					sockets.push(this);
				}
			},
		},
		timer: { io: time.Timer },
		random: new SeededRandom(3),
		set: milliseconds => set.push(milliseconds),
		onReady: isSet => ready.push([time.now, isSet]),
		...options,
	});
	return { time, sockets, asked, set, ready, keeper };
}

describe("the time", () => {
	it("is asked for at once, and set by the answer", () => {
		const { keeper, ready, set, sockets } = make();
		const [socket] = sockets;
		expect(socket!.sent).toHaveLength(1);
		expect(socket!.sent[0]!.to).toBe("10.0.0.1:123");
		expect(socket!.sent[0]!.bytes[0]).toBe(0x23);
		expect(keeper.isSet).toBe(false);
		socket!.receive(answer(socket!.sent[0]!.bytes).message());
		expect(set).toEqual([NOW]);
		expect(keeper.isSet).toBe(true);
		expect(ready).toEqual([[0, true]]);
		expect(socket!.isClosed).toBe(true);
	});

	it("is asked of an address without looking that up", () => {
		const { asked, sockets } = make({ servers: ["10.1.2.3"] });
		expect(asked).toEqual([]);
		expect(sockets[0]!.sent[0]!.to).toBe("10.1.2.3:123");
	});

	it("goes on behind 2036, when NTP begins to count anew", () => {
		const { set, sockets } = make();
		const later = Date.UTC(2040, 5, 1);
		sockets[0]!.receive(answer(sockets[0]!.sent[0]!.bytes, later).message());
		expect(set).toEqual([later]);
	});

	it("is asked for again after half a day, and may step either way", () => {
		const { set, sockets, time } = make();
		sockets[0]!.receive(answer(sockets[0]!.sent[0]!.bytes).message());
		time.run(43_199_999);
		expect(sockets).toHaveLength(1);
		time.run(1);
		expect(sockets).toHaveLength(2);
		sockets[1]!.receive(answer(sockets[1]!.sent[0]!.bytes, NOW - 5000).message());
		expect(set).toEqual([NOW, NOW - 5000]);
	});

	it.each<[string, (bytes: Uint8Array) => void]>([
		["to another question", bytes => bytes.fill(0, 24, 32)],
		["of a client", bytes => bytes.fill(0x23, 0, 1)],
		["of a server that does not know the time", bytes => bytes.fill(0xe4, 0, 1)],
		["that asks to be left alone", bytes => bytes.fill(0, 1, 2)],
		["of a server that is not synchronized", bytes => bytes.fill(16, 1, 2)],
	])("is not set by an answer %s; the next one may", (_, spoil) => {
		const { set, sockets } = make();
		const [socket] = sockets;
		const wrong = answer(socket!.sent[0]!.bytes);
		spoil(wrong);
		const right = answer(socket!.sent[0]!.bytes);
		socket!.receive(wrong.message(), right.message());
		expect(set).toEqual([NOW]);
	});

	it("is not set by an answer that is too short, or from somewhere else", () => {
		const { set, sockets } = make();
		const question = sockets[0]!.sent[0]!.bytes;
		sockets[0]!.receive(new ArrayBuffer(47) as Message);
		sockets[0]!.receive(answer(question, NOW, { address: "10.9.9.9", port: 123 }).message());
		sockets[0]!.receive(answer(question, NOW, { address: "10.0.0.1", port: 124 }).message());
		expect(set).toEqual([]);
		sockets[0]!.receive(answer(question, NOW, { address: "10.0.0.1", port: 123 }).message());
		expect(set).toEqual([NOW]);
	});

	it("is asked of each server once, then ever more slowly, with another number each time", () => {
		const { asked, sockets, time } = make({ servers: ["nowhere", "mute", "a"] });
		time.run(600_000);
		expect(asked.slice(0, 4).map(([, host]) => host)).toEqual(["nowhere", "mute", "a", "nowhere"]);
		expect(asked[1]![0]).toBeLessThan(10);
		expect(asked[2]![0]).toBeGreaterThanOrEqual(3000);
		const rounds = asked.filter(([, host]) => host === "nowhere").length;
		expect(rounds).toBeGreaterThan(8);
		expect(rounds).toBeLessThan(60);
		expect(new Set(sockets.map(({ sent }) => sent[0]!.bytes.slice(40).join())).size).toBe(sockets.length);
		expect(sockets.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
		sockets.at(-1)!.receive(answer(sockets.at(-1)!.sent[0]!.bytes).message());
	});

	it("is not set by an answer that comes too late", () => {
		const { set, sockets, time } = make();
		time.run(3000);
		sockets[0]!.receive(answer(sockets[0]!.sent[0]!.bytes).message());
		expect(set).toEqual([]);
	});

	it("is waited for, but not for ever; then it is told once that there is none", () => {
		const { ready, set, sockets, time } = make({ patienceMs: 10_000 });
		time.run(600_000);
		expect(ready).toEqual([[10_000, false]]);
		sockets.at(-1)!.receive(answer(sockets.at(-1)!.sent[0]!.bytes).message());
		while (set.length === 0) {
			time.run(1000);
			const last = sockets.at(-1)!;
			if (!last.isClosed) last.receive(answer(last.sent[0]!.bytes).message());
		}
		expect(ready).toHaveLength(1);
	});

	it("survives sockets and resolvers that throw", () => {
		class Broken {
			constructor() {
				throw new Error("no network");
			}
			resolve(): void {}
			read(): undefined {}
			write(): void {}
			close(): void {}
		}
		for (const part of [{ socket: { io: Broken } }, { resolver: { io: Broken } }]) {
			const { keeper, ready, time } = make(part);
			time.run(120_000);
			expect(ready).toEqual([[60_000, false]]);
			keeper.close();
		}
	});

	it("is nobody's concern once it is closed", () => {
		const { asked, keeper, ready, set, sockets, time } = make();
		keeper.close();
		sockets[0]!.receive(answer(sockets[0]!.sent[0]!.bytes).message());
		time.run(600_000);
		expect([asked.length, ready, set]).toEqual([1, [], []]);
	});

	it("wants servers", () => {
		expect(() => make({ servers: [] })).toThrow(Misuse);
		expect(() => make({ servers: [""] })).toThrow(Misuse);
	});
});
