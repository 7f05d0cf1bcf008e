// Boards and Home Assistant at one broker: what it finds, what it shows, and what becomes of it when one of the three starts anew.

import { describe, expect, it } from "vitest";
import { DIAGNOSTICS } from "../../../firmware/device/announcement.js";
import { announcedTopic, DISCOVERY_TOPIC_BYTES, Discovery } from "../../../firmware/device/discovery.js";
import type { Sample } from "../../../firmware/io.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { DEFAULT_LIMITS } from "../../../firmware/mqtt/limits.js";
import { NOT_AUTHORIZED } from "../../../firmware/mqtt/reason.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { QUANTITIES } from "../../../firmware/telemetry/quantity.js";
import type { TelemetryOptions } from "../../../firmware/telemetry/reporter.js";
import { CUT_MODES, Flash } from "../../../host-sim/world/flash.js";
import { HomeAssistant } from "../../support/homeassistant.js";
import { TestWorld } from "../../support/world.js";

const CONFIG = "homeassistant/device/b1/config";
const T = "thimble_b1_temperature";

function homeAssistant(world: TestWorld, prefix?: string): HomeAssistant {
	const limits = { receive: 16_384, topics: 64, topicBytes: 8192, messages: 32, outbox: 8192 };
	return new HomeAssistant(world.client("ha", { limits, cleanSession: true }), prefix);
}

/** Counts what has become of its own publishes. */
class Counted extends Discovery {
	ended = 0;

	override handleEnd(ticket: number, end: number, code: number): boolean {
		const isOurs = super.handleEnd(ticket, end, code);
		if (isOurs) this.ended += 1;
		return isOurs;
	}
}

/** Announcements of a board that the broker got, as `full` and `empty`. */
function announced(world: TestWorld, topic = CONFIG): string[] {
	return world
		.told()
		.filter(line => line.startsWith(`publish ${topic} `))
		.map(line => (line.endsWith("retained") ? (line.includes("{") ? "full" : "empty") : "not retained"));
}

