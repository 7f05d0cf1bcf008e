// A scenario: which boards there are, what they measure, what goes wrong and for how long it runs, as checked JSON. Reading
// files is elsewhere: what is here runs on the engine, too.

import * as v from "valibot";
import { isPrefix } from "../../firmware/device/config.js";
import { utf8Length } from "../../firmware/mqtt/wire.js";
import type { TelemetryOptions } from "../../firmware/telemetry/reporter.js";
import type { BrokerOptions } from "../broker/broker.js";
import { password, type Security, security, userName } from "../security/roster.js";
import type { Curves } from "../sensor/curve.js";
import type { LinkOptions } from "../world/path.js";
import { curve, type Recognition, recognition, telemetry } from "./measuring.js";
import { isOrder, type Order, order } from "./order.js";
import { checked, duration, number, object, UsageError, wholeNumber } from "./schema.js";
import { type Incident, incident, type Whom } from "./timeline.js";

export { parseDuration, UsageError } from "./schema.js";

/** Where a board keeps its session: only in RAM, or in flash, always or as long as there is no connection. */
export type Durability = "ram" | "flash" | "flash-when-offline";

/** One board, as the scenario wants it. Times are in ms, but for keepAlive, which is in seconds. */
export interface BoardPlan {
	readonly name: string;
	readonly group?: string;
	readonly interval: number;
	readonly qos: 0 | 1 | 2;
	readonly protocol: "3.1.1" | "5";
	readonly keepAlive: number;
	/** What it says in CONNECT; absent: what its broker wants, or nothing. */
	readonly userName?: string;
	readonly password?: string;
	readonly durability: Durability;
	readonly telemetry?: TelemetryOptions;
	/** It sees. */
	readonly recognition?: Recognition;
	/** It answers commands. */
	readonly commands?: boolean;
	/** Seconds from one report of its own state to the next; absent for none. */
	readonly diagnostics?: number;
	/** It takes new firmware. */
	readonly updates?: boolean;
	/** It sleeps between its readings. */
	readonly sleeps?: boolean;
	/** How the topics of the Home Assistant begin that is to find it; absent: of none. */
	readonly homeAssistant?: string;
	readonly link: Partial<LinkOptions>;
	readonly driftPpm: number;
	readonly curves: Curves;
}

/** A checked scenario; durations are in ms. */
export interface Scenario {
	readonly seed: number;
	/** Absent: until stopped. */
	readonly duration?: number;
	readonly boards: readonly BoardPlan[];
	/** Names of the groups. */
	readonly groups: readonly string[];
	readonly broker: BrokerOptions;
	/** Who may come to that broker; absent: everybody. */
	readonly security?: Security;
	readonly timeline: readonly Incident[];
	/** What boards are told in its timeline. */
	readonly orders: readonly Order[];
}

/** Of confidence, in percent points. */
const MOST_DEADBAND = 100;
/** What of telemetry's options is for answers, too. */
const OF_ANSWERS: readonly string[] = ["intervalMs", "deadband", "heartbeatMs"];

/** The most boards of one scenario. */
const MOST_BOARDS = 10_000;

const prefixExpected = "expected true, false, or a topic prefix of at most 64 bytes without + and #";
const homeAssistant = v.union(
	[
		v.boolean(),
		v.pipe(
			v.string(),
			v.check(text => isPrefix(text) && utf8Length(text) <= 64, prefixExpected),
		),
	],
	prefixExpected,
);

