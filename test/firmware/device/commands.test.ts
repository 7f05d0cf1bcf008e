import { describe, expect, it } from "vitest";
import { Agent } from "../../../firmware/device/agent.js";
import { Commands } from "../../../firmware/device/commands.js";
import { INFO, Log } from "../../../firmware/device/log.js";
import { Settings } from "../../../firmware/device/settings.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { CORRELATION_DATA, properties, RESPONSE_TOPIC } from "../../../firmware/mqtt/property.js";
import { FlashStore } from "../../../firmware/optional/store.js";
import { CUT_MODES } from "../../../host-sim/world/flash.js";
import type { Machine } from "../../../host-sim/world/machine.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { TestWorld } from "../../support/world.js";

const VERSIONS = [
	["3.1.1", 4],
	["5.0", 5],
] as const;

/** A board on a machine of its own, in whose flash its settings are, and somebody who commands it. */
class Scene {
	readonly world: TestWorld;
	readonly machine: Machine;
	readonly shown: string[] = [];
	readonly answers: { topic: string; correlation: unknown; body: Record<string, unknown> }[] = [];
	readonly commander;
	agent: Agent | undefined = undefined;
	settings: Settings | undefined = undefined;
	commands: Commands | undefined = undefined;
	log: Log | undefined = undefined;
	samples = 0;

	constructor(protocolVersion: 4 | 5 = 4, { kept = false, plain = false, broker = {} } = {}) {
		this.world = new TestWorld({ link: { latencyMs: 10 }, broker });
		this.machine = this.world.machine("b1", (machine, io) => {
			const settings = new Settings(io.store, { broker: "u:secret@h", interval: "60000", password: "secret" });
			const log = new Log({ clock: io.clock, settings, bytes: 2_048 });
			const restart = () => machine.reset();
			const identify = (seconds: number) => this.shown.push(`for ${seconds} s`);
			const commands = new Commands({
				settings,
				...(!plain && { power: { resetReason: "power", restart }, log, identify }),
			});
			const sample = () => {
				this.samples += 1;
				return { temperature: 21.5 };
			};
			this.agent = new Agent({
				deviceId: "b1",
				host: this.world.host,
				sensors: [{ configure() {}, sample, close() {} }],
				protocolVersion,
				intervalMs: settings.number("interval"),
				...(kept && { session: new FlashStore(io.store), durability: "flash" as const }),
				duties: [log, commands],
				io,
			});
			this.settings = settings;
			this.commands = commands;
			this.log = log;
			this.agent.start();
		});
		this.machine.on();
		this.commander = this.world.client("commander", {
			protocolVersion: 5,
			limits: { receive: 4_096, send: 4_096, outbox: 8_192 },
		});
		this.commander.subscribe(["thimble/b1/answer", "replies"], message => {
			this.answers.push({
				topic: message.topic,
				correlation: message.property(CORRELATION_DATA),
				body: JSON.parse(message.text()!),
			});
		});
		this.commander.open();
		this.world.time.run(2_000);
	}

	/** Asks, waits a little, and returns the answers that came. */
	ask(command: string, payload: unknown = "", options: { retain?: boolean; properties?: Uint8Array } = {}) {
		const text = typeof payload === "string" || payload instanceof Uint8Array ? payload : JSON.stringify(payload);
		this.commander.publish(`thimble/b1/command/${command}`, text, { qos: 1, ...options });
		this.world.time.run(1_000);
		return this.answers.splice(0).map(({ body }) => body);
	}
}

