// Bytes to whole packets, and a strict look at each before mqtt-packet reads it: that codec is lax on what it receives,
// and a broker that lets a client's mistakes pass would hide them.

/** Packets larger than this are refused: no simulated board sends such. */
const MOST_BYTES = 16 * 1024 * 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Frames {
	#bytes = Buffer.alloc(0);

	/** Calls `found` for every packet that is whole now. Throws an Error that says what is wrong with one. */
	push(bytes: Uint8Array, found: (frame: Buffer) => void): void {
		this.#bytes = this.#bytes.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#bytes, bytes]);
		for (;;) {
			const head = fixedHeader(this.#bytes);
			if (head === undefined || this.#bytes.length < head.end) return;
			const frame = this.#bytes.subarray(0, head.end);
			this.#bytes = this.#bytes.subarray(head.end);
			check(frame, head.at);
			found(frame);
		}
	}
}

/** True for a CONNECT that speaks another version of MQTT than 3.1.1. */
export function isOtherVersion(frame: Buffer): boolean {
	const head = fixedHeader(frame);
	return frame[0] === 0x10 && head !== undefined && frame[head.at + 6] !== 4;
}

/** Where the body of the first packet begins and ends, or undefined where more bytes are needed to tell. */
function fixedHeader(bytes: Buffer): { at: number; end: number } | undefined {
	let length = 0;
	for (let i = 0; i < 4; i += 1) {
		const byte = bytes[1 + i];
		if (byte === undefined) return undefined;
		length += (byte & 127) << (7 * i);
		if (byte < 128) {
			if (byte === 0 && i > 0) throw new Error("remaining length in more bytes than it needs");
			if (length > MOST_BYTES) throw new Error("packet too large");
			return { at: 2 + i, end: 2 + i + length };
		}
	}
	throw new Error("remaining length of five bytes");
}

/** What a 3.1.1 server must not accept from a client, beyond what mqtt-packet finds. */
function check(frame: Buffer, at: number): void {
	const body = frame.subarray(at);
	const type = frame[0]! >> 4;
	const flags = frame[0]! & 15;
	if (type !== 3 && flags !== (type === 6 || type === 8 || type === 10 ? 2 : 0)) throw new Error("reserved flags"); // [MQTT-2.2.2-2]
	switch (type) {
		case 1:
			return checkConnect(new Fields(body));
		case 3:
			return checkPublish(new Fields(body), flags);
		case 4:
		case 5:
		case 6:
		case 7: {
			const fields = new Fields(body);
			fields.packetId();
			return fields.end();
		}
		case 8:
		case 10: {
			const fields = new Fields(body);
			fields.packetId();
			while (!fields.atEnd) {
				fields.string();
				if (type === 8 && fields.byte() > 2) throw new Error("reserved subscription options"); // [MQTT-3.8.3-4]
			}
			return;
		}
		case 12:
		case 14:
			return new Fields(body).end();
		default:
			throw new Error("a packet that no client sends");
	}
}

function checkConnect(fields: Fields): void {
	const protocol = fields.string();
	const level = fields.byte();
	// Of another protocol or version nothing more is known; the connection answers it.
	if (protocol !== "MQTT") throw new Error("protocol name"); // [MQTT-3.1.2-1]
	if (level !== 4) return;
	const flags = fields.byte();
	const has = (bit: number) => (flags & bit) !== 0;
	if (has(1)) throw new Error("reserved connect flag"); // [MQTT-3.1.2-3]
	if ((flags & 0x18) === 0x18) throw new Error("will QoS 3"); // [MQTT-3.1.2-14]
	if (!has(4) && (flags & 0x38) !== 0) throw new Error("will bits without a will"); // [MQTT-3.1.2-11]
	if (has(0x40) && !has(0x80)) throw new Error("password without user name"); // [MQTT-3.1.2-22]
	fields.skip(2);
	fields.string();
	if (has(4)) {
		fields.string();
		fields.binary();
	}
	if (has(0x80)) fields.string();
	if (has(0x40)) fields.binary();
	fields.end();
}

function checkPublish(fields: Fields, flags: number): void {
	const qos = (flags >> 1) & 3;
	if (qos === 3) throw new Error("QoS 3"); // [MQTT-3.3.1-4]
	if (qos === 0 && (flags & 8) !== 0) throw new Error("DUP at QoS 0"); // [MQTT-3.3.1-2]
	fields.string();
	if (qos > 0) fields.packetId();
}

/** The fields of a packet, one after the other; each throws where the packet ends too soon. */
class Fields {
	readonly #body: Buffer;
	#at = 0;

	constructor(body: Buffer) {
		this.#body = body;
	}

	get atEnd(): boolean {
		return this.#at === this.#body.length;
	}

	skip(count: number): number {
		const at = this.#at;
		this.#at += count;
		if (this.#at > this.#body.length) throw new Error("packet too short");
		return at;
	}

	byte(): number {
		return this.#body[this.skip(1)]!;
	}

	uint16(): number {
		return this.#body.readUInt16BE(this.skip(2));
	}

	packetId(): void {
		if (this.uint16() === 0) throw new Error("packet id 0"); // [MQTT-2.3.1-1]
	}

	binary(): Buffer {
		const length = this.uint16();
		const at = this.skip(length);
		return this.#body.subarray(at, at + length);
	}

	string(): string {
		const bytes = this.binary();
		let text: string;
		try {
			text = utf8.decode(bytes);
		} catch {
			throw new Error("ill-formed UTF-8"); // [MQTT-1.5.3-1]
		}
		if (text.includes("\0")) throw new Error("U+0000 in a string"); // [MQTT-1.5.3-2]
		return text;
	}

	end(): void {
		if (!this.atEnd) throw new Error("bytes behind the end of the packet");
	}
}
