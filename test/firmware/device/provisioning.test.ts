import { describe, expect, it } from "vitest";
import { packetOf } from "../../../firmware/device/improv.js";
import { LINE_BYTES } from "../../../firmware/device/intake.js";
import { Provisioning, type ProvisioningOptions } from "../../../firmware/device/provisioning.js";
import { Settings } from "../../../firmware/device/settings.js";
import { TUNABLES } from "../../../firmware/device/tunables.js";
import type { KeyValue } from "../../../firmware/io.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";
import { checkSum } from "../../../firmware/optional/checksum.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { CUT_MODES, Flash } from "../../../host-sim/world/flash.js";
import { Hours, Wire } from "../../support/wire.js";

interface MakeOptions extends Partial<ProvisioningOptions> {
	given?: Record<string, string>;
	store?: KeyValue;
	fifo?: number;
	isQuiet?: boolean;
}

/** A board, the cable to it, and how often it has started anew. */
function make({ fifo, given = {}, store = new MemoryKeyValue(), isQuiet, ...rest }: MakeOptions = {}) {
	const hours = new Hours();
	const wire = new Wire(fifo);
	const settings = new Settings(store, given);
	const board = { restarts: 0 };
	const provisioning = new Provisioning({
		settings,
		serial: { io: wire.io },
		timer: { io: hours.timer },
		clock: { now: () => hours.now, wall: () => 0 },
		required: ["ssid", "broker"],
		board: "esp32",
		deviceId: "thimble",
		restart: () => {
			board.restarts += 1;
		},
		...rest,
	});
	wire.drain();
	if (isQuiet !== false) wire.take();
	const ask = (text: string) => {
		wire.give(`${text}\n`);
		return wire.takeAnswers();
	};
	return { ask, board, hours, provisioning, settings, wire };
}

/** A line with its check sum. */
function sealed(text: string): string {
	const bytes = utf8Bytes(text);
	return `${text} ${checkSum(bytes, bytes.length).toString(16).padStart(8, "0")}`;
}

const PROVISIONED = { ssid: "home", broker: "broker.lan" };

