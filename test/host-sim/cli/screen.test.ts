import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { lineScreen, stillScreen, summaryLine, tableScreen } from "../../../host-sim/cli/screen.js";
import { Fleet } from "../../../host-sim/fleet/fleet.js";
import { checkScenario } from "../../../host-sim/fleet/scenario.js";
import { Simulation } from "../../../host-sim/fleet/simulation.js";
import type { WorldBoard } from "../../../host-sim/fleet/worldboard.js";
import { NodeBoard } from "../../../host-sim/node/board.js";
import { seattle } from "../../../host-sim/sensor/air.js";
import { World } from "../../../host-sim/testing.js";

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences are made of
const ESCAPES = /\x1b\[[0-9;]*[a-zA-Z]/g;

/** A terminal that keeps what is written to it. */
class Terminal extends Writable {
	text = "";
	readonly isTTY = true;
	readonly columns: number;
	readonly rows: number;
	constructor(columns: number, rows: number) {
		super();
		this.columns = columns;
		this.rows = rows;
	}
	override _write(chunk: Buffer, _encoding: string, done: () => void): void {
		this.text += chunk;
		done();
	}
	/** The lines of the last table, without colours. */
	table(): string[] {
		return this.text.slice(this.text.lastIndexOf("BOARD")).replaceAll(ESCAPES, "").trimEnd().split("\n");
	}
}

function fleet(devices: number) {
	const world = new World();
	return {
		world,
		fleet: new Fleet(
			checkScenario({ devices }, ""),
			{ host: "broker", port: 1883 },
			id => world.board(id).io,
			() => {},
			(options, on) => new NodeBoard(options, on),
		),
	};
}

const summary = {
	devices: 1,
	seenOnline: 1,
	published: 3,
	settled: 2,
	refused: 1,
	dropped: 0,
	lost: 0,
	reconnects: 0,
	restarts: 0,
	pingMedianMs: 1.5,
};

describe("the table", () => {
	it("fits 80 columns, and shows states and readings", () => {
		const { world, fleet: boards } = fleet(3);
		boards.start();
		world.run(3000);
		const terminal = new Terminal(80, 24);
		tableScreen(boards.boards, ["intro"], terminal as never).close(summary);
		const lines = terminal.table();
		expect(lines[0]).toBe("BOARD     STATE        °C    %RH      hPa  READINGS  PENDING    PING  RECONNECTS");
		expect(lines[1]).toMatch(/^board-01 {2}online +-?\d+\.\d\d +\d+\.\d +\d{3,4}\.\d\d +\d+ +0 +2 ms +0$/);
		expect(lines.slice(0, 4).every(line => line.length <= 80)).toBe(true);
		expect(lines.at(-1)).toBe("published 3  settled 2  refused 1  dropped 0  lost 0  reconnects 0  ping median 1.5 ms");
	});

	it("says why a board is offline, in any window", () => {
		const { world, fleet: boards } = fleet(1);
		world.stopBroker();
		boards.start();
		world.run(3000);
		const terminal = new Terminal(60, 24);
		tableScreen(boards.boards, [], terminal as never).close(summary);
		expect(terminal.table()[1]).toMatch(/^board-01 {2}offline {2}connection refused, \d readings waiting$/);
	});

	it("shows which boards have no power", () => {
		const terminal = new Terminal(80, 24);
		const simulation = new Simulation(checkScenario({ devices: 2 }, ""), { air: seattle, on() {} });
		simulation.advance(5000);
		(simulation.fleet.boards[1] as WorldBoard).machine.off();
		tableScreen(simulation.fleet.boards, [], terminal as never).close(summary);
		expect(terminal.table()[1]).toMatch(/^board-01 {2}online /);
		expect(terminal.table()[2]).toMatch(/^board-02 {2}dark /);
	});

	it("is no longer than the window", () => {
		const terminal = new Terminal(80, 12);
		const screen = tableScreen(fleet(50).fleet.boards, ["a", "b"], terminal as never);
		const lines = terminal.table();
		screen.close(summary);
		expect(lines.length).toBeLessThanOrEqual(10);
		expect(lines.at(-1)).toBe("… and 44 more");
	});
});

describe("lines, where there is no terminal", () => {
	it("tell what is worth knowing, and nothing of what goes well", () => {
		const out = new Terminal(80, 24);
		const screen = lineScreen([], ["intro"], out);
		screen.show({ device: "b", event: "online", sessionPresent: true });
		screen.show({ device: "b", event: "settled", topic: "t" });
		screen.show({ device: "b", event: "offline", code: 0x38, reason: "connection lost" });
		screen.show({ device: "b", event: "lost", topic: "t", code: 0x1a, reason: "the broker lost the session" });
		screen.show({ device: "b", event: "stopped", drained: false });
		screen.show({ device: "b", event: "fault", fault: "wifi-loss" });
		screen.show({ event: "mended", fault: "broker-stop" });
		screen.show({ device: "b", event: "gap", boot: 1, seq: 2 });
		screen.show({ device: "b", event: "duplicate", qos: 2, boot: 1, seq: 3 });
		screen.close({ ...summary, pingMedianMs: null });
		expect(out.text.trimEnd().split("\n")).toEqual([
			"intro",
			"b online, session resumed",
			"b offline: connection lost",
			"b reading lost: the broker lost the session",
			"b stopped, not everything was delivered",
			"b fault: wifi-loss",
			"broker mended: broker-stop",
			"b gap: boot 1, reading 2",
			"b duplicate: boot 1, reading 3",
			summaryLine({ ...summary, pingMedianMs: null }),
		]);
	});
});

it("of what goes by too fast to be seen there is the introduction and the summary", () => {
	const out = new Terminal(80, 24);
	const screen = stillScreen([], ["intro"], out);
	screen.show({ device: "b", event: "online", sessionPresent: true });
	screen.close(summary);
	expect(out.text).toBe(`intro\n${summaryLine(summary)}\n`);
});
