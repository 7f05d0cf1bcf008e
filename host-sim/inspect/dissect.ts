// A packet bit by bit: bytes in, a tree of fields out, each with its name, its value, its place and the section of the standard that
// tells of it, for 3.1.1 and 5.0. It takes any bytes and never throws: a packet that is wrong is read as far as it goes, and what is
// wrong stands beside the field that is, by statement. It needs nothing but the language, and runs in a browser as it does here.

import { FLAGS, FROM_CLIENT, FROM_SERVER, NAMES } from "../checker/packet.js";
import { Malformed } from "../checker/reader.js";
import type { Version } from "../checker/statements.js";
import { takeBody } from "./body.js";
import { CutOff, type Fault, type Field, hexCode, hexOf, hidden, Parts, sizeOf } from "./field.js";
import type { Sender } from "./property.js";
import { type Summary, summaryOf } from "./summary.js";

export interface DissectOptions extends Sender {
	/** A CONNECT goes by what it says itself. */
	readonly version: Version;
	/** Passwords and authentication data as they are; default false. */
	readonly showsSecrets?: boolean;
}

export interface Dissection {
	readonly version: Version;
	readonly summary: Summary;
	/** How many of the bytes are its own. */
	readonly length: number;
	/** Side by side they are all of the bytes that were given. */
	readonly fields: readonly Field[];
	/** All that is wrong, in its order. */
	readonly faults: readonly Fault[];
	/** It could be read to its end. */
	readonly isWhole: boolean;
}

/** Packets that carry, or may carry, what must not get out where they cannot be read. */
const GUARDED = new Set(["CONNECT", "CONNACK", "AUTH"]);

/** The first packet of the bytes; what is behind it is a field of its own. */
export function dissect(bytes: Uint8Array, options: DissectOptions): Dissection {
	const { fromClient, showsSecrets = false } = options;
	const type = (bytes[0] ?? 0) >> 4;
	const name = NAMES[type] || "packet type 0";
	const parts = new Parts(bytes, options.version, showsSecrets);
	const summary = summaryOf(bytes.length === 0 ? "" : name);
	let isWhole = false;
	try {
		takeFixedHeader(parts, type, summary, fromClient);
		takeBody(parts, summary, { fromClient });
		if (parts.present > 0) {
			const field = takeRest(parts, "Left over", parts.present, name);
			parts.fault(field, "length", `${sizeOf(field.length)} behind the end of what the packet says`);
		}
		if (parts.packetStop > bytes.length) throw new CutOff();
		isWhole = true;
	} catch (error) {
		if (error instanceof CutOff) {
			const stop = parts.packetStop;
			const missing = `${stop - bytes.length} of the packet's ${stop} bytes are missing`;
			const text = stop === Number.POSITIVE_INFINITY ? "it ends before it says how long it is" : missing;
			parts.fault(takeRest(parts, "Cut off", bytes.length - parts.at, name), ["", ""], text);
		} else if (error instanceof Malformed) {
			const end = Math.min(parts.packetStop, bytes.length);
			parts.fault(takeRest(parts, "Not read", end - parts.at, name), error.rule, error.message);
		} else throw error;
	}
	const length = parts.at;
	if (length < bytes.length) {
		const field = takeRest(parts, "Behind the packet", bytes.length - length, isWhole ? "" : name);
		field.note = "not of this packet";
	}
	return { version: parts.version, summary, length, fields: parts.fields, faults: parts.faults, isWhole };
}

/** Bytes that are not read, as they are, unless there may be a secret in them. */
function takeRest(parts: Parts, what: string, length: number, packet: string): Field {
	if (GUARDED.has(packet) && !parts.showsSecrets && length > 0)
		return parts.leaf(what, length, hidden(length), "4.8", { secret: true });
	const section = parts.isFive ? "4.13.1" : "4.8";
	return parts.leaf(what, length, hexOf(parts.bytes.subarray(parts.at, parts.at + length)), section);
}

