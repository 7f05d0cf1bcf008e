// What is held against a run: promises, each kept, broken, or not looked at. A report and a run's JUnit file tell the same.

import type { OrderSummary } from "../fleet/operator.js";
import type { RecognitionSummary } from "../fleet/recognitions.js";

export type Verdict = "kept" | "broken" | "unknown";

export interface Judgement {
	readonly name: string;
	readonly verdict: Verdict;
	/** A sentence: what was found, or why nobody has looked. */
	readonly detail: string;
}

export interface Evidence {
	readonly devices: number;
	readonly seenOnline: number;
	/** Absent where nobody has seen what arrived; `unseen` says why. */
	readonly gaps?: number;
	readonly duplicatesQos2?: number;
	readonly unseen?: string;
	/** Absent where there were none. */
	readonly orders?: OrderSummary;
	/** How many statements of the standard were broken; absent where nobody has looked. */
	readonly violations?: number;
	/** Absent where no board sees. */
	readonly recognition?: RecognitionSummary;
}

export function judge(evidence: Evidence): Judgement[] {
	const { devices, duplicatesQos2, gaps, orders, recognition, seenOnline, violations } = evidence;
	const { unseen = "nobody has looked" } = evidence;
	const unanswered = orders === undefined ? undefined : orders.unanswered + unfinished(orders);
	return [
		judgement("every board came online", devices - seenOnline, `${seenOnline} of ${devices} did`),
		judgement("what is settled has arrived", gaps, `${gaps} settled readings have not arrived`, unseen),
		judgement(
			"nothing arrives twice at QoS 2",
			duplicatesQos2,
			`${duplicatesQos2} readings came twice at QoS 2`,
			unseen,
		),
		judgement("orders are answered", unanswered, `${unanswered} orders have no answer`, "no orders were given"),
		judgement(
			"boards keep to the standard",
			violations,
			`${violations} statements were broken`,
			"--check was not asked for",
		),
		...(recognition === undefined
			? []
			: [
					judgement(
						"boards see what their model sees",
						wrongOf(recognition),
						saw(recognition),
						"no answer has arrived",
					),
				]),
	];
}

/** Undefined where there is no answer to judge by. */
function wrongOf({ answers, different }: RecognitionSummary): number | undefined {
	return answers === 0 ? undefined : different;
}

function saw({ answers, different }: RecognitionSummary): string {
	return `${different} of ${answers} answers are not what the model says of the same picture`;
}

/** `wrong`: how often it was broken; undefined where nobody knows, and `why`. */
function judgement(name: string, wrong: number | undefined, found: string, why = ""): Judgement {
	if (wrong === undefined) return { name, verdict: "unknown", detail: why };
	return { name, verdict: wrong === 0 ? "kept" : "broken", detail: found };
}

/** Updates that boards are still at. */
function unfinished({ notUpdated, updated, updates }: OrderSummary): number {
	return updates - updated - notUpdated;
}