describe("a board that Home Assistant is to find", () => {
	it.each([4, 5] as const)("is found, with everything it measures and its unit; MQTT version %s", protocolVersion => {
		const world = new TestWorld();
		const ha = homeAssistant(world);
		ha.start();
		const sample = { temperature: 21.53, humidity: 0.452, pressure: 101_325 };
		const sensors = [{ configure() {}, sample: () => sample, close() {} }];
		const agent = world.agent("b1", { duties: [new Discovery()], sensors, protocolVersion });
		agent.start();
		world.run(3_000);
		expect(ha.complaints).toEqual([]);
		expect([...ha.entities.keys()]).toEqual([T, "thimble_b1_humidity", "thimble_b1_pressure"]);
		const units = [...ha.entities.values()].map(({ config }) => config["unit_of_measurement"]);
		expect(units).toEqual(["°C", "%", "hPa"]);
		expect([...ha.entities.keys()].map(id => ha.state(id))).toEqual([21.53, 45.2, 1013.25]);
		expect(ha.entities.get(T)).toMatchObject({ isAvailable: true, device: { name: "b1" } });
		expect(announced(world)).toEqual(["full"]);
		// Its own publishes are no readings.
		expect(agent.counts.refused + agent.counts.lost + agent.counts.dropped).toBe(0);
		expect(agent.counts.published - agent.counts.settled).toBeLessThan(2);
		agent.stop(1_000);
		world.run(2_000);
		expect(ha.entities.get(T)!.isAvailable).toBe(false);
	});

	it("is not there when its link has gone, and is again when it is back: its will speaks for it", () => {
		const world = new TestWorld();
		const ha = homeAssistant(world);
		ha.start();
		world.agent("b1", { duties: [new Discovery()] }).start();
		world.run(2_000);
		world.link("b1").cut();
		world.run(1);
		expect(ha.entities.get(T)!.isAvailable).toBe(false);
		world.run(20_000);
		expect(ha.entities.get(T)!.isAvailable).toBe(true);
		// It still has its session, and what it has announced is retained.
		expect(announced(world)).toEqual(["full"]);
		expect(ha.complaints).toEqual([]);
	});

	it("has the name that it was given, and the buttons for what it does", () => {
		const world = new TestWorld();
		const ha = homeAssistant(world);
		ha.start();
		const discovery = new Discovery({ name: 'Küche "2"', buttons: ["identify", "restart"] });
		world.agent("b1", { duties: [discovery] }).start();
		world.run(2_000);
		expect(ha.entities.get(T)!.device["name"]).toBe('Küche "2"');
		world.told();
		ha.press("thimble_b1_identify");
		ha.press("thimble_b1_restart");
		world.run(100);
		expect(world.told().filter(line => line.includes("/command/"))).toEqual([
			"publish thimble/b1/command/identify {}",
			"publish thimble/b1/command/restart {}",
		]);
		expect(ha.complaints).toEqual([]);
	});

	it("has of its own state what it tells, and keeps what a report leaves out", () => {
		const world = new TestWorld();
		const ha = homeAssistant(world);
		ha.start();
		const agent = world.agent("b1", { duties: [new Discovery({ diagnostics: DIAGNOSTICS })] });
		agent.start();
		world.run(2_000);
		const report = (text: string) => {
			agent.client.publish("thimble/b1/diagnostics", text);
			world.run(100);
			return DIAGNOSTICS.map(name => ha.state(`thimble_b1_${name}`));
		};
		expect(report('{"uptime":60,"boot":2,"reset":"power","reconnects":3,"ping":41,"rssi":-67}')).toEqual([
			60, 41, -67, 3,
		]);
		expect(report('{"uptime":120,"reconnects":0}')).toEqual([120, 41, -67, 0]);
		expect(ha.complaints).toEqual([]);
	});

	it("has every quantity there is, and shows the last value of single readings, batches and windows", () => {
		const all = Object.fromEntries(QUANTITIES.map(quantity => [quantity, {}]));
		const policies: TelemetryOptions[] = [
			{ quantities: all },
			{ quantities: all, batch: 3 },
			{ quantities: all, window: true },
			{ quantities: { temperature: { window: true }, humidity: {}, voltage: { deadband: 0.5 } }, batch: 4 },
			{ quantities: { temperature: { intervalMs: 3_000 }, pressure: { window: true, intervalMs: 2_000 } }, batch: 2 },
		];
		for (const telemetry of policies) {
			const world = new TestWorld();
			const ha = homeAssistant(world);
			ha.start();
			let readings = 0;
			const sample = (): Sample => {
				readings += 1;
				return {
					temperature: -5 + readings / 8,
					humidity: 0.4 + readings / 1000,
					pressure: 100_000 + 100 * readings,
					accelerationX: readings / 100,
					accelerationY: -9.81,
					accelerationZ: 0,
					position: 0.25,
					// Absent at times.
					...(readings % 3 === 0 && { voltage: 3.3 }),
				};
			};
			const sensors = [{ configure() {}, sample, close() {} }];
			const limits = { outbox: 4096 };
			world.agent("b1", { duties: [new Discovery()], sensors, telemetry, limits }).start();
			const last = new Map<string, number>();
			for (let i = 0; i < 40; i += 1) {
				world.run(500);
				for (const line of world.told()) {
					const [, json] = /^publish thimble\/b1\/telemetry (.*)$/.exec(line) ?? [];
					if (json === undefined) continue;
					const message = JSON.parse(json);
					for (const quantity of QUANTITIES) {
						const given = message[quantity];
						if (given === undefined) continue;
						const values = (message.ms === undefined ? [given] : given).filter((value: unknown) => value !== null);
						const value = values[values.length - 1];
						if (value !== undefined) last.set(`thimble_b1_${quantity}`, Array.isArray(value) ? value[0] : value);
					}
				}
				for (const [id, value] of last) expect(ha.state(id), `${id} ${JSON.stringify(telemetry)}`).toBe(value);
			}
			expect(ha.complaints).toEqual([]);
			expect([...ha.entities.keys()].length).toBe(Object.keys(telemetry.quantities!).length);
			expect(last.size).toBe(ha.entities.size);
			expect(last.get(T)!).toBeGreaterThan(-4);
		}
	});

	it("finds room in the smallest outbox and among full ones, and never in the place of the status", () => {
		for (const limits of [{ messages: 2 }, { outbox: 320 }, { messages: 2, outbox: 320 }]) {
			const world = new TestWorld({ link: { latencyMs: 300 } });
			const ha = homeAssistant(world);
			ha.start();
			const agent = world.agent("b1", { duties: [new Discovery()], limits, intervalMs: 5_000 });
			agent.start();
			let most = 0;
			for (let i = 0; i < 3_000; i += 1) {
				world.run(10);
				most = Math.max(most, agent.client.unsettled);
			}
			if (limits.messages === 2) expect(most).toBe(1);
			expect(ha.complaints).toEqual([]);
			expect(ha.entities.get(T)).toMatchObject({ isAvailable: true, state: "21.5" });
			expect(announced(world)).toEqual(["full"]);
		}
	});

	it("has not to wait for a reading to find room", () => {
		const world = new TestWorld({ link: { latencyMs: 300 } });
		const agent = world.agent("b1", { duties: [new Discovery()], limits: { messages: 2 }, sensors: [] });
		agent.start();
		world.run(4_000);
		expect(announced(world)).toEqual(["full"]);
	});

	it("is sent again from the beginning where the link breaks in the middle of it", () => {
		const world = new TestWorld({ link: { latencyMs: 20, bandwidth: 2000 } });
		const ha = homeAssistant(world);
		world.agent("b1", { duties: [new Discovery()] }).start();
		// Less than the announcement takes on that link.
		world.run(500);
		world.link("b1").cut();
		expect(announced(world)).toEqual([]);
		world.run(20_000);
		expect(announced(world)).toEqual(["full"]);
		ha.start();
		world.run(5_000);
		expect(ha.complaints).toEqual([]);
		expect(ha.entities.size).toBe(3);
	});
});