describe("a board on a serial port", () => {
	it("says what it waits for, every five seconds, until it has it", () => {
		const { ask, hours, provisioning, wire } = make({ isQuiet: false });
		const waiting = { thimble: 1, waiting: ["ssid", "broker"] };
		expect(wire.takeAnswers()).toEqual([waiting]);
		hours.pass(4999);
		wire.drain();
		expect(wire.takeAnswers()).toEqual([]);
		hours.pass(1);
		wire.drain();
		expect(wire.takeAnswers()).toEqual([waiting]);
		ask('{"set":{"ssid":"home"}}');
		expect(provisioning.lacking).toEqual(["broker"]);
		hours.pass(5000);
		wire.drain();
		expect(wire.takeAnswers()).toEqual([{ thimble: 1, waiting: ["broker"] }]);
		ask('{"set":{"broker":"broker.lan"}}');
		hours.pass(60_000);
		wire.drain();
		expect(wire.takeAnswers()).toEqual([]);
	});

	it("does not heap up what nobody takes", () => {
		const { hours, wire } = make({ fifo: 0 });
		hours.pass(3_600_000);
		wire.fifo = 100_000;
		wire.drain();
		expect(wire.takeAnswers()).toEqual([{ thimble: 1, waiting: ["ssid", "broker"] }]);
		const asked = make({ given: PROVISIONED, fifo: 0 }).wire;
		for (let i = 0; i < 500; i += 1) asked.give('{"get":true}\n');
		asked.fifo = 100_000;
		asked.drain();
		expect(asked.sent.length).toBeGreaterThan(7000);
		expect(asked.sent.length).toBeLessThanOrEqual(8192);
	});

	it("sends later what the port does not take although it said so", () => {
		const { wire } = make();
		wire.steal();
		wire.give('{"id":1,"get":["qos"]}\n');
		expect(wire.takeAnswers()).toEqual([{ thimble: 1, id: 1, ok: true, settings: { qos: 1 } }]);
	});

	it("says nothing by itself where it has all that it needs, and listens all the same", () => {
		const { ask, hours, wire } = make({ given: PROVISIONED, isQuiet: false });
		hours.pass(60_000);
		wire.drain();
		expect(wire.take()).toEqual([]);
		expect(ask('{"id":"a","get":["ssid"]}')).toEqual([{ thimble: 1, id: "a", ok: true, settings: { ssid: "home" } }]);
	});

	it("says what it is, and what was wrong when it started", () => {
		const { ask } = make({ given: { qos: "7", device: "kitchen" } });
		expect(ask('{"id":1,"info":true}')).toEqual([
			{
				thimble: 1,
				id: 1,
				ok: true,
				info: {
					firmware: "thimble",
					version: "0.1.0",
					board: "esp32",
					device: "kitchen",
					waiting: ["ssid", "broker"],
					restart: false,
					problems: [{ name: "qos", source: "build", error: "out-of-range" }],
				},
			},
		]);
	});

	it("never shows a secret", () => {
		const given = { broker: "mqtt://user:hunter2@broker.lan" };
		const { ask, wire } = make({ given });
		const [all] = ask('{"get":true}');
		expect(Object.keys(all!["settings"] as object)).toEqual(TUNABLES.map(({ name }) => name));
		expect(all!["settings"]).toMatchObject({ broker: "set", password: "not set", qos: 1, telemetry: null });
		ask('{"set":{"password":"hunter2","qos":9}}');
		ask('{"set":{"password":["hunter2"]}}');
		wire.give('{"set":{"password":"hunter2"}}\n{"get":["password"]}\n{"info":true}\n');
		let text = "";
		for (const byte of wire.take()) text += String.fromCharCode(byte);
		expect(text).toContain('"password":"set"');
		expect(text).not.toContain("hunter2");
	});

	it("keeps what is set before it says so, and says whether it wants a restart", () => {
		const store = new MemoryKeyValue();
		const { ask, board, hours } = make({ store });
		expect(ask('{"id":1,"set":{"interval":5000}}')).toEqual([{ thimble: 1, id: 1, ok: true, restart: false }]);
		const set = { ssid: "Käse", password: "geheim", broker: "u:p@broker.lan,b2:1884", telemetry: { batch: 2 } };
		expect(ask(JSON.stringify({ id: 2, set }))).toEqual([{ thimble: 1, id: 2, ok: true, restart: true }]);
		const next = new Settings(store);
		expect(next.text("ssid")).toBe("Käse");
		expect(next.text("broker")).toBe("u:p@broker.lan,b2:1884");
		expect([next.number("interval"), next.show("telemetry")]).toEqual([5000, { batch: 2 }]);
		expect(ask('{"id":3,"restart":true}')).toEqual([{ thimble: 1, id: 3, ok: true }]);
		hours.pass(499);
		expect(board.restarts).toBe(0);
		hours.pass(1);
		expect(board.restarts).toBe(1);
		expect(ask('{"set":{"interval":null}}')).toMatchObject([{ ok: true }]);
		expect(new Settings(store).number("interval")).toBe(1000);
	});

	it.each([
		['{"id":5,"set":{"qos":3}}', 5, "out-of-range", "qos", "an integer from 0 to 2"],
		['{"id":5,"set":{"ssid":"x","colour":"blue"}}', 5, "unknown-name", "colour", "the name of a setting"],
		['{"id":5,"set":[]}', 5, "wrong-type", "set", "an object of settings"],
		['{"id":5,"get":"qos"}', 5, "wrong-type", "get", "true, or a list of names"],
		['{"id":5,"get":["qos","__proto__"]}', 5, "unknown-name", "__proto__", "the name of a setting"],
		['{"id":5,"get":[{"a":1}]}', 5, "unknown-name", "[object Object]", "the name of a setting"],
		['{"id":5,"set":{"__proto__":{"qos":1}}}', 5, "unknown-name", "__proto__", "the name of a setting"],
		['{"id":5}', 5, "no-request", "", "one of info, get, set and restart"],
		['{"id":[5],"scan":true}', undefined, "no-request", "", "one of info, get, set and restart"],
		['{"id":5,"get":true,"info":true}', 5, "no-request", "", "one of info, get, set and restart"],
		['{"id":5,"toString":true}', 5, "no-request", "", "one of info, get, set and restart"],
		['{"set":{"qos":2}', undefined, "not-json", "", "an object in JSON, in a line"],
		[`{"get":${"[".repeat(500)}${"]".repeat(500)}}`, undefined, "not-json", "", "an object in JSON, in a line"],
		['{"set":{"qos":2}} 00000000', undefined, "bad-check", "", "the CRC-32 of what stands before it"],
	])("refuses %s with a reason", (line, id, error, name, expected) => {
		const { ask, settings } = make();
		const answer = { thimble: 1, ok: false, error, name, expected };
		expect(ask(line)).toEqual([id === undefined ? answer : { id, ...answer }]);
		expect([settings.number("qos"), settings.text("ssid")]).toEqual([1, ""]);
	});

	it("takes a line with its check sum, and not one that has lost a byte on its way", () => {
		const line = sealed('{"id":1,"set":{"ssid":"h[[[[[[[[[[o{{m\\"e","password":"päss} word"}}');
		const { ask, settings } = make();
		for (let at = 1; at < line.length; at += 1) {
			for (const answer of ask(line.slice(0, at) + line.slice(at + 1))) expect(answer["ok"]).toBe(false);
			expect(settings.text("ssid")).toBe("");
		}
		expect(ask(line)).toMatchObject([{ id: 1, ok: true }]);
		expect(settings.text("ssid")).toBe('h[[[[[[[[[[o{{m"e');
		expect(settings.text("password")).toBe("päss} word");
	});

	it("has one answer for a line that is too long, and understands the next one", () => {
		const { ask } = make();
		const [answer, ...more] = ask(`{"set":{"ssid":"${"x".repeat(LINE_BYTES)}"}}`);
		expect(answer).toMatchObject({ ok: false, error: "too-long", expected: "a line of at most 2048 bytes" });
		expect(more).toEqual([]);
		expect(ask('{"id":2,"get":["qos"]}')).toMatchObject([{ id: 2, ok: true }]);
	});

	it("answers neither log lines nor itself, so that a terminal that sends back what it gets is no loop", () => {
		const { ask, wire } = make({ isQuiet: false });
		for (const line of [
			"AT",
			"rst:0x1 (POWERON_RESET)",
			"network up",
			" {}",
			'{"thimble":1,"ok":true}',
			'{"thimble":0}',
		])
			expect(ask(line)).toEqual(line === "AT" ? [{ thimble: 1, waiting: ["ssid", "broker"] }] : []);
		wire.give('{"get":["qos"]}\n');
		const echo = wire.take();
		wire.give(echo);
		expect(wire.take()).toEqual([]);
	});

	it("understands a conversation in slices of any size, and sends its answers through the smallest FIFO", () => {
		const text = 'boot log\r\n{"id":1,"set":{"ssid":"é","qos":2}}\r\nnoise{"id":9}\n\n{"id":2,"get":["ssid","qos"]}\n';
		const bytes = utf8Bytes(`${text}${sealed('{"id":3,"info":true}')}\n`);
		for (let size = 1; size <= bytes.length; size += 1) {
			const { wire } = make({ fifo: 1 + (size % 7) });
			for (let at = 0; at < bytes.length; at += size) wire.give(bytes.slice(at, at + size));
			expect(wire.takeAnswers()).toMatchObject([
				{ id: 1, ok: true, restart: true },
				{ id: 2, ok: true, settings: { qos: 2 } },
				{ id: 3, ok: true },
			]);
		}
	});

	it("never throws, and is in step again after a newline and a second of silence, whatever has come", () => {
		let seed = 3;
		const random = (below: number) => {
			seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
			return (seed >>> 8) % below;
		};
		const parts = [
			'{"set":{',
			'"ssid":',
			'"x"',
			"}",
			"]",
			'{"get":[',
			"true",
			"\n",
			"\\",
			"IMPROV\u0001\u0003",
			"{",
			" 12345678",
			'{"id":',
			"é",
		];
		const { hours, settings, wire } = make({ given: PROVISIONED });
		for (let round = 0; round < 500; round += 1) {
			for (let i = random(12); i > 0; i -= 1) {
				if (random(4) === 0) wire.give(Array.from({ length: random(40) }, () => random(256)));
				else wire.give(parts[random(parts.length)]!);
			}
			hours.pass(1001);
			wire.give("\n");
			wire.take();
			wire.give(`{"id":${round},"get":["qos"]}\n`);
			expect(wire.takeAnswers()).toMatchObject([{ id: round, ok: true }]);
		}
		expect(settings.text("broker")).toBe("broker.lan");
	});

	it("has all of a change or nothing of it, wherever the power goes", () => {
		const change = '{"id":1,"set":{"ssid":"new","password":"new","broker":"new"}}';
		for (const mode of CUT_MODES)
			for (let cut = 1; cut < 3; cut += 1) {
				const flash = new Flash();
				make({ store: flash }).ask('{"set":{"ssid":"old","password":"old","broker":"old"}}');
				flash.cutAt(cut, mode, () => {});
				const [answer] = make({ store: flash }).ask(change);
				flash.restore();
				const { settings } = make({ store: flash });
				const found = [settings.text("ssid"), settings.text("password"), settings.text("broker")].join();
				expect(["old,old,old", "new,new,new"]).toContain(found);
				if (answer!["ok"] === true) expect(found).toBe("new,new,new");
			}
	});

	it("says so where it cannot start itself anew", () => {
		const hours = new Hours();
		const wire = new Wire();
		new Provisioning({
			settings: new Settings(new MemoryKeyValue(), PROVISIONED),
			serial: { io: wire.io },
			timer: { io: hours.timer },
			clock: { now: () => hours.now, wall: () => 0 },
			required: ["broker"],
			board: "lin",
			deviceId: "thimble",
		});
		wire.give('{"id":1,"restart":true}\n');
		expect(wire.takeAnswers()).toMatchObject([{ id: 1, ok: false, error: "unsupported", name: "restart" }]);
	});

	it("takes Wi-Fi by Improv over the same port, and starts anew when there is nothing more to wait for", () => {
		const { ask, board, hours, settings, wire } = make({ given: { broker: "broker.lan" } });
		const texts = [...utf8Bytes("home"), 6, ...utf8Bytes("secret")];
		wire.give(packetOf(3, Uint8Array.of(1, texts.length + 1, 4, ...texts)));
		const types: number[] = [];
		const sent = wire.take();
		for (let at = 0; at < sent.length; at += 11 + sent[at + 8]!) types.push(sent[at + 7]!);
		expect(types).toEqual([2, 1, 1, 4]);
		expect([settings.text("ssid"), settings.text("password")]).toEqual(["home", "secret"]);
		expect(ask('{"info":true}')).toMatchObject([{ info: { waiting: [], restart: true } }]);
		hours.pass(2999);
		expect(board.restarts).toBe(0);
		hours.pass(1);
		expect(board.restarts).toBe(1);
	});

	it("goes on waiting after Improv where more than Wi-Fi is missing", () => {
		const tried: string[] = [];
		const { board, hours, wire } = make({
			join: (ssid, password, done) => {
				tried.push(ssid, password);
				done(true);
			},
		});
		wire.give(packetOf(3, Uint8Array.of(1, 5, 1, 65, 2, 66, 67)));
		expect(tried).toEqual(["A", "BC"]);
		wire.take();
		hours.pass(5000);
		wire.drain();
		expect(wire.takeAnswers()).toEqual([{ thimble: 1, waiting: ["broker"] }]);
		expect(board.restarts).toBe(0);
	});

	it("closes its port and says nothing more", () => {
		const { hours, provisioning, wire } = make();
		provisioning.close();
		hours.pass(60_000);
		expect([wire.isClosed, wire.sent]).toEqual([true, []]);
	});
});
