// Entry on a board: settings, port, agent. Built from the manifest in the root; what a build says, flash may know better
// (device/settings.ts):
//
//     mcconfig -d -m -p esp32 ssid=… password=… broker=192.168.1.10,broker.example

import config from "mc/config";
import { Agent, type AgentOptions } from "thimble/device/agent";
import { Commands } from "thimble/device/commands";
import { deviceIdOf, parseBrokers, parseDurability, parseSensors, parseTelemetry } from "thimble/device/config";
import { CountedStore } from "thimble/device/counted";
import { Diagnostics } from "thimble/device/diagnostics";
import { ERROR, INFO, LEVELS, Log, WARN } from "thimble/device/log";
import { Settings } from "thimble/device/settings";
import { Misuse } from "thimble/mqtt/error";
import { Servers } from "thimble/optional/servers";
import { FlashStore } from "thimble/optional/store";
import { BoardClock, BoardRandom } from "thimble/port/clock";
import { macAddress, signalStrength, startNetwork } from "thimble/port/network";
import { BoardResolver } from "thimble/port/resolver";
import { makeSensor } from "thimble/port/sensors";
import { BoardSocket } from "thimble/port/socket";
import { BoardStore } from "thimble/port/store";
import { BoardTimer } from "thimble/port/timer";
import { sensorsOf } from "thimble/sensor/registry";
import type { Network } from "./io.js";
import type { TelemetryOptions } from "./telemetry/reporter.js";

const BOARD_NETWORK: Network = Object.freeze({
	get rssi() {
		return signalStrength();
	},
});

/** The SDK calls it once all modules are loaded. */
export default function main(): void {
	const store = new CountedStore(new BoardStore());
	const clock = new BoardClock();
	const settings = new Settings(store, config);
	const log = new Log({
		clock,
		settings,
		onEntry: (level, text, value) => trace(`${LEVELS[level]}: ${text}${Number.isNaN(value) ? "" : ` ${value}`}\n`),
	});
	for (const { error, name, source } of settings.problems) log.add(WARN, `setting ${name} of the ${source}: ${error}`);
	const { servers, userName, password } = parseBrokers(settings.text("broker"));
	startNetwork(settings.text("ssid"), settings.text("password"), usable =>
		log.add(usable ? INFO : WARN, usable ? "network up" : "network down"),
	);
	const diagnostics = new Diagnostics({ settings, flash: store, network: BOARD_NETWORK });
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
		sensors: sensorsOf(parseSensors(settings.text("sensors")), makeSensor, clock, (name, code, failures) => {
			diagnostics.sensorFailures += 1;
			// One that stays away is tried for ever, and must not push everything else out of the log.
			if (failures === 1) log.add(ERROR, `sensor ${name} failed`, code);
		}),
		...(durability !== "ram" && { session: new FlashStore(store), durability }),
		io: {
			socket: BoardSocket,
			resolver: BoardResolver,
			timer: BoardTimer,
			clock,
			random: new BoardRandom(),
			store,
		},
		// Two topics more than an agent has, and the longest id.
		limits: { topicBytes: 512 },
		duties: [log, diagnostics, new Commands({ settings, log })],
	};
	makeAgent(options, parseTelemetry(settings.text("telemetry")), log).start();
}

/** Messages that the outbox has no room for are known only here: then readings say everything, and the board can be told better. */
function makeAgent(options: AgentOptions, telemetry: TelemetryOptions | undefined, log: Log): Agent {
	try {
		return new Agent({ ...options, ...(telemetry !== undefined && { telemetry }) });
	} catch (error) {
		if (telemetry === undefined || !(error instanceof Misuse)) throw error;
		log.add(WARN, error.message);
		return new Agent(options);
	}
}