describe("when Home Assistant starts", () => {
	it("a board that is there announces itself again, within some seconds; a fleet not all at once", () => {
		const world = new TestWorld();
		const names = Array.from({ length: 20 }, (_, i) => `b${i + 1}`);
		for (const name of names) world.agent(name, { duties: [new Discovery()], intervalMs: 60_000 }).start();
		world.run(2_000);
		world.told();
		const ha = homeAssistant(world);
		ha.start();
		const perHalfSecond = [];
		for (let i = 0; i < 12; i += 1) {
			world.run(500);
			perHalfSecond.push(world.told().filter(line => line.includes("/config ")).length);
		}
		expect(perHalfSecond.reduce((sum, count) => sum + count, 0)).toBe(20);
		expect(Math.max(...perHalfSecond)).toBeLessThan(10);
		// Retained, and live.
		expect(ha.announcements).toBe(40);
		expect(ha.complaints).toEqual([]);
		expect(ha.entities.size).toBe(60);
		// Twice in a row is once.
		ha.sayOnline();
		ha.sayOnline();
		world.run(10_000);
		expect(announced(world)).toEqual(["full"]);
	});

	it("only its start counts: no other payload, and no start of an earlier time that is retained", () => {
		const world = new TestWorld();
		const other = world.client("other");
		other.open();
		other.publish("homeassistant/status", "online", { qos: 1, retain: true });
		world.run(100);
		world.agent("b1", { duties: [new Discovery()] }).start();
		world.run(10_000);
		other.publish("homeassistant/status", "offline");
		other.publish("homeassistant/status", "onliner");
		world.run(10_000);
		expect(announced(world)).toEqual(["full"]);
		other.publish("homeassistant/status", "online", { qos: 1, retain: true });
		world.run(10_000);
		expect(announced(world)).toEqual(["full"]);
	});

	it("under another prefix, both of its topics are listened to", () => {
		const world = new TestWorld();
		const ha = homeAssistant(world, "home/ha");
		ha.start();
		world.agent("b1", { duties: [new Discovery({ prefix: "home/ha" })] }).start();
		world.run(2_000);
		expect(ha.entities.size).toBe(3);
		ha.sayOnline();
		world.run(6_000);
		const other = world.client("other");
		other.open();
		other.publish("homeassistant/status", "online", { qos: 1 });
		world.run(6_000);
		expect(announced(world, "home/ha/device/b1/config")).toEqual(["full", "full", "full"]);
		expect(ha.complaints).toEqual([]);
	});
});

describe("when the broker has forgotten everything", () => {
	it.each([4, 5] as const)(
		"a board announces itself again on its next connection; MQTT version %s",
		protocolVersion => {
			const world = new TestWorld();
			world.agent("b1", { duties: [new Discovery()], protocolVersion }).start();
			world.run(2_000);
			expect(announced(world)).toEqual(["full"]);
			world.startBroker();
			world.run(20_000);
			expect(announced(world)).toEqual(["full"]);
			const ha = homeAssistant(world);
			ha.start();
			world.run(2_000);
			expect(ha.entities.size).toBe(3);
			expect(ha.entities.get(T)!.isAvailable).toBe(true);
			expect(ha.complaints).toEqual([]);
		},
	);
});

