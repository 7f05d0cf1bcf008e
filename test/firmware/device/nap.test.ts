// A board that sleeps between its readings, in a world: with deep sleep and without, with a network and without; and what a
// waking costs, in round trips and in bytes.

import { describe, expect, it } from "vitest";
import type { AgentOptions } from "../../../firmware/device/agent.js";
import { Nap, type NapOptions } from "../../../firmware/device/nap.js";
import { Misuse } from "../../../firmware/mqtt/client.js";
import { Pipeline } from "../../../firmware/optional/pipeline.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import type { Machine, MachineIo } from "../../../host-sim/world/machine.js";
import { TestWorld } from "../../support/world.js";

const LATENCY_MS = 50;
const EVERY_MS = 60_000;

interface Setting extends Partial<NapOptions> {
	agent?: Partial<AgentOptions>;
	/** Whether the board has deep sleep. Default true. */
	deep?: boolean;
	/** Readings that the sensor has not ready at first. */
	late?: number;
}

/** A machine whose firmware is a nap; `told` is what it says of itself, with the time in ms. */
function make({ agent, deep = true, late = 0, ...options }: Setting = {}) {
	const world = new TestWorld({ link: { latencyMs: LATENCY_MS } });
	const told: string[] = [];
	const boots: string[] = [];
	const note = (text: string) => told.push(`${world.time.now} ${text}`);
	const machine = world.machine("b1", (machine: Machine, { power, ...io }: MachineIo) => {
		let waits = late;
		boots.push(power.resetReason);
		const sample = () => {
			waits -= 1;
			return waits < 0 ? { temperature: 21.5 } : undefined;
		};
		new Nap({
			everyMs: EVERY_MS,
			...(deep && { power }),
			on: { asleep: (milliseconds, code) => note(`asleep ${milliseconds} ${code}`) },
			wake: () => ({
				deviceId: "b1",
				host: world.address.address,
				sensors: [{ configure() {}, sample, close() {} }],
				session: new FlashStore(io.store),
				pipeline: new Pipeline(io.store),
				io,
				on: { online: present => note(`online ${present}`), end: (_ticket, end) => note(`end ${end}`) },
				...agent,
			}),
			...options,
		}).start();
		return machine;
	});
	return { world, machine, told, boots };
}

/** What the broker saw of readings and status, in short. */
function arrived(world: TestWorld): string[] {
	return world
		.told()
		.filter(text => !text.startsWith("connected"))
		.map(text => text.replace(/publish thimble\/b1\/(\w+) (?:\{.*"boot":(\d+),"seq":(\d+).*\}|)/, "$1 $2 $3").trim());
}

interface Cost {
	/** From the firmware's first line to the last answer that the reading needs. */
	roundTrips: number;
	/** Bytes of MQTT until then. */
	up: number;
	down: number;
}

/** What the third waking of a board costs: its session is there, and its server is known. */
function cost(agent: Partial<AgentOptions>, pipelines = true): Cost {
	const world = new TestWorld({ link: { latencyMs: LATENCY_MS } });
	const deviceId = "thimble-a4d18cdbc020";
	let found: Cost = { roundTrips: 0, up: 0, down: 0 };
	const machine = world.machine(deviceId, (_machine, { power, ...io }) => {
		const wokeMs = world.time.now;
		const bytes = { up: 0, down: 0 };
		class Counted extends io.socket {
			override write(view: Uint8Array): number {
				bytes.up += view.length;
				return super.write(view);
			}
			override read(view: Uint8Array): unknown {
				bytes.down += view.length;
				return super.read(view);
			}
		}
		new Nap({
			everyMs: EVERY_MS,
			power,
			wake: () => ({
				deviceId,
				host: world.address.address,
				sensors: [{ configure() {}, sample: () => ({ temperature: 21.5, humidity: 0.4 }), close() {} }],
				session: new FlashStore(io.store),
				...(pipelines && { pipeline: new Pipeline(io.store) }),
				io: { ...io, socket: Counted },
				on: {
					end: () => {
						found = { roundTrips: (world.time.now - wokeMs) / (LATENCY_MS * 2), ...bytes };
					},
				},
				...agent,
			}),
		}).start();
	});
	machine.on();
	world.run(EVERY_MS * 2 + 5000);
	expect([machine.boots, machine.isOn]).toEqual([3, false]);
	expect(world.told().filter(text => text.startsWith("violated"))).toEqual([]);
	return found;
}

