import fc from "fast-check";
import { expect, it } from "vitest";
import type { Item } from "../../../../host-sim/web/packets/follow.js";
import { Log } from "../../../../host-sim/web/packets/log.js";
import { MESSAGE, packetsIn, STILL, Talk } from "../../../support/seen.js";

const told = (log: Log) =>
	log.lines.map(line =>
		line.kind === "packet"
			? `${line.at} ${line.summary.name} ${line.version} ${line.mark ?? ""} ${line.exchange?.state}`
			: `${line.at} ${line.kind}`,
	);

/** Two boards, a lost connection, and a message that is sent again. */
function life(): Item[] {
	const talk = new Talk().begin(1).connects("a", 1, {}, "5.0").begin(2).connects("b", 2).exactlyOnce("b", 2);
	talk
		.says("a", 1, { ...MESSAGE, qos: 1, messageId: 3 }, "5.0")
		.end(1, "a")
		.begin(3);
	talk.connects("a", 3, { clean: false }, "5.0", true);
	return talk.says("a", 3, { ...MESSAGE, qos: 1, messageId: 3, dup: true }, "5.0").items;
}

it("is the same however late what comes comes, and however often", () => {
	const all = new Log({ frames: STILL });
	all.put(life());
	fc.assert(
		fc.property(
			fc.shuffledSubarray(life(), { minLength: life().length }),
			fc.integer({ min: 1, max: 5 }),
			(items, size) => {
				const log = new Log({ frames: STILL });
				for (let i = 0; i < items.length; i += size) log.put(items.slice(i, i + size));
				log.put(items.slice(0, 3));
				expect(told(log)).toEqual(told(all));
			},
		),
	);
});

it("is but continued where nothing comes late", () => {
	const log = new Log({ frames: STILL });
	const { generation, lines } = log;
	for (const item of life()) log.put([item]);
	expect(log.generation).toBe(generation);
	expect(log.lines).toBe(lines);
});

it("puts what has happened between the packets, at its time", () => {
	const talk = new Talk().connects("a", 1).connects("b", 2);
	const log = new Log({ frames: STILL });
	const incident = { event: "restarted" as const, device: "a", reason: "power-on", at: 2.5 };
	log.put(talk.items.slice(0, 2));
	log.put([{ at: 2.5, event: "incident", incident }]);
	log.put([{ at: 3.5, event: "gap", count: 4 }]);
	// These have been under way for longer.
	log.put(talk.items.slice(2));
	expect(log.lines.map(({ kind }) => kind)).toEqual(["packet", "packet", "incident", "packet", "gap", "packet"]);
});

it("lets the oldest go, and says how many", () => {
	const log = new Log({ frames: STILL, limit: 100 });
	const talk = new Talk().connects("a", 1);
	for (let i = 0; i < 500; i += 1) talk.says("a", 1, MESSAGE);
	for (const item of talk.items) log.put([item]);
	expect(log.lines.length).toBeGreaterThanOrEqual(100);
	expect(log.lines.length).toBeLessThan(200);
	expect(log.gone + log.lines.length).toBe(502);
	expect(log.items.length).toBe(log.lines.length);
	expect(log.lines.at(-1)).toMatchObject({ at: 502, version: "3.1.1" });
});

it("holds so many bytes, however few packets they are", () => {
	const log = new Log({ frames: STILL, limitBytes: 10_000 });
	const talk = new Talk();
	for (let i = 0; i < 10; i += 1) talk.says("a", 1, { ...MESSAGE, payload: "x".repeat(3000) });
	for (const item of talk.items) log.put([item]);
	expect(log.lines.length).toBe(3);
	expect(log.gone).toBe(7);
});

it("knows after it has been cleared what it knew of connections, also where what follows comes late", () => {
	const talk = new Talk().connects("a", 1, {}, "5.0");
	const log = talk.log();
	log.clear();
	expect(log.lines).toEqual([]);
	// It came before.
	log.put(talk.items);
	expect(log.lines).toEqual([]);
	const [before, after] = talk.says("a", 1, MESSAGE, "5.0").says("a", 1, { cmd: "pingreq" }).items.slice(-2);
	log.put([after!]);
	log.put([before!]);
	expect(told(log)).toEqual(["3 PUBLISH 5.0  done", "4 PINGREQ 5.0  open"]);
});

it("tells what has had no answer in time", () => {
	const talk = new Talk().connects("a", 1).says("a", 1, { ...MESSAGE, qos: 1, messageId: 4 });
	talk.now = 40_000;
	talk.says("a", 1, MESSAGE);
	expect(packetsIn(talk.log().lines)[2]!.exchange!.state).toBe("unanswered");
});

it("knows nothing of another run", () => {
	const talk = new Talk().connects("a", 1, {}, "5.0");
	const log = talk.log();
	log.forget();
	log.put(talk.items);
	expect(log.lines.length).toBe(2);
});

it("places what has no number by its time", () => {
	const log = new Log({ frames: STILL });
	const items = life().map(({ order: _, ...item }) => item as Item);
	for (const item of [...items].reverse()) log.put([item]);
	const all = new Log({ frames: STILL });
	all.put(items);
	expect(told(log)).toEqual(told(all));
	expect(log.latest).toBe(items.at(-1)!.at);
});