describe("what has been announced", () => {
	it("is taken back once when it is switched off, and nothing is said after that", () => {
		const world = new TestWorld();
		const store = new Flash();
		const ha = homeAssistant(world);
		ha.start();
		const boot = (duties: Discovery[]) => {
			const agent = world.agent("b1", { ...world.board("b1", store), duties });
			agent.start();
			world.run(3_000);
			agent.stop(1_000);
			world.run(2_000);
			return agent;
		};
		boot([new Discovery()]);
		expect(announcedTopic(store)).toBe(CONFIG);
		expect(ha.entities.size).toBe(3);
		world.told();
		boot([new Discovery({ isOn: false })]);
		expect(announced(world)).toEqual(["empty"]);
		expect(announcedTopic(store)).toBe("");
		expect(ha.entities.size).toBe(0);
		boot([new Discovery({ isOn: false })]);
		ha.sayOnline();
		world.run(10_000);
		expect(announced(world)).toEqual([]);
		expect(ha.complaints).toEqual([]);
	});

	it("is taken back before it stands elsewhere: another prefix, another device id", () => {
		const world = new TestWorld();
		const store = new Flash();
		const ha = homeAssistant(world);
		ha.start();
		const boot = (name: string, prefix: string) => {
			const agent = world.agent(name, { ...world.board(name, store), duties: [new Discovery({ prefix })] });
			agent.start();
			world.run(3_000);
			agent.stop(1_000);
			world.run(2_000);
		};
		boot("b1", "homeassistant");
		world.told();
		boot("b2", "homeassistant");
		expect([...ha.entities.keys()]).toEqual(["thimble_b2_temperature", "thimble_b2_humidity", "thimble_b2_pressure"]);
		boot("b2", "ha");
		expect(ha.entities.size).toBe(0);
		expect(
			world
				.told()
				.filter(line => line.includes("/config"))
				.map(line => line.slice(8, 44)),
		).toEqual([
			"homeassistant/device/b1/config  reta",
			'homeassistant/device/b2/config {"dev',
			"homeassistant/device/b2/config  reta",
			'ha/device/b2/config {"dev":{"ids":["',
		]);
		expect(announcedTopic(store)).toBe("ha/device/b2/config");
		expect(ha.complaints).toEqual([]);
	});

	it("of a quantity that a board no longer speaks of, goes with the next announcement", () => {
		const world = new TestWorld();
		const store = new Flash();
		const ha = homeAssistant(world);
		ha.start();
		for (const telemetry of [{}, { quantities: { temperature: {} } }]) {
			const agent = world.agent("b1", { ...world.board("b1", store), telemetry, duties: [new Discovery()] });
			agent.start();
			world.run(3_000);
			agent.stop(1_000);
			world.run(2_000);
		}
		expect([...ha.entities.keys()]).toEqual([T]);
		expect(ha.complaints).toEqual([]);
	});

	it.each([false, true])(
		"is taken back after a power cut at any moment of it; with the session in flash: %s",
		isKept => {
			for (let i = 0; i < 200; i += 1) {
				const cutMs = 300 + 4 * (i % 100);
				const world = new TestWorld({ link: { latencyMs: 20, bandwidth: 20_000 } });
				let isOn = true;
				const machine = world.machine("b1", (_, io) => {
					const session = isKept ? { session: new FlashStore(io.store), durability: "flash" as const } : {};
					const duties = [new Discovery({ isOn })];
					const agent = world.agent("b1", { io, ...session, duties, sensors: [] });
					// Nobody would know in the next life that it was no reading.
					expect(agent.client.unsettled).toBe(0);
					agent.start();
				});
				// While it is announced, and while that is taken back.
				machine.on();
				world.run(i < 100 ? cutMs : 1_000);
				machine.off();
				world.run(1_000);
				isOn = false;
				machine.on();
				world.run(cutMs);
				machine.off();
				machine.on();
				world.run(90_000);
				expect([...world.broker.retained.matching(CONFIG)], `${i} ${cutMs}`).toHaveLength(0);
				expect(announcedTopic(machine.flash)).toBe("");
			}
		},
	);

	it("is known again whatever a power cut makes of the note of it", () => {
		for (const mode of CUT_MODES)
			for (let operation = 1; operation <= 4; operation += 1) {
				const world = new TestWorld();
				let isOn = true;
				const machine = world.machine("b1", (_, io) =>
					world.agent("b1", { io, duties: [new Discovery({ isOn })], intervalMs: 60_000 }).start(),
				);
				machine.offAtWrite(operation, mode, 1_000, () => {});
				machine.on();
				world.run(10_000);
				expect(announced(world).length, `${mode} ${operation}`).toBeGreaterThan(0);
				machine.off();
				isOn = false;
				machine.on();
				world.run(10_000);
				expect([...world.broker.retained.matching(CONFIG)], `${mode} ${operation}`).toHaveLength(0);
			}
	});

	it("does not depend on flash that takes a write", () => {
		const world = new TestWorld();
		const board = world.board("b1");
		const store = {
			read: () => undefined,
			write: () => {
				throw new Error("full");
			},
			delete: () => {
				throw new Error("full");
			},
			close: () => {},
		};
		world.agent("b1", { io: { ...board.io, store }, duties: [new Discovery()] }).start();
		world.run(2_000);
		expect(announced(world)).toEqual(["full"]);
	});
});

