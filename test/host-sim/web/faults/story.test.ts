import { beforeEach, describe, expect, it } from "vitest";
import type { Happening, Presence } from "../../../../host-sim/watch/board.js";
import { Story } from "../../../../host-sim/web/faults/story.js";

/** The time of day when the stage began. */
const WALL = 1_800_000_000_000;
let story: Story;
let ids: number;
beforeEach(() => {
	story = new Story({ intervalOf: device => (device === "slow" ? 60_000 : 1000) });
	ids = 0;
});

function fault(name: string, at: number, device?: string): void {
	ids += 1;
	const trouble = { id: ids, fault: name, since: at, ...(device !== undefined && { device }) };
	story.handleIncident({ event: "trouble", trouble });
}
function mended(name: string, at: number, device?: string): void {
	story.handleIncident({ event: "mended", id: ids, fault: name, at, ...(device !== undefined && { device }) });
}
function happen(what: Happening, at: number): void {
	story.handleHappening(what, at, WALL + at);
}
function presence(device: string, presence: Presence, at: number, retained = false): void {
	happen({ event: "presence", device, presence, was: "unknown", retained }, at);
}
function reading(device: string, at: number, time: number | undefined, retained = false): void {
	const readings = [{ ...(time !== undefined && { time: WALL + time }), values: {} }];
	happen({ event: "reading", device, boot: 1, seq: 1, late: false, retained, readings }, at);
}
const told = () =>
	story.entries.map(({ after, boards, count, event }) => {
		const name = "fault" in event ? ` ${event.fault}` : "reason" in event ? ` ${event.reason}` : "";
		return `${event.kind}${name} x${count} of ${boards}${after === undefined ? "" : ` +${after}`}`;
	});

it("a power cut: the will, the restart and the birth, the newest first, each so long after the fault", () => {
	fault("power-cut", 1000, "a");
	presence("a", "offline", 1700);
	mended("power-cut", 4000, "a");
	story.handleIncident({ event: "restarted", device: "a", reason: "power cut", at: 4010 });
	presence("a", "online", 4300);
	expect(told()).toEqual([
		"online x1 of 1 +3300",
		"restarted power cut x1 of 1 +3010",
		"mended power-cut x1 of 1 +3000",
		"will x1 of 1 +700",
		"fault power-cut x1 of 1 +0",
	]);
});

it("what befalls a thousand boards at once is one entry, with the first few names, whatever comes in between", () => {
	for (let i = 0; i < 1000; i += 1) fault("power-cut", 1000 + i / 2, `b${i}`);
	for (let i = 0; i < 1000; i += 1) {
		// As brokers do it: the session is taken over, the will fires, the birth follows.
		story.handleIncident({ event: "restarted", device: `b${i}`, reason: "power cut", at: 4000 + i });
		presence(`b${i}`, "offline", 4000 + i);
		presence(`b${i}`, "online", 4001 + i);
	}
	expect(told().sort()).toEqual([
		"fault power-cut x1000 of 1000 +0",
		"online x1000 of 1000 +3001",
		"restarted power cut x1000 of 1000 +3000",
		"will x1000 of 1000 +3000",
	]);
	expect(story.entries.at(-1)!.devices).toEqual(["b0", "b1", "b2"]);
	// All of them are in it, not only those with a name there.
	expect(story.of("b999")).toHaveLength(4);
	expect(story.of("nobody")).toHaveLength(0);
});

it("what is told of another matter in between keeps nobody apart", () => {
	presence("a", "offline", 4000);
	for (const device of ["a", "b", "c"])
		story.handleIncident({ event: "restarted", device, reason: "power cut", at: 4100 });
	presence("b", "offline", 4010);
	presence("c", "offline", 4020);
	expect(told()).toEqual(["restarted power cut x3 of 3", "will x3 of 3"]);
});

it("a board that goes and comes and goes is told so", () => {
	presence("a", "offline", 1000);
	presence("a", "online", 1100);
	presence("a", "offline", 1200);
	expect(told()).toEqual(["will x1 of 1", "online x1 of 1", "will x1 of 1"]);
});