describe("from wake to PUBACK, TCP's own round trip counted and the resumed session kept in flash,", () => {
	it("a reading at QoS 1 takes two round trips, and three where it waits for CONNACK", () => {
		expect(cost({ protocolVersion: 4 })).toEqual({ roundTrips: 2, up: 248, down: 12 });
		expect(cost({ protocolVersion: 5 })).toEqual({ roundTrips: 2, up: 260, down: 25 });
		expect(cost({ protocolVersion: 4 }, false)).toEqual({ roundTrips: 3, up: 248, down: 12 });
		expect(cost({ protocolVersion: 5 }, false)).toEqual({ roundTrips: 3, up: 260, down: 25 });
	});

	it("a reading at QoS 2 takes one more", () => {
		expect(cost({ protocolVersion: 4, qos: 2 })).toEqual({ roundTrips: 3, up: 252, down: 16 });
		expect(cost({ protocolVersion: 5, qos: 2 })).toEqual({ roundTrips: 3, up: 264, down: 29 });
	});
});

describe("a board that naps", () => {
	it.each([true, false])("wakes, says what it has and goodbye, and sleeps; with deep sleep: %s", deep => {
		const { world, machine, boots } = make({ deep });
		machine.on();
		world.run(EVERY_MS * 3 - 1000);
		const life = (boot: number) => ["status  sleeping retained", `telemetry ${boot} 1`, "disconnected b1 said goodbye"];
		expect(arrived(world)).toEqual([...life(1), ...life(2), ...life(3)]);
		expect(boots).toEqual(deep ? ["power", "sleep", "sleep"] : ["power"]);
		const [status] = world.broker.retained.matching("thimble/b1/status");
		expect(String(status?.payload)).toBe("sleeping");
	});

	it("wakes in its rhythm, however long it was awake", () => {
		const { world, machine, told } = make({ deep: false });
		machine.on();
		world.run(EVERY_MS * 3);
		const online = told.filter(text => text.includes("online")).map(text => Number.parseInt(text, 10));
		expect(online.slice(1).map(at => Math.round((at - online[0]!) / EVERY_MS))).toEqual([1, 2]);
		expect(online[2]! - online[1]!).toBe(EVERY_MS);
	});

	it("reaches nobody: keeps its readings in flash, sleeps longer each time, and brings them all when it can", () => {
		const { world, machine, told } = make({ awakeMs: 2000, mostMs: EVERY_MS * 3 });
		machine.on();
		world.run(30_000);
		world.stopBroker();
		world.run(EVERY_MS * 8);
		const sleeps = told.filter(text => text.includes("asleep")).map(text => text.split(" ").slice(2).join(" "));
		expect(sleeps).toEqual(["59700 0", "117900 24", "177900 24", "177900 24"]);
		expect(machine.isOn).toBe(false);
		world.resumeBroker();
		arrived(world);
		world.run(EVERY_MS * 4);
		const seen = arrived(world);
		expect(seen.filter(text => text.startsWith("telemetry")).slice(0, 4)).toEqual([
			"telemetry 2 1",
			"telemetry 3 1",
			"telemetry 4 1",
			"telemetry 5 1",
		]);
		expect(seen.filter(text => text.startsWith("violated"))).toEqual([]);
		expect(told.at(-1)).toMatch(/asleep 59\d\d\d 0$/);
	});

	it("waits for a sensor that takes its time, and not for longer than it may", () => {
		const ready = make({ late: 5, sampleMs: 1000 });
		ready.machine.on();
		ready.world.run(30_000);
		expect(arrived(ready.world)).toContain("telemetry 1 1");
		const never = make({ late: 1000, sampleMs: 1000 });
		never.machine.on();
		never.world.run(30_000);
		expect(arrived(never.world)).toEqual(["status  sleeping retained", "disconnected b1 said goodbye"]);
	});

	it("gone without a goodbye its status is offline, by its will", () => {
		const { world, machine } = make();
		machine.on();
		// CONNACK is under way to it.
		world.run(300 + LATENCY_MS * 3 + 10);
		machine.off();
		world.run(200_000);
		expect(arrived(world)).toEqual([
			"status  sleeping retained",
			"telemetry 1 1",
			"disconnected b1 keep-alive ran out",
			"status  offline retained",
		]);
	});

	it("throws Misuse for times that make no sense", () => {
		const wake = (): AgentOptions => {
			throw new Error("not yet");
		};
		for (const wrong of [
			{ everyMs: 999 },
			{ awakeMs: 99 },
			{ mostMs: EVERY_MS - 1 },
			{ sampleMs: -1 },
			{ lingerMs: 10_001 },
		])
			expect(() => new Nap({ everyMs: EVERY_MS, wake, ...wrong }), JSON.stringify(wrong)).toThrow(Misuse);
	});
});
