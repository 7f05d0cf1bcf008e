import { describe, expect, it } from "vitest";
import { BoardView } from "../../../host-sim/cli/boardview.js";
import { cellsOf } from "../../../host-sim/cli/cells.js";
import { WatchedFleet } from "../../../host-sim/watch/fleet.js";

const plain = (text: string) => text;

function make(count: number, filter = "") {
	const fleet = new WatchedFleet();
	const say = (id: string, kind: string, text: string) =>
		fleet.handleMessage(`thimble/${id}/${kind}`, Buffer.from(text), false, 0);
	for (let i = 1; i <= count; i += 1) {
		say(`b${i}`, "status", i % 3 === 0 ? "offline" : "online");
		say(`b${i}`, "diagnostics", JSON.stringify({ rssi: -i }));
	}
	const view = new BoardView({ fleet, url: "mqtt://host:1883", filter, sort: "board", isReversed: false });
	const draw = (columns = 60, rows = 7) => view.lines(columns, rows, 5000, plain);
	const press = (...keys: string[]) => keys.map(key => view.handleKey(key, 5000));
	/** Of the rows: the mark and the name. */
	const rows = (height = 7) =>
		draw(60, height)
			.slice(2, -1)
			.map(line => line.slice(0, 6).trimEnd());
	return { draw, fleet, press, rows, say, view };
}

const HELP = "q quit  / filter  s sort  r reverse  arrows move  enter details";

describe("the table", () => {
	it("fits its window, with the counts above and the keys below", () => {
		const { draw } = make(3);
		expect(draw(70, 7)).toEqual([
			"3 boards: 2 online, 1 offline  mqtt://host:1883",
			" BOARD  STATE       SINCE      °C   HEARD   /MIN  MISSING  RSSI",
			">b1     online        5 s       –     5 s      –        0    -1",
			" b2     online        5 s       –     5 s      –        0    -2",
			" b3     offline       5 s       –     5 s      –        0    -3",
			"",
			HELP,
		]);
		expect(draw(30, 4)).toEqual([
			"3 boards: 2 online, 1 offline",
			" BOARD  STATE       SINCE",
			">b1     online        5 s",
			HELP.slice(0, 30),
		]);
	});

	it("is never larger than its window, whatever the window", () => {
		const { draw, press } = make(40);
		for (const keys of [[], ["enter"], ["escape", "/", "x", "y", "z", ":"]]) {
			press(...keys);
			for (const columns of [1, 2, 10, 33, 80, 300])
				for (const rows of [1, 2, 3, 4, 10, 60]) {
					const lines = draw(columns, rows);
					expect(lines.length).toBeLessThanOrEqual(rows);
					for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
				}
		}
	});

	it("scrolls with the selection, and stops at both ends", () => {
		const { press, rows } = make(9);
		expect(rows()).toEqual([">b1", " b2", " b3", " b4"]);
		press("down", "down", "down", "down");
		expect(rows()).toEqual([" b2", " b3", " b4", ">b5"]);
		press("up");
		expect(rows()).toEqual([" b2", " b3", ">b4", " b5"]);
		press("end", "down");
		expect(rows()).toEqual([" b6", " b7", " b8", ">b9"]);
		press("page-up");
		expect(rows()).toEqual([">b5", " b6", " b7", " b8"]);
		press("home", "up");
		expect(rows()).toEqual([">b1", " b2", " b3", " b4"]);
		press("page-down");
		expect(rows()).toEqual([" b2", " b3", " b4", ">b5"]);
	});

	it("keeps its selection when it is sorted anew, and when boards come", () => {
		const { press, rows, say } = make(4);
		press("down", "r");
		expect(rows()).toEqual([" b4", " b3", ">b2", " b1"]);
		say("b22", "status", "online");
		expect(rows()).toEqual([" b22", " b4", " b3", ">b2"]);
		press("r", "s");
		expect(rows(8)).toEqual([" b3", " b1", ">b2", " b4", " b22"]);
	});

	it("shows what is wrong with the connection, and hides none of it from the eye", () => {
		const { draw, view } = make(1);
		view.trouble = "connection lost; trying again";
		expect(draw()[0]).toBe("1 boards: 1 online, 0 offline  connection lost; trying again");
	});
});

describe("the filter", () => {
	it("counts while it is typed, is kept by Return and dropped by Escape", () => {
		const { draw, press, rows } = make(9);
		press("/", "o", "f", "x", "backspace", "f");
		expect([rows(), draw().at(-1)]).toEqual([[">b3", " b6", " b9", ""], "/off_"]);
		// While it is typed, q is a letter.
		expect(press("q")).toEqual([true]);
		press("backspace", "enter");
		expect(draw(100).at(-1)).toBe(`filter off  ${HELP}`);
		press("/", "erase", "r", "s", "s", "i", ">", "-", "3", "enter");
		expect(rows()).toEqual([">b1", " b2", "", ""]);
		press("/", "escape");
		expect([rows()[3], draw(100).at(-1)]).toEqual([" b4", HELP]);
	});

	it("that means nothing says so, and the last good one stays", () => {
		const { draw, press, rows } = make(9);
		press("/", ..."b1", "enter", "/", "erase", ..."b:2", "enter");
		expect(draw(60).at(-1)).toBe('/b:2_  there is no column "b"; there are board, state, since');
		expect(rows()).toEqual([">b1", " b2", " b3", " b4"]);
	});

	it("may be there from the start, and shows nothing that a terminal would obey", () => {
		const { draw, rows } = make(9, "b2 \u001b[2J");
		expect([rows(), draw(100).at(-1)]).toEqual([["", "", "", ""], `filter b2 ?[2J  ${HELP}`]);
	});
});

describe("a board", () => {
	it("opens, scrolls, and closes", () => {
		const { draw, press, rows } = make(3);
		press("down", "enter");
		expect(draw(60, 6)).toEqual([
			"3 boards: 2 online, 1 offline  mqtt://host:1883",
			"board             b2",
			"state             online, for 5 s",
			"heard             5 s ago",
			"boot              –, 0 restarts while we watched",
			"q quit  escape back  arrows scroll",
		]);
		press("down");
		expect(draw(60, 6)[1]).toBe("state             online, for 5 s");
		press("end");
		expect(draw(60, 6)[4]).toBe("  rssi            -2");
		press("escape");
		expect(rows()).toEqual([" b1", ">b2", " b3", ""]);
	});

	it("is nobody where there is none", () => {
		const { draw, press } = make(0);
		press("enter", "down", "up", "end");
		expect(draw(60, 4)).toEqual([
			"0 boards: 0 online, 0 offline  mqtt://host:1883",
			" BOARD  STATE       SINCE      °C   HEARD   /MIN  MISSING",
			"",
			HELP.slice(0, 60),
		]);
	});
});

it("q and Ctrl-C end it, from anywhere", () => {
	const { press } = make(1);
	expect(press("x", "q", "interrupt", "enter", "q", "interrupt", "escape", "/", "interrupt")).toEqual([
		...[true, false, false],
		...[true, false, false],
		...[true, true, false],
	]);
});
