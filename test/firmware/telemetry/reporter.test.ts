import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sample } from "../../../firmware/io.js";
import { Reporter, type TelemetryOptions } from "../../../firmware/telemetry/reporter.js";

const OUTBOX_FULL = -0x10;
const WALL = 1_700_000_000_000;

/** A board's telemetry, a second a step; `at` is the time of the next step, `wall` what the clock of people says at 0. */
class Bench {
	at = 0;
	wall = WALL;
	sample: Sample | undefined = {};
	readonly reporter: Reporter;

	constructor(options: TelemetryOptions, startMs = 0) {
		const clock = {
			now: () => (startMs + this.at) | 0,
			wall: () => (this.wall === 0 ? 0 : this.wall + this.at),
		};
		const sensor = { configure() {}, sample: () => this.sample, close() {} };
		this.reporter = new Reporter([sensor], clock, 7, options, 1000);
	}

	get message(): Record<string, unknown> & { seq: number } {
		const { bytes, length } = this.reporter.report;
		return JSON.parse(Buffer.from(bytes.slice(0, length)).toString());
	}

	/** A reading of that, a second after the last; the message, and what became of it, if one was due. */
	step(sample: Sample | undefined, ticket = 1, mayWait = true): Record<string, unknown> | undefined {
		this.sample = sample;
		const due = this.reporter.read();
		this.at += 1000;
		if (!due) return undefined;
		this.reporter.handleTicket(ticket, mayWait);
		return this.message;
	}

	/** The next message of those that wait. */
	next(ticket = 1, mayWait = true): Record<string, unknown> | undefined {
		if (!this.reporter.pollWaiting()) return undefined;
		this.reporter.handleTicket(ticket, mayWait);
		return this.message;
	}
}

describe("messages", () => {
	it("of one reading are as without a policy: the first three quantities, in the documented units", () => {
		const bench = new Bench({});
		expect(bench.step({ temperature: 21.534, humidity: 0.4567, pressure: 101_325.4, voltage: 3 })).toEqual({
			time: WALL,
			boot: 7,
			seq: 1,
			temperature: 21.53,
			humidity: 45.7,
			pressure: 1013.25,
		});
		expect(bench.step({ temperature: -0.001 })).toEqual({ time: WALL + 1000, boot: 7, seq: 2, temperature: 0 });
		expect(bench.step({ voltage: 3 })).toBe(undefined);
		expect(bench.step({ temperature: 1e300 })).toMatchObject({ seq: 3, temperature: 21_474_836.47 });
		expect(bench.step({ temperature: -1e300 })).toMatchObject({ seq: 4, temperature: -21_474_836.47 });
	});

	it("speak of the quantities that are named", () => {
		const quantities = { accelerationX: {}, accelerationZ: {}, position: {}, voltage: {} };
		const bench = new Bench({ quantities });
		expect(
			bench.step({ temperature: 1, accelerationX: -0.1234, accelerationY: 5, accelerationZ: 9.80665, position: 0.5 }),
		).toEqual({ time: WALL, boot: 7, seq: 1, accelerationX: -0.123, accelerationZ: 9.807, position: 0.5 });
		expect(bench.step({ voltage: 3.3 })).toEqual({ time: WALL + 1000, boot: 7, seq: 2, voltage: 3.3 });
	});

	it("of several have a list for each quantity, null where there is nothing to say, and the ms since the first", () => {
		const bench = new Bench({ batch: 3, quantities: { temperature: {}, humidity: { deadband: 5 } } });
		expect(bench.step({ temperature: 21.53, humidity: 0.452 })).toBe(undefined);
		expect(bench.step({ temperature: 21.61, humidity: 0.46 })).toBe(undefined);
		bench.at += 7;
		expect(bench.step({ humidity: 0.6 })).toEqual({
			time: WALL,
			boot: 7,
			seq: 1,
			ms: [0, 1000, 2007],
			temperature: [21.53, 21.61, null],
			humidity: [45.2, null, 60],
		});
		const { bytes, length } = bench.reporter.report;
		expect(Buffer.from(bytes.slice(0, length)).toString()).toBe(
			'{"time":1700000000000,"boot":7,"seq":1,"ms":[0,1000,2007],"temperature":[21.53,21.61,null],"humidity":[45.2,null,60.0]}',
		);
	});

	it("have last, smallest, largest and mean where there is a window", () => {
		const bench = new Bench({
			quantities: { temperature: { window: true, intervalMs: 3000 }, humidity: {} },
			batch: 2,
		});
		for (const [i, temperature] of [5, 20, 10.5, 12].entries())
			bench.step(i === 1 ? { temperature, humidity: 1 } : { temperature });
		expect(bench.message).toMatchObject({ seq: 1, temperature: [[5, 5, 5, 5], null], humidity: [null, 100] });
		const single = new Bench({ window: true, quantities: { temperature: { intervalMs: 3000 } } });
		const seen = [5, 20, 10.5, 12].map(temperature => single.step({ temperature }));
		expect(seen.map(message => message?.["temperature"])).toEqual([
			[5, 5, 5, 5],
			undefined,
			undefined,
			[12, 10.5, 20, 14.17],
		]);
	});

	it("that are not full leave when their first reading is old enough, or when they are asked for", () => {
		const bench = new Bench({ batch: 10, batchMs: 3000 });
		const seen = Array.from({ length: 5 }, (_, i) => bench.step({ temperature: i }));
		expect(seen.map(message => message?.["temperature"])).toEqual([
			undefined,
			undefined,
			undefined,
			[0, 1, 2, 3],
			undefined,
		]);
		expect(bench.reporter.gather()).toBe(true);
		expect(bench.message).toMatchObject({ seq: 5, temperature: 4 });
		bench.reporter.handleTicket(0, false);
		expect(bench.reporter.gather()).toBe(false);
		const quiet = new Bench({ batch: 10, batchMs: 3000 });
		quiet.step({ temperature: 1 });
		expect([quiet.step(undefined), quiet.step(undefined), quiet.step(undefined)?.["seq"]]).toEqual([
			undefined,
			undefined,
			1,
		]);
	});

	it("never need more than their bytes, whatever the numbers are", () => {
		const worst = -1e300;
		const sample = { temperature: worst, humidity: worst, pressure: worst, position: worst };
		for (const batch of [1, 2, 40])
			for (const window of [false, true]) {
				const quantities = { temperature: { window }, humidity: {}, pressure: {}, position: { window } };
				const bench = new Bench({ batch, batchMs: 86_400_000, quantities, ringBytes: 256 });
				for (let i = 0; i < batch * 3; i += 1) {
					bench.at += 2_000_000;
					bench.step(sample);
				}
				const { bytes, length } = bench.reporter.report;
				expect(length).toBeLessThanOrEqual(bytes.length);
				expect(bench.message.seq).toBe(batch * 2 + 1);
			}
	});

	it("have the time of readings from before somebody set the clock, once that is known", () => {
		const bench = new Bench({ batch: 2, ringBytes: 500 }, 0x7fff_ffff - 1500);
		bench.wall = 0;
		bench.step({ temperature: 1 });
		expect(bench.step({ temperature: 2 }, OUTBOX_FULL)).toEqual({
			boot: 7,
			seq: 1,
			ms: [0, 1000],
			temperature: [1, 2],
		});
		bench.step({ temperature: 3 });
		bench.wall = WALL;
		expect(bench.step({ temperature: 4 })).toEqual({
			time: WALL + 2000,
			boot: 7,
			seq: 3,
			ms: [0, 1000],
			temperature: [3, 4],
		});
		expect(bench.next()).toEqual({ time: WALL, boot: 7, seq: 1, ms: [0, 1000], temperature: [1, 2] });
	});
});

