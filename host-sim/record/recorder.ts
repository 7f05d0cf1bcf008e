// Who writes down what goes over the connections of a network, as it would be seen beside the broker: bytes that a broken link
// has lost are not in it. Bytes become packets here, and lose what is secret before anybody else sees them.

import { versionOf } from "../checker/connect.js";
import { takePacket } from "../checker/packet.js";
import { ASSIGNED_CLIENT_ID } from "../checker/property.js";
import { type Frame, Frames } from "../checker/reader.js";
import type { Version } from "../checker/statements.js";
import { type Accept, between, type TransportHandler } from "../transport.js";
import { masked, maskedRest } from "./mask.js";
import type { Ending, Entry, Side } from "./recording.js";

const CONNECT = 1;
const CONNACK = 2;

export interface RecorderOptions {
	/** What the clock of the calls shows at the recording's time 0. Default 0. */
	originMs?: number;
	/** The next entry; its bytes are the taker's from now on. */
	put(entry: Entry): void;
}

/** One connection. Times are ms of the recorder's clock. */
interface Track {
	handleBytes(from: Side, bytes: Uint8Array, now: number): void;
	handleEnd(by: Side, how: Ending, now: number): void;
}

export class Recorder {
	readonly #options: RecorderOptions;
	/** Connections that have begun, and not ended. */
	standing = 0;
	#connections = 0;
	#latest = 0;

	constructor(options: RecorderOptions) {
		this.#options = options;
	}

	/** A connection begins. */
	begin(peer: string, now: number): Track {
		this.#connections += 1;
		this.standing += 1;
		const connection = this.#connections;
		const ways = { client: new Way(), broker: new Way() };
		let version: Version = "3.1.1";
		let client: string | undefined;
		let isOver = false;
		const put = (from: Side, bytes: Uint8Array, shown: Uint8Array, partial: boolean, now: number) =>
			this.#options.put({
				time: this.#time(now),
				connection,
				event: "packet",
				peer,
				...(client !== undefined && { client }),
				from,
				bytes: shown,
				masked: shown !== bytes,
				partial,
			});
		this.#options.put({ time: this.#time(now), connection, event: "begin", peer });
		return {
			handleBytes: (from, chunk, now) => {
				if (isOver) return;
				const rest = ways[from].push(chunk, frame => {
					const { body, bytes } = frame;
					if (bytes[0]! >> 4 === CONNECT && from === "client") version = versionOf(bytes.subarray(body));
					client = clientIdIn(frame, version, from) ?? client;
					put(from, bytes, masked(bytes, body, version), false, now);
				});
				// Of what a client sends that is no packet nobody can say what it holds.
				if (rest !== undefined) put(from, rest, from === "client" ? rest.slice().fill(0x2a) : rest, true, now);
			},
			handleEnd: (by, how, now) => {
				if (isOver) return;
				isOver = true;
				this.standing -= 1;
				for (const from of ["client", "broker"] as const) {
					const { held } = ways[from];
					if (held.length > 0) put(from, held, maskedRest(held), true, now);
				}
				this.#options.put({ time: this.#time(now), connection, event: "end", by, how });
			},
		};
	}

	/** Since the recording's beginning, to the microsecond; never back. */
	#time(now: number): number {
		const time = Math.round((now - (this.#options.originMs ?? 0)) * 1000) / 1000;
		this.#latest = Math.max(this.#latest, time);
		return this.#latest;
	}
}

/** The bytes of one direction, and what of them is no whole packet yet. */
class Way {
	held: Uint8Array = new Uint8Array(0);
	readonly #frames = new Frames();
	#isBroken = false;

	/** Returns bytes of which no packets can be made, and never will be. */
	push(chunk: Uint8Array, take: (frame: Frame) => void): Uint8Array | undefined {
		if (this.#isBroken) return chunk.length === 0 ? undefined : chunk.slice();
		const before = this.held.length;
		let taken = 0;
		const isFine = this.#frames.push(chunk, frame => {
			taken += frame.bytes.length;
			take(frame);
		});
		const all = new Uint8Array(before + chunk.length);
		all.set(this.held);
		all.set(chunk, before);
		const rest = all.slice(taken);
		this.held = isFine ? rest : new Uint8Array(0);
		this.#isBroken = !isFine;
		return isFine ? undefined : rest;
	}
}

/** What a client calls itself, or is called by the broker; undefined where this packet does not say. */
function clientIdIn(frame: Frame, version: Version, from: Side): string | undefined {
	const type = frame.bytes[0]! >> 4;
	if (type !== (from === "client" ? CONNECT : CONNACK)) return undefined;
	const packet = takePacket(frame, version, from === "client", () => {});
	const id = packet?.connect?.clientId ?? packet?.properties.get(ASSIGNED_CLIENT_ID);
	return typeof id === "string" && id !== "" ? id : undefined;
}

/** A server that does what `accept` does, recorded. `now`: what the time is when it writes or closes. */
export function recorded(recorder: Recorder, accept: Accept, { now }: { now(): number }): Accept {
	return (transport, start) => {
		const track = recorder.begin(transport.peer, start);
		const handler: TransportHandler = accept(
			between(transport, {
				write(bytes, taken) {
					track.handleBytes("broker", bytes, now());
					transport.write(bytes, taken);
				},
				close() {
					track.handleEnd("broker", "closed", now());
					transport.close();
				},
				reset() {
					track.handleEnd("broker", "reset", now());
					if (transport.reset === undefined) transport.close();
					else transport.reset();
				},
			}),
			start,
		);
		return {
			handleData(bytes, at) {
				track.handleBytes("client", bytes, at);
				handler.handleData(bytes, at);
			},
			handleClose(at, wasReset) {
				track.handleEnd("client", wasReset === true ? "reset" : "closed", at);
				handler.handleClose(at, wasReset);
			},
		};
	};
}
