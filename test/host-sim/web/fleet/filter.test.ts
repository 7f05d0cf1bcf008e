import { expect, it } from "vitest";
import { WatchedBoard } from "../../../../host-sim/watch/board.js";
import { filterOf } from "../../../../host-sim/web/fleet/filter.js";

const extras = { engine: ({ name }: WatchedBoard) => (name === "a" ? "xs" : "node") };

it("is that of the command line, and knows what the simulator knows", () => {
	const filter = filterOf("engine:xs", extras);
	if (typeof filter !== "function") throw new Error("no filter");
	expect([filter(new WatchedBoard("a"), 0), filter(new WatchedBoard("b"), 0)]).toEqual([true, false]);
});

it.each([
	["kitchen colour:red", { word: "colour", why: "column" }],
	["rssi<weak", { word: "rssi<weak", why: "number" }],
	["state:online RSSI>Strong", { word: "rssi>strong", why: "number" }],
	["engine>old", { word: "engine>old", why: "number" }],
	["constructor:x", { word: "constructor", why: "column" }],
])("of %j it is known which word is wrong", (text, expected) => {
	expect(filterOf(text, extras)).toEqual(expected);
});