describe("readings that were refused", () => {
	/** Five of which the middle three are refused, with what waits. */
	function after(options: TelemetryOptions): Bench {
		const bench = new Bench(options);
		for (let i = 1; i <= 5; i += 1) bench.step({ temperature: i }, i === 1 || i === 5 ? i : OUTBOX_FULL);
		return bench;
	}

	it("are gone where there is no ring, and counted; what nobody heard of is said again", () => {
		const bench = after({ deadband: 10 });
		expect([bench.reporter.waiting, bench.reporter.fallen, bench.next()]).toEqual([0, 0, undefined]);
		const again = new Bench({ deadband: 10 });
		expect(again.step({ temperature: 1 }, OUTBOX_FULL)).toMatchObject({ seq: 1 });
		expect(again.step({ temperature: 1 }, 5)).toMatchObject({ seq: 2 });
		expect(again.step({ temperature: 1 })).toBe(undefined);
		expect([again.reporter.waiting, again.reporter.fallen]).toEqual([0, 1]);
	});

	it("wait with their time, and follow from the oldest on, one in an interval", () => {
		const bench = after({ ringBytes: 200 });
		expect(bench.reporter.waiting).toBe(3);
		expect(bench.next()).toEqual({ time: WALL + 1000, boot: 7, seq: 2, temperature: 2 });
		expect(bench.next()).toBe(undefined);
		bench.step({ temperature: 6 });
		expect([bench.next()?.["seq"], bench.next()]).toEqual([3, undefined]);
		bench.step(undefined);
		expect([bench.next()?.["seq"], bench.reporter.waiting, bench.reporter.fallen]).toEqual([4, 0, 0]);
	});

	it("follow from the newest on where that is asked for", () => {
		const bench = after({ ringBytes: 200, newestFirst: true, catchUp: 3 });
		expect([bench.next(), bench.next(), bench.next()].map(message => message?.["seq"])).toEqual([4, 3, 2]);
		expect(bench.reporter.waiting).toBe(0);
	});

	it("are put together where their numbers follow one another, and nothing of what is being gathered goes with them", () => {
		for (const newestFirst of [false, true]) {
			const bench = new Bench({ ringBytes: 500, batch: 2, catchUp: 9, newestFirst });
			for (let i = 1; i <= 12; i += 1) bench.step({ temperature: i }, [4, 6, 10].includes(i) ? OUTBOX_FULL : 1);
			expect(bench.reporter.waiting).toBe(6);
			bench.step({ temperature: 13 });
			const seen = () =>
				[bench.next(), bench.next(), bench.next(), bench.next()].map(message => message?.["temperature"]);
			const oldest = [[3, 4], [5, 6], [9, 10], undefined];
			expect(seen()).toEqual(newestFirst ? [undefined, undefined, undefined, undefined] : oldest);
			bench.step({ temperature: 14 });
			expect(bench.message).toMatchObject({ seq: 13, temperature: [13, 14] });
			if (newestFirst) expect(seen()).toEqual([[9, 10], [5, 6], [3, 4], undefined]);
		}
	});

	it("stay where they are while they are refused again, and fall out when nobody will ever take them", () => {
		const bench = after({ ringBytes: 200, catchUp: 2 });
		expect(bench.next(OUTBOX_FULL)).toMatchObject({ seq: 2 });
		expect([bench.reporter.waiting, bench.reporter.fallen]).toEqual([3, 0]);
		expect(bench.next(-0x95, false)).toMatchObject({ seq: 2 });
		expect([bench.reporter.waiting, bench.reporter.fallen]).toEqual([2, 1]);
		expect(bench.step({ temperature: 9 }, -0x95, false)).toMatchObject({ seq: 6 });
		expect([bench.reporter.waiting, bench.reporter.fallen]).toEqual([2, 2]);
		expect(bench.next()).toMatchObject({ seq: 3 });
	});

	it("are not looked at while a message is being published", () => {
		const bench = after({ ringBytes: 200 });
		bench.sample = { temperature: 6 };
		expect([bench.reporter.read(), bench.reporter.pollWaiting()]).toEqual([true, false]);
		expect(bench.message).toMatchObject({ seq: 6 });
		bench.reporter.handleTicket(1, false);
		expect(bench.reporter.pollWaiting()).toBe(true);
	});
});

