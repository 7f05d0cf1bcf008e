import { describe, expect, it } from "vitest";
import { FLASH_FAILED, Settings } from "../../../firmware/device/settings.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";
import { HEAD_BYTES, seal } from "../../../firmware/optional/record.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { CUT_MODES, Flash } from "../../../host-sim/world/flash.js";

/** A record as another firmware may have written it. */
function recordOf(order: number, values: Record<string, string>): ArrayBuffer {
	const bytes = [0x40, 1, 0, 0, 0, 0, 0, order, 0, 0, 0, 0];
	for (const [name, text] of Object.entries(values)) {
		const [first, second] = [utf8Bytes(name), utf8Bytes(text)];
		bytes.push(first.length, second.length >> 8, second.length & 255, ...first, ...second);
	}
	const record = Uint8Array.from([...bytes, 0, 0, 0, 0]);
	seal(record);
	return record.buffer;
}

describe("settings", () => {
	it("are what flash has, before the build's arguments, before the defaults", () => {
		const store = new MemoryKeyValue();
		const given = { interval: "5000", ssid: "home", file: { root: "/" } };
		const settings = new Settings(store, given);
		expect([settings.number("interval"), settings.text("ssid"), settings.number("qos")]).toEqual([5_000, "home", 1]);
		expect(settings.change({ interval: 60_000, device: "b-1", telemetry: { batch: 5 } })).toBe(undefined);
		const next = new Settings(store, given);
		for (const one of [settings, next]) {
			expect([one.number("interval"), one.text("ssid"), one.text("device")]).toEqual([60_000, "home", "b-1"]);
			expect(one.text("telemetry")).toBe('{"batch":5}');
			expect(one.problems).toEqual([]);
		}
		expect(next.erase("interval")).toBe(undefined);
		expect(next.change({ telemetry: null })).toBe(undefined);
		expect([next.number("interval"), next.text("telemetry")]).toEqual([5_000, ""]);
		expect(new Settings(store, given).number("interval")).toBe(5_000);
		expect(new Settings(store).number("interval")).toBe(1_000);
	});

	it("of a build that are none fall back to the default, and are reported without their value", () => {
		const bad = {
			interval: "9",
			qos: "one",
			protocol: "0x4",
			keepAlive: "65536",
			durability: "disk",
			device: "a/b",
			broker: "u:secret@h:x",
			sensors: "",
			telemetry: '{"batch":0}',
			ssid: "x".repeat(33),
			password: "half \ud800",
			diagnostics: 5,
			logLevel: "",
		};
		const settings = new Settings(new MemoryKeyValue(), bad);
		expect(settings.problems.map(({ name, source, error }) => `${name} ${source} ${error}`).sort()).toEqual([
			"broker build wrong-form",
			"device build wrong-form",
			"diagnostics build wrong-type",
			"durability build out-of-range",
			"interval build out-of-range",
			"keepAlive build out-of-range",
			"logLevel build out-of-range",
			"password build wrong-form",
			"protocol build wrong-form",
			"qos build wrong-form",
			"sensors build wrong-form",
			"ssid build out-of-range",
			"telemetry build wrong-form",
		]);
		expect(JSON.stringify(settings.problems)).not.toContain("secret");
		const plain = new Settings(new MemoryKeyValue());
		for (const name of ["interval", "qos", "broker", "sensors", "ssid", "logLevel"] as const)
			expect(settings.text(name)).toBe(plain.text(name));
	});

	it("of flash that are none fall back to the build's argument, are reported, and stay for the firmware that knows them", () => {
		const store = new MemoryKeyValue();
		store.write("settings", recordOf(7, { qos: "3", ssid: "flash", colour: "blue", broker: "mqtts9://h" }));
		const given = { qos: "2", broker: "h" };
		const settings = new Settings(store, given);
		expect([settings.number("qos"), settings.text("ssid"), settings.text("broker")]).toEqual([2, "flash", "h"]);
		expect(settings.problems).toEqual([
			{ name: "broker", source: "flash", error: "wrong-form" },
			{ name: "qos", source: "flash", error: "out-of-range" },
		]);
		expect(settings.change({ ssid: "other" })).toBe(undefined);
		const text = String.fromCharCode(...new Uint8Array(store.read("settings2")!));
		for (const kept of ["colour", "blue", "mqtts9://h", "other"]) expect(text).toContain(kept);
		expect(new Settings(store, given).problems).toHaveLength(2);
		// What is set anew is a problem no longer.
		expect(settings.change({ qos: 0, broker: null })).toBe(undefined);
		expect(new Settings(store, given).problems).toEqual([]);
	});

	it.each([
		[{ interval: 9 }, "out-of-range", "interval", "an integer from 10 to 86400000 ms"],
		[{ interval: "60000" }, "wrong-type", "interval", "an integer from 10 to 86400000 ms"],
		[{ interval: 10.5 }, "wrong-type", "interval", "an integer from 10 to 86400000 ms"],
		[{ qos: -1 }, "out-of-range", "qos", "an integer from 0 to 2"],
		[{ keepAlive: 1e300 }, "wrong-form", "keepAlive", "an integer from 0 to 65535 s"],
		[{ logLevel: "loud" }, "out-of-range", "logLevel", "error, warn, info, debug"],
		[{ logLevel: 1 }, "wrong-type", "logLevel", "error, warn, info, debug"],
		[{ ssid: "é".repeat(17) }, "out-of-range", "ssid", "a text of at most 32 bytes"],
		[{ ssid: "a\u0000b" }, "wrong-form", "ssid", "a text of at most 32 bytes"],
		[{ device: "a b" }, "wrong-form", "device", "a text of at most 64 bytes: letters, digits, - and _"],
		[{ telemetry: [] }, "wrong-type", "telemetry", "an object of at most 512 bytes: the options of telemetry"],
		[{ telemetry: "{}" }, "wrong-type", "telemetry", "an object of at most 512 bytes: the options of telemetry"],
		[
			{ telemetry: { quantities: { temperature: null } } },
			"wrong-form",
			"telemetry",
			"an object of at most 512 bytes: the options of telemetry",
		],
		// Its messages would find no room in any outbox, and the board would not start.
		[
			{ telemetry: { batch: 100 } },
			"wrong-form",
			"telemetry",
			"an object of at most 512 bytes: the options of telemetry",
		],
		[{ colour: "blue" }, "unknown-name", "colour", "the name of a setting"],
		[JSON.parse('{"__proto__":{"qos":0}}'), "unknown-name", "__proto__", "the name of a setting"],
		[{ constructor: null }, "unknown-name", "constructor", "the name of a setting"],
	])("%j is refused, and so is what came with it", (changes, error, name, expected) => {
		const flash = new Flash();
		const settings = new Settings(flash);
		const refusal = { error, name, expected };
		expect(settings.check(changes)).toEqual(refusal);
		expect(settings.change({ ssid: "new", ...changes })).toEqual(name === "ssid" ? refusal : { error, name, expected });
		expect([settings.text("ssid"), flash.operations]).toEqual(["", 0]);
	});

	it("are refused where together they are too many bytes", () => {
		const flash = new Flash();
		const record = recordOf(1, { colour: "b".repeat(2_000) });
		flash.write("settings", record);
		const settings = new Settings(flash);
		expect(settings.change({ ssid: "x".repeat(32) })).toEqual({
			error: "too-large",
			name: "",
			expected: "settings of 2048 bytes in all",
		});
		expect(settings.change({ ssid: "x" })).toBe(undefined);
	});

	it("never show a secret", () => {
		const settings = new Settings(new MemoryKeyValue());
		expect([settings.show("password"), settings.show("broker")]).toEqual(["not set", "not set"]);
		settings.change({ password: "secret", broker: "u:secret@h", telemetry: { batch: 2 } });
		expect([settings.show("password"), settings.show("broker")]).toEqual(["set", "set"]);
		expect([settings.show("interval"), settings.show("ssid")]).toEqual([1_000, ""]);
		expect(settings.show("telemetry")).toEqual({ batch: 2 });
		expect(JSON.stringify(settings.change({ broker: "u:secret@h:x" }))).not.toContain("secret");
	});

	it("tell of each value that has become another, and write nothing for what is as it was", () => {
		const flash = new Flash();
		const settings = new Settings(flash, { qos: "0" });
		const told: string[] = [];
		settings.listen(name => told.push(`${name} ${settings.text("interval")}`));
		settings.change({ interval: 2_000, qos: 0, ssid: "" });
		expect(told).toEqual(["interval 2000"]);
		expect(flash.operations).toBe(1);
		settings.change({ interval: 2_000, qos: 0 });
		settings.change({});
		expect([told.length, flash.operations]).toEqual([1, 1]);
	});

	it("are not changed where flash cannot be read any more, so that what stands there is not lost", () => {
		class Deaf extends MemoryKeyValue {
			isDeaf = false;
			override read(key: string): ArrayBuffer | undefined {
				if (this.isDeaf) throw new Error("flash");
				return super.read(key);
			}
		}
		const store = new Deaf();
		const settings = new Settings(store);
		settings.change({ qos: 0, ssid: "home" });
		store.isDeaf = true;
		expect(settings.check({ qos: 2 })?.error).toBe(FLASH_FAILED);
		expect(settings.change({ qos: 2 })?.error).toBe(FLASH_FAILED);
		expect([settings.number("qos"), settings.text("ssid")]).toEqual([0, "home"]);
		store.isDeaf = false;
		expect(settings.change({ qos: 2 })).toBe(undefined);
		const next = new Settings(store);
		expect([next.number("qos"), next.text("ssid")]).toEqual([2, "home"]);
	});

	it("of a board whose flash takes no write are refused and stay as they are", () => {
		const flash = new Flash();
		const settings = new Settings(flash);
		flash.isFull = true;
		expect(settings.change({ qos: 0 })?.error).toBe(FLASH_FAILED);
		expect(settings.number("qos")).toBe(1);
		flash.isFull = false;
		expect(settings.change({ qos: 0 })).toBe(undefined);
		expect(settings.number("qos")).toBe(0);
	});

	it("are all of a change or nothing of it, wherever the power goes in however many changes", () => {
		const fates = ["whole", ...CUT_MODES] as const;
		let lives: (typeof fates)[number][][] = [[]];
		for (let changes = 1; changes <= 4; changes += 1) lives = lives.flatMap(life => fates.map(fate => [...life, fate]));
		for (const life of lives) {
			const flash = new Flash();
			let settled = ["", 1_000];
			for (const [i, fate] of [...life, "whole" as const].entries()) {
				const settings = new Settings(flash);
				expect([settings.text("ssid"), settings.number("interval")], `${life}`).toEqual(settled);
				if (fate !== "whole") flash.cutAt(1, fate, () => {});
				const changes = { ssid: `network ${i}`, interval: 2_000 + i };
				const refusal = settings.change(changes);
				// Whoever goes on in the dark is told that nothing was taken, and answers nobody.
				expect(refusal?.error, `${life}`).toBe(fate === "whole" ? undefined : FLASH_FAILED);
				flash.restore();
				if (fate === "whole" || fate === "after") settled = [changes.ssid, changes.interval];
			}
			const settings = new Settings(flash);
			expect([settings.text("ssid"), settings.number("interval")], `${life}`).toEqual(settled);
		}
	});

	it("say that a record is torn, until the next change is over it", () => {
		const flash = new Flash();
		new Settings(flash).change({ qos: 0 });
		flash.cutAt(1, "torn", () => {});
		new Settings(flash).change({ qos: 2 });
		flash.restore();
		const settings = new Settings(flash);
		expect(settings.problems).toEqual([{ name: "settings", source: "flash", error: "torn" }]);
		expect(settings.number("qos")).toBe(0);
		settings.change({ qos: 2 });
		expect(new Settings(flash).problems).toEqual([]);
	});

	it("do not mind what else stands under their keys", () => {
		const seed = recordOf(1, { qos: "0" });
		for (const length of [0, 1, HEAD_BYTES, 40]) {
			const store = new MemoryKeyValue();
			store.write("settings", new ArrayBuffer(length));
			store.write("settings2", seed);
			expect(new Settings(store).number("qos")).toBe(0);
			const other = new Uint8Array(seed.slice(0));
			other[1] = 9;
			seal(other);
			store.write("settings2", other.buffer);
			expect(new Settings(store).number("qos")).toBe(1);
		}
	});
});
