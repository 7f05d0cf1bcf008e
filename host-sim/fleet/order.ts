// What boards are told to do in a timeline, beside what befalls them: a command, or new firmware.

import * as v from "valibot";
import { isVersion } from "../../firmware/device/version.js";
import { duration, object } from "./schema.js";
import { type Whom, whom } from "./timeline.js";

/** Times are in ms. */
export type Order = {
	readonly at: number;
	/** From one time to the next; absent: once. */
	readonly every?: number;
	readonly boards: Whom;
	/** Each board is told at a moment of its own within that time. */
	readonly spread: number;
} & (
	| { readonly command: string; readonly fields: Readonly<Record<string, unknown>> }
	| { readonly update: string; readonly isBroken: boolean }
);

const when = {
	at: duration("0ms", "8760h"),
	every: v.optional(duration("1s", "8760h")),
	...whom,
};

const commandName = "expected the name of a command, such as set";
const versionForm = "expected a version, such as 1.1.0";

const command = v.pipe(
	object({
		...when,
		command: v.pipe(
			v.string(commandName),
			v.check(name => /^[\w-]{1,32}$/.test(name), commandName),
		),
		with: v.optional(v.record(v.string(), v.unknown(), "expected an object"), {}),
	}),
	v.transform(({ with: fields, ...given }) => orderOf({ ...given, fields })),
);

const update = v.pipe(
	object({
		...when,
		update: v.pipe(v.string(versionForm), v.check(isVersion, versionForm)),
		broken: v.optional(v.boolean("expected true or false"), false),
	}),
	v.transform(({ broken, ...given }) => orderOf({ ...given, isBroken: broken })),
);

/** Whether an entry of a timeline is one, and not a fault. */
export function isOrder(entry: unknown): boolean {
	return typeof entry === "object" && entry !== null && ("command" in entry || "update" in entry);
}

export const order: v.GenericSchema<unknown, Order> = v.lazy(
	(entry): v.GenericSchema<unknown, Order> =>
		(typeof entry === "object" && entry !== null && "update" in entry ? update : command) as unknown as v.GenericSchema<
			unknown,
			Order
		>,
);

function orderOf<Rest extends object>({ every, ...rest }: Rest & { every?: number | undefined }) {
	return { ...rest, ...(every !== undefined && { every }) };
}
