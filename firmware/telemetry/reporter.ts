// Readings that are worth a report, several in one message, and those that wait for a connection. It stands in for
// Telemetry where a board has a policy.
//
// A reading of which something is due becomes a record in a ring of bytes: its number, its time, and the digits of its
// values. The newest records are being gathered for the next message; what is before them was refused and waits for its
// turn. Where the ring is full the oldest falls out, and is counted. The messages are described in the README:
//
//     {"time":1763766285123,"boot":1,"seq":12,"temperature":21.53,"humidity":45.2}
//     {"time":1763766285123,"boot":1,"seq":12,"ms":[0,1000],"temperature":[21.53,21.61],"humidity":[45.2,null]}

import type { Clock, Sensor } from "../io.js";
import { JsonReport, scaled } from "./json.js";
import { Policies, type QuantityPolicy } from "./policy.js";
import { DECIMALS, QUANTITIES, type Quantity, reportedValue, WEATHER } from "./quantity.js";
import { RECORD_BYTES, Ring } from "./ring.js";
import type { Readings } from "./telemetry.js";

/** What a board reports, and when. What is said of all quantities holds where one does not say it for itself. */
export interface TelemetryOptions extends QuantityPolicy {
	/** Which quantities there are, and what is different for each. Default: temperature, humidity and pressure. */
	quantities?: Partial<Record<Quantity, QuantityPolicy>>;
	/** Readings in one message, 1 to 255. Default 1. */
	batch?: number;
	/** A message leaves when its first reading is this old, however many there are; in ms, 0 to 86,400,000. Default 60,000. */
	batchMs?: number;
	/** For readings that the client did not take: they wait here. 0 (the default) to 1,048,576 bytes. */
	ringBytes?: number;
	/** Of those that wait, the newest go first. Default: the oldest. */
	newestFirst?: boolean;
	/** Messages of those that wait which may follow in one interval, when the live reading has gone; 1 to 64. Default 1. */
	catchUp?: number;
}

const FIELDS = Object.freeze(["time", "boot", "seq", "ms", ...QUANTITIES]);
const TIME = 0;
const BOOT = 1;
const SEQUENCE = 2;
const MILLISECONDS = 3;
const FIRST_QUANTITY = 4;

/** A record: which quantities, 1 byte; number, 4; time, 2 and 4; then 4 for each value, or 16 where there is a window. */
const NUMBER_AT = 1;
const TIME_AT = 5;
const VALUES_AT = 11;
/** In the upper half of a time: the rest is the board's own clock. Nobody sets a clock to that year. */
const OWN_CLOCK = 0xffff;
const HALF = 0x1_0000_0000;
const LARGEST_VALUE = 0x7fff_ffff;

/** JSON of time, boot and seq at most, and of a value, and of the ms of a reading, each with its comma. */
const HEAD_VALUES_BYTES = 45;
const VALUE_BYTES = 13;
const MILLISECONDS_BYTES = 18;

const BATCH_MS = 60_000;

export class Reporter implements Readings {
	/** The last message as JSON: `report.length` bytes of `report.bytes`. */
	readonly report: JsonReport;
	/** Number of the first reading in it. */
	sequence = 0;
	/** Samples that a sensor threw at instead of giving them. */
	sensorErrors = 0;
	/** Readings so far. */
	readings = 0;
	/** Readings that never found a way: out of the ring, or refused where there is none. */
	fallen = 0;
	readonly #sensors: readonly Sensor[];
	readonly #clock: Clock;
	/** How often the board has started, this time included; 0 where flash cannot count. */
	readonly boot: number;
	readonly #policies: Policies;
	readonly #values = new Float64Array(QUANTITIES.length);
	/** A bit for each quantity that is spoken of. */
	readonly #spokenOf: number;
	readonly #options: TelemetryOptions;
	readonly #ring: Ring;
	readonly #record: Uint8Array;
	/** Of the newest records, how many are being gathered, since when, and their bytes. */
	#gathered = 0;
	#gatheredBytes = 0;
	#sinceMs = 0;
	/** Records in the message of which is not known yet what became of it, and whether they had waited. */
	#told = 0;
	#hadWaited = false;
	/** Messages of those that wait which may still leave in this interval. */
	#turns = 0;