describe("a server that does not take it", () => {
	it("because it is too long gets no second one before there is a reason, and the board goes on", () => {
		const world = new TestWorld({ broker: { limits: { maximumPacketSize: 500 } } });
		const discovery = new Discovery();
		const agent = world.agent("b1", { duties: [discovery], protocolVersion: 5 });
		agent.start();
		world.run(10_000);
		expect(discovery.refusedCode).toBe(0x95);
		expect(announced(world)).toEqual([]);
		expect(agent.counts.settled).toBeGreaterThan(8);
		agent.stop(1_000);
		world.run(1_000);
		expect(agent.client.unsettled).toBe(0);
	});

	it("because nobody may publish there is asked once, and again when Home Assistant starts", () => {
		const world = new TestWorld({ broker: { refusedTopics: { [CONFIG]: NOT_AUTHORIZED } } });
		const discovery = new Counted();
		const agent = world.agent("b1", { duties: [discovery], protocolVersion: 5 });
		agent.start();
		world.run(10_000);
		expect([discovery.ended, discovery.refusedCode]).toEqual([1, NOT_AUTHORIZED]);
		const ha = homeAssistant(world);
		ha.start();
		world.run(10_000);
		expect([discovery.ended, ha.announcements]).toEqual([2, 0]);
		expect(agent.counts.refused).toBe(0);
	});
});

describe("options", () => {
	it.each(["", "/ha", "ha/", "a/#", "+", "a\nb"])("a prefix that no topic may begin with is refused: %j", prefix => {
		const world = new TestWorld();
		expect(() => world.agent("b1", { duties: [new Discovery({ prefix })] })).toThrow(Misuse);
	});

	it("the longest names find room where the limits have what it asks for, and where they do not it says so", () => {
		const world = new TestWorld();
		const name = "x".repeat(64);
		const prefix = "p".repeat(64);
		const make = (topicBytes: number) => () =>
			world.agent(name, { duties: [new Discovery({ prefix })], limits: { topicBytes } });
		expect(make(DEFAULT_LIMITS.topicBytes + DISCOVERY_TOPIC_BYTES)).not.toThrow();
		expect(make(DEFAULT_LIMITS.topicBytes)).toThrow("limits: no room for the topics of Home Assistant");
	});

	it("a board that is saying goodbye announces nothing, even where its session was lost", () => {
		const world = new TestWorld();
		const agent = world.agent("b1", { duties: [new Discovery()], intervalMs: 100 });
		agent.start();
		world.run(2_000);
		world.told();
		world.startBroker();
		agent.stop(30_000);
		world.run(30_000);
		expect(world.told().filter(line => !line.includes("telemetry"))).toContain(
			"publish thimble/b1/status offline retained",
		);
		expect([...world.broker.retained.matching(CONFIG)]).toHaveLength(0);
	});

	it("a board stopped before its turn says nothing any more", () => {
		const world = new TestWorld();
		const agent = world.agent("b1", { duties: [new Discovery()] });
		agent.start();
		world.run(2_000);
		const other = world.client("other");
		other.open();
		other.publish("homeassistant/status", "online");
		world.run(2);
		agent.stop(10_000);
		world.run(10_000);
		expect(announced(world)).toEqual(["full"]);
	});
});
