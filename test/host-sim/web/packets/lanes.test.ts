import { expect, it } from "vitest";
import { type Choice, Lanes, MOST_LANES } from "../../../../host-sim/web/packets/lanes.js";

const lanesOf = (choice: Choice) => new Lanes(choice, client => client.startsWith("board"), "page-1");
const told = (choice: Choice) => lanesOf(choice).list.map(({ at, client, kind }) => `${kind} ${client} ${at}`);

it("has boards on one side of the broker, and the page and others across from them", () => {
	expect(told(["page-1", "board-1", "other", "board-2"])).toEqual([
		"board board-1 0",
		"board board-2 0.25",
		"broker  0.5",
		"page page-1 0.75",
		"client other 1",
	]);
});

it("has others where the boards would be, where there are none", () => {
	expect(told(["other"])).toEqual(["client other 0", "broker  1"]);
	expect(told([])).toEqual(["broker  0.5"]);
});

it("has a lane for all boards, and one for all others", () => {
	const lanes = lanesOf("all");
	expect(lanes.list.map(({ kind }) => kind)).toEqual(["boards", "broker", "clients"]);
	expect([lanes.of("board-7"), lanes.of("page-1"), lanes.broker]).toEqual([
		lanes.list[0],
		lanes.list[2],
		lanes.list[1],
	]);
});

it("knows no lane of a client that is not chosen, nor of more than have room", () => {
	expect(lanesOf(["board-1"]).of("board-2")).toBeUndefined();
	const many = Array.from({ length: 20 }, (_, i) => `board-${i}`);
	expect(lanesOf(many).list.length).toBe(MOST_LANES + 1);
});
