// A whole board: what its settings say, on the hardware that it is given. main.ts gives it that of a real board, the simulator
// that of a simulated one.
//
// Where a setting is missing without which it can do nothing, it waits on its serial port to be told. Otherwise it joins the
// network, learns the time where certificates have to be held to it, and starts its agent, with all duties that it is set to.

import type {
	Clock,
	DatagramConstructor,
	Digest,
	KeyValue,
	Memory,
	Network,
	Power,
	Random,
	ResolverConstructor,
	Sensor,
	SerialConstructor,
	SocketConstructor,
	TimerConstructor,
	Updater,
	Verifier,
} from "../io.js";
import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { DEFAULT_LIMITS } from "../mqtt/limits.js";
import { utf8Bytes, utf8Length } from "../mqtt/wire.js";
import { Servers } from "../optional/servers.js";
import { FlashStore } from "../optional/store.js";
import { Token } from "../optional/token.js";
import { type SensorPlan, sensorsOf } from "../sensor/registry.js";
import { Agent, type AgentListener, type AgentOptions } from "./agent.js";
import { BUTTONS, DIAGNOSTICS, quantitiesOf } from "./announcement.js";
import { Commands } from "./commands.js";
import {
	type Brokers,
	deviceIdOf,
	parseBrokers,
	parseDurability,
	parseSensors,
	parseTelemetry,
	parseUpdateKey,
} from "./config.js";
import { CountedStore } from "./counted.js";
import { Diagnostics } from "./diagnostics.js";
import { announcedTopic, DISCOVERY_TOPIC_BYTES, Discovery } from "./discovery.js";
import type { Duty } from "./duty.js";
import { ERROR, INFO, LEVELS, Log, WARN } from "./log.js";
import { Provisioning } from "./provisioning.js";
import type { RecognitionOptions } from "./recognizer.js";
import { Settings } from "./settings.js";
import { Timekeeper } from "./timekeeper.js";
import { isSecure, type TransportOptions, transportOf } from "./transport.js";
import type { Trial } from "./trial.js";
import type { TunableName } from "./tunables.js";
import { Update } from "./update.js";

/** What a board is made of. What it has not, is absent. */
export interface Hardware {
	/** What it is, such as "esp32". */
	kind: string;
	/** The build's arguments, by name. */
	config: Readonly<Record<string, unknown>>;
	store: KeyValue;
	clock: Clock;
	random: Random;
	timer: TimerConstructor;
	socket: SocketConstructor;
	resolver: ResolverConstructor;
	/** Makes a sensor, or throws. */
	makeSensor(plan: SensorPlan): Sensor;
	/** What it sees makes its readings, then, in the place of sensors; `telemetry` says which are worth it. Throws Misuse. */
	makeRecognizer?: ((commands: Commands, options: RecognitionOptions) => Recognized) | undefined;
	/** Settings without which it can do nothing. */
	required: readonly TunableName[];
	/** Joins that network and comes back to it for ever. */
	join(ssid: string, password: string, onChanged: (usable: boolean) => void): void;
	/** Networks on trial, for a board that has joined none. */
	makeTrial?: (() => Pick<Trial, "join">) | undefined;
	/** Known once it has joined. */
	macAddress(): string | undefined;
	network?: Network;
	power: Power;
	memory?: Memory;
	/** TLS. */
	security?: Pick<TransportOptions, "signatures" | "engine" | "resource">;
	/** The hash of tokens, for a board that is set to have some. */
	makeDigest?(): Digest;
	/** A clock that can be set, and what asks for the time. */
	time?: { socket: DatagramConstructor; set(milliseconds: number): void };
	serial?: { io: SerialConstructor } | undefined;
	update?: { updater?: Updater; verifier?: Verifier };
	/** A sensor has failed, so often in a row; it is tried again. */
	sensorFailed?(name: string, failures: number): void;
	/** Makes itself known for so many seconds, such as by a light. */
	identify?(seconds: number): void;
	/** A line for who looks on. */
	trace?(text: string): void;
	on?: AgentListener;
}

/** What makes readings of what it sees: a Recognizer. */
type Recognized = Duty & NonNullable<AgentOptions["readings"]>;

/** Topics and filters of an agent and all its duties; and their bytes with the longest id, without Home Assistant's. */
const TOPICS = 16;
const TOPIC_BYTES = 1024;
/** CONNECT beside credentials; and a token with the longest id. */
const CONNECT_BYTES = 256;
const TOKEN_BYTES = 256;

export class Board {
	readonly settings: Settings;
	readonly log: Log;
	/** Undefined as long as it waits to be told what it lacks, and where it cannot start as it is set. */
	agent: Agent | undefined = undefined;
	readonly #hardware: Hardware;
	readonly #store: CountedStore;
	#deviceId = "thimble";