it("every reading is told once, waits, or is counted as fallen out, whatever is refused", () => {
	fc.assert(
		fc.property(
			fc.record({
				batch: fc.integer({ min: 1, max: 5 }),
				ringBytes: fc.constantFrom(0, 40, 200, 1000),
				newestFirst: fc.boolean(),
				window: fc.boolean(),
				catchUp: fc.integer({ min: 1, max: 4 }),
				batchMs: fc.constantFrom(0, 2000, 60_000),
			}),
			fc.array(fc.record({ taken: fc.boolean(), waitingTaken: fc.boolean(), values: fc.integer({ min: 0, max: 7 }) }), {
				maxLength: 120,
			}),
			(options, steps) => {
				const bench = new Bench(options);
				const told = new Map<number, unknown>();
				const made = new Map<number, unknown>();
				const take = () => {
					const { message } = bench;
					const ms = (message["ms"] ?? [0]) as number[];
					for (const [i, since] of ms.entries()) {
						const seq = message.seq + i;
						expect(told.has(seq)).toBe(false);
						const of = (name: string) =>
							(message["ms"] === undefined ? message[name] : (message[name] as unknown[])?.[i]) ?? null;
						told.set(seq, [(message["time"] as number) + since, of("temperature"), of("humidity"), of("pressure")]);
					}
				};
				for (const [i, { taken, values, waitingTaken }] of steps.entries()) {
					const has = (bit: number) => (values & bit) !== 0;
					const sample = {
						...(has(1) && { temperature: i }),
						...(has(2) && { humidity: i / 100 }),
						...(has(4) && { pressure: i * 100 }),
					};
					const shown = options.window ? [i, i, i, i] : i;
					if (values !== 0)
						made.set(made.size + 1, [WALL + bench.at, ...[1, 2, 4].map(bit => (has(bit) ? shown : null))]);
					bench.sample = sample;
					if (bench.reporter.read()) {
						if (taken) take();
						bench.reporter.handleTicket(taken ? 1 : OUTBOX_FULL, true);
					}
					while (bench.reporter.pollWaiting()) {
						if (waitingTaken) take();
						bench.reporter.handleTicket(waitingTaken ? 1 : OUTBOX_FULL, true);
						if (!waitingTaken) break;
					}
					bench.at += 1000;
				}
				const fallen = bench.reporter.fallen;
				for (;;) {
					if (bench.reporter.gather()) {
						take();
						bench.reporter.handleTicket(1, true);
					}
					bench.sample = undefined;
					bench.reporter.read();
					if (!bench.reporter.pollWaiting()) break;
					take();
					bench.reporter.handleTicket(1, true);
				}
				expect([bench.reporter.waiting, bench.reporter.fallen, bench.reporter.readings]).toEqual([
					0,
					fallen,
					made.size,
				]);
				expect(told.size + fallen).toBe(made.size);
				for (const [seq, reading] of told) expect(reading, `${seq}`).toEqual(made.get(seq));
			},
		),
		{ numRuns: 500 },
	);
});
