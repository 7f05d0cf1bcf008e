// A payload as people may want to see it: text, JSON set out, or bytes. It comes from anybody who may publish: nothing here throws, and
// text has nothing left in it that would hide, or turn round, what is beside it.

import {
	CONTENT_TYPE,
	CORRELATION_DATA,
	MESSAGE_EXPIRY_INTERVAL,
	PAYLOAD_FORMAT_INDICATOR,
	RESPONSE_TOPIC,
	takeProperty,
	takeUserProperties,
} from "../../../firmware/mqtt/property.js";

/** More than this is not set out: nobody reads it, and a browser is long at it. */
const MOST_JSON = 32_768;
/** Bytes of a line. */
const PER_LINE = 16;
/** Of a summary, characters and bytes. */
const MOST_SUMMARY = 120;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Control characters, marks of direction and the like show as a question mark; ends of lines and tabs stay. */
export function harmless(text: string): string {
	return text.replaceAll(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** Undefined where it is no UTF-8, or is full of what no text has. */
export function textOf(payload: Uint8Array): string | undefined {
	try {
		const text = decoder.decode(payload);
		return text.includes("\0") ? undefined : harmless(text);
	} catch {
		return undefined;
	}
}

/** Set out line by line, with each number as it was sent; undefined where it is no JSON. */
export function jsonOf(payload: Uint8Array): string | undefined {
	if (payload.length > MOST_JSON) return undefined;
	let text: string;
	try {
		text = decoder.decode(payload);
		JSON.parse(text);
	} catch {
		return undefined;
	}
	return harmless(setOut(text));
}

/** `text` is JSON. Not by way of its values: large numbers would come out as others. */
function setOut(text: string): string {
	let out = "";
	let depth = 0;
	const lineEnd = () => `\n${"  ".repeat(Math.min(depth, 40))}`;
	// A string, or anything else that is no space.
	for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
		if (token === "}" || token === "]") {
			depth -= 1;
			out += /[{[]$/.test(out) ? token : lineEnd() + token;
		} else {
			if (/[{[]$/.test(out) || out.endsWith(",")) out += lineEnd();
			out += token === ":" ? ": " : token;
			if (token === "{" || token === "[") depth += 1;
		}
	}
	return out;
}

/** Lines of offset, bytes and what of them is ASCII. */
export function hexLinesOf(payload: Uint8Array, most = 256): string[] {
	const lines: string[] = [];
	for (let at = 0; at < payload.length && lines.length < most; at += PER_LINE) {
		const bytes = [...payload.subarray(at, at + PER_LINE)];
		const hex = bytes.map(byte => byte.toString(16).padStart(2, "0")).join(" ");
		const ascii = bytes.map(byte => (byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : "."));
		lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(PER_LINE * 3 - 1)}  ${ascii.join("")}`);
	}
	return lines;
}

/** In one short line. */
export function summaryOf(payload: Uint8Array): string {
	// A character cut in two at the end is none of its faults.
	let cut = Math.min(payload.length, MOST_SUMMARY);
	while (cut > 0 && cut < payload.length && (payload[cut]! & 0xc0) === 0x80) cut -= 1;
	const head = payload.subarray(0, cut);
	const end = cut < payload.length ? "…" : "";
	const text = textOf(head);
	if (text !== undefined) return text.replaceAll(/\s+/g, " ") + end;
	const hex = [...head.subarray(0, 24)].map(byte => byte.toString(16).padStart(2, "0"));
	return `0x ${hex.join(" ")}${payload.length > 24 ? "…" : ""}`;
}

export interface ShownProperty {
	readonly name: "contentType" | "expiry" | "responseTopic" | "correlation" | "format" | "user";
	/** Of a user property. */
	readonly key?: string;
	readonly value: string;
}

/** What a message of 5.0 says about itself; `bytes` are the properties of a PUBLISH that our client has taken. */
export function propertiesOf(bytes: Uint8Array): ShownProperty[] {
	const list: ShownProperty[] = [];
	const put = (name: ShownProperty["name"], id: number) => {
		const value = takeProperty(bytes, 0, bytes.length, id);
		if (value === undefined) return;
		if (typeof value !== "object") list.push({ name, value: harmless(String(value)) });
		else {
			const text = textOf(value);
			const hex = [...value].map(byte => byte.toString(16).padStart(2, "0")).join(" ");
			list.push({ name, value: text === undefined || text === "" ? hex : `${hex} · ${text}` });
		}
	};
	put("contentType", CONTENT_TYPE);
	put("format", PAYLOAD_FORMAT_INDICATOR);
	put("expiry", MESSAGE_EXPIRY_INTERVAL);
	put("responseTopic", RESPONSE_TOPIC);
	put("correlation", CORRELATION_DATA);
	for (const [key, value] of takeUserProperties(bytes, 0, bytes.length))
		list.push({ name: "user", key: harmless(key), value: harmless(value) });
	return list;
}