	constructor(hardware: Hardware) {
		const { clock, config, store, trace } = hardware;
		this.#hardware = hardware;
		this.#store = new CountedStore(store);
		this.settings = new Settings(this.#store, config);
		this.log = new Log({
			clock,
			settings: this.settings,
			...(trace !== undefined && {
				onEntry: (level, text, value) => trace(`${LEVELS[level]}: ${text}${Number.isNaN(value) ? "" : ` ${value}`}`),
			}),
		});
		for (const { error, name, source } of this.settings.problems)
			this.log.add(WARN, `setting ${name} of the ${source}: ${error}`);
	}

	/** Whatever cannot be as it is set is told in the log, and nothing is thrown: a board that restarts for ever helps nobody. */
	start(): void {
		const { join, macAddress, required } = this.#hardware;
		const { log, settings } = this;
		const lacking = required.filter(name => settings.text(name) === "");
		if (lacking.length > 0) {
			log.add(WARN, `waiting to be told ${lacking.join(" and ")}`);
			this.listen(true);
			return;
		}
		join(settings.text("ssid"), settings.text("password"), usable =>
			log.add(usable ? INFO : WARN, usable ? "network up" : "network down"),
		);
		this.#deviceId = settings.text("device") || deviceIdOf(macAddress());
		this.listen(false);
		try {
			const brokers = parseBrokers(settings.text("broker"));
			this.agent = this.makeAgent(brokers);
			this.learnTime(isSecure(brokers) || settings.text("tokenSecret") !== "", this.agent);
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			log.add(ERROR, error.message);
		}
	}

	/** Starts the agent at once; or, where certificates or tokens need the time, when that is known, or has not come. */
	private learnTime(needsTime: boolean, agent: Agent): void {
		const { clock, random, resolver, time, timer } = this.#hardware;
		const servers = this.settings.text("ntp");
		const waits = needsTime && time !== undefined && servers !== "" && clock.wall() === 0;
		if (!waits) agent.start();
		if (time === undefined || servers === "") return;
		new Timekeeper({
			servers: servers.split(","),
			resolver: { io: resolver },
			socket: { io: time.socket },
			timer: { io: timer },
			random,
			set: milliseconds => time.set(milliseconds),
			onReady: isSet => {
				this.log.add(isSet ? INFO : WARN, isSet ? "time set" : "no time as yet");
				if (waits) agent.start();
			},
		});
	}

	/** Takes settings from the serial port, where it has one that nothing else has. */
	private listen(isWaiting: boolean): void {
		const { clock, kind, makeTrial, power, required, serial, timer } = this.#hardware;
		if (serial === undefined) return;
		const trial = isWaiting ? makeTrial?.() : undefined;
		try {
			new Provisioning({
				settings: this.settings,
				serial,
				timer: { io: timer },
				clock,
				required,
				board: kind,
				deviceId: this.#deviceId,
				...(power.restart !== undefined && { restart: () => power.restart!() }),
				...(trial !== undefined && { join: (ssid, password, done) => trial.join(ssid, password, done) }),
			});
		} catch {
			this.log.add(WARN, "no settings over the serial port: something else has it");
		}
	}

	private makeAgent(brokers: Brokers): Agent {
		const { clock, makeSensor, on, random, resolver, security, sensorFailed, socket, timer } = this.#hardware;
		const { log, settings } = this;
		const durability = parseDurability(settings.text("durability"));
		const diagnostics = this.diagnostics();
		const commands = this.commands();
		const recognizer = this.recognizer(commands);
		const plans = recognizer === undefined ? parseSensors(settings.text("sensors")) : [];
		const options: AgentOptions = {
			deviceId: this.#deviceId,
			servers: new Servers(brokers.servers),
			// The next broker knows nothing of what was under way to the one that has gone. With one broker a lost session is that
			// broker's word that something went wrong there, and said; with several it is a matter of course, and at QoS 1, which
			// allows a reading to come twice, the reading is what counts.
			...(brokers.servers.length > 1 && { onSessionLost: "republish" as const }),
			...this.credentials(brokers),
			protocolVersion: settings.number("protocol") === 5 ? 5 : 4,
			keepAlive: settings.number("keepAlive"),
			intervalMs: settings.number("interval"),
			qos: settings.number("qos"),
			sensors: sensorsOf(plans, makeSensor, clock, (name, code, failures) => {
				diagnostics.sensorFailures += 1;
				// One that stays away is tried for ever, and must not push everything else out of the log.
				if (failures === 1) log.add(ERROR, `sensor ${name} failed`, code);
				sensorFailed?.(name, failures);
			}),
			...(durability !== "ram" && { session: new FlashStore(this.#store), durability }),
			limits: {
				topics: TOPICS,
				topicBytes: TOPIC_BYTES + DISCOVERY_TOPIC_BYTES,
				send: Math.max(DEFAULT_LIMITS.send, CONNECT_BYTES + this.credentialBytes(brokers)),
			},
			duties: this.duties(commands, diagnostics, plans, recognizer),
			...(recognizer !== undefined && { readings: recognizer }),
			io: {
				...(security === undefined && !isSecure(brokers)
					? { socket, resolver }
					: transportOf(brokers, { ...this.securities(), socket, resolver, clock, random })),
				timer,
				clock,
				random,
				store: this.#store,
			},
			...(on !== undefined && { on }),
		};
		const telemetry = parseTelemetry(settings.text("telemetry"));
		if (telemetry === undefined || recognizer !== undefined) return new Agent(options);
		try {
			return new Agent({ ...options, telemetry });
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			// Messages that the outbox has no room for: then readings say everything, and the board can be told better.
			log.add(WARN, error.message);
			return new Agent({ ...options, ...(durability !== "ram" && { session: new FlashStore(this.#store) }) });
		}
	}

	/** What the broker's text says; or, for a board that has a secret, tokens instead of a password. */
	private credentials({ password, userName }: Brokers): Pick<AgentOptions, "userName" | "password"> {
		const { clock, makeDigest } = this.#hardware;
		const secret = this.settings.text("tokenSecret");
		if (secret === "")
			return { ...(userName !== undefined && { userName }), ...(password !== undefined && { password }) };
		if (makeDigest === undefined) throw new Misuse(BAD_OPTION, "tokenSecret: this board has no hash");
		const subject = this.#deviceId;
		const minutes = this.settings.number("tokenMinutes");
		const token = new Token({ secret: utf8Bytes(secret), digest: makeDigest(), clock, subject, minutes });
		return { userName: userName ?? subject, password: () => token.sign() };
	}

	private credentialBytes({ password, userName }: Brokers): number {
		if (this.settings.text("tokenSecret") === "") return utf8Length((userName ?? "") + (password ?? ""));
		return utf8Length(userName ?? this.#deviceId) + TOKEN_BYTES;
	}

	private securities(): Pick<TransportOptions, "signatures" | "engine" | "resource"> {
		const { security } = this.#hardware;
		if (security === undefined) throw new Misuse(BAD_OPTION, "broker: this board has no TLS");
		return security;
	}

	private diagnostics(): Diagnostics {
		const { memory, network, power } = this.#hardware;
		return new Diagnostics({
			settings: this.settings,
			flash: this.#store,
			power,
			...(memory !== undefined && { memory }),
			...(network !== undefined && { network }),
		});
	}

	private commands(): Commands {
		const { identify, power } = this.#hardware;
		return new Commands({ settings: this.settings, log: this.log, power, ...(identify !== undefined && { identify }) });
	}

	/** What is wrong with its options is told, and it recognises without them; where its model is none, it has sensors. */
	private recognizer(commands: Commands): Recognized | undefined {
		const { makeRecognizer } = this.#hardware;
		if (makeRecognizer === undefined) return undefined;
		for (const text of [this.settings.text("telemetry"), ""]) {
			try {
				return makeRecognizer(commands, parseTelemetry(text) ?? {});
			} catch (error) {
				if (!(error instanceof Misuse)) throw error;
				this.log.add(WARN, error.message);
			}
		}
		return undefined;
	}

	private duties(
		commands: Commands,
		diagnostics: Diagnostics,
		plans: readonly SensorPlan[],
		recognizer: Recognized | undefined,
	): Duty[] {
		const { config, identify, power, update } = this.#hardware;
		const { log, settings } = this;
		const duties: Duty[] = [log, diagnostics, commands];
		if (recognizer !== undefined) duties.push(recognizer);
		try {
			const key = parseUpdateKey(String(config["updateKey"] ?? ""));
			if (key !== undefined) duties.push(new Update({ version: String(config["version"]), key, power, ...update }));
		} catch (error) {
			if (!(error instanceof Misuse)) throw error;
			log.add(WARN, error.message);
		}
		const isFound = settings.text("homeAssistant") === "on";
		// Also where it is off, as long as something is announced that has to be taken back.
		if (!isFound && announcedTopic(this.#store) === "") return duties;
		const quantities = quantitiesOf(plans);
		const buttons = BUTTONS.filter(name => (name === "identify" ? identify : power.restart) !== undefined);
		duties.push(
			new Discovery({
				isOn: isFound,
				prefix: settings.text("homeAssistantPrefix"),
				name: settings.text("name"),
				buttons,
				diagnostics: DIAGNOSTICS.filter(name => name !== "rssi" || this.#hardware.network !== undefined),
				...(quantities !== undefined && { quantities }),
			}),
		);
		return duties;
	}
}

Object.freeze(Board.prototype);