	/** Options are taken as they are: firmware/device/reporting.ts checks them. A reading is taken every `readingMs`. */
	constructor(sensors: readonly Sensor[], clock: Clock, boot: number, options: TelemetryOptions, readingMs: number) {
		this.#sensors = sensors;
		this.#clock = clock;
		this.boot = boot;
		this.#options = options;
		this.#policies = new Policies(readingMs);
		this.#spokenOf = spokenOf(options);
		for (let i = 0; i < QUANTITIES.length; i += 1) this.#policies.set(i, policyOf(options, i));
		let values = 0;
		for (let i = 0; i < QUANTITIES.length; i += 1)
			if ((this.#spokenOf & (1 << i)) !== 0) values += this.#policies.hasWindow(i) ? 4 : 1;
		const batch = options.batch ?? 1;
		this.#record = new Uint8Array(VALUES_AT + 4 * values);
		this.#ring = new Ring((options.ringBytes ?? 0) + batch * (this.#record.length + RECORD_BYTES));
		this.report = new JsonReport(FIELDS, valueBytes(options));
	}

	/** Readings that wait for a connection. */
	get waiting(): number {
		return this.#ring.count - this.#gathered;
	}

	/** Takes a reading. True where a message is due, which is then in `report`; `handleTicket` is to say what became of it. */
	read(): boolean {
		const now = this.#clock.now();
		this.#turns = this.#options.catchUp ?? 1;
		this.sample();
		let due = 0;
		for (let i = 0; i < QUANTITIES.length; i += 1) {
			const value = this.#values[i];
			if (!Number.isFinite(value)) continue;
			const digits = scaled(value, DECIMALS[i]);
			this.#policies.handleValue(i, Math.max(-LARGEST_VALUE, Math.min(LARGEST_VALUE, digits)));
			if (this.#policies.isDue(i, now)) due |= 1 << i;
		}
		if (due !== 0) this.keep(due, now);
		if (this.#gathered === 0) return false;
		const age = (now - this.#sinceMs) | 0;
		if (this.#gathered < (this.#options.batch ?? 1) && age < (this.#options.batchMs ?? BATCH_MS)) return false;
		return this.gather();
	}

	/** Puts what has been gathered into `report`, however little. False where there is nothing. */
	gather(): boolean {
		if (this.#gathered === 0) return false;
		this.#hadWaited = false;
		this.tell(this.#ring.size - this.#gatheredBytes, this.#gathered);
		return true;
	}

	/**
	 * Puts some of what waits into `report`. False where nothing does, where as many have left in this interval as may, and,
	 * with the newest first, while newer ones are being gathered.
	 */
	pollWaiting(): boolean {
		const ring = this.#ring;
		// While a message is being published, its end may be told, and that of others, which makes room.
		if (this.#told > 0) return false;
		if (this.#turns <= 0 || ring.count === this.#gathered) return false;
		let place = 0;
		let count = 1;
		const most = Math.min(this.#options.batch ?? 1, this.waiting);
		if (this.#options.newestFirst === true) {
			// They are taken from the end of the ring, where others are being gathered.
			if (this.#gathered > 0) return false;
			place = ring.before(ring.size);
			for (; count < most; count += 1) {
				const before = ring.before(place);
				if (ring.int32(before, NUMBER_AT) + 1 !== ring.int32(place, NUMBER_AT)) break;
				place = before;
			}
		} else {
			let last = 0;
			for (; count < most; count += 1) {
				const after = ring.after(last);
				if (ring.int32(last, NUMBER_AT) + 1 !== ring.int32(after, NUMBER_AT)) break;
				last = after;
			}
		}
		this.#hadWaited = true;
		this.tell(place, count);
		return true;
	}

	/**
	 * What became of the message in `report`: a ticket of the client, or minus an error, after which it may be taken later or
	 * not. True where it was refused, and its readings wait.
	 */
	handleTicket(ticket: number, mayWait: boolean): boolean {
		const told = this.#told;
		this.#told = 0;
		const isLive = !this.#hadWaited;
		const ringBytes = this.#options.ringBytes ?? 0;
		if (isLive) {
			this.#gathered = 0;
			this.#gatheredBytes = 0;
		} else if (ticket >= 0) this.#turns -= 1;
		if (ticket < 0 && mayWait && ringBytes > 0) {
			this.fit(ringBytes);
			return true;
		}
		const isNewest = isLive || this.#options.newestFirst === true;
		for (let i = 0; i < told; i += 1) isNewest ? this.#ring.dropNewest() : this.#ring.dropOldest();
		if (ticket >= 0) return false;
		this.fallen += told;
		// Nobody will ever hear of it: what it said is worth saying again.
		for (let i = 0; i < QUANTITIES.length; i += 1) this.#policies.forget(i);
		return false;
	}

	/** Asks all sensors, the last one that has something to say of a quantity wins. @internal */
	sample(): void {
		this.#values.fill(Number.NaN);
		for (let i = 0; i < this.#sensors.length; i += 1) {
			try {
				const sample = this.#sensors[i].sample();
				if (sample === undefined) continue;
				for (let j = 0; j < QUANTITIES.length; j += 1) {
					if ((this.#spokenOf & (1 << j)) === 0) continue;
					const value = reportedValue(sample, j);
					if (value !== undefined && Number.isFinite(value)) this.#values[j] = value;
				}
			} catch {
				// One broken sensor must not silence the others.
				this.sensorErrors += 1;
			}
		}
	}

	/** A record of what is due. @internal */
	keep(due: number, now: number): void {
		const record = this.#record;
		const policies = this.#policies;
		const wall = this.#clock.wall();
		this.readings += 1;
		record[0] = due;
		put32(record, NUMBER_AT, this.readings);
		const upper = wall > 0 ? Math.floor(wall / HALF) : OWN_CLOCK;
		record[TIME_AT] = upper >> 8;
		record[TIME_AT + 1] = upper;
		put32(record, TIME_AT + 2, wall > 0 ? wall % HALF : now);
		let at = VALUES_AT;
		for (let i = 0; i < QUANTITIES.length; i += 1) {
			if ((due & (1 << i)) === 0) continue;
			at = put32(record, at, policies.last(i));
			if (policies.hasWindow(i)) {
				at = put32(record, at, policies.smallest(i));
				at = put32(record, at, policies.largest(i));
				at = put32(record, at, policies.mean(i));
			}
			policies.handleReport(i, now);
		}
		this.#ring.append(record, at);
		if (this.#gathered === 0) this.#sinceMs = now;
		this.#gathered += 1;
		this.#gatheredBytes += at + RECORD_BYTES;
	}

	/** Lets the oldest fall out until what waits takes no more than that. @internal */
	fit(bytes: number): void {
		while (this.#ring.size - this.#gatheredBytes > bytes) {
			this.#ring.dropOldest();
			this.fallen += 1;
		}
	}

	/** Writes the message of some records in a row. @internal */
	tell(place: number, count: number): void {
		const { report } = this;
		const ring = this.#ring;
		this.#told = count;
		this.sequence = ring.int32(place, NUMBER_AT);
		report.begin();
		const time = this.timeOf(place);
		if (time > 0) report.put(TIME, time, 0);
		report.put(BOOT, this.boot, 0);
		report.put(SEQUENCE, this.sequence, 0);
		let all = 0;
		for (let i = 0, at = place; i < count; i += 1, at = ring.after(at)) all |= ring.byte(at, 0);
		if (count > 1) this.tellMilliseconds(place, count);
		for (let i = 0; i < QUANTITIES.length; i += 1) {
			if ((all & (1 << i)) === 0) continue;
			report.name(FIRST_QUANTITY + i);
			if (count > 1) report.openList();
			for (let j = 0, at = place; j < count; j += 1, at = ring.after(at)) this.tellValue(at, i);
			if (count > 1) report.closeList();
		}
		report.end();
	}

	/** How long each was after the first. @internal */
	tellMilliseconds(place: number, count: number): void {
		const { report } = this;
		const ring = this.#ring;
		const first = this.timeOf(place);
		report.name(MILLISECONDS);
		report.openList();
		for (let i = 0, at = place; i < count; i += 1, at = ring.after(at)) report.number(this.timeOf(at) - first, 0);
		report.closeList();
	}

	/** A quantity of a record. @internal */
	tellValue(place: number, quantity: number): void {
		const { report } = this;
		const ring = this.#ring;
		const has = ring.byte(place, 0);
		if ((has & (1 << quantity)) === 0) {
			report.nothing();
			return;
		}
		let at = VALUES_AT;
		for (let i = 0; i < quantity; i += 1) if ((has & (1 << i)) !== 0) at += this.#policies.hasWindow(i) ? 16 : 4;
		const decimals = DECIMALS[quantity];
		if (!this.#policies.hasWindow(quantity)) {
			report.number(ring.int32(place, at), decimals);
			return;
		}
		report.openList();
		for (let i = 0; i < 4; i += 1) report.number(ring.int32(place, at + 4 * i), decimals);
		report.closeList();
	}

	/**
	 * When a record was made: ms since 1970, also where the clock has been set only since then; as long as nobody has, how
	 * long ago, as a negative number. @internal
	 */
	timeOf(place: number): number {
		const ring = this.#ring;
		const upper = (ring.byte(place, TIME_AT) << 8) | ring.byte(place, TIME_AT + 1);
		const lower = ring.int32(place, TIME_AT + 2);
		if (upper !== OWN_CLOCK) return upper * HALF + (lower >>> 0);
		return this.#clock.wall() - ((this.#clock.now() - lower) >>> 0);
	}
}

Object.freeze(Reporter.prototype);

function put32(bytes: Uint8Array, at: number, value: number): number {
	bytes[at] = value >>> 24;
	bytes[at + 1] = value >>> 16;
	bytes[at + 2] = value >>> 8;
	bytes[at + 3] = value;
	return at + 4;
}

/** A bit for each quantity that these options speak of. */
function spokenOf({ quantities }: TelemetryOptions): number {
	if (quantities === undefined) return (1 << WEATHER) - 1;
	let bits = 0;
	for (let i = 0; i < QUANTITIES.length; i += 1) if (quantities[QUANTITIES[i]] !== undefined) bits |= 1 << i;
	return bits;
}

/** What is said of it, with what is said of all where it says nothing. */
function policyOf(options: TelemetryOptions, quantity: number): QuantityPolicy {
	return { ...options, ...options.quantities?.[QUANTITIES[quantity]] };
}

/** What the values of the largest message take: all readings of it with all quantities, and with all digits. */
export function valueBytes(options: TelemetryOptions): number {
	const batch = options.batch ?? 1;
	const bits = spokenOf(options);
	let bytes = HEAD_VALUES_BYTES + 3;
	if (batch > 1) bytes += 3 + batch * MILLISECONDS_BYTES;
	for (let i = 0; i < QUANTITIES.length; i += 1) {
		if ((bits & (1 << i)) === 0) continue;
		bytes += 3 + batch * (policyOf(options, i).window === true ? 4 * VALUE_BYTES + 3 : VALUE_BYTES);
	}
	return bytes;
}
