import { describe, expect, it } from "vitest";
import { boardsNamed, checkScenario, needsWorld, UsageError } from "../../../host-sim/fleet/scenario.js";

const plain = {
	interval: 1000,
	qos: 1,
	protocol: "3.1.1",
	keepAlive: 60,
	durability: "ram",
	link: {},
	driftPpm: 0,
	curves: {},
};

describe("scenario", () => {
	it("fills in what is not said, and turns durations into ms", () => {
		expect(checkScenario({}, "")).toEqual({
			seed: 1,
			boards: ["board-01", "board-02", "board-03"].map(name => ({ name, ...plain })),
			groups: [],
			broker: {},
			timeline: [],
			orders: [],
		});
		const { boards, duration } = checkScenario({ devices: 1, interval: "2.5s", duration: "1h" }, "");
		expect([boards[0]!.interval, duration]).toEqual([2500, 3_600_000]);
	});

	it("has groups, whose boards have their name, and take from the top level what they do not say", () => {
		const scenario = checkScenario(
			{
				qos: 2,
				link: { latency: "20ms", slice: 5 },
				clock: { driftPpm: 9 },
				curves: { humidity: 50, pressure: "seattle" },
				groups: [
					{ name: "attic", devices: 2, interval: "5s", link: { latency: "1s" }, curves: { temperature: 3 } },
					{ name: "cellar", devices: 101, durability: "flash", clock: {}, protocol: "5" },
				],
			},
			"",
		);
		expect(scenario.groups).toEqual(["attic", "cellar"]);
		const humidity = { shape: { constant: 50 }, noise: 0, offset: 0 };
		expect(scenario.boards[0]).toEqual({
			...plain,
			name: "attic-01",
			group: "attic",
			interval: 5000,
			qos: 2,
			link: { latencyMs: 1000, slice: 5 },
			driftPpm: 9,
			curves: { temperature: { shape: { constant: 3 }, noise: 0, offset: 0 }, humidity },
		});
		expect(scenario.boards.at(-1)).toEqual({
			...plain,
			name: "cellar-101",
			group: "cellar",
			qos: 2,
			protocol: "5",
			durability: "flash",
			link: { latencyMs: 20, slice: 5 },
			driftPpm: 9,
			curves: { humidity },
		});
		expect(boardsNamed(scenario, "attic").map(({ name }) => name)).toEqual(["attic-01", "attic-02"]);
		expect(boardsNamed(scenario, ["cellar-007", "attic-02"]).map(({ name }) => name)).toEqual([
			"attic-02",
			"cellar-007",
		]);
		expect(boardsNamed(scenario, "all").length).toBe(103);
	});

	it("has a telemetry policy for all boards, or for those of a group", () => {
		const { boards } = checkScenario(
			{
				telemetry: { heartbeat: "1h", deadband: 0.5, batch: 5, batchTime: "1m" },
				groups: [
					{ name: "a", devices: 1 },
					{
						name: "b",
						devices: 1,
						telemetry: { quantities: { pressure: { interval: "10s", window: true } }, ringBytes: 9 },
					},
				],
			},
			"",
		);
		expect(boards.map(({ telemetry }) => telemetry)).toEqual([
			{ heartbeatMs: 3_600_000, deadband: 0.5, batch: 5, batchMs: 60_000 },
			{ quantities: { pressure: { intervalMs: 10_000, window: true } }, ringBytes: 9 },
		]);
	});

	it("is found by Home Assistant, or those of a group are, under a prefix of their own", () => {
		const prefixes = (given: object) => checkScenario(given, "").boards.map(({ homeAssistant }) => homeAssistant);
		expect(prefixes({ devices: 1, homeAssistant: true })).toEqual(["homeassistant"]);
		expect(prefixes({ devices: 1, homeAssistant: false })).toEqual([undefined]);
		const groups = [
			{ name: "a", devices: 1 },
			{ name: "b", devices: 1, homeAssistant: false },
			{ name: "c", devices: 1, homeAssistant: true },
		];
		expect(prefixes({ homeAssistant: "home/ha", groups })).toEqual(["home/ha", undefined, "homeassistant"]);
		for (const wrong of ["", "a/#", "/a", "x".repeat(65), 1])
			expect(() => prefixes({ homeAssistant: wrong })).toThrow(
				"homeAssistant: expected true, false, or a topic prefix of at most 64 bytes without + and #",
			);
	});

	it("has curves of every shape, with noise and offsets", () => {
		const { boards } = checkScenario(
			{
				curves: {
					temperature: {
						points: [
							["0s", 1],
							["1h", 2.5],
						],
						noise: 0.1,
					},
					humidity: { sine: { mean: 50, amplitude: 10, period: "1h" }, offset: 2 },
					pressure: { constant: 1013 },
				},
			},
			"",
		);
		expect(boards[0]!.curves).toEqual({
			temperature: {
				shape: {
					points: [
						[0, 1],
						[3_600_000, 2.5],
					],
				},
				noise: 0.1,
				offset: 0,
			},
			humidity: { shape: { sine: { mean: 50, amplitude: 10, periodMs: 3_600_000 } }, noise: 0, offset: 2 },
			pressure: { shape: { constant: 1013 }, noise: 0, offset: 0 },
		});
	});

	it("says who may come to its broker, and what boards say there", () => {
		const { boards, security } = checkScenario(
			{
				password: "for all",
				groups: [attic, { name: "cellar", devices: 1, userName: "ann", password: "her own" }],
				security: { users: { ann: "hers" }, access: [{ user: "ann", publish: ["a/%u"] }] },
			},
			"x: ",
		);
		expect(security).toEqual({
			users: { ann: "hers" },
			access: [{ user: "ann", publish: ["a/%u"], subscribe: [] }],
		});
		expect(boards.map(({ password, userName }) => [userName, password])).toEqual([
			[undefined, "for all"],
			[undefined, "for all"],
			["ann", "her own"],
		]);
		expect(checkScenario({}, "x: ").security).toBeUndefined();
	});

	it("tells the broker what 5.0 clients may", () => {
		const { broker } = checkScenario(
			{ broker: { receiveMaximum: 2, maximumQos: 1, sessionExpiry: "90s", maxQueued: 10 } },
			"",
		);
		expect(broker).toEqual({
			maxQueued: 10,
			limits: { receiveMaximum: 2, maximumQos: 1, sessionExpiryMaximum: 90 },
		});
	});

	it("takes a world where sockets cannot do what it says", () => {
		expect(needsWorld(checkScenario({ durability: "flash", curves: { humidity: 1 } }, ""))).toBe(false);
		for (const given of [
			{ timeline: [{ at: "1s", fault: "cut" }] },
			{ link: { latency: "0ms" } },
			{ groups: [{ name: "g", devices: 1, clock: { driftPpm: 1 } }] },
			{ broker: { maximumQos: 1 } },
			{ security: {} },
		])
			expect(needsWorld(checkScenario(given, "")), JSON.stringify(given)).toBe(true);
	});

	const attic = { name: "attic", devices: 2 };
	it.each([
		[{ devices: 0 }, "x: devices: expected a whole number from 1 to 10000, got 0"],
		[{ devices: 1.5 }, "x: devices: expected a whole number from 1 to 10000, got 1.5"],
		[{ devices: "3" }, 'x: devices: expected a whole number from 1 to 10000, got "3"'],
		[{ qos: 3 }, "x: qos: expected 0, 1 or 2, got 3"],
		[{ interval: "soon" }, /^x: interval: expected a duration from 10ms to 24h, such as .*, got "soon"$/],
		[{ interval: "1ms" }, /^x: interval: expected a duration/],
		[
			{ device: 3 },
			"x: device: unknown; known are devices, seed, qos, protocol, interval, duration, keepAlive, userName, password, durability, telemetry, recognition, commands, diagnostics, updates, sleep, homeAssistant, link, clock, curves, groups, broker, security, timeline",
		],
		[{ durability: "rom" }, 'x: durability: expected "ram", "flash" or "flash-when-offline", got "rom"'],
		[{ telemetry: { batch: 0 } }, "x: telemetry.batch: expected a whole number from 1 to 255, got 0"],
		[{ telemetry: { batch: 200 } }, /^x: telemetry: expected messages of at most 850 bytes/],
		[
			{ telemetry: { quantities: { warmth: {} } } },
			/^x: telemetry\.quantities\.warmth: unknown; known are temperature/,
		],
		[{ link: { speed: 1 } }, "x: link.speed: unknown; known are latency, jitter, bandwidth, slice"],
		[{ link: { latency: 20 } }, /^x: link\.latency: expected a duration from 0ms to 10m, such as .*, got 20$/],
		[{ clock: { driftPpm: "9" } }, 'x: clock.driftPpm: expected a number from -100000 to 100000, got "9"'],
		[{ groups: [] }, /^x: groups: expected at least one group/],
		[{ groups: [{ devices: 1 }] }, /^x: groups\[0\]\.name: missing; expected 1 to 32 letters/],
		[{ groups: [{ name: "a" }] }, "x: groups[0].devices: missing; expected a whole number from 1 to 10000"],
		[
			{ groups: [attic, { name: "a/b", devices: 1 }] },
			/^x: groups\[1\]\.name: expected 1 to 32 letters.*, got "a\/b"$/,
		],
		[{ groups: [{ name: "all", devices: 1 }] }, /^x: groups\[0\]\.name: expected 1 to 32 letters/],
		[{ groups: [attic, attic] }, "x: groups: two of them give a board the same name"],
		[
			{ groups: [attic, { name: "attic-01", devices: 1 }] },
			'x: groups[1].name: "attic-01" is the name of a board, or of another group',
		],
		[{ devices: 2, groups: [attic] }, "x: devices: each of the groups says how many: leave it out"],
		[
			{
				groups: [
					{ name: "a", devices: 6000 },
					{ name: "b", devices: 6000 },
				],
			},
			"x: groups: expected at most 10000 boards in all, got 12000",
		],
		[
			{ groups: [{ ...attic, curves: { temperature: "tokyo" } }] },
			'x: groups[0].curves.temperature: expected "seattle", a number, or an object with constant, points or sine, got "tokyo"',
		],
		[
			{ curves: { humidity: { constant: 3, points: [["0s", 1]] } } },
			/^x: curves\.humidity: expected exactly one of constant, points and sine$/,
		],
		[{ curves: { humidity: {} } }, /^x: curves\.humidity: expected exactly one of/],
		[
			{
				curves: {
					humidity: {
						points: [
							["1s", 1],
							["1s", 2],
						],
					},
				},
			},
			/^x: curves\.humidity\.points: expected each point to be later than the one before it/,
		],
		[
			{ curves: { humidity: { points: [["1s"]] } } },
			"x: curves.humidity.points[0][1]: expected a number from -1000000 to 1000000",
		],
		[
			{ curves: { humidity: { sine: { mean: 3, amplitude: 1 } } } },
			/^x: curves\.humidity\.sine\.period: missing; expected a duration/,
		],
		[{ curves: { light: 1 } }, "x: curves.light: unknown; known are temperature, humidity, pressure"],
		[{ broker: { maximumQos: 3 } }, "x: broker.maximumQos: expected 0, 1 or 2, got 3"],
		[{ recognition: true, sleep: true }, "x: sleep: board-01 would sleep while it is to see: leave it out"],
		[
			{ recognition: true, telemetry: { deadband: 101 } },
			"x: telemetry.deadband: board-01 sees: expected whole percent points up to 100, got 101",
		],
		[
			{ recognition: true, telemetry: { deadband: 2.5 } },
			"x: telemetry.deadband: board-01 sees: expected whole percent points up to 100, got 2.5",
		],
		[
			{ recognition: { every: true }, telemetry: { deadband: 2, batch: 3 } },
			"x: telemetry: board-01 sees, and its answers know interval, deadband and heartbeat alone: leave the rest out",
		],
		[{ timeline: {} }, /^x: timeline: expected a list of faults/],
		[{ security: { user: {} } }, "x: security.user: unknown; known are users, access"],
		[
			{ security: { access: [{ user: "a", publish: ["a/#/b"] }] } },
			/^x: security\.access\[0\]\.publish\[0\]: expected a topic filter/,
		],
		[{ userName: "" }, /^x: userName: expected a user name of 1 to 256 bytes/],
		[
			{ groups: [attic], timeline: [{ at: "1s", fault: "cut", boards: "cellar" }] },
			'x: timeline[0].boards: there is no board or group "cellar"; groups are attic, boards are attic-01 to attic-02',
		],
		[
			{ devices: 1, timeline: [{ at: "1s", fault: "cut", boards: ["board-01", "board-02"] }] },
			'x: timeline[0].boards[1]: there is no board or group "board-02"; boards are board-01',
		],
	])("names the path and what was expected: %j", (value, message) => {
		expect(() => checkScenario(value, "x: ")).toThrow(UsageError);
		expect(() => checkScenario(value, "x: ")).toThrow(message);
	});

	it.each([
		[{ password: 70_151_307 }, "x: password: expected a password of 1 to 256 bytes without control characters"],
		[{ groups: [{ ...attic, password: "70151307\n" }] }, /^x: groups\[0\]\.password: expected a password/],
		[{ security: { users: { ann: ["70151307"] } } }, /^x: security\.users\.ann: expected a password/],
		[{ security: { users: { ann: "70151307\u0000" } } }, /^x: security\.users\.ann: expected a password/],
	])("never repeats a password: %#", (value, message) => {
		const check = () => checkScenario(value, "x: ");
		expect(check).toThrow(message);
		expect(check).not.toThrow("70151307");
	});
});
