// What goes wrong now, put together: a fault that has struck a thousand boards at one moment is one line.

import type { Trouble } from "../../desk/protocol.js";

export interface TroubleGroup {
	readonly fault: string;
	readonly ids: readonly number[];
	/** The boards; none where it is the broker's. */
	readonly devices: readonly string[];
	/** In ms of the stage. */
	readonly since: number;
	readonly until: number | undefined;
}

/** What begins and ends within this is one, in ms. */
const TOGETHER_MS = 1000;

/** The newest first. */
export function groupsOf(troubles: Iterable<Trouble>): TroubleGroup[] {
	const groups = new Map<string, { fault: string; ids: number[]; devices: string[]; since: number; until?: number }>();
	for (const { device, fault, id, since, until } of troubles) {
		const key = `${fault} ${slotOf(since)} ${until === undefined ? "" : slotOf(until)} ${device === undefined}`;
		let group = groups.get(key);
		if (group === undefined) {
			group = { fault, ids: [], devices: [], since, ...(until !== undefined && { until }) };
			groups.set(key, group);
		}
		group.ids.push(id);
		if (device !== undefined) group.devices.push(device);
		group.since = Math.min(group.since, since);
		if (until !== undefined) group.until = Math.max(group.until ?? 0, until);
	}
	return [...groups.values()]
		.map(({ devices, fault, ids, since, until }) => ({ fault, ids, devices, since, until }))
		.sort((a, b) => b.since - a.since || a.ids[0]! - b.ids[0]!);
}

function slotOf(at: number): number {
	return Math.floor(at / TOGETHER_MS);
}
