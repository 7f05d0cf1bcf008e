// What a simulated board does beside its readings, where its scenario wants it: commands, a log, and reports of how it is doing.

import { Commands } from "../../firmware/device/commands.js";
import { CountedStore } from "../../firmware/device/counted.js";
import { Diagnostics } from "../../firmware/device/diagnostics.js";
import { Discovery } from "../../firmware/device/discovery.js";
import type { Duty } from "../../firmware/device/duty.js";
import { Log } from "../../firmware/device/log.js";
import { Settings } from "../../firmware/device/settings.js";
import type { Collaborators, Power } from "../../firmware/io.js";
import type { BoardOptions } from "./board.js";

/** Duties, and what the agent is given for them in the place of what the scenario says. */
export interface Attended {
	readonly io: Collaborators;
	readonly duties: readonly Duty[];
	readonly intervalMs: number;
	readonly keepAlive: number;
}

/**
 * What the scenario says stands for the build's arguments: the board's own flash goes before it. Of what commands can set, a
 * simulated board follows interval, keepAlive, diagnostics and logLevel; QoS and version are the scenario's, which judges by them.
 * Undefined where the scenario wants none of it.
 */
export function attend(
	{ commands = false, diagnostics, homeAssistant, intervalMs, keepAlive }: Omit<BoardOptions<unknown>, "io">,
	io: Collaborators,
	{ power, identify }: { power?: Power; identify(seconds: number): void },
): Attended | undefined {
	if (!commands && diagnostics === undefined && homeAssistant === undefined) return undefined;
	const store = new CountedStore(io.store);
	const given = {
		interval: String(intervalMs),
		keepAlive: String(keepAlive),
		diagnostics: String(diagnostics ?? 0),
	};
	const settings = new Settings(store, given);
	const log = new Log({ clock: io.clock, settings });
	const known = power === undefined ? {} : { power };
	const duties: Duty[] = [];
	if (commands || diagnostics !== undefined) duties.push(log, new Diagnostics({ settings, flash: store, ...known }));
	if (commands) duties.push(new Commands({ settings, log, identify, ...known }));
	if (homeAssistant !== undefined) duties.push(new Discovery({ prefix: homeAssistant }));
	return {
		io: { ...io, store },
		duties,
		intervalMs: settings.number("interval"),
		keepAlive: settings.number("keepAlive"),
	};
}