function takeFixedHeader(parts: Parts, type: number, summary: Summary, fromClient: boolean | undefined): void {
	const { name } = summary;
	if (name === "") throw new CutOff();
	if (name === "CONNECT") parts.version = versionWithin(parts.bytes) ?? parts.version;
	const { isFive } = parts;
	const chapter = type === 0 ? (isFive ? "2.1.1" : "2.2") : `3.${type}.1`;
	parts.group("Fixed header", chapter, () => {
		parts.group("Type and flags", isFive ? "2.1.1" : "2.2", () => {
			const field = parts.bits("Packet type", 0xf0, isFive ? "2.1.2" : "2.2.1", () => name);
			const senders = fromClient === undefined ? undefined : fromClient ? FROM_CLIENT : FROM_SERVER;
			if (type === 0 || (type === 15 && !isFive))
				parts.fault(field, "packetType", `packet type ${type} is reserved in ${parts.version}`);
			else if (senders?.has(name) === false)
				parts.fault(field, "packetType", `a ${fromClient ? "client" : "server"} never sends ${name}`);
			if (name === "PUBLISH") takePublishFlags(parts, summary);
			else {
				const flags = parts.bits("Reserved", 0x0f, isFive ? "2.1.3" : "2.2.2");
				const expected = name === "PUBREL" || name === "SUBSCRIBE" || name === "UNSUBSCRIBE" ? 2 : 0;
				if (flags.value !== String(expected) && type !== 0)
					parts.fault(flags, FLAGS[name] ?? "flags", `the flags are ${flags.value}, and have to be ${expected}`);
			}
			return hexCode(parts.bytes[0]!);
		});
		takeRemainingLength(parts, isFive ? "2.1.4" : "2.2.3");
		return name;
	});
	if (type === 0 || (type === 15 && !isFive)) throw new Malformed("packetType", "there is no such packet");
}

function takePublishFlags(parts: Parts, summary: Summary): void {
	const dup = parts.bits("DUP", 0x08, "3.3.1.1", value => (value === 0 ? "for the first time" : "sent again"));
	const qos = parts.bits(
		"QoS",
		0x06,
		"3.3.1.2",
		value => ["at most once", "at least once", "exactly once", ""][value]!,
	);
	const retain = parts.bits("RETAIN", 0x01, "3.3.1.3");
	summary.dup = dup.value === "1";
	summary.qos = Number(qos.value);
	summary.retain = retain.value === "1";
	if (summary.qos === 0 && summary.dup) parts.fault(dup, "dupAtQos0", "DUP is set at QoS 0");
	if (summary.qos === 3) parts.fault(qos, "qosThree", "both QoS bits are set");
}

/** Each byte of it: seven bits of the number, and one that says whether another follows. */
function takeRemainingLength(parts: Parts, section: string): void {
	let length = 0;
	let isPadded = false;
	const group = parts.group("Remaining Length", section, () => {
		for (let i = 0; i < 4; i += 1) {
			parts.need(1, "the Remaining Length");
			const byte = parts.bytes[parts.at]!;
			const factor = 128 ** i;
			length += (byte & 127) * factor;
			parts.group(`Byte ${i + 1}`, section, () => {
				parts.bits("Continuation", 0x80, section, value => (value === 0 ? "the last one" : "another one follows"));
				parts.bits("Value", 0x7f, section, value => `${value} × ${factor} = ${value * factor}`);
				return hexCode(byte);
			});
			if (byte > 127) continue;
			isPadded = i > 0 && byte === 0;
			return String(length);
		}
		throw new Malformed("remainingLength", "the Remaining Length goes on behind its fourth byte");
	});
	if (isPadded) parts.fault(group, "variableByteInteger", "it takes more bytes than it needs");
	group.note = length === 1 ? "byte follows" : "bytes follow";
	parts.stop = parts.at + length;
	parts.packetStop = parts.stop;
}

/** The version that a CONNECT says it is of, where it gets so far. */
function versionWithin(bytes: Uint8Array): Version | undefined {
	let at = 1;
	while (at < 5 && bytes[at]! > 127) at += 1;
	const level = bytes[at + 1 + 2 + bytes[at + 1]! * 256 + bytes[at + 2]!];
	return level === undefined ? undefined : level >= 5 ? "5.0" : "3.1.1";
}
