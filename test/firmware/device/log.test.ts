import { describe, expect, it } from "vitest";
import { DEBUG, ERROR, INFO, Log, type LogEntry, WARN } from "../../../firmware/device/log.js";
import { Settings } from "../../../firmware/device/settings.js";
import { LINK_LOST } from "../../../firmware/mqtt/error.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { TestWorld } from "../../support/world.js";

const EVERYTHING = 1_000_000;

function logOf(options: { bytes?: number; wall?: number } = {}) {
	const clock = { time: 0, wall: options.wall ?? 0 };
	const log = new Log({ clock: { now: () => clock.time, wall: () => clock.wall }, ...options });
	return { clock, log };
}

describe("a log", () => {
	it("keeps what happened, with its moment, its level and its number", () => {
		const { clock, log } = logOf();
		clock.time = 5;
		log.add(INFO, "begun");
		clock.time = -1;
		log.add(ERROR, "sensor failed", -3);
		clock.wall = 1_763_766_285_123;
		log.add(WARN, 'né "quoted" \n', 0);
		expect(log.page(EVERYTHING, EVERYTHING)).toEqual([
			{ n: 1, ms: 5, level: "info", text: "begun" },
			{ n: 2, ms: 4_294_967_295, level: "error", text: "sensor failed", value: -3 },
			{ n: 3, time: 1_763_766_285_123, level: "warn", text: 'n? "quoted" ?', value: 0 },
		]);
	});

	it("keeps nothing below its level, which is a setting", () => {
		const settings = new Settings(new MemoryKeyValue());
		const told: string[] = [];
		const log = new Log({
			clock: { now: () => 0, wall: () => 0 },
			settings,
			onEntry: (level, text, value) => told.push(`${level} ${text} ${value}`),
		});
		log.add(DEBUG, "one");
		settings.change({ logLevel: "debug" });
		log.add(DEBUG, "two", 2);
		settings.change({ logLevel: "error" });
		log.add(WARN, "three");
		expect(log.page(EVERYTHING, EVERYTHING).map(({ text }) => text)).toEqual(["two"]);
		expect(told).toEqual(["3 two 2"]);
	});

	it("shows its latest entries that fit, and the ones before by their numbers", () => {
		const { log } = logOf();
		for (let i = 1; i <= 10; i += 1) log.add(INFO, `entry ${i}`);
		const first = log.page(EVERYTHING, 200);
		expect(first.map(({ n }) => n)).toEqual([7, 8, 9, 10]);
		expect(JSON.stringify(first).length).toBeLessThanOrEqual(201);
		expect(log.page(7, 200).map(({ n }) => n)).toEqual([3, 4, 5, 6]);
		expect(log.page(7, 200).at(-1)).toEqual({ n: 6, ms: 0, level: "info", text: "entry 6" });
		expect(log.page(1, 200)).toEqual([]);
		expect(log.page(EVERYTHING, 10)).toEqual([]);
	});

	it("has always the latest entries, whole and in their order, however long they are", () => {
		for (let seed = 1; seed <= 10; seed += 1) {
			const random = new SeededRandom(seed);
			const bytes = 256 + (random.next() % 300);
			const { log } = logOf({ bytes });
			const all: LogEntry[] = [];
			for (let n = 1; n <= 200; n += 1) {
				const text = "abcdefgh".repeat(20).slice(0, random.next() % 120);
				log.add(INFO, text, n);
				all.push({ n, ms: 0, level: "info", text: text.slice(0, 96), value: n });
				const kept = log.page(EVERYTHING, EVERYTHING);
				expect(kept, `seed ${seed}, entry ${n}`).toEqual(all.slice(all.length - kept.length));
				// Not more is missing than the ring's end and one entry take.
				const room = all.slice(-kept.length - 1).reduce((sum, entry) => sum + 12 + entry.text.length, 0);
				if (kept.length < n) expect(room, `seed ${seed}, entry ${n}`).toBeGreaterThan(bytes - 2 * 108);
			}
			expect(log.count).toBe(200);
		}
	});

	it("hears of connections as a duty", () => {
		const world = new TestWorld();
		const log = new Log({ clock: world.time.clock });
		const agent = world.agent("b1", { duties: [log] });
		agent.start();
		world.time.run(1_000);
		world.link("b1").cut();
		world.time.run(10_000);
		agent.stop(1_000);
		world.time.run(1_000);
		const entries = log.page(EVERYTHING, EVERYTHING).map(({ level, text, value }) => [level, text, value]);
		expect(entries).toEqual([
			["info", "online", undefined],
			["warn", "offline", LINK_LOST],
			["info", "online, session resumed", undefined],
			["info", "stopping", undefined],
		]);
	});
});
