// Who has said what about each reading: the boards that they published it and how that ended, an observer that it arrived.
// In the end it tells what is missing and what came twice, and with each the restart of the broker that explains it, or
// that none does. A board whose reading was acknowledged, and then forgotten by the broker, cannot know; the observer sees
// the gap, and knows when its own connection had ended and whether the broker still knew it then (Session Present).
//
// Readings are named by device, boot and number, the numbers of a boot growing by one. What has arrived and has ended is
// not kept, and nothing that is told takes longer as a run grows: a year costs no more memory than a minute where nothing
// goes wrong.

/** What names a reading of one board. */
export interface ReadingName {
	readonly boot: number;
	readonly seq: number;
}

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
/** `"boot":` and `,"seq":`, as the telemetry has them one behind the other. */
const BOOT_BYTES = 7;
const SEQ_BYTES = 7;
const LETTER_B = 0x62;

/** The name that a reading's JSON begins with, or undefined. Without parsing all of it: there are millions. */
export function nameOf(json: Uint8Array, length = json.length): ReadingName | undefined {
	for (let at = 1; at < length - 1; at += 1) {
		if (json[at] !== QUOTE || json[at + 1] !== LETTER_B) continue;
		let digits = at + BOOT_BYTES;
		const boot = takeDigits(json, digits, length);
		while (digits < length && isDigit(json[digits]!)) digits += 1;
		const seq = takeDigits(json, digits + SEQ_BYTES, length);
		return boot === undefined || seq === undefined ? undefined : { boot, seq };
	}
	return undefined;
}

function takeDigits(json: Uint8Array, from: number, length: number): number | undefined {
	let value = 0;
	let at = from;
	for (; at < length && isDigit(json[at]!); at += 1) value = value * 10 + json[at]! - ZERO;
	return at === from ? undefined : value;
}

function isDigit(byte: number): boolean {
	return byte >= ZERO && byte <= NINE;
}

/** How a publish has ended. */
export type ReadingEnd = "settled" | "refused" | "lost" | "dropped";

/** An absence of the observer, by number from 1, and what the broker said when it was back. */
export interface Restart {
	readonly number: number;
	/** Session Present. True is no proof: a broker that was killed may have gone back to an older memory. */
	readonly remembered: boolean;
}

/** Readings that were acknowledged and have not arrived, one number after another. */
export interface Gap {
	readonly device: string;
	readonly boot: number;
	readonly from: number;
	readonly to: number;
	/** Of these one has swallowed it; mostly there is one to choose from. None: nothing explains it. */
	readonly restarts: readonly Restart[];
}

export interface Repeat {
	readonly device: string;
	readonly boot: number;
	readonly seq: number;
	/** Undefined: nothing explains it. */
	readonly restart: Restart | undefined;
}

export interface LedgerSummary {
	/** Readings that the boards took, at all QoS. */
	readonly published: number;
	/** Readings that arrived, each counted once. */
	readonly arrived: number;
	/** Acknowledged above QoS 0, and not arrived. */
	readonly missing: readonly Gap[];
	/** At QoS 2, arrived more than once. */
	readonly twice: readonly Repeat[];
	/** At QoS 1, which allows it, arrivals after the first. */
	readonly repeated: number;
	/** Above QoS 0, neither arrived nor ended: under way, or gone with the memory of their board. */
	readonly open: readonly Gap[];
	/** Above QoS 0: their boards have said that they may not arrive, and they have not. */
	readonly reported: Readonly<Record<Exclude<ReadingEnd, "settled">, number>>;
	/** Gone at QoS 0, which promises nothing. */
	readonly unpromised: number;
	/** Arrived, and no board has said that it had published it: its power went in the middle of that. */
	readonly unannounced: number;
	readonly restarts: readonly Restart[];
}

/** A reading that has not both arrived and ended. Moments are counts of what the ledger was told. */
interface Entry {
	end: ReadingEnd | undefined;
	hasArrived: boolean;
	/** Undefined: nobody has said so yet. */
	publishedAt: number | undefined;
	/** When the connection began that settled it, or its publish where that was later: from then on the broker had it. */
	settledOn: number;
	/** When a later one arrived before it; messages of a topic keep their order [MQTT-4.6.0-6]. */
	passedAt: number;
}

