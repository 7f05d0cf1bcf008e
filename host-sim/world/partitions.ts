// Flash with two slots for firmware, and a boot loader that picks one: firmware/io.ts's Updater, as ESP-IDF has it with rollback
// turned on. It is NOR flash: a block is erased at once, a write only turns bits off, and the power can go at any operation,
// before it, after it, or in the middle.
//
// Which slot runs is said by two records in two blocks (ESP-IDF's otadata), of which the higher one counts. What has been applied
// is new; its first boot makes it pending; the next one, where nobody has confirmed it, gives it up for the other slot.
//
//     const partitions = new Partitions({ image: old });
//     world.machine("b1", (machine, io) => {
//         const running = partitions.boot(machine);   // the bytes of the slot that runs
//         …
//     });

import type { Updater } from "../../firmware/io.js";
import { putUint32, takeUint32 } from "../../firmware/mqtt/wire.js";
import { checkSum } from "../../firmware/optional/checksum.js";
import { type CutMode, PowerCut } from "./flash.js";
import type { Machine } from "./machine.js";

export interface PartitionsOptions {
	/** What the board was shipped with; it is in the first slot. */
	image: Uint8Array;
	/** Bytes of a slot, in whole blocks. Default 65,536. */
	capacity?: number;
	/** Default 4,096. */
	blockBytes?: number;
	/** How many boots firmware has to be confirmed in. Default 1, as in ESP-IDF. */
	boots?: number;
	/** Whether an image is firmware at all. Default: any is. */
	isFirmware?(image: Uint8Array): boolean;
}

const ERASED = 0xff;
/** What a block has whose erasing the power cut has met. */
const NOISE = 0x5a;
/** Of a record: its number, the state of its slot, how many bytes run, a check sum. */
const RECORD_BYTES = 16;
const STATE_AT = 4;
const SIZE_AT = 8;
const SUM_AT = 12;
/** States: 0 for new, then the number of boots; or one of these. */
const CONFIRMED = 0x100;
const GIVEN_UP = 0x200;

interface Choice {
	/** Which of the two blocks the record is in. */
	readonly block: number;
	/** Odd for the first slot, even for the second. */
	readonly number: number;
	readonly state: number;
	readonly size: number;
}

export class Partitions implements Updater {
	readonly capacity: number;
	readonly blockBytes: number;
	/** Blocks erased and pieces written so far, over all lives. */
	operations = 0;
	readonly #options: PartitionsOptions;
	readonly #slots: readonly [Uint8Array, Uint8Array];
	readonly #choice: readonly [Uint8Array, Uint8Array];
	#machine: Machine | undefined;
	#running = 0;
	#cutAt = 0;
	#mode: CutMode = "before";
	#onCut: () => void = () => {};

	constructor(options: PartitionsOptions) {
		this.#options = options;
		this.blockBytes = options.blockBytes ?? 4096;
		this.capacity = options.capacity ?? 65_536;
		const blank = (bytes: number) => new Uint8Array(bytes).fill(ERASED);
		this.#slots = [blank(this.capacity), blank(this.capacity)];
		this.#choice = [blank(RECORD_BYTES), blank(RECORD_BYTES)];
		this.#slots[0].set(options.image);
	}

	/** The boot loader: picks a slot, and gives up what has not been confirmed. Returns the bytes that run. */
	boot(machine: Machine): Uint8Array {
		this.#machine = machine;
		const newest = this.#newest();
		const { boots = 1 } = this.#options;
		let chosen = newest;
		if (newest !== undefined && newest.state < CONFIRMED) {
			if (newest.state < boots) this.#note(newest.block, newest.number, newest.state + 1, newest.size);
			else {
				this.#note(newest.block, newest.number, GIVEN_UP, newest.size);
				chosen = this.#newest();
			}
		}
		this.#running = chosen === undefined ? 0 : slotOf(chosen.number);
		return this.#slots[this.#running]!.slice(0, chosen?.size ?? this.#options.image.length);
	}

