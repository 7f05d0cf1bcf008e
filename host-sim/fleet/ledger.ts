// Who has said what about each reading: the boards that they published it and how that ended, an observer that it arrived.
// In the end it tells what is missing and what came twice, and with each the restart of the broker that explains it, or
// that none does. A board whose reading was acknowledged, and then forgotten by the broker, cannot know; the observer sees
// the gap, and knows when its own connection had ended and whether the broker still knew it then (Session Present).
//
// Readings are named by device, boot and number, the numbers of a boot growing by one. What has arrived and has ended is
// not kept: a reading costs the same however long the run.

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
	readonly publishedAt: number;
	/** When the connection began that settled it, or its publish where that was later: from then on the broker had it. */
	settledOn: number;
	/** When a later one arrived before it; messages of a topic keep their order [MQTT-4.6.0-6]. */
	passedAt: number;
}

/** A board from one start to the next. */
interface Life {
	readonly device: string;
	readonly boot: number;
	readonly qos: number;
	readonly entries: Map<number, Entry>;
	/** The last number that was published, and that has arrived. */
	top: number;
	highest: number;
	/** `highest` when the observer went last. */
	highestBefore: number;
	arrived: number;
	published: number;
}

interface Absence extends Restart {
	readonly downAt: number;
	readonly backAt: number;
}

export class Ledger {
	readonly #lives = new Map<string, Life>();
	readonly #onlineAt = new Map<string, number>();
	readonly #twice: Repeat[] = [];
	readonly #absences: Absence[] = [];
	#moment = 0;
	#downAt: number | undefined;
	#repeated = 0;
	#unannounced = 0;

	/** A board is connected. */
	handleOnline(device: string): void {
		this.#moment += 1;
		this.#onlineAt.set(device, this.#moment);
	}

	/** A board has taken a reading to publish. */
	handlePublished(device: string, boot: number, seq: number, qos: number): void {
		this.#moment += 1;
		const key = `${device} ${boot}`;
		let life = this.#lives.get(key);
		if (life === undefined) {
			const entries = new Map<number, Entry>();
			life = { device, boot, qos, entries, top: 0, highest: 0, highestBefore: 0, arrived: 0, published: 0 };
			this.#lives.set(key, life);
		}
		life.published += 1;
		life.top = Math.max(life.top, seq);
		if (qos > 0)
			life.entries.set(seq, {
				end: undefined,
				hasArrived: false,
				publishedAt: this.#moment,
				settledOn: this.#moment,
				passedAt: Number.POSITIVE_INFINITY,
			});
	}

	/** A board has said how the publish of a reading has ended. */
	handleEnd(device: string, boot: number, seq: number, end: ReadingEnd): void {
		this.#moment += 1;
		const life = this.#lives.get(`${device} ${boot}`);
		const entry = life?.entries.get(seq);
		if (entry === undefined) return;
		entry.end = end;
		entry.settledOn = Math.max(entry.settledOn, this.#onlineAt.get(device) ?? 0);
		if (entry.hasArrived) life!.entries.delete(seq);
	}

	/** A reading has arrived at the observer. */
	handleArrived(device: string, boot: number, seq: number): void {
		this.#moment += 1;
		const life = this.#lives.get(`${device} ${boot}`);
		if (life === undefined || seq > life.top) {
			this.#unannounced += 1;
			return;
		}
		if (life.qos === 0) {
			life.arrived += 1;
			return;
		}
		const entry = life.entries.get(seq);
		if (entry === undefined || entry.hasArrived) this.#handleRepeat(life, seq);
		else {
			life.arrived += 1;
			entry.hasArrived = true;
			if (entry.end !== undefined) life.entries.delete(seq);
		}
		for (let passed = life.highest + 1; passed < seq; passed += 1) {
			const overtaken = life.entries.get(passed);
			if (overtaken !== undefined) overtaken.passedAt = this.#moment;
		}
		life.highest = Math.max(life.highest, seq);
	}

	/** The observer's connection has ended. */
	handleDown(): void {
		this.#moment += 1;
		if (this.#downAt !== undefined) return;
		this.#downAt = this.#moment;
		for (const life of this.#lives.values()) life.highestBefore = life.highest;
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
		for (const life of this.#lives.values()) {
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
		const from = qos === 2 ? publishedAt : settledOn;
		return absences
			.filter(({ backAt, downAt, number }) => backAt > from && downAt < passedAt && number <= last!.number)
			.map(publicOf);
	}
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
