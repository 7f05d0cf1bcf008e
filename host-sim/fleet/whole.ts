// A simulated board with all that the firmware of a real one does: commands, a log, diagnostics, Home Assistant, updates. What its
// scenario says stands for the build's arguments, and its own flash goes before it, as on a real one.

import { Board } from "../../firmware/device/board.js";
import { parseBrokers } from "../../firmware/device/config.js";
import { Recognizer } from "../../firmware/device/recognizer.js";
import { TUNABLES } from "../../firmware/device/tunables.js";
import type {
	Collaborators,
	Network as Net,
	PictureSource,
	Power,
	Sensor,
	Updater,
	Verifier,
} from "../../firmware/io.js";
import { utf8Length } from "../../firmware/mqtt/wire.js";
import type { Network } from "../../firmware/vision/network.js";
import type { BoardListener, BoardOptions } from "./board.js";
import { UsageError } from "./schema.js";

/** What a whole board has beside what every one has. */
export interface Whole {
	readonly on: BoardListener;
	readonly power: Power;
	/** Made anew after it has failed. */
	makeSensor(): Sensor;
	identify(seconds: number): void;
	/** For one that sees. */
	readonly eyes?: { readonly network: Network; readonly pictures: PictureSource };
	/** Whose firmware it takes, which it is, and what it takes it with. Default: none. */
	readonly firmware?: { readonly key: string; readonly version: string; updater: Updater; verifier: Verifier };
}

/** Signal of a Wi-Fi that is near, in dBm. */
const NETWORK: Net = Object.freeze({ rssi: -55 });

type Options = Omit<BoardOptions<unknown>, "io">;
/** What a scenario says of a board, or a board is made from. */
type Wishes = Partial<BoardOptions<unknown>>;

/** Whether the scenario wants more than readings. */
export function isWhole({ commands, diagnostics, homeAssistant, recognition, updates }: Wishes): boolean {
	if (commands === true || updates === true) return true;
	return diagnostics !== undefined || homeAssistant !== undefined || recognition !== undefined;
}

/** Whether it takes a whole board where nobody but its firmware makes an agent: on the engine. */
export function needsWholeBoard(wishes: Wishes): boolean {
	return isWhole(wishes) || (wishes.durability ?? "ram") !== "ram" || wishes.telemetry !== undefined;
}

/** A board that is made, and not started. Its clock is right from the start on, and it is in its network. */
export function wholeBoard(options: Options, host: string, io: Required<Collaborators>, whole: Whole): Board {
	const { eyes, firmware, identify, makeSensor, on, power } = whole;
	return new Board({
		kind: "simulated",
		config: configOf(options, host, firmware),
		...io,
		makeSensor,
		...(eyes !== undefined && {
			makeRecognizer: (commands, wishes) => new Recognizer({ ...wishes, ...eyes, commands }),
		}),
		required: [],
		join: (_ssid, _password, onChanged) => onChanged(true),
		macAddress: () => undefined,
		network: NETWORK,
		power,
		...(firmware !== undefined && { update: { updater: firmware.updater, verifier: firmware.verifier } }),
		identify,
		sensorFailed: (name, failures) => on.sensorFailed?.(name, failures),
		on,
	});
}

/**
 * Throws UsageError where user name and password cannot stand in the one text that a board is told its broker by: it would come
 * as somebody else, or have no broker at all, and only its own log would say so.
 */
export function checkAccount(options: Options, host: string): void {
	const broker = configOf(options, host)["broker"]!;
	const { password, userName } = parseBrokers(broker);
	const { high } = TUNABLES.find(({ name }) => name === "broker")!;
	if (userName === options.userName && password === options.password && utf8Length(broker) <= high) return;
	throw new UsageError(
		`${options.deviceId}: a board that does more than take readings has no colon in its user name, and at most ${high} bytes of its broker's URL with user name and password`,
	);
}

/** What the scenario says, as a build's arguments. */
export function configOf(options: Options, host: string, firmware?: Whole["firmware"]): Record<string, string> {
	const { diagnostics = 0, durability = "ram", homeAssistant, password, port, recognition, userName } = options;
	const telemetry = recognition === undefined ? options.telemetry : { ...options.telemetry, ...recognition };
	const { servers = [{ host, port }] } = options;
	const credentials = userName === undefined ? "" : `${userName}${password === undefined ? "" : `:${password}`}@`;
	return {
		broker: `mqtt://${credentials}${servers.map(each => `${each.host}:${each.port}`).join(",")}`,
		device: options.deviceId,
		diagnostics: String(diagnostics),
		durability,
		interval: String(options.intervalMs),
		keepAlive: String(options.keepAlive),
		ntp: "",
		protocol: String(options.protocolVersion),
		qos: String(options.qos),
		...(telemetry !== undefined && { telemetry: JSON.stringify(telemetry) }),
		...(homeAssistant !== undefined && { homeAssistant: "on", homeAssistantPrefix: homeAssistant }),
		...(firmware !== undefined && { updateKey: firmware.key, version: firmware.version }),
	};
}
