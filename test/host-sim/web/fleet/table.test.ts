import { describe, expect, it } from "vitest";
import type { Cast, Trouble } from "../../../../host-sim/desk/protocol.js";
import { WatchedFleet } from "../../../../host-sim/watch/fleet.js";
import { FleetTable } from "../../../../host-sim/web/fleet/table.js";

function make() {
	const fleet = new WatchedFleet();
	const table = new FleetTable();
	let casts: readonly Cast[] = [];
	let troubles: readonly Trouble[] = [];
	let now = 0;
	const say = (id: string, kind: string, value: unknown) => {
		const text = typeof value === "string" ? value : JSON.stringify(value);
		fleet.handleMessage(`thimble/${id}/${kind}`, new TextEncoder().encode(text), false, now);
	};
	const read = (id: string, seq: number, temperature: number) => say(id, "telemetry", { boot: 1, seq, temperature });
	const refresh = (later = 1000) => {
		now += later;
		return table.refresh({ boards: fleet.boards, casts, troubles }, now);
	};
	return {
		fleet,
		table,
		say,
		read,
		refresh,
		names: () => table.rows.map(({ name }) => name),
		columns: () => table.columns.map(({ name }) => name),
		cast: (...list: Cast[]) => {
			casts = list;
		},
		trouble: (...list: Trouble[]) => {
			troubles = list;
		},
		find: (id: string) => table.find(id, { boards: fleet.boards, casts, troubles }),
	};
}

const castOf = (device: string, engine: Cast["engine"] = "node"): Cast => ({
	device,
	engine,
	qos: 1,
	protocol: "3.1.1",
	interval: 1000,
});

describe("the order", () => {
	it("is anew four times a second at most, however often it is asked for", () => {
		const { names, read, refresh } = make();
		read("b", 1, 1);
		expect([refresh(), names()]).toEqual([true, ["b"]]);
		read("a", 1, 1);
		expect([refresh(100), refresh(100), names()]).toEqual([false, false, ["b"]]);
		expect([refresh(50), names()]).toEqual([true, ["a", "b"]]);
	});

	it("is by a column, words from A on, numbers from the largest on, and the other way round when asked again", () => {
		const { names, read, refresh, table } = make();
		read("a", 1, 10);
		read("b", 1, 30);
		read("c", 1, 20);
		refresh();
		expect(names()).toEqual(["a", "b", "c"]);
		table.sortBy("temperature");
		// Who asks does not wait.
		expect([refresh(1), names(), table.order.isReversed]).toEqual([true, ["b", "c", "a"], true]);
		table.sortBy("temperature");
		refresh(1);
		expect(names()).toEqual(["a", "c", "b"]);
		table.sortBy("board");
		refresh(1);
		expect(names()).toEqual(["a", "b", "c"]);
	});

	it("is by what the simulator knows, too", () => {
		const { cast, names, refresh, table } = make();
		cast(castOf("a", "xs"), castOf("b", "node"));
		table.sortBy("engine");
		refresh();
		expect(names()).toEqual(["b", "a"]);
	});
});

describe("the filter", () => {
	it("lets through what it says; what is wrong is told, and the last right one holds", () => {
		const { names, read, refresh, table } = make();
		read("a", 1, 10);
		read("b", 1, 30);
		table.filter("temperature>20");
		refresh();
		expect(names()).toEqual(["b"]);
		table.filter("temperature>20 hue:red");
		refresh();
		expect([names(), table.wrong, table.filterText]).toEqual([
			["b"],
			{ word: "hue", why: "column" },
			"temperature>20 hue:red",
		]);
		table.filter("");
		refresh();
		expect([names(), table.wrong]).toEqual([["a", "b"], undefined]);
	});

	it("knows what goes wrong", () => {
		const { names, read, refresh, table, trouble } = make();
		read("a", 1, 10);
		read("b", 1, 30);
		trouble({ id: 1, fault: "wifi-loss", device: "b", since: 0 });
		table.filter("trouble:wifi");
		refresh();
		expect(names()).toEqual(["b"]);
	});
});

it("columns are there as soon as some board has something to say in them, and stay until it is another fleet", () => {
	const { columns, fleet, read, refresh, say, table } = make();
	expect(columns()).toEqual(["board", "state"]);
	read("a", 1, 10);
	refresh();
	expect(columns()).toEqual(["board", "state", "temperature", "heard", "missing", "boot"]);
	say("a", "diagnostics", { rssi: -50 });
	refresh();
	expect(columns()).toContain("rssi");
	fleet.boards.clear();
	refresh();
	expect(columns()).toContain("rssi");
	table.forget();
	refresh();
	expect(columns()).toEqual(["board", "state"]);
});

describe("boards that the simulator has made", () => {
	it("are there before they say anything, and are the same when they do", () => {
		const { cast, find, names, read, refresh, table } = make();
		cast(castOf("a"), castOf("b"));
		refresh();
		expect([names(), table.totals.unknown, find("b")?.presence, find("c")]).toEqual([
			["a", "b"],
			2,
			"unknown",
			undefined,
		]);
		const silent = find("b");
		refresh();
		expect(find("b")).toBe(silent);
		read("b", 1, 10);
		refresh();
		expect([names(), find("b")?.readings]).toEqual([["a", "b"], 1]);
	});

	it("are forgotten when there are others", () => {
		const { cast, find, names, refresh } = make();
		cast(castOf("a"));
		refresh();
		cast(castOf("z"));
		refresh();
		expect([names(), find("a")]).toEqual([["z"], undefined]);
	});
});

it("troubles are known by board, each once, and those of the broker by nobody's name", () => {
	const { refresh, table, trouble } = make();
	trouble(
		{ id: 1, fault: "wifi-loss", device: "a", since: 0 },
		{ id: 2, fault: "wifi-loss", device: "a", since: 1 },
		{ id: 3, fault: "sensor-fails", device: "a", since: 1 },
		{ id: 4, fault: "broker-stop", since: 2 },
	);
	refresh();
	expect([...table.troubles]).toEqual([
		["a", ["wifi-loss", "sensor-fails"]],
		["", ["broker-stop"]],
	]);
});

it("all of them come to so many boards, readings a minute, and missing ones", () => {
	const { read, refresh, say, table } = make();
	say("a", "status", "online");
	say("b", "status", "offline");
	for (let i = 1; i <= 5; i += 1) {
		read("a", i, 1);
		refresh();
	}
	read("b", 1, 1);
	read("b", 9, 1);
	refresh();
	expect(table.totals).toEqual({
		boards: 2,
		online: 1,
		offline: 1,
		sleeping: 0,
		unknown: 0,
		perMinute: 60,
		missing: 7,
	});
});
