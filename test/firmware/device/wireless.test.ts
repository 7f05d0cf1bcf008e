import { describe, expect, it } from "vitest";
import { Wireless } from "../../../firmware/device/wireless.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { VirtualTime } from "../../../host-sim/world/time.js";

class FakeWiFi {
	static made: FakeWiFi[] = [];
	connection = 200;
	closed = false;
	asked: object | undefined;
	readonly #onChanged: (property: string) => void;
	constructor(options: { onChanged(property: string): void }) {
		this.#onChanged = options.onChanged;
		FakeWiFi.made.push(this);
	}
	connect(options: { SSID: string; password?: string }) {
		this.asked = options;
		this.become(300);
	}
	become(connection: number) {
		this.connection = connection;
		this.#onChanged("connection");
	}
	close() {
		this.closed = true;
	}
}

function make(options = {}) {
	FakeWiFi.made = [];
	const time = new VirtualTime();
	const changes: boolean[] = [];
	const wireless = new Wireless({
		ssid: "net",
		password: "pass",
		wifi: { io: FakeWiFi },
		timer: { io: time.Timer },
		random: new SeededRandom(5),
		onChanged: usable => changes.push(usable),
		...options,
	});
	return { time, changes, wireless, now: () => FakeWiFi.made.at(-1)! };
}

describe("Wi-Fi", () => {
	it("is usable from the address on, and tells each change once", () => {
		const { wireless, changes, now } = make();
		expect(now().asked).toEqual({ SSID: "net", password: "pass" });
		now().become(400);
		expect(wireless.isUsable).toBe(false);
		now().become(500);
		now().become(500);
		expect([wireless.isUsable, changes]).toEqual([true, [true]]);
	});

	it("comes back for ever: after failures, after losing the network, later and later, with a new interface each time", () => {
		const { time, changes, now } = make();
		for (let i = 0; i < 20; i += 1) {
			const before = FakeWiFi.made.length;
			now().become(200);
			expect(FakeWiFi.made[before - 1]!.closed).toBe(true);
			expect(time.runUntil(() => FakeWiFi.made.length > before, 31_000)).toBe(true);
		}
		now().become(500);
		now().become(200);
		const before = FakeWiFi.made.length;
		expect(time.runUntil(() => FakeWiFi.made.length > before, 1001)).toBe(true);
		now().become(500);
		expect(changes).toEqual([true, false, true]);
	});

	it("gives up an attempt that hangs, and a connection that never gets its address back", () => {
		const { time, changes, now } = make();
		const first = now();
		time.run(30_000);
		expect(first.closed).toBe(true);
		time.runUntil(() => now() !== first);
		const second = now();
		second.become(500);
		second.become(400);
		expect(changes).toEqual([true, false]);
		time.run(30_000);
		expect(second.closed).toBe(true);
		// A word from an interface that was given up changes nothing.
		second.become(500);
		expect(changes).toEqual([true, false]);
	});

	it("an interface that throws is an attempt that failed", () => {
		let made = 0;
		const { time } = make({
			wifi: {
				io: class {
					constructor() {
						made += 1;
						throw new Error("no radio");
					}
				},
			},
		});
		time.run(100_000);
		expect(made).toBeGreaterThan(3);
	});

	it("an open network has no password; without a name there is none to join", () => {
		const { now } = make({ password: "" });
		expect(now().asked).toEqual({ SSID: "net" });
		expect(() => make({ ssid: "" })).toThrow(Misuse);
	});
});
