// The faults that there can be on a stage, as the page offers them: how long they last, what else can be said about them, and the order
// that is made of that, in the words of a scenario's timeline.

import type { ToDesk } from "../../desk/protocol.js";

export interface Field {
	readonly name: string;
	/** "duration": such as "10s"; "signed": the same, perhaps with a minus. */
	readonly kind: "duration" | "signed" | "whole" | "number" | readonly string[];
	/** What stands there in the beginning; empty: it is left out. */
	readonly usual: string;
	/** Of a number. */
	readonly least?: number;
	readonly most?: number;
}

export interface Kind {
	readonly fault: string;
	/** It befalls the broker, and with it everybody. */
	readonly isBroker: boolean;
	/** How long it usually lasts; undefined where it is over at once, or for good. */
	readonly usual?: string;
	/** For good: nothing mends it. */
	readonly isFinal?: true;
	readonly fields: readonly Field[];
	/** Among those that are shown first. */
	readonly isCommon: boolean;
}

/** How long something may last, besides what is usual; "" is until it is mended. */
export const DURATIONS = ["5s", "15s", "1m", ""] as const;

const board = { isBroker: false, fields: [], isCommon: true };
const broker = { isBroker: true, fields: [], isCommon: true };

export const CATALOGUE: readonly Kind[] = [
	{ ...board, fault: "wifi-loss", usual: "15s" },
	{ ...board, fault: "hang" },
	{ ...board, fault: "partition", usual: "15s" },
	{
		...board,
		fault: "slow-link",
		usual: "1m",
		fields: [
			{ name: "latency", kind: "duration", usual: "800ms" },
			{ name: "bandwidth", kind: "whole", usual: "", least: 0, most: 1_000_000_000 },
			{ name: "jitter", kind: "duration", usual: "" },
			{ name: "slice", kind: "whole", usual: "", least: 0, most: 65_535 },
		],
	},
	{ ...broker, fault: "broker-stop", usual: "5s" },
	{ ...broker, fault: "broker-forgets", usual: "5s" },
	{ ...board, fault: "power-cut", usual: "3s" },
	{ ...board, fault: "sensor-fails", usual: "15s" },
	{ ...board, fault: "dns-fails", usual: "15s" },
	{ ...board, fault: "captive", usual: "15s" },
	{ ...board, fault: "low-memory", usual: "15s" },
	{ ...board, fault: "flash-full", usual: "15s" },
	{ ...board, fault: "reset" },
	{ ...board, fault: "cut", isCommon: false },
	{ ...board, fault: "dns-silent", usual: "15s", isCommon: false },
	{
		...board,
		fault: "power-cut-at-write",
		isCommon: false,
		fields: [
			{ name: "operation", kind: "whole", usual: "1", least: 1, most: 1_000_000 },
			{ name: "mode", kind: ["torn", "before", "lost", "after"], usual: "torn" },
		],
	},
	{ ...board, fault: "flash-worn", isFinal: true, isCommon: false },
	{ ...board, fault: "clock-skip", isCommon: false, fields: [{ name: "by", kind: "duration", usual: "10m" }] },
	{ ...board, fault: "clock-set", isCommon: false, fields: [{ name: "by", kind: "signed", usual: "-1h" }] },
	{
		...board,
		fault: "clock-drift",
		usual: "1m",
		isCommon: false,
		fields: [{ name: "ppm", kind: "number", usual: "500", least: -100_000, most: 100_000 }],
	},
	{
		...broker,
		fault: "broker-refuses",
		usual: "15s",
		isCommon: false,
		fields: [{ name: "reason", kind: "whole", usual: "136", least: 128, most: 255 }],
	},
	{
		...broker,
		fault: "broker-answers",
		usual: "15s",
		isCommon: false,
		fields: [
			{ name: "late", kind: "duration", usual: "2s" },
			{ name: "twice", kind: "whole", usual: "0", least: 0, most: 100 },
			{ name: "wrong", kind: "whole", usual: "0", least: 0, most: 100 },
		],
	},
];

export type FaultOrder = Extract<ToDesk, { ask: "fault" }>;

/** Which field is wrong. */
export interface WrongField {
	readonly wrong: string;
}

export interface Choice {
	/** A board, or all. */
	readonly board: string | undefined;
	/** Such as "5s"; "": until it is mended; undefined: as usual. */
	readonly lasts?: string | undefined;
	/** As they stand in the form, by name. */
	readonly fields?: Readonly<Record<string, string>>;
}

/** The order for it. */
export function orderOf(kind: Kind, { board, fields = {}, lasts = kind.usual }: Choice): FaultOrder | WrongField {
	const said: Record<string, unknown> = {};
	for (const field of kind.fields) {
		const text = (fields[field.name] ?? field.usual).trim();
		if (text === "" && field.usual === "") continue;
		const value = valueIn(field, text);
		if (value === undefined) return { wrong: field.name };
		said[field.name] = value;
	}
	return {
		ask: "fault",
		fault: kind.fault,
		...(!kind.isBroker && { boards: board === undefined ? "all" : [board] }),
		...(kind.usual !== undefined && lasts !== undefined && lasts !== "" && { for: lasts }),
		...said,
	};
}

function valueIn({ kind, least = -Infinity, most = Infinity }: Field, text: string): string | number | undefined {
	if (typeof kind === "object") return kind.find(each => each === text);
	if (kind === "duration" || kind === "signed") {
		const digits = kind === "signed" ? text.replace(/^-/, "") : text;
		return /^\d+(\.\d+)?(ms|s|m|h)$/.test(digits) ? text : undefined;
	}
	const value = text === "" ? Number.NaN : Number(text);
	if (!(value >= least && value <= most)) return undefined;
	return kind === "whole" && !Number.isInteger(value) ? undefined : value;
}
