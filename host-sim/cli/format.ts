// How `thimble sub` prints a message: the payload, or a line by the sequences of mosquitto_sub's -F.

import { UsageError } from "../fleet/scenario.js";
import { isoTime, messageJson } from "./json.js";
import type { Message, PropertyName } from "./message.js";

/** One message as the bytes to print. */
export type Format = (message: Message) => Buffer;

interface Layout {
	readonly left: boolean;
	readonly zeros: boolean;
	/** The least width, or 0. */
	readonly width: number;
	/** The most characters, or -1 for all. */
	readonly most: number;
}

type Part = (message: Message) => string | Buffer;

const WIDEST = 10_000;
const ESCAPES: Readonly<Record<string, string>> = {
	"\\": "\\",
	"0": "\0",
	a: "\x07",
	e: "\x1b",
	n: "\n",
	r: "\r",
	t: "\t",
	v: "\v",
};

/** Payloads as they are; empty ones show nothing, or "(null)" behind their topic. */
export function plainFormat(verbose: boolean, newline: boolean): Format {
	const end = newline ? "\n" : "";
	return ({ topic, payload }) => {
		if (payload.length === 0) return Buffer.from(verbose && newline ? `${topic} (null)\n` : "");
		return Buffer.concat([Buffer.from(verbose ? `${topic} ` : ""), payload, Buffer.from(end)]);
	};
}

/** The -F of mosquitto_sub. Throws UsageError where something in it means nothing. */
export function sequenceFormat(
	text: string,
	{ pretty, newline, tell }: { pretty: boolean; newline: boolean; tell(text: string): void },
): Format {
	const parts: Part[] = [];
	const pattern = /%(-?)(0?)(\d*)(?:\.(\d+))?(.?)|@(.?)|\\(.?)|[^%@\\]+/gsu;
	for (const match of text.matchAll(pattern)) {
		const [all, left, zeros, width, most, percent, at, escaped] = match;
		if (percent !== undefined) {
			if (Number(width) > WIDEST) throw new UsageError(`-F: a width may be ${WIDEST} at most`);
			const layout = {
				left: left === "-",
				zeros: zeros === "0" && left !== "-",
				width: Number(width),
				most: most === undefined ? -1 : Number(most),
			};
			parts.push(percentPart(percent, layout, pretty, tell));
		} else if (at !== undefined) parts.push(timePart(at));
		else if (escaped !== undefined) {
			const character = ESCAPES[escaped];
			if (character === undefined) throw new UsageError(`-F: there is no \\${escaped}; see --help`);
			parts.push(() => character);
		} else parts.push(() => all);
	}
	if (newline) parts.push(() => "\n");
	return message => Buffer.concat(parts.map(part => part(message)).map(each => Buffer.from(each as string)));
}

function percentPart(name: string, layout: Layout, pretty: boolean, tell: (text: string) => void): Part {
	const number = (value: (message: Message) => number | undefined): Part => {
		return message => padded(String(value(message) ?? ""), layout);
	};
	const text = (value: (message: Message) => string | undefined): Part => {
		return message => padded(cut(value(message) ?? "", layout.most), { ...layout, zeros: false });
	};
	const numeric = (property: PropertyName) =>
		number(({ properties }) => properties.get(property) as number | undefined);
	const textual = (property: PropertyName) => text(({ properties }) => properties.get(property) as string | undefined);
	switch (name) {
		case "%":
			return () => "%";
		case "A":
			return numeric("topic-alias");
		case "C":
			return textual("content-type");
		case "D":
			return ({ properties }) => Buffer.from((properties.get("correlation-data") as Uint8Array) ?? []);
		case "E":
			return numeric("message-expiry-interval");
		case "F":
			return numeric("payload-format-indicator");
		case "I":
			return text(({ time }) => isoTime(time, false));
		case "j":
		case "J":
			return message => {
				const json = messageJson(message, name === "J", pretty);
				if (json === undefined) tell(`the payload is no JSON, on topic ${message.topic}`);
				return json ?? "";
			};
		case "l":
			return number(({ payload }) => payload.length);
		case "m":
			return number(({ packetId }) => packetId);
		case "P":
			return ({ userProperties }) => userProperties.map(([key, value]) => `${key}:${value}`).join(" ");
		case "p":
			return ({ payload }) => paddedPayload(payload, layout, "");
		case "q":
			return ({ qos }) => String(qos);
		case "R":
			return textual("response-topic");
		case "r":
			return ({ retain }) => (retain ? "1" : "0");
		case "S":
			return numeric("subscription-identifier");
		case "t":
			return text(({ topic }) => topic);
		case "U":
			return ({ time }) => `${Math.trunc(time / 1000)}.${nanoseconds(time)}`;
		case "x":
			return ({ payload }) => paddedPayload(payload, layout, "lower");
		case "X":
			return ({ payload }) => paddedPayload(payload, layout, "upper");
	}
	throw new UsageError(`-F: there is no %${name}; see --help`);
}

/** Of strftime, what dates and times of day are made of. */
function timePart(name: string): Part {
	const pick = (from: number, to: number): Part => {
		return ({ time }) => isoTime(time, false).slice(from, to);
	};
	switch (name) {
		case "@":
			return () => "@";
		case "N":
			return ({ time }) => nanoseconds(time);
		case "s":
			return ({ time }) => String(Math.trunc(time / 1000));
		case "Y":
			return pick(0, 4);
		case "y":
			return pick(2, 4);
		case "m":
			return pick(5, 7);
		case "d":
			return pick(8, 10);
		case "F":
			return pick(0, 10);
		case "H":
			return pick(11, 13);
		case "M":
			return pick(14, 16);
		case "S":
			return pick(17, 19);
		case "T":
			return pick(11, 19);
		case "z":
			return pick(19, 24);
	}
	throw new UsageError(`-F: there is no @${name} here; known are @Y @y @m @d @F @H @M @S @T @z @s @N @@`);
}

function nanoseconds(time: number): string {
	return `${String(time % 1000).padStart(3, "0")}000000`;
}

function cut(text: string, most: number): string {
	return most < 0 ? text : [...text].slice(0, most).join("");
}

function padded(text: string, { left, width, zeros }: Layout): string {
	const missing = Math.max(0, width - [...text].length);
	if (left) return text + " ".repeat(missing);
	return (zeros ? "0" : " ").repeat(missing) + text;
}

/** With mosquitto_sub a width cuts a payload as well, and counts the digits of hexadecimal ones. */
function paddedPayload(payload: Buffer, layout: Layout, hex: "" | "lower" | "upper"): Buffer {
	const { left, width, zeros } = layout;
	let shown = width > 0 ? payload.subarray(0, width) : payload;
	if (hex !== "") {
		if (width > 0) shown = shown.subarray(0, Math.trunc(shown.length / 2));
		const digits = shown.toString("hex");
		shown = Buffer.from(hex === "upper" ? digits.toUpperCase() : digits);
	}
	const missing = Math.max(0, width - shown.length);
	const padding = Buffer.alloc(missing, zeros && !left ? "0" : " ");
	return Buffer.concat(left ? [shown, padding] : [padding, shown]);
}
