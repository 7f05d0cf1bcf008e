import { describe, expect, it } from "vitest";
import { ageText, detailsOf, firmwareText, headOf, layoutOf, rowOf } from "../../../host-sim/cli/boardtable.js";
import { cellsOf } from "../../../host-sim/cli/cells.js";
import { type Kind, WatchedBoard } from "../../../host-sim/watch/board.js";

const T = Date.UTC(2026, 0, 1);

function boardOf(
	name: string,
	said: readonly (readonly [kind: Kind, value: unknown, now?: number, retain?: boolean])[],
) {
	const board = new WatchedBoard(name);
	for (const [kind, value, now = T, retain = false] of said)
		board.handle(kind, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), retain, now, () => {});
	return board;
}

const full = boardOf("board-01", [
	["status", "online"],
	["telemetry", { boot: 3, seq: 7, temperature: 8.03, humidity: 82.5, pressure: 1016.26 }],
	["telemetry", { time: T + 900, boot: 3, seq: 9, temperature: [8, 7.5, 8.25, 7.9], humidity: 82.4 }, T + 1000],
	["diagnostics", { uptime: 7200, boot: 3, reset: "power", slots: 100, chunks: 24, rssi: -67, ping: 41, offline: 56 }],
	[
		"diagnostics",
		{ uptime: 7200, reset: "power", rssi: -67, ping: 41, offline: 56, reconnects: 2, outbox: 0, slots: 9 },
	],
	["update/state", { state: "receiving", running: "1.0.0", version: "1.1.0", at: 45, size: 100 }],
	["answer", { command: "set", ok: false, error: "out-of-range" }],
	["status", "rubbish"],
]);
const bare = boardOf("b", [["status", "offline", T, true]]);
const silent = boardOf("板子-1", [["answer", { command: "get", ok: true }]]);
const boards = [full, bare, silent];
const plain = (text: string) => text;

const draw = (width: number, now = T + 61_000) => {
	const layout = layoutOf(boards, width);
	return [headOf(layout, "missing", false), ...boards.map((board, i) => rowOf(board, layout, i === 1, now, plain))];
};

describe("the table", () => {
	it("has what matters most in 80 columns", () => {
		expect(draw(80)).toEqual([
			" BOARD     STATE       SINCE      °C   HEARD   /MIN  MISSING  UPTIME  RSSI",
			" board-01  online      1 min    8.00   1 min    1.0        1     2 h   -67",
			">b         offline    ≥1 min       –       –      –        0       –     –",
			" 板子-1    unknown         –       –   1 min      –        0       –     –",
		]);
	});

	it("has everything where there is room", () => {
		expect(draw(200)).toEqual([
			" BOARD     STATE       SINCE      °C    %RH      hPa   HEARD   /MIN  MISSING   BOOT  UPTIME     HEAP  RSSI   PING  RECONNECTS  OUTBOX  FIRMWARE",
			" board-01  online      1 min    8.00   82.4        –   1 min    1.0        1      3     2 h      144   -67     41           2       0  1.0.0 > 1.1.0 receiving 45 %",
			">b         offline    ≥1 min       –      –        –       –      –        0      –       –        –     –      –           –       –  –",
			" 板子-1    unknown         –       –      –        –   1 min      –        0      –       –        –     –      –           –       –  –",
		]);
	});

	it.each([1, 5, 14, 20, 40, 79, 80, 120, 159, 160, 300])(
		"is never wider than %i columns, if names and states fit",
		width => {
			for (const line of draw(width)) expect(cellsOf(line)).toBeLessThanOrEqual(Math.max(width, 20));
		},
	);

	it("marks the other way round", () => {
		expect(headOf(layoutOf([full], 40), "since", true)).toBe(" BOARD     STATE      SINCE↑   HEARD");
	});
});

it("a board has a line for each thing that is known of it", () => {
	expect(detailsOf(full, T + 61_000)).toEqual([
		"board             board-01",
		"state             online, for 1 min",
		"heard             1 min ago",
		"boot              3, 0 restarts while we watched",
		"readings          2, 1.0 a minute",
		"missing           1, 0 filled in, 0 twice",
		"last              boot 3, reading 9, 1 min ago, taken 2026-01-01T00:00:00.900Z",
		"  temperature     8 (from 7.5 to 8.25, mean 7.9)",
		"  humidity        82.4",
		"firmware          1.0.0 > 1.1.0 receiving 45 %",
		"answer            set: out-of-range, 1 min ago",
		"malformed         1 messages",
		"diagnostics       1 min ago",
		"  reset           power",
		"  uptime          7200",
		"  reconnects      2",
		"  offline         56: connection lost",
		"  ping            41",
		"  rssi            -67",
		"  slots           9",
		"  outbox          0",
	]);
	expect(detailsOf(bare, T + 61_000)).toEqual([
		"board             b",
		"state             offline, for more than 1 min",
		"heard             never",
		"boot              –, 0 restarts while we watched",
		"readings          0",
		"missing           0, 0 filled in, 0 twice",
	]);
});

it.each([
	[0.9, "0 s"],
	[59, "59 s"],
	[60, "1 min"],
	[3599, "59 min"],
	[3600, "1 h"],
	[86_400, "1 d"],
	[-5, "0 s"],
])("%f s are %s", (seconds, text) => {
	expect(ageText(seconds)).toBe(text);
});

it.each([
	[{ state: "idle", running: "1.0.0" }, "1.0.0"],
	[{ state: "confirmed", running: "1.1.0", version: "1.1.0" }, "1.1.0"],
	[{ state: "idle" }, "idle"],
	[{ state: "receiving", running: "1.0.0", version: "1.1.0", bytes: 1, size: 3 }, "1.0.0 > 1.1.0 receiving 33 %"],
	[{ state: "refused", running: "1.0.0", version: "0.9.0", reason: "downgrade" }, "1.0.0 > 0.9.0 refused (downgrade)"],
	[{ state: "receiving", bytes: 9, size: 0 }, "receiving"],
])("firmware %j is %s", (firmware, text) => {
	expect(firmwareText(firmware)).toBe(text);
});
