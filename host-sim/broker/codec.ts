// Packets to bytes and back for one connection, in the version that its CONNECT names: the one place that knows how the
// two differ on the wire. Above it every packet is one of 5.0; what 3.1.1 cannot say is left out here.

import { generate, type Packet, type Parser, parser } from "mqtt-packet";
import { check, type Version } from "./check.js";
import { Fields } from "./fields.js";
import { fixedHeader } from "./frames.js";
import type { UserProperty } from "./properties.js";
import { malformed, protocolError, Refusal, returnCodeOf, UNSUPPORTED_PROTOCOL_VERSION } from "./reason.js";

export interface Decoded {
	readonly packet: Packet;
	/** Of the message in it (a PUBLISH's own, a CONNECT's will's), in their order [MQTT-3.3.2-18]. */
	readonly userProperties: readonly UserProperty[];
}

export class Codec {
	/** Undefined before CONNECT. */
	#version: Version | undefined;
	readonly #parser: Parser;
	#result: Packet | Error | undefined;

	constructor() {
		this.#parser = parser({ protocolVersion: 4 });
		this.#parser.on("packet", packet => {
			this.#result ??= packet;
		});
		this.#parser.on("error", error => {
			this.#result ??= error;
		});
	}

	/** The packet in a whole frame; throws a refusal where it is none that a client may send. */
	decode(frame: Buffer): Decoded {
		const { at } = fixedHeader(frame)!;
		this.#version ??= this.#versionOf(frame, at);
		const userProperties = check(frame, at, this.#version);
		this.#result = undefined;
		try {
			this.#parser.parse(frame);
		} catch (error) {
			this.#result = error as Error;
		}
		const packet: Packet | Error | undefined = this.#result;
		if (packet === undefined) throw malformed("not whole");
		if (packet instanceof Error) throw malformed(packet.message);
		return { packet, userProperties };
	}

	/** The packet's bytes; undefined where this client's version has no such packet, or none is agreed on yet. */
	encode(packet: Packet): Buffer | undefined {
		if (this.#version === undefined) return undefined;
		if (this.#version === 5) return generate(packet, { protocolVersion: 5 });
		switch (packet.cmd) {
			case "connack": {
				const returnCode = returnCodeOf(packet.reasonCode!);
				return returnCode === undefined ? undefined : generate({ ...packet, returnCode }, { protocolVersion: 4 });
			}
			case "suback": {
				const granted = (packet.granted as number[]).map(code => Math.min(code, 0x80)); // [MQTT-3.9.3-2]
				return generate({ ...packet, granted }, { protocolVersion: 4 });
			}
			case "disconnect":
			case "auth":
				return undefined;
		}
		return generate(packet, { protocolVersion: 4 });
	}

	/** The version that the first packet asks for. Another than ours is answered as 3.1.1 has it [MQTT-3.1.2-2]. */
	#versionOf(frame: Buffer, at: number): Version {
		if (frame[0]! >> 4 !== 1) throw protocolError("a packet before CONNECT"); // [MQTT-3.1.0-1]
		const fields = new Fields(frame.subarray(at));
		if (fields.string() !== "MQTT") throw malformed("protocol name"); // [MQTT-3.1.2-1]
		const level = fields.byte();
		if (level === 4 || level === 5) return level;
		this.#version = 4;
		throw new Refusal(UNSUPPORTED_PROTOCOL_VERSION, "unsupported protocol version");
	}
}