/** What each group may say for itself, and the top level for all. */
const perBoard = {
	/** From one reading of a board to the next. */
	interval: v.optional(duration("10ms", "24h")),
	/** QoS of the readings. */
	qos: v.optional(v.picklist([0, 1, 2] as const, "expected 0, 1 or 2")),
	/** Version of MQTT. */
	protocol: v.optional(v.picklist(["3.1.1", "5"] as const, 'expected "3.1.1" or "5"')),
	/** Seconds. */
	keepAlive: v.optional(wholeNumber(0, 65_535)),
	userName: v.optional(userName),
	password: v.optional(password),
	durability: v.optional(
		v.picklist(["ram", "flash", "flash-when-offline"] as const, 'expected "ram", "flash" or "flash-when-offline"'),
	),
	telemetry: v.optional(telemetry),
	/** Whether boards see, and what of that is worth a reading. */
	recognition: v.optional(recognition),
	/** Whether boards answer commands. */
	commands: v.optional(v.boolean("expected true or false")),
	/** From one report of a board's own state to the next. */
	diagnostics: v.optional(duration("1s", "24h")),
	/** Whether boards take new firmware. */
	updates: v.optional(v.boolean("expected true or false")),
	/** Whether boards sleep between their readings. */
	sleep: v.optional(v.boolean("expected true or false")),
	/** Whether Home Assistant is to find it, or how Home Assistant's topics begin. */
	homeAssistant: v.optional(homeAssistant),
	link: v.optional(
		object({
			latency: v.optional(duration("0ms", "10m")),
			jitter: v.optional(duration("0ms", "10m")),
			bandwidth: v.optional(wholeNumber(0, 1_000_000_000)),
			slice: v.optional(wholeNumber(0, 65_535)),
		}),
	),
	clock: v.optional(object({ driftPpm: v.optional(number(-100_000, 100_000)) })),
	curves: v.optional(
		object({ temperature: v.optional(curve), humidity: v.optional(curve), pressure: v.optional(curve) }),
	),
};

const groupName = 'expected 1 to 32 letters, digits, - and _, and not "all"';

const group = object({
	name: v.pipe(
		v.string(groupName),
		v.check(name => /^[\w-]{1,32}$/.test(name) && name !== "all", groupName),
	),
	/** How many boards. */
	devices: wholeNumber(1, MOST_BOARDS),
	...perBoard,
});

const broker = object({
	receiveMaximum: v.optional(wholeNumber(1, 65_535)),
	maximumPacketSize: v.optional(wholeNumber(64, 16_777_216)),
	maximumQos: v.optional(v.picklist([0, 1, 2] as const, "expected 0, 1 or 2")),
	retainAvailable: v.optional(v.boolean("expected true or false")),
	topicAliasMaximum: v.optional(wholeNumber(0, 65_535)),
	/** Seconds. */
	serverKeepAlive: v.optional(wholeNumber(0, 65_535)),
	sessionExpiry: v.optional(duration("0s", "8760h")),
	maxQueued: v.optional(wholeNumber(1, 1_000_000)),
});

/** A fault, or an order. */
const entry: v.GenericSchema<unknown, Incident | Order> = v.lazy(
	(given): v.GenericSchema<unknown, Incident | Order> => (isOrder(given) ? order : incident) as typeof entry,
);

const schema = object({
	devices: v.optional(wholeNumber(1, MOST_BOARDS)),
	/** Where all chance begins. */
	seed: v.optional(wholeNumber(0, 4_294_967_295), 1),
	qos: perBoard.qos,
	protocol: perBoard.protocol,
	interval: perBoard.interval,
	duration: v.optional(duration("100ms", "8760h")),
	keepAlive: perBoard.keepAlive,
	userName: perBoard.userName,
	password: perBoard.password,
	durability: perBoard.durability,
	telemetry: perBoard.telemetry,
	recognition: perBoard.recognition,
	commands: perBoard.commands,
	diagnostics: perBoard.diagnostics,
	updates: perBoard.updates,
	sleep: perBoard.sleep,
	homeAssistant: perBoard.homeAssistant,
	link: perBoard.link,
	clock: perBoard.clock,
	curves: perBoard.curves,
	groups: v.optional(
		v.pipe(v.array(group, "expected a list of groups"), v.minLength(1, "expected at least one group")),
	),
	broker: v.optional(broker, {}),
	security: v.optional(security),
	timeline: v.optional(v.array(entry, "expected a list of faults, commands and updates"), []),
});

type Given = v.InferOutput<typeof schema>;
type GivenPerBoard = Pick<Given, keyof typeof perBoard>;

