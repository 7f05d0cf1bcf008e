import { describe, expect, it } from "vitest";
import { type Kind, WatchedBoard } from "../../../../host-sim/watch/board.js";
import {
	COLUMNS,
	cellText,
	columnOf,
	EXTRAS,
	extraColumns,
	fitting,
	isTelling,
} from "../../../../host-sim/web/fleet/columns.js";

const extras = extraColumns(() => ({
	casts: new Map([["a", { device: "a", engine: "xs", qos: 2, protocol: "5.0", interval: 500 }]]),
	troubles: new Map([["a", ["wifi-loss", "reset"]]]),
}));

function make(id: string) {
	const board = new WatchedBoard(id);
	const say = (kind: Kind, value: unknown, isRetained = false) =>
		board.handle(
			kind,
			new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)),
			isRetained,
			1000,
			() => {},
		);
	const text = (name: Parameters<typeof columnOf>[0], now = 61_000) =>
		cellText(board, columnOf(name), extras, now, ["s", "min", "h", "d"]);
	return { board, say, text };
}

describe("a cell", () => {
	it("has what the board has said, with its decimals, and a dash for what it has not", () => {
		const { say, text } = make("a");
		expect([text("temperature"), text("rssi"), text("firmware"), text("since")]).toEqual(["–", "–", "–", "–"]);
		say("status", "online");
		say("telemetry", { boot: 1, seq: 1, temperature: 21.5, humidity: 45, pressure: 1017 });
		say("diagnostics", { uptime: 30, rssi: -70, slots: 1000, chunks: 20_000 });
		say("update/state", { state: "idle", running: "1.2.0" });
		expect(
			["since", "temperature", "humidity", "pressure", "uptime", "rssi", "heap", "firmware"].map(name =>
				text(name as "since"),
			),
		).toEqual(["1 min", "21.50", "45.0", "1017.00", "1 min", "-70", "36\u202f000", "1.2.0"]);
	});

	it("tells that a retained state has lasted for longer", () => {
		const { say, text } = make("a");
		say("status", "offline", true);
		expect(text("since")).toBe("≥1 min");
	});

	it("has what the simulator knows of its own boards, and nothing of others", () => {
		const texts = (id: string) => (["engine", "mqtt", "qos", "interval"] as const).map(name => make(id).text(name));
		expect(texts("a")).toEqual(["XS", "5.0", "2", "0.5"]);
		expect(texts("b")).toEqual(["–", "–", "–", "–"]);
		expect([extras.trouble(make("a").board, 0), extras.trouble(make("b").board, 0)]).toEqual([
			"wifi-loss reset",
			undefined,
		]);
	});
});

it("zero is worth a column, but not where it is all that is to be expected", () => {
	expect(isTelling(columnOf("missing"), 0)).toBe(true);
	expect(isTelling(columnOf("malformed"), 0)).toBe(false);
	expect(isTelling(columnOf("malformed"), 1)).toBe(true);
	expect(isTelling(columnOf("rssi"), undefined)).toBe(false);
});

describe("on a narrow screen", () => {
	it("there are as many columns as fit, the most useful ones, in their order", () => {
		const names = (width: number) => fitting(COLUMNS, width, "board").map(({ name }) => name);
		expect(names(370)).toEqual(["board", "state", "temperature", "heard"]);
		expect(names(300)).toEqual(["board", "state", "temperature"]);
		expect(names(10)).toEqual(["board", "state", "temperature"]);
		expect(names(100_000)).toEqual(COLUMNS.map(({ name }) => name));
	});

	it("the column that it is sorted by is among them", () => {
		expect(fitting(COLUMNS, 300, "outbox").map(({ name }) => name)).toEqual(["board", "state", "outbox"]);
	});
});

it("each column has a name and a place of its own, and what is only filtered by has none", () => {
	expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
	expect(new Set(COLUMNS.map(({ rank }) => rank)).size).toBe(COLUMNS.length);
	expect(EXTRAS.filter(name => columnOf(name) === undefined)).toEqual(["trouble"]);
});
