// A whole board in a world: what it is set to decides what it does.

import { describe, expect, it } from "vitest";
import { Board, type Hardware } from "../../../firmware/device/board.js";
import { END_LOST, END_SETTLED } from "../../../firmware/mqtt/client.js";
import { NO_CREDENTIALS } from "../../../firmware/mqtt/error.js";
import { Broker } from "../../../host-sim/broker/broker.js";
import type { Guard } from "../../../host-sim/broker/guard.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import type { WorldOptions } from "../../../host-sim/world/world.js";
import { plainDigest } from "../../support/sha256.js";
import { TestWorld } from "../../support/world.js";

const SENSOR = { configure() {}, sample: () => ({ temperature: 21.5, humidity: 0.4, pressure: 101_300 }), close() {} };

/** Hardware that has nothing but a network, and what it traces. */
function hardware(world: TestWorld, config: Record<string, unknown>, more: Partial<Hardware> = {}) {
	const traced: string[] = [];
	const { host, io } = world.board("b1", more.store);
	const given: Hardware = {
		kind: "test",
		config: { broker: host, ssid: "home", device: "b1", ntp: "", ...config },
		...io,
		makeSensor: () => SENSOR,
		required: ["ssid", "broker"],
		join: (_ssid, _password, onChanged) => onChanged(true),
		macAddress: () => "A4:D1:8C:DB:C0:20",
		power: { resetReason: "power" },
		trace: text => traced.push(text.trimEnd()),
		...more,
	};
	return { given, traced };
}

function boot(config: Record<string, unknown> = {}, more: Partial<Hardware> = {}, world = new TestWorld()) {
	const { given, traced } = hardware(world, config, more);
	const board = new Board(given);
	board.start();
	world.run(5_000);
	return { board, world, traced, told: world.told() };
}

/** What the broker has retained, or got last, under each topic. */
function topics(told: readonly string[]): string[] {
	return [...new Set(told.filter(line => line.startsWith("publish")).map(line => line.split(" ")[1]!))].sort();
}

