// A client of 3.1.1 that costs next to nothing, so that a broker is the slower side: no options, no checks, no reconnecting, and what has to
// be said in a turn of the event loop leaves in one write. Our own client, which saves memory and not time, would be what is measured.

import { connect, type Socket } from "node:net";

/** What a broker says to it. */
export interface Hearing {
	/** A message has come; `at` is where its payload begins. */
	message?(bytes: Buffer, at: number): void;
	/** One of its own is through: PUBACK or PUBCOMP. */
	settled?(): void;
	/** All that has come at once has been heard. */
	heard?(): void;
	/** The broker has hung up. */
	gone?(): void;
}

export class Speaker {
	readonly #socket: Socket;
	readonly #hearing: Hearing;
	#rest: Buffer = Buffer.alloc(0);
	#unsaid: Buffer[] = [];
	#answered: ((packet: Buffer) => void) | undefined;
	#isClosing = false;

	private constructor(port: number, hearing: Hearing) {
		this.#hearing = hearing;
		this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
		this.#socket.on("data", bytes => this.#handleData(bytes));
		// An end tells it as well.
		this.#socket.on("error", () => {});
		this.#socket.on("close", () => {
			if (!this.#isClosing) hearing.gone?.();
		});
	}

	/** Resolves when it is in. */
	static async open(port: number, clientId: string, hearing: Hearing = {}): Promise<Speaker> {
		const speaker = new Speaker(port, hearing);
		// A clean session, and no keep-alive.
		const header = Buffer.from([0, 4, ...Buffer.from("MQTT"), 4, 2, 0, 0]);
		const [, , , code] = await speaker.#ask(0x10, [header, text(clientId)]);
		if (code !== 0) throw new Error(`${clientId} is not let in: ${code}`);
		return speaker;
	}

	/** Resolves when it is granted. */
	async subscribe(filter: string, qos: number): Promise<void> {
		const packet = await this.#ask(0x82, [Buffer.from([0, 1]), text(filter), Buffer.from([qos])]);
		if (packet[4] !== qos) throw new Error(`${filter} is granted as ${packet[4]}`);
	}

	/** Says it with all else that is said in this turn. */
	say(packet: Buffer): void {
		if (this.#unsaid.push(packet) === 1) queueMicrotask(() => this.#flush());
	}

	close(): void {
		this.#isClosing = true;
		this.#socket.end(Buffer.from([0xe0, 0]));
		this.#socket.resume();
	}

	#ask(type: number, parts: readonly Buffer[]): Promise<Buffer> {
		return new Promise((resolve, reject) => {
			this.#answered = resolve;
			this.#socket.once("close", () => reject(new Error("the broker has hung up")));
			this.say(framed(type, parts));
		});
	}

	#flush(): void {
		const unsaid = this.#unsaid;
		this.#unsaid = [];
		this.#socket.write(Buffer.concat(unsaid));
	}

	#handleData(bytes: Buffer): void {
		const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
		let at = 0;
		while (at + 2 <= all.length) {
			let length = all[at + 1]!;
			let body = at + 2;
			// Nothing that is said here is longer than two bytes of length tell.
			if (length >= 128) {
				if (at + 3 > all.length) break;
				length = (length & 127) + all[at + 2]! * 128;
				body += 1;
			}
			if (body + length > all.length) break;
			this.#handlePacket(all, at, body, body + length);
			at = body + length;
		}
		this.#rest = all.subarray(at);
		this.#hearing.heard?.();
	}

	#handlePacket(all: Buffer, at: number, body: number, end: number): void {
		const first = all[at]!;
		switch (first >> 4) {
			case 3: {
				const qos = (first >> 1) & 3;
				const id = body + 2 + all.readUInt16BE(body);
				if (qos > 0) this.#answer(qos === 1 ? 0x40 : 0x50, all, id);
				return this.#hearing.message?.(all, qos === 0 ? id : id + 2);
			}
			case 5:
				return this.#answer(0x62, all, body);
			case 6:
				return this.#answer(0x70, all, body);
			case 4:
			case 7:
				return this.#hearing.settled?.();
		}
		this.#answered?.(all.subarray(at, end));
	}

	#answer(type: number, all: Buffer, id: number): void {
		this.say(Buffer.from([type, 2, all[id]!, all[id + 1]!]));
	}
}

/** A PUBLISH whose packet id, where it has one, stands at `idAt`. */
export function publish(
	topic: string,
	payload: Buffer,
	qos: number,
): { packet: Buffer; idAt: number; payloadAt: number } {
	const packet = framed(0x30 | (qos << 1), [text(topic), Buffer.alloc(qos === 0 ? 0 : 2), payload]);
	const payloadAt = packet.length - payload.length;
	return { packet, idAt: payloadAt - 2, payloadAt };
}

function text(value: string): Buffer {
	const bytes = Buffer.from(value);
	return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function framed(type: number, parts: readonly Buffer[]): Buffer {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const header = length < 128 ? [type, length] : [type, (length & 127) | 128, length >> 7];
	return Buffer.concat([Buffer.from(header), ...parts]);
}