	/**
	 * The power goes at the operation with that number from now on, the next being 1, and is back after `darkMs`; `then` is called
	 * when it goes.
	 */
	offAtOperation(operation: number, mode: CutMode, darkMs: number, then: () => void = () => {}): void {
		this.#cutAt = this.operations + operation;
		this.#mode = mode;
		this.#onCut = () => {
			this.#machine!.offFor(darkMs);
			then();
		};
	}

	get isPending(): boolean {
		const newest = this.#newest();
		return newest !== undefined && newest.state < CONFIRMED && slotOf(newest.number) === this.#running;
	}

	erase(at: number): void {
		if (at % this.blockBytes !== 0) throw new RangeError(`no block begins at ${at}`);
		this.#erase(this.#spare(at, this.blockBytes));
	}

	write(bytes: Uint8Array, at: number): void {
		this.#write(this.#spare(at, bytes.length), bytes);
	}

	read(bytes: Uint8Array, at: number): void {
		if (this.#machine?.isOn !== true) throw new PowerCut();
		bytes.set(this.#spare(at, bytes.length));
	}

	apply(size: number): void {
		const { isFirmware = () => true } = this.#options;
		if (!isFirmware(this.#spare(0, size).slice())) throw new Error("this is no firmware");
		const newest = this.#newest();
		// Into the other block than the one that says what runs; the number says the slot.
		const slot = 1 - this.#running;
		let number = Math.max(takeNumber(this.#choice[0]), takeNumber(this.#choice[1])) + 1;
		if (slotOf(number) !== slot) number += 1;
		this.#note(newest === undefined ? 0 : 1 - newest.block, number, 0, size);
	}

	confirm(): void {
		const newest = this.#newest();
		if (newest === undefined || !this.isPending) return;
		this.#note(newest.block, newest.number, CONFIRMED, newest.size);
	}

	rollBack(): void {
		const newest = this.#newest();
		if (newest === undefined || !this.isPending) return;
		this.#note(newest.block, newest.number, GIVEN_UP, newest.size);
	}

	/** The record that counts. */
	#newest(): Choice | undefined {
		let newest: Choice | undefined;
		for (const block of [0, 1]) {
			const record = this.#choice[block]!;
			if (takeUint32(record, SUM_AT) !== checkSum(record, SUM_AT)) continue;
			const number = takeUint32(record, 0);
			const state = takeUint32(record, STATE_AT);
			if (state === GIVEN_UP || number <= (newest?.number ?? 0)) continue;
			newest = { block, number, state, size: takeUint32(record, SIZE_AT) };
		}
		return newest;
	}

	/** As ESP-IDF does it: erased, and written anew. In between there is only the other record. */
	#note(block: number, number: number, state: number, size: number): void {
		const record = new Uint8Array(RECORD_BYTES);
		putUint32(record, 0, number);
		putUint32(record, STATE_AT, state);
		putUint32(record, SIZE_AT, size);
		putUint32(record, SUM_AT, checkSum(record, SUM_AT));
		this.#erase(this.#choice[block]!);
		this.#write(this.#choice[block]!, record);
	}

	/** Of the slot that does not run. */
	#spare(at: number, length: number): Uint8Array {
		if (at < 0 || at + length > this.capacity) throw new RangeError(`${length} bytes at ${at} are not in the slot`);
		return this.#slots[1 - this.#running]!.subarray(at, at + length);
	}

	#erase(area: Uint8Array): void {
		this.#operate(
			() => area.fill(ERASED),
			() => area.fill(ERASED, 0, area.length >> 1),
			() => area.fill(NOISE),
		);
	}

	#write(area: Uint8Array, bytes: Uint8Array): void {
		const put = (stop: number, mask: number) => {
			for (let i = 0; i < stop; i += 1) area[i]! &= bytes[i]! & mask;
		};
		this.#operate(
			() => put(bytes.length, 0xff),
			() => put(bytes.length >> 1, 0xff),
			() => put(bytes.length, NOISE),
		);
	}

	#operate(whole: () => void, torn: () => void, lost: () => void): void {
		if (this.#machine?.isOn !== true) throw new PowerCut();
		this.operations += 1;
		const isCut = this.operations === this.#cutAt;
		if (!isCut || this.#mode === "after") whole();
		else if (this.#mode === "torn") torn();
		else if (this.#mode === "lost") lost();
		if (!isCut) return;
		this.#onCut();
		throw new PowerCut();
	}
}

/** Numbers go up by one or two, so that their slot can be told from them. */
function slotOf(number: number): 0 | 1 {
	return number % 2 === 1 ? 0 : 1;
}

/** Of a record that is whole; 0 otherwise. */
function takeNumber(record: Uint8Array): number {
	return takeUint32(record, SUM_AT) === checkSum(record, SUM_AT) ? takeUint32(record, 0) : 0;
}
