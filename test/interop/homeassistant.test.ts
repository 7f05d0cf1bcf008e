// What a board tells Home Assistant, through a real mosquitto; and its value templates in Jinja2 itself, held
// against the part of Jinja that the other tests play.

import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { Announcement } from "../../firmware/device/announcement.js";
import { Discovery } from "../../firmware/device/discovery.js";
import { QUANTITIES } from "../../firmware/telemetry/quantity.js";
import { nodeClock, nodeRandom } from "../../host-sim/node/clock.js";
import { MemoryKeyValue } from "../../host-sim/node/keyvalue.js";
import { NodeResolver } from "../../host-sim/node/resolver.js";
import { TCP } from "../../host-sim/node/tcp.js";
import { NodeTimer } from "../../host-sim/node/timer.js";
import { Agent, Client } from "../../host-sim/testing.js";
import { HomeAssistant } from "../support/homeassistant.js";
import { render } from "../support/jinja.js";
import { Mosquitto, sleep, until } from "../support/mosquitto.js";
import { describeWith, find } from "../support/need.js";

const T = "thimble_b1_temperature";

describeWith(["mosquitto", "mosquitto_sub"], "through mosquitto", () => {
	const closing: (() => unknown)[] = [];
	afterEach(async () => {
		for (const close of closing.splice(0).reverse()) await close();
	});

	it.each([4, 5] as const)(
		"a board is found, told apart from one that has gone, and taken back; MQTT version %s",
		async protocolVersion => {
			const mosquitto = await Mosquitto.start();
			closing.push(() => mosquitto.down());
			const address = { host: "127.0.0.1", port: mosquitto.port };
			const client = new Client({
				...address,
				clientId: "ha",
				cleanSession: true,
				limits: { receive: 16_384, topics: 64, topicBytes: 8192, messages: 32, outbox: 8192 },
				socket: { io: TCP },
				resolver: { io: NodeResolver },
				timer: { io: NodeTimer },
				clock: nodeClock,
				random: nodeRandom,
			});
			const ha = new HomeAssistant(client);
			ha.start();
			closing.push(() => client.close());
			const store = new MemoryKeyValue();
			const boot = (duty: Discovery) => {
				const agent = new Agent({
					...address,
					protocolVersion,
					deviceId: "b1",
					intervalMs: 50,
					sensors: [{ configure() {}, sample: () => ({ temperature: 21.53 }), close() {} }],
					telemetry: { batch: 2, quantities: { temperature: {} } },
					duties: [duty],
					io: { socket: TCP, resolver: NodeResolver, timer: NodeTimer, clock: nodeClock, random: nodeRandom, store },
				});
				agent.start();
				closing.push(() => agent.client.close());
				return agent;
			};
			const agent = boot(new Discovery({ name: "Küche" }));
			await until("a reading", () => ha.entities.get(T)?.state !== undefined);
			expect([ha.state(T), ha.entities.get(T)!.isAvailable, ha.entities.get(T)!.device["name"]]).toEqual([
				21.53,
				true,
				"Küche",
			]);
			// Retained, for one that comes later: as it is there, byte for byte JSON.
			const filter = "homeassistant/device/b1/config";
			const seen = spawnSync(
				find("mosquitto_sub")!,
				["-p", String(mosquitto.port), "-t", filter, "-C", "1", "-W", "5"],
				{
					encoding: "utf8",
				},
			);
			expect(JSON.parse(seen.stdout).dev.name).toBe("Küche");
			agent.stop(2_000);
			await until("its goodbye", () => ha.entities.get(T)!.isAvailable === false);
			await sleep(100);
			boot(new Discovery({ isOn: false }));
			await until("that it is taken back", () => ha.entities.size === 0);
			expect(ha.complaints).toEqual([]);
		},
	);
});

describeWith(["jinja2"], "Jinja2", () => {
	it("makes of each template and each message what our tests take for it", () => {
		const announcement = new Announcement({
			deviceId: "b1",
			name: "b1",
			statusTopic: "s",
			telemetryTopic: "t",
			quantities: QUANTITIES,
			diagnostics: ["rssi"],
			buttons: [],
		});
		const bytes = new Uint8Array(announcement.length);
		for (let at = 0; at < bytes.length; ) at += announcement.read(bytes, at, bytes.length - at, at);
		const { cmps } = JSON.parse(new TextDecoder().decode(bytes)) as { cmps: Record<string, { val_tpl?: string }> };
		const templates = [cmps["temperature"]!.val_tpl!, cmps["humidity"]!.val_tpl!, cmps["rssi"]!.val_tpl!];
		const messages = [
			{ boot: 1, seq: 1, temperature: 21.53, humidity: 0, rssi: -60 },
			{ boot: 1, seq: 1, temperature: -0.25 },
			{ boot: 1, seq: 1 },
			{ seq: 1, ms: [0, 1, 2], temperature: [21.5, null, 22.25], humidity: [45.5, null, null] },
			{ seq: 1, ms: [0, 1], temperature: [null, null] },
			{ seq: 1, temperature: [21.5, 20.5, 22.5, 21.25], humidity: [0, 0, 0, 0] },
			{ seq: 1, ms: [0, 1], temperature: [[21.5, 20.5, 22.5, 21.25], null], humidity: [1.5, 2.5] },
		];
		const cases = templates.flatMap(template => messages.map(message => ({ template, message })));
		const program = [
			"import sys, json, jinja2",
			"from jinja2.sandbox import ImmutableSandboxedEnvironment",
			// What is shown though it is undefined raises; Home Assistant would log it.
			"environment = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)",
			"cases = json.load(sys.stdin)",
			"print(json.dumps([environment.from_string(c['template']).render(value_json=c['message']).strip() for c in cases]))",
		];
		const { stderr, stdout } = spawnSync(find("jinja2")!, ["-c", program.join("\n")], {
			input: JSON.stringify(cases),
			encoding: "utf8",
		});
		expect(stderr).toBe("");
		const real = JSON.parse(stdout) as string[];
		const played = cases.map(({ message, template }) => render(template, { value_json: message }));
		expect(real).toEqual(played);
		expect(real.slice(0, messages.length)).toEqual(["21.53", "-0.25", "", "22.25", "", "21.5", "21.5"]);
	});
});

describe("the part of Jinja that tests play", () => {
	it.each([
		"{{ value_json.x | float }}",
		"{% for v in value_json.l %}{% endfor %}",
		"{{ value_json.x + 1 }}",
		"{% if value_json.x is odd %}1{% endif %}",
		"{% if value_json.x is defined %}1",
		"{{ value_json.none }}",
		"{{ nothing.x }}",
		"{{ value_json.x|default }}",
		"{# a comment #}",
		"{{ value_json.x|first }}",
		"{{ 'a' 'b' }}",
	])("knows nothing else: %s", template => {
		expect(() => render(template, { value_json: { x: 1, l: [1] } })).toThrow();
	});
});
