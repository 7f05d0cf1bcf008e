// What boards measure, and which of it is worth a reading, as checked JSON: curves in the place of the weather, the policy of
// telemetry, and that of boards that see.

import * as v from "valibot";
import type { RecognitionOptions } from "../../firmware/device/recognizer.js";
import type { QuantityPolicy } from "../../firmware/telemetry/policy.js";
import { Reporter, type TelemetryOptions } from "../../firmware/telemetry/reporter.js";
import type { Curve } from "../sensor/curve.js";
import { duration, number, object, wholeNumber } from "./schema.js";

/** Which answers of a board that sees are worth a reading, as in RecognitionOptions. */
export type Recognition = Pick<RecognitionOptions, "every" | "threshold">;

const finite = number(-1_000_000, 1_000_000);
const notNegative = number(0, 1_000_000);

const curveObject = v.pipe(
	object({
		constant: v.optional(finite),
		points: v.optional(
			v.pipe(
				v.array(
					v.strictTuple([duration("0ms", "8760h"), finite], 'expected a time and a value, such as ["1h", 21.5]'),
					"expected a list of times and values",
				),
				v.minLength(1, "expected at least one point"),
				v.check(
					points => points.every(([at], i) => i === 0 || at > points[i - 1]![0]),
					"expected each point to be later than the one before it",
				),
			),
		),
		sine: v.optional(object({ mean: finite, amplitude: finite, period: duration("1s", "8760h") })),
		noise: v.optional(notNegative, 0),
		offset: v.optional(notNegative, 0),
	}),
	v.check(
		({ constant, points, sine }) => [constant, points, sine].filter(each => each !== undefined).length === 1,
		"expected exactly one of constant, points and sine",
	),
	v.transform(({ constant, noise, offset, points, sine }): Curve => {
		if (constant !== undefined) return { shape: { constant }, noise, offset };
		if (points !== undefined) return { shape: { points }, noise, offset };
		const { amplitude, mean, period } = sine!;
		return { shape: { sine: { mean, amplitude, periodMs: period } }, noise, offset };
	}),
);
const constantCurve = v.pipe(
	finite,
	v.transform((constant): Curve => ({ shape: { constant }, noise: 0, offset: 0 })),
);
const weather = v.pipe(
	v.literal("seattle", 'expected "seattle", a number, or an object with constant, points or sine'),
	v.transform(() => undefined),
);
/** Undefined: the weather's. */
export const curve: v.GenericSchema<unknown, Curve | undefined> = v.lazy(
	(input): v.GenericSchema<unknown, Curve | undefined> =>
		(typeof input === "number"
			? constantCurve
			: typeof input === "object" && input !== null
				? curveObject
				: weather) as unknown as v.GenericSchema<unknown, Curve | undefined>,
);

/** Of a message's JSON: what the outbox of a board with the longest name leaves. */
const MESSAGE_BYTES = 850;

/** As the agent's options, with durations as texts; what comes from JSON is never undefined. */
const quantityPolicy = v.pipe(
	object(quantityEntries()),
	v.transform(({ heartbeat, interval, ...rest }) => inMilliseconds(rest, interval, heartbeat) as QuantityPolicy),
);
export const telemetry = v.pipe(
	object({
		...quantityEntries(),
		quantities: v.optional(
			object({
				temperature: v.optional(quantityPolicy),
				humidity: v.optional(quantityPolicy),
				pressure: v.optional(quantityPolicy),
			}),
		),
		batch: v.optional(wholeNumber(1, 255)),
		batchTime: v.optional(duration("0ms", "24h")),
		ringBytes: v.optional(wholeNumber(0, 1_048_576)),
		newestFirst: v.optional(v.boolean("expected true or false")),
		catchUp: v.optional(wholeNumber(1, 64)),
	}),
	v.transform(
		({ batchTime, heartbeat, interval, ...rest }) =>
			({
				...inMilliseconds(rest, interval, heartbeat),
				...(batchTime !== undefined && { batchMs: batchTime }),
			}) as TelemetryOptions,
	),
	v.check(
		options => new Reporter([], { now: () => 0, wall: () => 0 }, 0, options, 0).report.bytes.length <= MESSAGE_BYTES,
		`expected messages of at most ${MESSAGE_BYTES} bytes: fewer readings in a batch, fewer quantities or windows`,
	),
);

const recognitionObject = object({
	/** Percent. */
	threshold: v.optional(wholeNumber(0, 100)),
	every: v.optional(v.boolean("expected true or false")),
});
const isSeeing = v.pipe(
	v.boolean("expected true, false, or an object of threshold and every"),
	v.transform(given => (given ? {} : undefined)),
);
/** Undefined: they do not see. */
export const recognition: v.GenericSchema<unknown, Recognition | undefined> = v.lazy(
	(input): v.GenericSchema<unknown, Recognition | undefined> =>
		(typeof input === "object" && input !== null ? recognitionObject : isSeeing) as unknown as v.GenericSchema<
			unknown,
			Recognition | undefined
		>,
);

function quantityEntries() {
	return {
		interval: v.optional(duration("0ms", "24h")),
		deadband: v.optional(notNegative),
		heartbeat: v.optional(duration("0ms", "24h")),
		window: v.optional(v.boolean("expected true or false")),
	};
}

function inMilliseconds<Rest extends object>(rest: Rest, interval: number | undefined, heartbeat: number | undefined) {
	return {
		...rest,
		...(interval !== undefined && { intervalMs: interval }),
		...(heartbeat !== undefined && { heartbeatMs: heartbeat }),
	};
}
