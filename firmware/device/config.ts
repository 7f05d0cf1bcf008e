// What a board is told when it is built: `mcconfig … ssid=… password=… broker=…`. All values are strings.

import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { plansIn, type SensorPlan } from "../sensor/registry.js";
import type { TelemetryOptions } from "../telemetry/reporter.js";
import { fromHex, isHex } from "./offer.js";

export interface BrokerAddress {
	host: string;
	port: number;
}

/** What a client's bytes go over: TCP, TLS, WebSocket, or WebSocket over TLS. */
export type Scheme = "mqtt" | "mqtts" | "ws" | "wss";

/** Brokers in order of preference, how all of them are spoken to, and the one account that is good for all of them. */
export interface Brokers {
	scheme: Scheme;
	/** Of a WebSocket. */
	path: string;
	servers: BrokerAddress[];
	userName: string | undefined;
	password: string | undefined;
}

/** The ports that are meant where none is given. */
const PORTS: Readonly<Record<string, number | undefined>> = Object.freeze({
	mqtt: 1883,
	mqtts: 8883,
	ws: 80,
	wss: 443,
});
/** Where brokers have their WebSocket, unless they are told otherwise. */
const PATH = "/mqtt";

/**
 * Takes `[scheme://][user[:password]@]host[:port][,host[:port]…][/path]` apart: the scheme is `mqtt`, `mqtts`, `ws` or `wss`, and
 * a path only WebSocket has. Without the percent-escapes of a URL: whatever stands before the last `@` is user and password
 * as they are, commas and all. Throws Misuse.
 */
export function parseBrokers(text: string): Brokers {
	let rest = text;
	let scheme = "mqtt";
	const behind = rest.indexOf("://");
	if (behind >= 0) {
		scheme = rest.slice(0, behind);
		rest = rest.slice(behind + 3);
	}
	const port = PORTS[scheme];
	if (port === undefined) refuse("only mqtt://, mqtts://, ws:// and wss:// are supported");
	let userName: string | undefined;
	let password: string | undefined;
	const at = rest.lastIndexOf("@");
	if (at >= 0) {
		const colon = rest.indexOf(":");
		userName = colon >= 0 && colon < at ? rest.slice(0, colon) : rest.slice(0, at);
		password = colon >= 0 && colon < at ? rest.slice(colon + 1, at) : undefined;
		if (userName === "") refuse("the user name is empty");
		rest = rest.slice(at + 1);
	}
	const slash = rest.indexOf("/");
	const path = slash < 0 || slash === rest.length - 1 ? "" : rest.slice(slash);
	if (slash >= 0) rest = rest.slice(0, slash);
	if (path !== "" && !scheme.startsWith("ws")) refuse("only ws:// and wss:// have a path");
	for (const character of path) if (character <= " " || character > "~") refuse("a path has letters, digits and signs");
	const servers = rest.split(",").map(one => parseAddress(one, port));
	return { scheme: scheme as Scheme, path: path === "" ? PATH : path, servers, userName, password };
}

function parseAddress(text: string, usual: number): BrokerAddress {
	const colon = text.lastIndexOf(":");
	const host = colon < 0 ? text : text.slice(0, colon);
	const port = colon < 0 ? usual : Number(text.slice(colon + 1));
	if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse("a port is not a number from 1 to 65535");
	if (host === "") refuse("a host is empty");
	return { host, port };
}

/** The message never repeats the text: it may hold a password. */
function refuse(why: string): never {
	throw new Misuse(BAD_OPTION, `broker: expected [mqtt://][user[:password]@]host[:port][,host[:port]…][/path]; ${why}`);
}

/** A device id from a MAC address: `thimble-a4d18cdbc020`; `thimble` where there is none. */
export function deviceIdOf(mac: string | undefined): string {
	let digits = "";
	for (const character of mac ?? "") if (character !== ":") digits += character.toLowerCase();
	return digits === "" ? "thimble" : `thimble-${digits}`;
}

/**
 * Where readings under way are kept: "ram", "flash" (all, before they leave) or "flash-when-offline" (those that find no
 * connection, and what is under way when one ends). Throws Misuse.
 */
export function parseDurability(text: string): "ram" | "flash" | "flash-when-offline" {
	if (text === "ram" || text === "flash" || text === "flash-when-offline") return text;
	throw new Misuse(BAD_OPTION, `durability: expected ram, flash or flash-when-offline, got "${text}"`);
}

/**
 * The sensors of a board, such as `bme68x,tmp102@0x49,analog@34:temperature`: names of drivers with their address on the
 * bus, `analog` with its pin, what it stands for and what that is at nothing and at full scale (`analog@34:voltage=0..3.3`),
 * or `synthetic`. Throws Misuse.
 */
export function parseSensors(text: string): SensorPlan[] {
	const plans = plansIn(text);
	if (plans !== undefined && plans.length > 0) return plans;
	throw new Misuse(BAD_OPTION, `sensors: expected name[@address][:quantity[=low..high]],…, got "${text}"`);
}

/** The telemetry options as JSON, which the agent checks; undefined where there are none. Throws Misuse. */
export function parseTelemetry(text: string): TelemetryOptions | undefined {
	if (text === "") return undefined;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		value = undefined;
	}
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as TelemetryOptions;
	throw new Misuse(BAD_OPTION, `telemetry: expected an object in JSON, got "${text}"`);
}

/**
 * The public key whose owner's new firmware is taken: 130 hexadecimal digits of P-256, or 64 of Ed25519; undefined where there is
 * none. Throws Misuse.
 */
export function parseUpdateKey(text: string): Uint8Array | undefined {
	if (text === "") return undefined;
	if (text.length === 64 ? isHex(text, 32) : isHex(text, 65) && text.startsWith("04")) return fromHex(text);
	throw new Misuse(BAD_OPTION, `updateKey: expected 130 hexadecimal digits that begin with 04, or 64, got "${text}"`);
}

/** Whether Home Assistant's topics may begin with that. */
export function isPrefix(text: string): boolean {
	if (text === "" || text.startsWith("/") || text.endsWith("/")) return false;
	for (const character of text) if (character === "+" || character === "#" || character < " ") return false;
	return true;
}
