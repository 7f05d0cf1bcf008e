// Entry on a board: settings, port, agent. Built from the manifest in the root; what a build says, flash may know better
// (device/settings.ts):
//
//     mcconfig -d -m -p esp32 ssid=… password=… broker=192.168.1.10,broker.example

import config from "mc/config";
import { Agent, type AgentOptions } from "thimble/device/agent";
import { deviceIdOf, parseBrokers, parseDurability, parseSensors, parseTelemetry } from "thimble/device/config";
import { Settings } from "thimble/device/settings";
import { Misuse } from "thimble/mqtt/error";
import { Servers } from "thimble/optional/servers";
import { FlashStore } from "thimble/optional/store";
import { BoardClock, BoardRandom } from "thimble/port/clock";
import { macAddress, startNetwork } from "thimble/port/network";
import { BoardResolver } from "thimble/port/resolver";
import { makeSensor } from "thimble/port/sensors";
import { BoardSocket } from "thimble/port/socket";
import { BoardStore } from "thimble/port/store";
import { BoardTimer } from "thimble/port/timer";
import { sensorsOf } from "thimble/sensor/registry";
import type { TelemetryOptions } from "./telemetry/reporter.js";

/** The SDK calls it once all modules are loaded. */
export default function main(): void {
	const store = new BoardStore();
	const settings = new Settings(store, config);
	for (const { error, name, source } of settings.problems) trace(`${name} of the ${source}: ${error}\n`);
	const { servers, userName, password } = parseBrokers(settings.text("broker"));
	startNetwork(settings.text("ssid"), settings.text("password"), usable =>
		trace(usable ? "network up\n" : "network down\n"),
	);
	const clock = new BoardClock();
	const deviceId = settings.text("device") === "" ? deviceIdOf(macAddress()) : settings.text("device");
	const durability = parseDurability(settings.text("durability"));
	const options: AgentOptions = {
		deviceId,
		servers: new Servers(servers),
		...(userName !== undefined && { userName }),
		...(password !== undefined && { password }),
		protocolVersion: settings.number("protocol") === 5 ? 5 : 4,
		keepAlive: settings.number("keepAlive"),
		intervalMs: settings.number("interval"),
		qos: settings.number("qos"),
		sensors: sensorsOf(parseSensors(settings.text("sensors")), makeSensor, clock, (name, code, failures) =>
			trace(`sensor ${name} failed: ${code}, ${failures} in a row\n`),
		),
		...(durability !== "ram" && { session: new FlashStore(store), durability }),
		io: {
			socket: BoardSocket,
			resolver: BoardResolver,
			timer: BoardTimer,
			clock,
			random: new BoardRandom(),
			store,
		},
		on: {
			online: sessionPresent => trace(`${deviceId} online${sessionPresent ? ", session resumed" : ""}\n`),
			offline: code => trace(`${deviceId} offline: 0x${code.toString(16)}\n`),
		},
	};
	makeAgent(options, parseTelemetry(settings.text("telemetry"))).start();
}

/** Messages that the outbox has no room for are known only here: then readings say everything, and the board can be told better. */
function makeAgent(options: AgentOptions, telemetry: TelemetryOptions | undefined): Agent {
	try {
		return new Agent({ ...options, ...(telemetry !== undefined && { telemetry }) });
	} catch (error) {
		if (telemetry === undefined || !(error instanceof Misuse)) throw error;
		trace(`${error.message}\n`);
		return new Agent(options);
	}
}
