// Every byte a client keeps lies in one resizable buffer: the slabs and texts that last, then the receive area, then
// the stage through which bytes leave. Three views of it serve everything.
//
// ECMA-419 sockets read and write whole views and know no length, and a fresh view per packet would be garbage. But a
// resizable buffer can be shrunk, and a view that tracks its end then stands for just the bytes wanted:
//
//     resize(stageAt + n); socket.write(stage); resize(total)
//
// Growing back zeroes what lies behind the cut. So what lasts lies in front of both areas, the receive area holds
// nothing while it is cut itself, and nothing may be allocated while the buffer is short.

import type { Socket } from "../io.js";

export class Arena {
	readonly bytes: Uint8Array;
	readonly words: Int32Array;
	readonly view: DataView;
	readonly buffer: ArrayBuffer;
	/** From `receiveAt` to wherever the buffer ends now. */
	readonly area: Uint8Array;
	/** From `stageAt` to wherever the buffer ends now. */
	readonly stage: Uint8Array;
	readonly receiveAt: number;
	readonly stageAt: number;
	readonly total: number;
	#claimed = 0;

	/** Words that last, then bytes to receive into, then bytes to send from (both whole words). */
	constructor(words: number, receive: number, send: number) {
		this.receiveAt = words * 4;
		this.stageAt = this.receiveAt + receive;
		this.total = this.stageAt + send;
		this.buffer = new ArrayBuffer(this.total, { maxByteLength: this.total });
		this.bytes = new Uint8Array(this.buffer);
		this.words = new Int32Array(this.buffer, 0, words);
		this.view = new DataView(this.buffer);
		this.area = new Uint8Array(this.buffer, this.receiveAt);
		this.stage = new Uint8Array(this.buffer, this.stageAt);
	}

	/** The index of the first of `words` words that nobody else gets. For constructors. */
	claim(words: number): number {
		const at = this.#claimed;
		this.#claimed += words;
		return at;
	}

	// Where the socket throws, whoever called has to restore() the buffer.

	/** Reads `count` bytes to the start of the receive area. What was there, and the stage, is gone. */
	readToArea(socket: Socket, count: number): void {
		this.buffer.resize(this.receiveAt + count);
		socket.read(this.area);
		this.buffer.resize(this.total);
	}

	/** Reads `count` bytes to the start of the stage. */
	readToStage(socket: Socket, count: number): void {
		this.buffer.resize(this.stageAt + count);
		socket.read(this.stage);
		this.buffer.resize(this.total);
	}

	/** Writes the first `count` bytes of the stage and returns the room that the socket has left. */
	writeStage(socket: Socket, count: number): number {
		this.buffer.resize(this.stageAt + count);
		const room = socket.write(this.stage);
		this.buffer.resize(this.total);
		return room;
	}

	/** Gives the buffer its full length again after a socket threw. */
	restore(): void {
		this.buffer.resize(this.total);
	}
}

Object.freeze(Arena.prototype);