describe.each(VERSIONS)("commands, MQTT %s", (_name, version) => {
	it("set several settings at once, in flash, and say what waits for a restart", () => {
		const scene = new Scene(version);
		expect(scene.ask("set", { id: 7, interval: 5_000, diagnostics: 60 })).toEqual([
			{ command: "set", id: 7, ok: true },
		]);
		expect(scene.agent!.intervalMs).toBe(5_000);
		expect(scene.ask("set", { id: "b", qos: 2, logLevel: "debug" })).toEqual([
			{ command: "set", id: "b", ok: true, restart: true },
		]);
		expect(scene.log!.level).toBe(3);
		expect(scene.ask("set", { id: 8, interval: 1_000, qos: 9 })).toEqual([
			{
				command: "set",
				id: 8,
				ok: false,
				error: "out-of-range",
				name: "qos",
				expected: "an integer from 0 to 2",
			},
		]);
		expect(scene.agent!.intervalMs).toBe(5_000);
		const stored = new Settings(scene.machine.flash);
		expect([stored.number("interval"), stored.number("qos"), stored.text("logLevel")]).toEqual([5_000, 2, "debug"]);
	});

	it("get settings, and never a secret", () => {
		const scene = new Scene(version);
		const names = ["interval", "broker", "password", "ssid", "telemetry"];
		expect(scene.ask("get", { names })).toEqual([
			{
				command: "get",
				ok: true,
				settings: { interval: 60_000, broker: "set", password: "set", ssid: "", telemetry: null },
			},
		]);
		const [all] = scene.ask("get");
		expect(all!["ok"]).toBe(true);
		expect(Object.keys(all!["settings"] as object)).toContain("durability");
		expect(JSON.stringify(all)).not.toContain("secret");
		expect(scene.ask("get", { names: ["colour"] })[0]).toMatchObject({
			ok: false,
			error: "unknown-name",
			name: "colour",
		});
		expect(scene.ask("get", { names: 5 })[0]).toMatchObject({ ok: false, error: "wrong-type", name: "names" });
	});

	it("take a reading at once, and not twice for one id", () => {
		const scene = new Scene(version);
		const before = scene.samples;
		expect(scene.ask("sample", { id: 1 })).toEqual([{ command: "sample", id: 1, ok: true, taken: true }]);
		expect(scene.ask("sample", { id: 1 })).toEqual([{ command: "sample", id: 1, ok: true, repeated: true }]);
		expect(scene.samples).toBe(before + 1);
		scene.ask("sample", { id: "1" });
		scene.ask("sample");
		scene.ask("sample");
		expect(scene.samples).toBe(before + 4);
	});

	it("make a board known", () => {
		const scene = new Scene(version);
		expect(scene.ask("identify")[0]).toEqual({ command: "identify", ok: true });
		scene.ask("identify", { seconds: 60 });
		expect(scene.shown).toEqual(["for 5 s", "for 60 s"]);
		for (const seconds of ["60", 0, 301, null])
			expect(scene.ask("identify", { seconds })[0], `${seconds}`).toMatchObject({ ok: false, name: "seconds" });
	});

	it("restart a board once for one id, with a goodbye, when the answer is there", () => {
		const scene = new Scene(version);
		scene.world.told();
		expect(scene.ask("restart", { id: "r1" })).toEqual([{ command: "restart", id: "r1", ok: true }]);
		scene.world.time.run(5_000);
		const told = scene.world.told().filter(line => !line.includes("telemetry"));
		expect(told.slice(0, 4)).toEqual([
			'publish thimble/b1/command/restart {"id":"r1"}',
			'publish thimble/b1/answer {"command":"restart","id":"r1","ok":true}',
			"publish thimble/b1/status offline retained",
			"disconnected b1 said goodbye",
		]);
		expect(scene.machine.boots).toBe(2);
		expect(scene.ask("restart", { id: "r1" })).toEqual([{ command: "restart", id: "r1", ok: true, repeated: true }]);
		scene.world.time.run(20_000);
		expect(scene.machine.boots).toBe(2);
		scene.ask("restart", { id: "r2" });
		scene.world.time.run(20_000);
		expect(scene.machine.boots).toBe(3);
		scene.ask("restart");
		scene.world.time.run(20_000);
		expect(scene.machine.boots).toBe(4);
	});

	it("refuse what a board cannot do", () => {
		const scene = new Scene(version, { plain: true });
		for (const command of ["restart", "log", "identify"])
			expect(scene.ask(command)[0]).toEqual({ command, ok: false, error: "not-supported" });
		scene.world.time.run(20_000);
		expect(scene.machine.boots).toBe(1);
	});

	it("do not restart where flash cannot keep the id: the command would come again for ever", () => {
		const scene = new Scene(version);
		scene.machine.flash.isFull = true;
		expect(scene.ask("restart", { id: 1 })[0]).toMatchObject({ ok: false, error: "flash-failed" });
		expect(scene.ask("set", { id: 1, qos: 0 })[0]).toMatchObject({ ok: false, error: "flash-failed" });
		scene.world.time.run(20_000);
		expect(scene.machine.boots).toBe(1);
		expect(scene.settings!.number("qos")).toBe(1);
	});

	it("show the log, the latest entries that fit, and the ones before", () => {
		const scene = new Scene(version);
		for (let i = 0; i < 30; i += 1) scene.log!.add(INFO, `entry ${i}`);
		const seen: string[] = [];
		for (let before: number | undefined; ; ) {
			const [answer] = scene.ask("log", before === undefined ? {} : { before });
			const entries = answer!["entries"] as { n: number; text: string }[];
			if (entries.length === 0) break;
			before = entries[0]!.n;
			seen.unshift(...entries.map(({ text }) => text));
		}
		expect(seen.slice(-30)).toEqual(Array.from({ length: 30 }, (_, i) => `entry ${i}`));
		expect(seen[0]).toBe("online");
		expect(scene.ask("log", { before: "x" })[0]).toMatchObject({ ok: false, error: "wrong-type", name: "before" });
	});

	it("answer what they cannot do with an error, and go on", () => {
		const wrong: [command: string, payload: unknown, error: string][] = [
			["set", "[1]", "bad-json"],
			["set", "{", "bad-json"],
			["set", "null", "bad-json"],
			["set", '{"a":'.repeat(100), "bad-json"],
			["set", `{"telemetry":${"[".repeat(400)}${"]".repeat(400)}}`, "bad-json"],
			["set", Uint8Array.of(0x7b, 0xff, 0x7d), "bad-json"],
			["set", `{"ssid":"${"x".repeat(1_300)}"}`, "too-long"],
			["set", { id: [1] }, "wrong-type"],
			["set", { id: "x".repeat(65) }, "wrong-type"],
			["set", '{"id":1e999}', "wrong-type"],
			["paint", { id: 3 }, "unknown-command"],
			["constructor", "", "unknown-command"],
			["", "", "unknown-command"],
			["x".repeat(100), "", "unknown-command"],
		];
		const scene = new Scene(version);
		for (const [command, payload, error] of wrong) {
			const answers = scene.ask(command, payload);
			expect(answers, `${command} ${payload}`).toHaveLength(1);
			expect(answers[0]).toMatchObject({ command: command.slice(0, 32), ok: false, error });
		}
		expect(scene.ask("get", { names: ["qos"] })[0]).toMatchObject({ ok: true });
	});

	it("refuse one that is retained, and say so at each subscription", () => {
		const scene = new Scene(version);
		scene.machine.off();
		scene.ask("restart", { id: 5 }, { retain: true });
		scene.machine.on();
		scene.world.time.run(70_000);
		const bodies = scene.answers.splice(0).map(({ body }) => body);
		expect(bodies.filter(({ error }) => error === "retained").length).toBeGreaterThan(0);
		// The session that the board has left was given a copy without the flag by 3.1.1: that is one command, and one restart.
		expect(scene.machine.boots).toBeLessThanOrEqual(version === 4 ? 3 : 2);
		const { boots } = scene.machine;
		scene.machine.reset();
		scene.world.time.run(60_000);
		expect(scene.machine.boots).toBe(boots + 1);
	});

	it("delivered again after a reconnect do nothing twice", () => {
		const scene = new Scene(version);
		scene.world.told();
		// The board gets the command; its acknowledgement and its answer get lost with the link.
		const taken = scene.samples;
		scene.commander.publish("thimble/b1/command/sample", '{"id":1}', { qos: 1 });
		scene.commander.publish("thimble/b1/command/set", '{"id":2,"interval":30000}', { qos: 1 });
		scene.world.runUntil(() => scene.agent!.intervalMs === 30_000, 1_000);
		const { operations } = scene.machine.flash;
		scene.world.link("b1").cut();
		scene.world.time.run(20_000);
		const bodies = scene.answers.splice(0).map(({ body }) => body);
		expect(bodies.filter(({ id }) => id === 1).some(body => body["repeated"] === true)).toBe(true);
		expect(bodies.filter(({ id }) => id === 2).every(body => body["ok"] === true)).toBe(true);
		expect(scene.samples).toBeLessThanOrEqual(taken + 2);
		expect(scene.machine.flash.operations).toBe(operations);
		expect(scene.settings!.number("interval")).toBe(30_000);
	});

	it.each([true, false])("a restart that is delivered again happens once (with an id: %s)", hasId => {
		const scene = new Scene(version);
		scene.commander.publish("thimble/b1/command/restart", hasId ? '{"id":1}' : "", { qos: 1 });
		// It restarts before the broker has heard of its acknowledgement: by its watchdog, in the worst moment.
		scene.world.runUntil(() => scene.machine.flash.values.has("restarted"), hasId ? 500 : 11);
		scene.machine.reset();
		scene.world.time.run(30_000);
		expect(scene.machine.boots).toBe(2);
		if (!hasId) return;
		const bodies = scene.answers.splice(0).map(({ body }) => body);
		expect(bodies.at(-1)).toEqual({ command: "restart", id: 1, ok: true, repeated: true });
	});

	it.each([false, true])(
		"set is kept as a whole or not at all, whenever the power goes (readings in flash: %s)",
		kept => {
			for (const mode of CUT_MODES)
				for (let operation = 1; operation <= 6; operation += 1) {
					const scene = new Scene(version, { kept });
					let dark = false;
					scene.machine.offAtWrite(operation, mode, 1_000, () => {
						dark = true;
					});
					scene.commander.publish("thimble/b1/command/set", '{"id":1,"interval":30000,"device":"b1"}', { qos: 1 });
					scene.world.time.run(30_000);
					// Whatever the cut left, the command comes again until it is acknowledged, and then it is done.
					const bodies = scene.answers.splice(0).map(({ body }) => body);
					expect(bodies.at(-1), `${mode} ${operation}`).toMatchObject({ id: 1, ok: true });
					const stored = new Settings(scene.machine.flash);
					expect([stored.number("interval"), stored.text("device")], `${mode} ${operation}`).toEqual([30_000, "b1"]);
					if (operation === 1) expect(dark).toBe(true);
				}
		},
	);

	it("may be added by others, once each, and one that throws is answered", () => {
		const scene = new Scene(version);
		const commands = scene.commands!;
		commands.add("valve", ({ fields, id }) => ({ was: fields["open"], by: id }));
		commands.add("broken", () => {
			throw new Error("secret");
		});
		expect(() => commands.add("set", () => ({}))).toThrow(Misuse);
		expect(scene.ask("valve", { id: 4, open: true })).toEqual([
			{ command: "valve", id: 4, ok: true, was: true, by: 4 },
		]);
		expect(scene.ask("broken")).toEqual([{ command: "broken", ok: false, error: "failed" }]);
		commands.add("long", () => ({ text: "x".repeat(2_000) }));
		expect(scene.ask("long", { id: 6 })).toEqual([{ command: "long", id: 6, ok: false, error: "answer-too-long" }]);
	});

	it("are all answered in their order, where many come at once", () => {
		const scene = new Scene(version);
		for (let id = 1; id <= 6; id += 1)
			scene.commander.publish("thimble/b1/command/get", `{"id":${id},"names":["qos"]}`, { qos: 1 });
		scene.world.time.run(5_000);
		expect(scene.answers.splice(0).map(({ body }) => body["id"])).toEqual([1, 2, 3, 4, 5, 6]);
		expect(scene.commands!.unanswered).toBe(0);
		const { published, settled } = scene.agent!.counts;
		expect(settled).toBe(published);
	});

	it("survive whatever is sent to them", () => {
		const scene = new Scene(version);
		const random = new SeededRandom(version);
		const names = ["get", "set", "sample", "identify", "log", "nothing"];
		const seeds = [
			'{"id":1,"qos":0}',
			'{"names":["qos"]}',
			'{"telemetry":{"batch":2}}',
			'{"before":9}',
			'{"seconds":3}',
		];
		for (let round = 0; round < 300; round += 1) {
			const bytes = Uint8Array.from(seeds[random.next() % seeds.length]!, character => character.charCodeAt(0));
			for (let i = random.next() % 4; i > 0; i -= 1) bytes[random.next() % bytes.length] = random.next() & 0xff;
			const name = names[random.next() % names.length]!;
			const answers = scene.ask(name, bytes.slice(0, random.next() % (bytes.length + 1)));
			expect(answers, `round ${round}`).toHaveLength(1);
			expect(JSON.stringify(answers)).not.toContain("secret");
		}
		expect(scene.machine.boots).toBe(1);
		expect(scene.world.told().filter(line => line.includes("violated"))).toEqual([]);
	});
});

