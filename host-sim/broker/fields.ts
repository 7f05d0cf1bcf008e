// The fields of a packet, one after the other. Each throws a refusal where the packet ends too soon or the bytes are not
// what the field may hold.

import { malformed, protocolError } from "./reason.js";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Fields {
	readonly #body: Buffer;
	#at = 0;

	constructor(body: Buffer) {
		this.#body = body;
	}

	get atEnd(): boolean {
		return this.#at === this.#body.length;
	}

	/** The next `count` bytes. */
	bytes(count: number): Buffer {
		const at = this.#at;
		if (at + count > this.#body.length) throw malformed("packet too short");
		this.#at += count;
		return this.#body.subarray(at, this.#at);
	}

	byte(): number {
		return this.bytes(1)[0]!;
	}

	uint16(): number {
		return this.bytes(2).readUInt16BE();
	}

	uint32(): number {
		return this.bytes(4).readUInt32BE();
	}

	/** A variable byte integer, in as few bytes as it needs [MQTT-1.5.5-1]. */
	variable(): number {
		let value = 0;
		for (let i = 0; i < 4; i += 1) {
			const byte = this.byte();
			value += (byte & 127) << (7 * i);
			if (byte >= 128) continue;
			if (byte === 0 && i > 0) throw malformed("an integer in more bytes than it needs");
			return value;
		}
		throw malformed("an integer of five bytes");
	}

	/** The next `count` bytes as fields of their own. */
	block(count: number): Fields {
		return new Fields(this.bytes(count));
	}

	packetId(): number {
		const id = this.uint16();
		if (id === 0) throw protocolError("packet id 0"); // [MQTT-2.3.1-1], in 5.0 [MQTT-2.2.1-3]
		return id;
	}

	binary(): Buffer {
		return this.bytes(this.uint16());
	}

	string(): string {
		const bytes = this.binary();
		let text: string;
		try {
			text = utf8.decode(bytes);
		} catch {
			throw malformed("ill-formed UTF-8"); // [MQTT-1.5.3-1], in 5.0 [MQTT-1.5.4-1]
		}
		if (text.includes("\0")) throw malformed("U+0000 in a string"); // [MQTT-1.5.3-2], in 5.0 [MQTT-1.5.4-2]
		return text;
	}

	end(): void {
		if (!this.atEnd) throw malformed("bytes behind the end of the packet");
	}
}
