// A message as JSON, with the names, the order and the layout that mosquitto_sub gives it with %j, %J and --pretty.

import type { Message } from "./message.js";

/** A value, or an object as pairs: user properties may have the same name twice. */
type Json = string | number | boolean | null | Json[] | Pairs;
interface Pairs {
	readonly pairs: readonly (readonly [string, Json])[];
}

/** Undefined where the payload shall be JSON itself (`raw`), and is not. */
export function messageJson(message: Message, raw: boolean, pretty: boolean): string | undefined {
	const { topic, qos, retain, payload, packetId } = message;
	const pairs: [string, Json][] = [
		["tst", isoTime(message.time, true)],
		["topic", topic],
		["qos", qos],
		["retain", retain ? 1 : 0],
		["payloadlen", payload.length],
	];
	if (qos > 0) pairs.push(["mid", packetId]);
	const properties = propertiesOf(message);
	if (properties.length > 0) pairs.push(["properties", { pairs: properties }]);
	// What is no UTF-8 cannot be in JSON: those bytes show as U+FFFD.
	if (payload.length === 0) pairs.push(["payload", null]);
	else if (raw) {
		try {
			pairs.push(["payload", jsonOf(JSON.parse(payload.toString()))]);
		} catch {
			return undefined;
		}
	} else pairs.push(["payload", payload.toString()]);
	return written({ pairs }, pretty, 0);
}

/** ISO 8601 with the local offset, with microseconds or without a fraction. */
export function isoTime(time: number, fraction: boolean): string {
	const date = new Date(time);
	const offset = -date.getTimezoneOffset();
	const local = new Date(time + offset * 60_000).toISOString();
	const away = Math.abs(offset);
	const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(away / 60))}${two(away % 60)}`;
	return `${fraction ? `${local.slice(0, 23)}000` : local.slice(0, 19)}${zone}`;
}

function two(value: number): string {
	return String(value).padStart(2, "0");
}

function propertiesOf({ properties, userProperties }: Message): [string, Json][] {
	const pairs = [...properties].map(([name, value]): [string, Json] => [
		name,
		typeof value === "object" ? Buffer.from(value).toString() : value,
	]);
	if (userProperties.length > 0) pairs.push(["user-properties", { pairs: userProperties }]);
	return pairs;
}

function jsonOf(value: unknown): Json {
	if (Array.isArray(value)) return value.map(jsonOf);
	if (typeof value !== "object" || value === null) return value as string | number | boolean | null;
	return { pairs: Object.entries(value).map(([name, each]) => [name, jsonOf(each)]) };
}

/** As the library that mosquitto uses writes it: an object's members below one another, an array's in a line. */
function written(value: Json, pretty: boolean, depth: number): string {
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(each => written(each, pretty, depth + 1)).join(pretty ? ", " : ",")}]`;
	const members = value.pairs.map(
		([name, each]) => `${JSON.stringify(name)}:${pretty ? "\t" : ""}${written(each, pretty, depth + 1)}`,
	);
	if (!pretty) return `{${members.join(",")}}`;
	const indent = "\t".repeat(depth + 1);
	return `{\n${members.map((member, i) => `${indent}${member}${i < members.length - 1 ? "," : ""}\n`).join("")}${"\t".repeat(depth)}}`;
}