describe("a whole board", () => {
	it("joins its network and does what it is set to: readings, diagnostics, commands", () => {
		const { board, world, traced, told } = boot({ interval: "500", qos: "2", protocol: "5" });
		expect(traced[0]).toBe("info: network up");
		expect(told[0]).toBe("connected b1");
		expect(topics(told)).toEqual(["thimble/b1/diagnostics", "thimble/b1/status", "thimble/b1/telemetry"]);
		expect(told.filter(line => line.includes("telemetry")).length).toBeGreaterThan(8);
		const desk = world.client("desk");
		const answers: string[] = [];
		desk.subscribe("thimble/b1/answer", message => answers.push(message.text() ?? ""));
		desk.open();
		world.run(100);
		desk.publish("thimble/b1/command/set", '{"id":1,"interval":60000}', { qos: 1 });
		world.run(1_000);
		expect(answers).toEqual(['{"command":"set","id":1,"ok":true}']);
		expect(board.agent!.intervalMs).toBe(60_000);
	});

	it("knows itself by its MAC address where nobody has named it", () => {
		expect(boot({ device: "" }).told[0]).toBe("connected thimble-a4d18cdbc020");
	});

	it("waits where something is missing without which it can do nothing, and says what", () => {
		const { board, traced, told } = boot({ ssid: "", broker: "" });
		expect(traced).toEqual(["warn: waiting to be told ssid and broker"]);
		expect([board.agent, told]).toEqual([undefined, []]);
	});

	it("keeps what it is set to over a restart, and its session in flash", () => {
		const store = new MemoryKeyValue();
		const first = boot({ durability: "flash" }, { store });
		expect(first.board.settings.change({ device: "b2", interval: 250 })).toBe(undefined);
		first.board.agent!.client.close(false);
		const { board, told } = boot({ durability: "flash" }, { store });
		expect(told[0]).toBe("connected b2");
		expect([board.agent!.intervalMs, board.agent!.telemetry.boot]).toEqual([250, 2]);
	});

	it("is found by Home Assistant where it is set to, and takes that back where it is not any more", () => {
		const store = new MemoryKeyValue();
		const config = "homeassistant/device/b1/config";
		const world = new TestWorld();
		boot({ homeAssistant: "on" }, { store }, world);
		expect([...world.broker.retained.matching(config)]).toHaveLength(1);
		boot({ homeAssistant: "off" }, { store }, world);
		expect([...world.broker.retained.matching(config)]).toHaveLength(0);
	});

	it("takes new firmware only where it knows whose; one without the means says so", () => {
		expect(topics(boot({}).told)).not.toContain("thimble/b1/update/state");
		const key = `04${"11".repeat(64)}`;
		const { told } = boot({ updateKey: key, version: "1.2.3" });
		expect(told.find(line => line.includes("update/state"))).toMatch(/"running":"1\.2\.3"/);
		const { board, traced } = boot({ updateKey: "nonsense" });
		expect(traced.some(line => line.startsWith("warn: updateKey"))).toBe(true);
		expect(board.agent).toBeDefined();
	});

	it("asks for TLS and gets an error or TLS: where the board has none it does not connect at all", () => {
		const { board, traced, told } = boot({ broker: "mqtts://b1" });
		expect(traced.at(-1)).toBe("error: broker: this board has no TLS");
		expect([board.agent, told]).toEqual([undefined, []]);
	});

	describe("that is set to a secret for tokens", () => {
		const tokenSecret = "a secret of thirty-two bytes, no less";
		const withHash: Partial<Hardware> = { makeDigest: () => plainDigest };

		/** A world whose broker takes everybody, and notes what their CONNECTs had as name and password. */
		function noting(options: WorldOptions = {}) {
			const names: [name: string | undefined, password: string | undefined][] = [];
			const guard: Guard = {
				authenticate({ password, username }) {
					names.push([username, password?.toString()]);
					return { owner: { kind: "anonymous", name: "" } };
				},
				authorize: () => undefined,
			};
			return { names, world: new TestWorld({ ...options, broker: { guard } }) };
		}

		function entered(config: Record<string, unknown>, more: Partial<Hardware> = withHash, { names, world } = noting()) {
			return { ...boot(config, more, world), names };
		}

		function claims(token: string | undefined): Record<string, unknown> {
			return JSON.parse(String(Buffer.from(token!.split(".")[1]!, "base64")));
		}

		it("has its id as name, and a fresh token about itself as password, each time", () => {
			const { board, names, world } = entered({ tokenSecret, tokenMinutes: "5" });
			world.link("b1").cut();
			world.run(60_000);
			expect(names.map(([name]) => name)).toEqual(["b1", "b1"]);
			const [first, second] = names.map(([, token]) => claims(token));
			expect(first).toMatchObject({ sub: "b1" });
			expect(Number(first!["exp"]) - Number(first!["iat"])).toBe(300);
			expect(Number(second!["iat"])).toBeGreaterThan(Number(first!["iat"]));
			expect(board.agent!.client.isOnline).toBe(true);
		});

		it("keeps the name of its broker's text, and has no use for the password there; the longest of both have room", () => {
			const place = noting();
			const { host } = place.world.board("b1");
			const device = "x".repeat(64);
			const name = "n".repeat(200);
			const { names, told } = entered({ broker: `${name}:secret@${host}`, tokenSecret, device }, withHash, place);
			expect(names.map(([given, token]) => [given, claims(token)["sub"]])).toEqual([[name, device]]);
			expect(told[0]).toBe(`connected ${device}`);
		});

		it("says why it does not connect where it has no hash", () => {
			const { board, names, traced } = entered({ tokenSecret }, {});
			expect(traced.at(-1)).toBe("error: tokenSecret: this board has no hash");
			expect([board.agent, names]).toEqual([undefined, []]);
		});

		it("shows it to nobody, and takes none that is too short", () => {
			const { board, traced } = entered({ tokenSecret: "too short" });
			expect(traced[0]).toBe("warn: setting tokenSecret of the build: wrong-form");
			expect(board.settings.change({ tokenSecret })).toBe(undefined);
			expect(board.settings.show("tokenSecret")).toBe("set");
			expect(board.settings.change({ tokenSecret: "x".repeat(31) })).toMatchObject({ error: "wrong-form" });
			expect(board.settings.change({ tokenMinutes: 0 })).toMatchObject({ error: "out-of-range" });
		});

		it("waits for the time before it connects, and without one it tries seldom, and says why", () => {
			const place = noting({ wallMs: 0 });
			const { world } = place;
			let now = 0;
			const clock = { now: () => world.time.now | 0, wall: () => now };
			class Silent {
				read(): undefined {}
				write(): void {}
				close(): void {}
			}
			const codes: number[] = [];
			const time = { socket: Silent, set: () => {} };
			const on = { offline: (code: number) => codes.push(code) };
			const { board, names, traced } = entered(
				{ tokenSecret, ntp: "10.0.0.9" },
				{ ...withHash, clock, time, on },
				place,
			);
			world.run(50_000);
			expect([codes, names]).toEqual([[], []]);
			world.run(600_000);
			expect(traced).toContain("warn: no time as yet");
			expect(new Set(codes)).toEqual(new Set([NO_CREDENTIALS]));
			expect(codes.length).toBeLessThanOrEqual(4);
			now = Date.UTC(2026, 0, 15, 12);
			world.run(300_000);
			expect([board.agent!.client.isOnline, names.length]).toEqual([true, 1]);
		});
	});

	it("with telemetry that its outbox cannot hold says everything, and why", () => {
		const { traced, told } = boot({ device: "x".repeat(64), telemetry: '{"batch":40}' });
		expect(traced.some(line => line.startsWith("warn: "))).toBe(true);
		expect(topics(told)).toContain(`thimble/${"x".repeat(64)}/telemetry`);
	});

	it("reports a sensor that fails, once in its log, and each time in its diagnostics", () => {
		const { traced, told } = boot(
			{ sensors: "tmp102", diagnostics: "4", interval: "1000" },
			{
				makeSensor: () => {
					throw new Error("nobody answers on the bus");
				},
			},
		);
		expect(traced.filter(line => line.includes("sensor"))).toEqual(["error: sensor tmp102 failed 1"]);
		expect(told.filter(line => line.includes("diagnostics")).at(-1)).toMatch(/"sensorFailures":[2-9]/);
	});

	describe("whose broker goes with readings under way, and with all that it knows", () => {
		const FIRST = "10.0.0.9";

		/** How readings ended; `brokers` are those that it is set to, of which only the world's is there afterwards. */
		function fail(brokers: (world: TestWorld) => string, qos: string) {
			const ends = [0, 0, 0, 0, 0];
			const world = new TestWorld();
			const known = () => {
				const broker = new Broker();
				world.network.listen(FIRST, 1883, (transport, now) => broker.accept(transport, now));
				return broker;
			};
			const first = known();
			const on = { end: (_ticket: number, end: number) => (ends[end]! += 1) };
			const { board } = boot({ broker: brokers(world), interval: "200", qos }, { on }, world);
			expect(first.sessions.get("b1")!.isOnline).toBe(true);
			// It neither answers nor goes: some readings are under way when it does.
			world.link("b1").hang();
			world.run(700);
			if (brokers(world).includes(",")) world.network.listen(FIRST, 1883, undefined);
			else known();
			world.link("b1").cut();
			world.run(5_000);
			expect(board.agent!.client.isOnline).toBe(true);
			return { lost: ends[END_LOST]!, settled: ends[END_SETTLED]!, told: world.told() };
		}

		it("sends them again to the next one of several, at QoS 1: none is lost, and one may come twice", () => {
			const { lost, settled, told } = fail(world => `${FIRST},${world.host}`, "1");
			expect([lost, settled > 40]).toEqual([0, true]);
			const numbers = told.flatMap(line => (line.includes("telemetry") ? Number(/"seq":(\d+)/.exec(line)![1]) : []));
			expect(numbers.length).toBeGreaterThan(20);
			for (const [i, number] of numbers.entries()) expect(number).toBe(numbers[0]! + i);
		});

		it("says that they are lost at QoS 2, where none may come twice, and where there is but one", () => {
			expect(fail(world => `${FIRST},${world.host}`, "2").lost).toBeGreaterThan(1);
			expect(fail(() => FIRST, "1").lost).toBeGreaterThan(1);
		});
	});
});