/** Checks a scenario. Throws UsageError: `where`, the path of the first fault, and what was expected there. */
export function checkScenario(value: unknown, where: string): Scenario {
	const given = checked(schema, value, where);
	const boards = boardsOf(given, where);
	const groups = (given.groups ?? []).map(({ name }) => name);
	const scenario: Scenario = {
		seed: given.seed,
		...(given.duration !== undefined && { duration: given.duration }),
		boards,
		groups,
		broker: brokerOf(given.broker),
		...(given.security !== undefined && { security: given.security }),
		timeline: given.timeline.filter(isIncident),
		orders: given.timeline.filter(entry => !isIncident(entry)) as Order[],
	};
	for (const [i, entry] of given.timeline.entries()) {
		checkWhom(scenario, entry.boards, `${where}timeline[${i}].boards`);
		if (!isIncident(entry)) checkOrder(scenario, entry, `${where}timeline[${i}]`);
	}
	for (const { name, sleeps, ...board } of boards)
		if (sleeps === true && (board.commands || board.diagnostics !== undefined || board.updates || board.homeAssistant))
			throw new UsageError(
				`${where}sleep: ${name} would sleep through commands, diagnostics and updates: leave them out`,
			);
	for (const { name, recognition, sleeps, telemetry = {} } of boards) {
		if (recognition === undefined) continue;
		const wrong = Object.keys(telemetry).find(key => !OF_ANSWERS.includes(key));
		if (sleeps === true) throw new UsageError(`${where}sleep: ${name} would sleep while it is to see: leave it out`);
		if (wrong !== undefined)
			throw new UsageError(
				`${where}telemetry: ${name} sees, and its answers know interval, deadband and heartbeat alone: leave the rest out`,
			);
		const { deadband = 0 } = telemetry;
		if (deadband > MOST_DEADBAND || !Number.isInteger(deadband))
			throw new UsageError(
				`${where}telemetry.deadband: ${name} sees: expected whole percent points up to ${MOST_DEADBAND}, got ${deadband}`,
			);
	}
	return scenario;
}

/** The boards of that name, of the group of that name, of all in a list, or all. */
export function boardsNamed({ boards }: Scenario, whom: Whom): readonly BoardPlan[] {
	if (whom === "all") return boards;
	const names = new Set(typeof whom === "string" ? [whom] : whom);
	return boards.filter(
		({ group, name }) => names.has("all") || names.has(name) || (group !== undefined && names.has(group)),
	);
}

/** Whether it takes a world of virtual time: real sockets have no faults to order, and no other link than they have. */
export function needsWorld({ boards, broker, orders, security, timeline }: Scenario): boolean {
	if (timeline.length + orders.length > 0 || Object.keys(broker).length > 0 || security !== undefined) return true;
	return boards.some(
		({ driftPpm, link, sleeps, updates }) => sleeps || updates || driftPpm !== 0 || Object.keys(link).length > 0,
	);
}

function isIncident(entry: Incident | Order): entry is Incident {
	return "fault" in entry;
}

/** Those whom it is about have to listen. */
function checkOrder(scenario: Scenario, order: Order, where: string): void {
	const what = "update" in order ? "updates" : "commands";
	for (const board of boardsNamed(scenario, order.boards))
		if (board[what] !== true)
			throw new UsageError(`${where}.boards: ${board.name} does not listen to that; expected "${what}": true for it`);
}

function boardsOf(given: Given, where: string): BoardPlan[] {
	const { devices, groups } = given;
	if (groups === undefined) return plansOf("board", devices ?? 3, given, {});
	if (devices !== undefined) throw new UsageError(`${where}devices: each of the groups says how many: leave it out`);
	const boards = groups.flatMap(group => plansOf(group.name, group.devices, group, given, group.name));
	if (boards.length > MOST_BOARDS)
		throw new UsageError(`${where}groups: expected at most ${MOST_BOARDS} boards in all, got ${boards.length}`);
	const taken = new Set(boards.map(({ name }) => name));
	if (taken.size < boards.length) throw new UsageError(`${where}groups: two of them give a board the same name`);
	for (const [i, { name }] of groups.entries()) {
		if (taken.has(name))
			throw new UsageError(`${where}groups[${i}].name: "${name}" is the name of a board, or of another group`);
		taken.add(name);
	}
	return boards;
}

