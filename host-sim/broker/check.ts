// A strict look at a packet before mqtt-packet reads it: that codec is lax on what it receives, and a broker that lets a
// client's mistakes pass would hide them. Which reason a mistake has is decided here.

import { Fields } from "./fields.js";
import {
	AUTHENTICATION_DATA,
	AUTHENTICATION_METHOD,
	type Block,
	IN_ANSWER,
	IN_AUTH,
	IN_CONNECT,
	IN_DISCONNECT,
	IN_PUBLISH,
	IN_SUBSCRIBE,
	IN_UNSUBSCRIBE,
	IN_WILL,
	readProperties,
	TOPIC_ALIAS,
	type UserProperty,
} from "./properties.js";
import { malformed, protocolError } from "./reason.js";
import { isShared } from "./topic.js";

/** The two versions: 3.1.1 and 5.0, as CONNECT has them. */
export type Version = 4 | 5;

const NONE: Block = { ids: new Set(), user: [] };

// Reasons that a client may send, by packet.
const OF_PUBACK = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]; // [MQTT-3.4.2-1] [MQTT-3.5.2-1]
const OF_PUBCOMP = [0x00, 0x92]; // [MQTT-3.6.2-1] [MQTT-3.7.2-1]
const OF_DISCONNECT = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]; // [MQTT-3.14.2-1]
const OF_AUTH = [0x18, 0x19]; // [MQTT-3.15.2-1]

/**
 * Throws a refusal for what no client of that version may send. `at` is where the body begins. Returns the user
 * properties of the message in it (a PUBLISH's own, a CONNECT's will's), in their order, which mqtt-packet loses.
 */
export function check(frame: Buffer, at: number, version: Version): readonly UserProperty[] {
	const type = frame[0]! >> 4;
	const flags = frame[0]! & 15;
	// [MQTT-2.2.2-2], in 5.0 [MQTT-2.1.3-1]
	if (type !== 3 && flags !== (type === 6 || type === 8 || type === 10 ? 2 : 0)) throw malformed("reserved flags");
	const packet = new Checked(new Fields(frame.subarray(at)), version);
	switch (type) {
		case 1:
			return packet.connect();
		case 3:
			return packet.publish(flags);
		case 4:
		case 5:
			packet.answer(OF_PUBACK);
			break;
		case 6:
		case 7:
			packet.answer(OF_PUBCOMP);
			break;
		case 8:
			packet.subscribe();
			break;
		case 10:
			packet.unsubscribe();
			break;
		case 12:
			packet.empty();
			break;
		case 14:
			packet.disconnect();
			break;
		case 15:
			packet.auth();
			break;
		default:
			throw protocolError("a packet that no client sends");
	}
	return NONE.user;
}

/** A packet's body, to be read as the version lays it out. */
class Checked {
	readonly #fields: Fields;
	readonly #version: Version;

	constructor(fields: Fields, version: Version) {
		this.#fields = fields;
		this.#version = version;
	}

	connect(): readonly UserProperty[] {
		const fields = this.#fields;
		fields.string();
		fields.byte();
		const flags = fields.byte();
		const has = (bit: number) => (flags & bit) !== 0;
		if (has(1)) throw malformed("reserved connect flag"); // [MQTT-3.1.2-3]
		if ((flags & 0x18) === 0x18) throw malformed("will QoS 3"); // [MQTT-3.1.2-14], in 5.0 [MQTT-3.1.2-12]
		if (!has(4) && (flags & 0x38) !== 0) throw malformed("will bits without a will"); // [MQTT-3.1.2-11]
		if (has(0x40) && !has(0x80) && this.#version === 4) throw malformed("password without user name"); // [MQTT-3.1.2-22]
		fields.uint16();
		const { ids } = this.#properties(IN_CONNECT);
		if (ids.has(AUTHENTICATION_DATA) && !ids.has(AUTHENTICATION_METHOD))
			throw protocolError("authentication data without a method"); // section 3.1.2.11.10
		fields.string();
		const will = has(4) ? this.#properties(IN_WILL) : NONE;
		if (has(4)) {
			fields.string();
			fields.binary();
		}
		if (has(0x80)) fields.string();
		if (has(0x40)) fields.binary();
		fields.end();
		return will.user;
	}

	publish(flags: number): readonly UserProperty[] {
		const fields = this.#fields;
		const qos = (flags >> 1) & 3;
		if (qos === 3) throw malformed("QoS 3"); // [MQTT-3.3.1-4]
		if (qos === 0 && (flags & 8) !== 0) throw malformed("DUP at QoS 0"); // [MQTT-3.3.1-2]
		const topic = fields.string();
		if (qos > 0) fields.packetId();
		const { ids, user } = this.#properties(IN_PUBLISH);
		if (topic === "" && this.#version === 5 && !ids.has(TOPIC_ALIAS)) throw protocolError("neither topic nor alias"); // section 3.3.2.1
		return user;
	}

	/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
	answer(reasons: readonly number[]): void {
		this.#fields.packetId();
		this.#tail(reasons, IN_ANSWER);
	}

	subscribe(): void {
		const fields = this.#fields;
		fields.packetId();
		this.#properties(IN_SUBSCRIBE);
		while (!fields.atEnd) {
			const filter = fields.string();
			const options = fields.byte();
			// [MQTT-3.8.3-4], in 5.0 [MQTT-3.8.3-5]
			if ((options & (this.#version === 5 ? 0xc0 : 0xfc)) !== 0) throw malformed("reserved subscription options");
			if ((options & 3) === 3) throw protocolError("subscription with QoS 3"); // section 3.8.3.1
			if ((options & 0x30) === 0x30) throw protocolError("retain handling 3");
			if ((options & 4) !== 0 && isShared(filter)) throw protocolError("no local on a shared subscription"); // [MQTT-3.8.3-4]
		}
	}

	unsubscribe(): void {
		this.#fields.packetId();
		this.#properties(IN_UNSUBSCRIBE);
		while (!this.#fields.atEnd) this.#fields.string();
	}

	empty(): void {
		this.#fields.end();
	}

	disconnect(): void {
		this.#tail(OF_DISCONNECT, IN_DISCONNECT);
	}

	auth(): void {
		if (this.#version === 4) throw protocolError("a packet that no client sends");
		// Left out altogether, the reason is 0, which only a server may say [MQTT-3.15.2-1].
		if (this.#fields.atEnd) throw protocolError("a reason that no client gives");
		const { ids } = this.#tail(OF_AUTH, IN_AUTH);
		if (!ids.has(AUTHENTICATION_METHOD)) throw protocolError("AUTH without a method"); // section 3.15.2.2.2
	}

	/** A reason and properties, of which 5.0 may leave out the second or both, and 3.1.1 knows neither. */
	#tail(reasons: readonly number[], place: number): Block {
		const fields = this.#fields;
		let block = NONE;
		if (this.#version === 5 && !fields.atEnd) {
			if (!reasons.includes(fields.byte())) throw protocolError("a reason that no client gives");
			if (!fields.atEnd) block = this.#properties(place);
		}
		fields.end();
		return block;
	}

	#properties(place: number): Block {
		return this.#version === 5 ? readProperties(this.#fields, place) : NONE;
	}
}