describe("answers at 5.0", () => {
	const asking = (topic: string) => properties([RESPONSE_TOPIC, topic], [CORRELATION_DATA, Uint8Array.of(1, 2, 3)]);

	it("[MQTT-3.3.2-15] go where the request says, with the data that it carries", () => {
		const scene = new Scene(5);
		scene.commander.publish("thimble/b1/command/get", '{"names":[]}', { qos: 1, properties: asking("replies") });
		scene.world.time.run(1_000);
		expect(scene.answers.splice(0)).toEqual([
			{ topic: "replies", correlation: Uint8Array.of(1, 2, 3), body: { command: "get", ok: true, settings: {} } },
		]);
	});

	it("are nobody's command, even where the request would have it so", () => {
		const scene = new Scene(5);
		for (const topic of ["thimble/b1/command/restart", "thimble/b2/command/set"])
			scene.commander.publish("thimble/b1/command/get", '{"names":[]}', { qos: 1, properties: asking(topic) });
		scene.world.time.run(20_000);
		expect(scene.answers.splice(0).map(({ topic }) => topic)).toEqual(["thimble/b1/answer", "thimble/b1/answer"]);
		expect(scene.machine.boots).toBe(1);
	});

	it("of a command in spans, larger than what the board receives at once, go there as well", () => {
		const scene = new Scene(5);
		const fields = { id: 1, ssid: "x".repeat(32), sensors: "y".repeat(600) };
		scene.ask("set", fields, { properties: asking("replies") });
		scene.commander.publish("thimble/b1/command/set", JSON.stringify(fields), {
			qos: 1,
			properties: asking("replies"),
		});
		scene.world.time.run(1_000);
		expect(scene.answers.splice(0)).toMatchObject([
			{ topic: "replies", correlation: Uint8Array.of(1, 2, 3), body: { id: 1, ok: false, name: "sensors" } },
		]);
	});
});

it("a client without room for the topic of commands is refused", () => {
	const world = new TestWorld();
	const settings = new Settings({ read: () => undefined, write() {}, delete() {}, close() {} });
	expect(() => world.agent("b1", { duties: [new Commands({ settings })], limits: { topics: 2 } })).toThrow("commands");
});