function plansOf(
	prefix: string,
	count: number,
	own: GivenPerBoard,
	common: GivenPerBoard,
	group?: string,
): BoardPlan[] {
	const width = Math.max(2, String(count).length);
	const { bandwidth, jitter, latency, slice } = { ...common.link, ...own.link };
	const telemetry = own.telemetry ?? common.telemetry;
	const recognition = "recognition" in own ? own.recognition : common.recognition;
	const diagnostics = own.diagnostics ?? common.diagnostics;
	const homeAssistant = own.homeAssistant ?? common.homeAssistant ?? false;
	const userName = own.userName ?? common.userName;
	const password = own.password ?? common.password;
	const plan = {
		...(group !== undefined && { group }),
		interval: own.interval ?? common.interval ?? 1000,
		qos: own.qos ?? common.qos ?? 1,
		protocol: own.protocol ?? common.protocol ?? "3.1.1",
		keepAlive: own.keepAlive ?? common.keepAlive ?? 60,
		...(userName !== undefined && { userName }),
		...(password !== undefined && { password }),
		durability: own.durability ?? common.durability ?? "ram",
		...(telemetry !== undefined && { telemetry }),
		...(recognition !== undefined && { recognition }),
		...((own.commands ?? common.commands) === true && { commands: true }),
		...(diagnostics !== undefined && { diagnostics: Math.max(1, Math.round(diagnostics / 1000)) }),
		...((own.updates ?? common.updates) === true && { updates: true }),
		...((own.sleep ?? common.sleep) === true && { sleeps: true }),
		...(homeAssistant !== false && { homeAssistant: homeAssistant === true ? "homeassistant" : homeAssistant }),
		link: {
			...(latency !== undefined && { latencyMs: latency }),
			...(jitter !== undefined && { jitterMs: jitter }),
			...(bandwidth !== undefined && { bandwidth }),
			...(slice !== undefined && { slice }),
		},
		driftPpm: own.clock?.driftPpm ?? common.clock?.driftPpm ?? 0,
		curves: curvesOf({ ...common.curves, ...own.curves }),
	} as const;
	return Array.from({ length: count }, (_, i) => ({
		name: `${prefix}-${String(i + 1).padStart(width, "0")}`,
		...plan,
	}));
}

function curvesOf(given: NonNullable<Given["curves"]>): Curves {
	return Object.fromEntries(Object.entries(given).filter(([, curve]) => curve !== undefined)) as Curves;
}

function brokerOf({ maxQueued, sessionExpiry, ...limits }: Given["broker"]): BrokerOptions {
	const all = {
		...limits,
		...(sessionExpiry !== undefined && { sessionExpiryMaximum: Math.floor(sessionExpiry / 1000) }),
	};
	return {
		...(maxQueued !== undefined && { maxQueued }),
		...(Object.keys(all).length > 0 && { limits: all as NonNullable<BrokerOptions["limits"]> }),
	};
}

/** Throws UsageError where there is nobody of one of these names. */
export function checkWhom(scenario: Scenario, whom: Whom, where: string): void {
	const names = typeof whom === "string" ? [whom] : whom;
	for (const [i, name] of names.entries()) {
		if (name === "all" || boardsNamed(scenario, name).length > 0) continue;
		const { boards, groups } = scenario;
		const known = groups.length > 0 ? `groups are ${groups.join(", ")}, ` : "";
		const names = boards.length === 1 ? boards[0]!.name : `${boards[0]!.name} to ${boards.at(-1)!.name}`;
		const at = typeof whom === "string" ? where : `${where}[${i}]`;
		throw new UsageError(`${at}: there is no board or group "${name}"; ${known}boards are ${names}`);
	}
}
