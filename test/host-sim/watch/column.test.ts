import { describe, expect, it } from "vitest";
import { WatchedBoard } from "../../../host-sim/watch/board.js";
import { COLUMN_NAMES, columnValue, isColumn, parseFilter, sorted, sortedBy } from "../../../host-sim/watch/column.js";

function boardOf(name: string, status: string, diagnostics?: object, running?: string) {
	const board = new WatchedBoard(name);
	board.handle("status", Buffer.from(status), false, 0, () => {});
	const say = (kind: "diagnostics" | "update/state", value: object) =>
		board.handle(kind, Buffer.from(JSON.stringify(value)), false, 0, () => {});
	if (diagnostics !== undefined) say("diagnostics", diagnostics);
	if (running !== undefined) say("update/state", { state: "idle", running });
	return board;
}

const boards = [
	boardOf("board-10", "online", { rssi: -40 }, "1.10.0"),
	boardOf("board-2", "offline", { rssi: -80 }),
	boardOf("attic-1", "online", { rssi: -80 }, "1.9.0"),
	boardOf("Cellar", "sleeping"),
];
const names = (list: readonly WatchedBoard[]) => list.map(({ name }) => name);
const found = (text: string) => {
	const filter = parseFilter(text);
	return typeof filter === "string" ? filter : names(boards.filter(board => filter(board, 5000)));
};

describe("sorting", () => {
	it.each([
		["board", false, ["attic-1", "board-2", "board-10", "Cellar"]],
		["board", true, ["Cellar", "board-10", "board-2", "attic-1"]],
		["rssi", false, ["attic-1", "board-2", "board-10", "Cellar"]],
		["rssi", true, ["board-10", "attic-1", "board-2", "Cellar"]],
		["firmware", false, ["attic-1", "board-10", "board-2", "Cellar"]],
		["state", false, ["board-2", "attic-1", "board-10", "Cellar"]],
	] as const)("by %s, reversed: %s", (by, isReversed, expected) => {
		const before = names(boards);
		expect(names(sorted(boards, { by, isReversed }, 0))).toEqual(expected);
		expect(names(boards)).toEqual(before);
	});

	it("works by each column", () => {
		for (const by of COLUMN_NAMES) expect(sorted(boards, { by, isReversed: false }, 0).length).toBe(4);
		expect([isColumn("rssi"), isColumn("toString"), isColumn("")]).toEqual([true, false, false]);
	});
});

it("sorting works by whatever else is known of a board", () => {
	const lengths = (isReversed: boolean) =>
		names(sortedBy(boards, ({ name }) => (name === "Cellar" ? undefined : name.length), isReversed));
	expect(lengths(false)).toEqual(["attic-1", "board-2", "board-10", "Cellar"]);
	expect(lengths(true)).toEqual(["board-10", "attic-1", "board-2", "Cellar"]);
});

describe("filters", () => {
	it.each([
		["", ["board-10", "board-2", "attic-1", "Cellar"]],
		["BOARD", ["board-10", "board-2"]],
		["board online", ["board-10"]],
		["1.9", ["attic-1"]],
		["state:o", ["board-10", "board-2", "attic-1"]],
		["state=offline", ["board-2"]],
		["board=cellar", ["Cellar"]],
		["rssi<-40", ["board-2", "attic-1"]],
		["rssi<=-40", ["board-10", "board-2", "attic-1"]],
		["rssi>-80", ["board-10"]],
		["rssi>=-80 state:online", ["board-10", "attic-1"]],
		["rssi=-40", ["board-10"]],
		["since>4.9", ["board-10", "board-2", "attic-1", "Cellar"]],
		["since>5", []],
		["state>1", []],
		["rssi<", ["board-10", "board-2", "attic-1", "Cellar"]],
		["rssi<-", ["board-10", "board-2", "attic-1", "Cellar"]],
		[".*", []],
		["\u001b[2J", []],
	])("%j", (text, expected) => {
		expect(found(text)).toEqual(expected);
	});

	it("know what else there is to know, where they are told", () => {
		const more = { floor: ({ name }: WatchedBoard) => (name === "attic-1" ? 3 : undefined) };
		const filter = parseFilter("floor>2", more);
		expect(typeof filter === "string" ? filter : names(boards.filter(board => filter(board, 0)))).toEqual(["attic-1"]);
		expect(parseFilter("roof>2", more)).toBe(`there is no column "roof"; there are ${COLUMN_NAMES.join(", ")}, floor`);
		expect(found("floor>2")).toContain("no column");
	});

	it("that mean nothing get a sentence", () => {
		expect(found("colour:red")).toBe(`there is no column "colour"; there are ${COLUMN_NAMES.join(", ")}`);
		expect(found("rssi<weak")).toBe("rssi<: expected a number behind it");
		expect(found("constructor:x")).toContain("no column");
	});
});

it("a value is undefined where nobody has said it", () => {
	const board = new WatchedBoard("x");
	const known = COLUMN_NAMES.filter(name => columnValue(board, name, 0) !== undefined);
	expect(known).toEqual(["board", "state", "missing", "restarts", "malformed"]);
});
