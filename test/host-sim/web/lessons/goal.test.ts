import { describe, expect, it } from "vitest";
import { summaryOf } from "../../../../host-sim/inspect/summary.js";
import { Goal, type Party, type Sight } from "../../../../host-sim/web/lessons/goal.js";

/** A packet of that party's connection, from it unless said otherwise. */
function packet(name: string, given: object = {}, { fromClient = true, party = "board" as Party } = {}): Sight {
	return { packet: { ...summaryOf(name), ...given }, party, fromClient };
}

const toBoard = { fromClient: false };

describe("a goal", () => {
	it("is reached when all of it has been seen in its order, with anything in between", () => {
		const goal = new Goal([
			{ incident: "trouble", fault: "cut" },
			{ packet: "CONNECT", from: "board" },
			{ open: "CONNECT" },
		]);
		const sights: [Sight, boolean][] = [
			[packet("CONNECT"), false],
			[{ incident: "trouble", fault: "hang" }, false],
			[{ incident: "mended", fault: "cut" }, false],
			[{ incident: "trouble", fault: "cut" }, false],
			[{ open: "CONNECT" }, false],
			[packet("CONNECT", {}, { party: "page" }), false],
			[packet("CONNECT"), false],
			[packet("PUBLISH"), false],
			[{ open: "PUBLISH" }, false],
			[{ open: "CONNECT" }, true],
			[{ open: "CONNECT" }, false],
		];
		for (const [sight, isReached] of sights) expect(goal.handle(sight), JSON.stringify(sight)).toBe(isReached);
		expect(goal.isReached).toBe(true);
	});

	it("knows an answer by the packet id of what it answers, also where that is not the first of its kind", () => {
		const goal = new Goal([
			{ packet: "PUBLISH", from: "board" },
			{ packet: "PUBACK", to: "board", id: "same" },
		]);
		expect(goal.handle(packet("PUBLISH", { id: 1 }))).toBe(false);
		expect(goal.handle(packet("PUBACK", { id: 9 }, toBoard))).toBe(false);
		expect(goal.handle(packet("PUBLISH", { id: 2 }))).toBe(false);
		expect(goal.handle(packet("PUBACK", { id: 2 }, toBoard))).toBe(true);
	});

	it("looks at who has sent it to whom, and at all that the pattern names", () => {
		const isOf = (pattern: object, sight: Sight) => new Goal([{ packet: "PUBLISH", ...pattern }]).handle(sight);
		const given = { qos: 1, retain: true, topic: "thimble/board-01/status" };
		expect(isOf({ from: "board" }, packet("PUBLISH", given))).toBe(true);
		expect(isOf({ from: "page" }, packet("PUBLISH", given))).toBe(false);
		expect(isOf({ to: "board" }, packet("PUBLISH", given))).toBe(false);
		expect(isOf({ to: "page" }, packet("PUBLISH", given, { fromClient: false, party: "page" }))).toBe(true);
		expect(isOf({ qos: 1, retain: true, dup: false }, packet("PUBLISH", given))).toBe(true);
		expect(isOf({ dup: true }, packet("PUBLISH", given))).toBe(false);
		expect(isOf({ qos: 2 }, packet("PUBLISH", given))).toBe(false);
		expect(isOf({ topic: "thimble/+/status" }, packet("PUBLISH", given))).toBe(true);
		expect(isOf({ topic: "thimble/+" }, packet("PUBLISH", given))).toBe(false);
		expect(isOf({ topic: "thimble/+/telemetry" }, packet("PUBLISH", given))).toBe(false);
	});

	it("tells a refusal from a welcome, whatever its number", () => {
		const isBad = (reason: number) =>
			new Goal([{ packet: "CONNACK", reason: "bad" }]).handle(packet("CONNACK", { reason }, toBoard));
		expect([0, 1, 5, 0x88].map(isBad)).toEqual([false, true, true, true]);
		const isThree = new Goal([{ packet: "CONNACK", reason: 3 }]);
		expect(isThree.handle(packet("CONNACK", { reason: 2 }, toBoard))).toBe(false);
		expect(isThree.handle(packet("CONNACK", { reason: 3 }, toBoard))).toBe(true);
	});

	it("takes any of several", () => {
		const either = { any: [{ packet: "PUBLISH", dup: true }, { packet: "PUBREL" }] };
		expect(new Goal([either]).handle(packet("PUBREL", { id: 1 }))).toBe(true);
		expect(new Goal([either]).handle(packet("PUBLISH", { dup: true }))).toBe(true);
		expect(new Goal([either]).handle(packet("PUBLISH"))).toBe(false);
	});
});
