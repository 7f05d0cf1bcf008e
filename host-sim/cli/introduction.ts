// The first lines of a run, for people: where its broker is, how its time goes, which boards there are, and how it ends.

import type { Scenario } from "../fleet/scenario.js";
import { type Destination, describeEndpoint, lookOn } from "./endpoint.js";
import { timeText } from "./progress.js";
import { describeBoards } from "./scenario.js";

export interface IntroductionOptions {
	/** Where the broker is found; absent where nobody else can come to it. */
	readonly endpoint?: Destination;
	/** What there is to say of that, or of the boards. */
	readonly brokerNote?: string;
	readonly boardNote?: string;
	/** The broker asks who comes. */
	readonly isSecured?: boolean;
	/** How the world's time goes; absent where there is no word to be lost on it. */
	readonly pace?: string;
}

export function introduction(
	scenario: Scenario,
	{ boardNote = "", brokerNote = "", endpoint, isSecured = false, pace }: IntroductionOptions,
): string[] {
	const { duration, orders, seed, timeline } = scenario;
	const faults = `${timeline.length === 0 ? "no" : timeline.length} ${timeline.length === 1 ? "fault" : "faults"}`;
	const told = orders.length === 0 ? "" : `, ${orders.length} ${orders.length === 1 ? "order" : "orders"}`;
	const visitor = isSecured ? { userName: "NAME", password: "" } : {};
	const clock = endpoint === undefined ? " of the scenario" : "";
	return [
		...(endpoint === undefined ? [] : [`Broker    ${describeEndpoint(endpoint)}${brokerNote}`]),
		...(pace === undefined ? [] : [`World     virtual, ${pace}, seed ${seed}, ${faults}${told} in its timeline`]),
		`Boards    ${describeBoards(scenario)}${boardNote}`,
		...(endpoint === undefined ? [] : [lookOn({ ...endpoint, ...visitor })]),
		duration === undefined ? "Stop      Ctrl-C" : `Stop      after ${timeText(duration)}${clock}, or Ctrl-C`,
	];
}
