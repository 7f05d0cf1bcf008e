// Entry on a board: configuration, port, agent. Built from the manifest in the root:
//
//     mcconfig -d -m -p esp32 ssid=… password=… broker=192.168.1.10,broker.example

import config from "mc/config";
import { Agent } from "thimble/device/agent";
import { deviceIdOf, parseBrokers, parseDurability, parseSensors, parseTelemetry } from "thimble/device/config";
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

/** The SDK calls it once all modules are loaded. */
export default function main(): void {
	const { servers, userName, password } = parseBrokers(config.broker);
	startNetwork(config.ssid, config.password, usable => trace(usable ? "network up\n" : "network down\n"));
	const clock = new BoardClock();
	const deviceId = config.device === "" ? deviceIdOf(macAddress()) : config.device;
	const store = new BoardStore();
	const telemetry = parseTelemetry(config.telemetry);
	const durability = parseDurability(config.durability);
	const agent = new Agent({
		deviceId,
		servers: new Servers(servers),
		...(userName !== undefined && { userName }),
		...(password !== undefined && { password }),
		protocolVersion: config.protocol === "5" ? 5 : 4,
		intervalMs: Number(config.interval),
		qos: Number(config.qos),
		sensors: sensorsOf(parseSensors(config.sensors), makeSensor, clock, (name, code, failures) =>
			trace(`sensor ${name} failed: ${code}, ${failures} in a row\n`),
		),
		...(telemetry !== undefined && { telemetry }),
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
	});
	agent.start();
}