/** A board from one start to the next. */
interface Life {
	readonly device: string;
	readonly boot: number;
	/** As its board has said, or else as its readings arrive. */
	qos: number;
	readonly entries: Map<number, Entry>;
	/** The last number that was published, and that has arrived. */
	top: number;
	highest: number;
	/** `highest` when the observer went for the time with that number. */
	highestBefore: number;
	absences: number;
	arrived: number;
	published: number;
}

/** A board, over all its starts. */
interface Device {
	readonly lives: Map<number, Life>;
	onlineAt: number;
}

interface Absence extends Restart {
	readonly downAt: number;
	readonly backAt: number;
}

export class Ledger {
	readonly #devices = new Map<string, Device>();
	readonly #twice: Repeat[] = [];
	readonly #absences: Absence[] = [];
	#moment = 0;
	#downAt: number | undefined;
	/** How often the observer has gone. */
	#departures = 0;
	#repeated = 0;
	#unannounced = 0;

	/** A board is connected. */
	handleOnline(device: string): void {
		this.#moment += 1;
		this.#device(device).onlineAt = this.#moment;
	}

	/** A board has taken a reading to publish. */
	handlePublished(device: string, boot: number, seq: number, qos: number): void {
		this.#moment += 1;
		const life = this.#life(device, boot, qos);
		life.qos = qos;
		life.published += 1;
		life.top = Math.max(life.top, seq);
		if (qos === 0) return;
		const early = life.entries.get(seq);
		if (early !== undefined && early.publishedAt === undefined) {
			// It was quicker than the word of its board.
			this.#unannounced -= 1;
			life.arrived += 1;
			early.publishedAt = this.#moment;
			early.settledOn = this.#moment;
		} else life.entries.set(seq, entryOf(this.#moment));
	}

	/** A board has said how the publish of a reading has ended. Returns whether it has arrived by then. */
	handleEnd(device: string, boot: number, seq: number, end: ReadingEnd): boolean {
		this.#moment += 1;
		const known = this.#devices.get(device);
		const life = known?.lives.get(boot);
		if (life === undefined) return false;
		const entry = life.entries.get(seq);
		// What has both arrived and ended has been told before.
		if (entry === undefined) return seq <= life.top;
		entry.end = end;
		entry.settledOn = Math.max(entry.settledOn, known!.onlineAt);
		if (entry.hasArrived) life.entries.delete(seq);
		return entry.hasArrived;
	}

	/**
	 * A reading has arrived at the observer; its QoS counts where its board has said nothing of it yet. False where it had
	 * arrived before.
	 */
	handleArrived(device: string, boot: number, seq: number, qos = 2): boolean {
		this.#moment += 1;
		const life = this.#life(device, boot, qos);
		if (life.qos === 0) {
			if (seq > life.top) this.#unannounced += 1;
			else life.arrived += 1;
			return true;
		}
		if (life.absences !== this.#departures) {
			life.absences = this.#departures;
			life.highestBefore = life.highest;
		}
		const entry = life.entries.get(seq);
		const isNew = entry === undefined ? seq > life.top : !entry.hasArrived;
		if (!isNew) this.#handleRepeat(life, seq);
		else if (entry === undefined) this.#handleUnannounced(life, seq);
		else {
			life.arrived += 1;
			entry.hasArrived = true;
			if (entry.end !== undefined) life.entries.delete(seq);
		}
		// No further than its board has come: somebody else may send any number.
		for (let passed = life.highest + 1; passed < seq && passed <= life.top; passed += 1) {
			const overtaken = life.entries.get(passed);
			if (overtaken !== undefined) overtaken.passedAt = this.#moment;
		}
		life.highest = Math.max(life.highest, Math.min(seq, life.top));
		return isNew;
	}

	/** The observer's connection has ended. */
	handleDown(): void {
		this.#moment += 1;
		if (this.#downAt !== undefined) return;
		this.#downAt = this.#moment;
		this.#departures += 1;
	}

	/** The observer is back, and subscribed; `remembered`: its session was still there. */
	handleBack(remembered: boolean): void {
		this.#moment += 1;
		if (this.#downAt === undefined) return;
		const number = this.#absences.length + 1;
		this.#absences.push({ number, remembered, downAt: this.#downAt, backAt: this.#moment });
		this.#downAt = undefined;
	}

	/** How things stand; what is under way counts as open. */
	summary(): LedgerSummary {
		const missing: Gap[] = [];
		const open: Gap[] = [];
		const reported = { refused: 0, lost: 0, dropped: 0 };
		const counts = { published: 0, arrived: 0, unpromised: 0 };
		for (const life of this.#lives()) {
			counts.published += life.published;
			counts.arrived += life.arrived;
			if (life.qos === 0) counts.unpromised += Math.max(0, life.published - life.arrived);
			for (const [seq, entry] of life.entries) {
				if (entry.hasArrived) continue;
				if (entry.end === undefined) extend(open, life, seq, []);
				else if (entry.end === "settled") extend(missing, life, seq, this.#explain(life, entry));
				else reported[entry.end] += 1;
			}
		}
		return {
			...counts,
			missing,
			twice: [...this.#twice],
			repeated: this.#repeated,
			open,
			reported,
			unannounced: this.#unannounced,
			restarts: this.#absences.map(publicOf),
		};
	}

	#device(name: string): Device {
		let device = this.#devices.get(name);
		if (device === undefined) {
			device = { lives: new Map(), onlineAt: 0 };
			this.#devices.set(name, device);
		}
		return device;
	}

	#life(device: string, boot: number, qos: number): Life {
		const { lives } = this.#device(device);
		let life = lives.get(boot);
		if (life === undefined) {
			const counts = { top: 0, highest: 0, highestBefore: 0, absences: this.#departures, arrived: 0, published: 0 };
			life = { device, boot, qos, entries: new Map(), ...counts };
			lives.set(boot, life);
		}
		return life;
	}

	*#lives(): Iterable<Life> {
		for (const { lives } of this.#devices.values()) yield* lives.values();
	}

	/** Nobody has said that it was published; what comes again has to be known. */
	#handleUnannounced(life: Life, seq: number): void {
		this.#unannounced += 1;
		life.entries.set(seq, { ...entryOf(this.#moment), publishedAt: undefined, hasArrived: true });
	}

	#handleRepeat(life: Life, seq: number): void {
		if (life.qos === 1) {
			this.#repeated += 1;
			return;
		}
		// It was there before the observer went last: that restart has made it come again, or nothing has.
		const last = this.#absences.at(-1);
		const restart = last !== undefined && seq <= life.highestBefore ? publicOf(last) : undefined;
		this.#twice.push({ device: life.device, boot: life.boot, seq, restart });
	}

	/**
	 * The absences that can have swallowed a reading which was acknowledged: at QoS 1 the first after the connection that
	 * did it. At QoS 2 the broker has had it from PUBREC on, which may have come on an earlier connection; a broker that has
	 * forgotten it completes the PUBREL all the same. And none that began when it had been passed over.
	 */
	#explain({ qos }: Life, { passedAt, publishedAt, settledOn }: Entry): readonly Restart[] {
		const absences = this.#absences;
		const last = absences.find(({ backAt }) => backAt > settledOn) ?? absences.at(-1);
		const from = qos === 2 ? publishedAt! : settledOn;
		return absences
			.filter(({ backAt, downAt, number }) => backAt > from && downAt < passedAt && number <= last!.number)
			.map(publicOf);
	}
}

function entryOf(moment: number): Entry {
	return {
		end: undefined,
		hasArrived: false,
		publishedAt: moment,
		settledOn: moment,
		passedAt: Number.POSITIVE_INFINITY,
	};
}

function publicOf({ number, remembered }: Absence): Restart {
	return { number, remembered };
}

/** One more reading that is not there: the last gap grows, or another begins. */
function extend(gaps: Gap[], { boot, device }: Life, seq: number, restarts: readonly Restart[]): void {
	const last = gaps.at(-1);
	const isNext = last?.device === device && last.boot === boot && last.to === seq - 1;
	const isAlike =
		last?.restarts.length === restarts.length && last.restarts.every(({ number }, i) => number === restarts[i]!.number);
	if (isNext && isAlike) gaps[gaps.length - 1] = { ...last, to: seq };
	else gaps.push({ device, boot, from: seq, to: seq, restarts });
}