it("what comes much later is another entry, and what goes on and on begins a new one", () => {
	presence("a", "offline", 1000);
	presence("b", "offline", 3100);
	expect(told()).toEqual(["will x1 of 1", "will x1 of 1"]);
	story.clear();
	for (let at = 0; at <= 20_000; at += 1000) happen({ event: "missing", device: "a", boot: 1, seq: 1, count: 1 }, at);
	expect(told()).toEqual(["missing x5 of 1", "missing x16 of 1"]);
});

it("what is told late has its place in time", () => {
	presence("a", "online", 5000);
	mended("power-cut", 4000, "a");
	fault("power-cut", 1000, "a");
	expect(told().map(each => each.split(" ")[0])).toEqual(["online", "mended", "fault"]);
});

it("a broker's fault is everybody's, and in each board's story", () => {
	fault("broker-stop", 1000);
	story.handleLink(false, "connection lost", 1010);
	mended("broker-stop", 6000);
	story.handleLink(true, "", 6500);
	fault("hang", 7000, "a");
	presence("a", "online", 7100);
	expect(told()).toEqual([
		"online x1 of 1 +100",
		"fault hang x1 of 1 +0",
		"backOn x1 of 0 +5500",
		"mended broker-stop x1 of 0 +5000",
		"cutOff connection lost x1 of 0 +10",
		"fault broker-stop x1 of 0 +0",
	]);
	expect(story.of("b")).toHaveLength(4);
	expect(story.of("a")).toHaveLength(6);
	expect(story.of(undefined)).toHaveLength(6);
});

describe("readings", () => {
	it("missing and filled are counted", () => {
		happen({ event: "missing", device: "a", boot: 1, seq: 3, count: 4 }, 1000);
		happen({ event: "missing", device: "b", boot: 1, seq: 3, count: 2 }, 1500);
		happen({ event: "filled", device: "a", boot: 1, seq: 3, count: 4 }, 1600);
		expect(told()).toEqual(["filled x4 of 1", "missing x6 of 2"]);
	});

	it("that had waited on the board are told, by their own time", () => {
		fault("wifi-loss", 10_000, "a");
		for (let time = 10_000; time <= 25_000; time += 1000) reading("a", 26_000, time);
		// The last three are no older than any might be.
		expect(told()).toEqual(["waited x13 of 1 +16000", "fault wifi-loss x1 of 1 +0"]);
		expect(story.entries[0]!.event).toMatchObject({ ms: 16_000 });
	});

	it("of a board that seldom reports, or has no clock, or a wrong one, say nothing", () => {
		fault("broker-stop", 1000);
		reading("slow", 100_000, 1000);
		reading("a", 100_000, undefined);
		reading("a", 100_000, -200_000_000);
		reading("a", 100_000, 2000, true);
		expect(told()).toHaveLength(1);
	});

	it("that are late without any fault, or older than it, have waited for something else", () => {
		reading("a", 30_000, 10_000);
		fault("wifi-loss", 40_000, "a");
		reading("a", 50_000, 10_000);
		fault("broker-stop", 60_000);
		reading("b", 70_000, 61_000);
		expect(told()[0]).toBe("waited x1 of 1 +10000");
		expect(told()).toHaveLength(3);
	});
});

it("what was retained, and what nobody has said, is no news", () => {
	presence("a", "offline", 1000, true);
	presence("a", "unknown", 1000);
	expect(told()).toEqual([]);
});

it("a board that says that it has reconnected more often has", () => {
	const say = (reconnects: number | undefined, at: number) =>
		happen(
			{ event: "diagnostics", device: "a", diagnostics: { at, ...(reconnects !== undefined && { reconnects }) } },
			at,
		);
	say(3, 1000);
	say(undefined, 2000);
	say(3, 3000);
	say(4, 4000);
	// It has begun anew, and counts from the beginning.
	say(0, 5000);
	expect(told()).toEqual(["reconnected x1 of 1"]);
});

it("a fault of long ago has nothing to do with it", () => {
	fault("hang", 1000, "a");
	presence("a", "offline", 601_000);
	expect(story.entries[0]!.after).toBeUndefined();
});

it("remembers three hundred entries", () => {
	for (let i = 0; i < 400; i += 1) presence("a", i % 2 === 0 ? "offline" : "online", i * 10_000);
	expect(story.entries).toHaveLength(300);
	expect(story.entries[0]!.at).toBe(3_990_000);
	story.clear();
	expect(story.entries).toEqual([]);
});
