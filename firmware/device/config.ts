// What a board is told when it is built: `mcconfig … ssid=… password=… broker=…`. All values are strings.

import { BAD_OPTION, Misuse } from "../mqtt/error.js";
import { plansIn, type SensorPlan } from "../sensor/registry.js";
import type { TelemetryOptions } from "../telemetry/reporter.js";
import { fromHex, isHex } from "./offer.js";

export interface BrokerAddress {
	host: string;
	port: number;
}

/** Brokers in order of preference, and the one account that is good for all of them. */
export interface Brokers {
	servers: BrokerAddress[];
	userName: string | undefined;
	password: string | undefined;
}

/**
 * Takes `[mqtt://][user[:password]@]host[:port][,host[:port]…]` apart; a port is 1883 where none is given. Without the
 * percent-escapes of a URL: whatever stands before the last `@` is user and password as they are, commas and all. Throws
 * Misuse.
 */
export function parseBrokers(text: string): Brokers {
	let rest = text;
	const scheme = rest.indexOf("://");
	if (scheme >= 0) {
		if (rest.slice(0, scheme) !== "mqtt") refuse("only mqtt:// is supported");
		rest = rest.slice(scheme + 3);
	}
	if (rest.endsWith("/")) rest = rest.slice(0, -1);
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
	return { servers: rest.split(",").map(parseAddress), userName, password };
}

function parseAddress(text: string): BrokerAddress {
	const colon = text.lastIndexOf(":");
	const host = colon < 0 ? text : text.slice(0, colon);
	const port = colon < 0 ? 1883 : Number(text.slice(colon + 1));
	if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse("a port is not a number from 1 to 65535");
	if (host === "") refuse("a host is empty");
	return { host, port };
}

/** The message never repeats the text: it may hold a password. */
function refuse(why: string): never {
	throw new Misuse(BAD_OPTION, `broker: expected [mqtt://][user[:password]@]host[:port][,host[:port]…]; ${why}`);
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
