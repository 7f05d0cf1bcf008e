// What a recorded packet says, at a glance: its type, id, flags, topic and length, for one line or one JSON object. Each
// connection is followed, since its version and its topic aliases are said only once.

import { versionOf } from "../checker/connect.js";
import { nameOf, type Packet, takePacket } from "../checker/packet.js";
import { TOPIC_ALIAS } from "../checker/property.js";
import { type Frame, Frames } from "../checker/reader.js";
import type { Version } from "../checker/statements.js";
import type { PacketEntry } from "./recording.js";

export interface Glance {
	/** As in the standard; "bytes" where they are no whole packet. */
	readonly type: string;
	readonly length: number;
	/** It cannot be read to its end. */
	readonly malformed?: true;
	readonly id?: number;
	readonly qos?: number;
	readonly dup?: boolean;
	readonly retain?: boolean;
	/** Also where only an alias stands for it, if that is known. */
	readonly topic?: string;
	readonly alias?: number;
	/** Topic filters. */
	readonly filters?: readonly string[];
	/** Other than 0. */
	readonly reason?: number;
	readonly sessionPresent?: boolean;
	readonly version?: Version;
	readonly clean?: boolean;
	/** In seconds. */
	readonly keepAlive?: number;
}

interface Followed {
	version: Version;
	/** Topics by alias and direction. */
	readonly aliases: Map<string, string>;
}

export class Onlooker {
	readonly #followed = new Map<number, Followed>();

	/** The next packet; all of a connection, in their order. */
	look({ bytes, connection, from, partial }: PacketEntry): Glance {
		let followed = this.#followed.get(connection);
		if (followed === undefined) {
			followed = { version: "3.1.1", aliases: new Map() };
			this.#followed.set(connection, followed);
		}
		const frame = partial ? undefined : frameOf(bytes);
		if (frame === undefined) return { type: "bytes", length: bytes.length };
		const type = nameOf(frame);
		if (type === "CONNECT") followed.version = versionOf(bytes.subarray(frame.body));
		const packet = takePacket(frame, followed.version, from === "client", () => {});
		if (packet === undefined) return { type, length: bytes.length, malformed: true };
		return {
			type,
			length: bytes.length,
			...(packet.id > 0 && { id: packet.id }),
			...(packet.publish !== undefined && publishOf(packet, from, followed)),
			...(packet.filters.length > 0 && { filters: packet.filters }),
			...(packet.reason > 0 && { reason: packet.reason }),
			...(type === "CONNACK" && { sessionPresent: packet.sessionPresent }),
			...(packet.connect !== undefined && {
				version: packet.connect.version,
				clean: packet.connect.clean,
				keepAlive: packet.connect.keepAliveMs / 1000,
			}),
		};
	}

	/** The connection is over. */
	forget(connection: number): void {
		this.#followed.delete(connection);
	}
}

/** All in one line. */
export function glanceText(glance: Glance): string {
	const { alias, clean, dup, filters, id, keepAlive, length, malformed, qos, reason, retain, topic, version } = glance;
	return [
		glance.type.padEnd(11),
		...(id === undefined ? [] : [`#${id}`]),
		...(qos === undefined ? [] : [`QoS ${qos}`]),
		...(dup === true ? ["DUP"] : []),
		...(retain === true ? ["retain"] : []),
		...(version === undefined ? [] : [`MQTT ${version}`]),
		...(clean === true ? ["clean"] : []),
		...(keepAlive === undefined ? [] : [`keep alive ${keepAlive} s`]),
		...(glance.sessionPresent === true ? ["session present"] : []),
		...(reason === undefined ? [] : [`reason 0x${reason.toString(16).padStart(2, "0")}`]),
		...(topic === undefined ? [] : [topic]),
		...(alias === undefined ? [] : [`alias ${alias}`]),
		...(filters ?? []),
		...(malformed === true ? ["malformed"] : []),
		`${length} ${length === 1 ? "byte" : "bytes"}`,
	].join("  ");
}

function publishOf({ properties, publish }: Packet, from: string, { aliases }: Followed) {
	const { dup, qos, retain, topic: written } = publish!;
	const alias = properties.get(TOPIC_ALIAS);
	let topic: string | undefined = written;
	if (typeof alias === "number") {
		const key = `${from} ${alias}`;
		if (written !== "") aliases.set(key, written);
		topic = aliases.get(key);
	}
	return { qos, dup, retain, ...(topic !== undefined && { topic }), ...(typeof alias === "number" && { alias }) };
}

/** The packet that these bytes are; undefined where they are not exactly one. */
function frameOf(bytes: Uint8Array): Frame | undefined {
	const found: Frame[] = [];
	new Frames().push(bytes, frame => found.push(frame));
	return found.length === 1 && found[0]!.bytes.length === bytes.length ? found[0] : undefined;
}
