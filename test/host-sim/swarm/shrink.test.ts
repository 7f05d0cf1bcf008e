import { describe, expect, it } from "vitest";
import type { Invariant } from "../../../host-sim/swarm/invariant.js";
import { type Plan, partOf, planOf } from "../../../host-sim/swarm/plan.js";
import { type Outcome, runPlan } from "../../../host-sim/swarm/run.js";
import { shrink } from "../../../host-sim/swarm/shrink.js";

/** A plan with many faults and boards. */
const plan = Array.from({ length: 200 }, (_, seed) => planOf(seed)).find(
	({ boards, strikes }) =>
		boards.length === 3 && strikes.length > 20 && strikes.some(({ board }, i) => i > 3 && board >= 0),
)!;

describe("shrinking", () => {
	/** Fails where those two faults are in it, and the second befalls that board. */
	const [first, second] = [plan.strikes[3]!, plan.strikes.find(({ board }, i) => i > 3 && board >= 0)!];
	const run = (invariant: (plan: Plan) => Invariant | undefined) => (tried: Plan) => {
		const found = invariant(tried);
		const broken = found && { invariant: found, board: "", atMs: second.atMs, what: "" };
		return { ...runPlan(partOf(tried, { boards: [], faults: [] })), broken } as Outcome;
	};
	const has = (tried: Plan, { atMs, fault }: typeof first) =>
		tried.strikes.some(strike => strike.atMs === atMs && strike.fault === fault);

	it("leaves the faults and the board that it takes", () => {
		const fails = run(tried => (has(tried, first) && has(tried, second) ? "order" : undefined));
		const { part, outcome, runs } = shrink(plan, fails(plan), fails);
		const left = partOf(plan, part);
		expect(new Set(left.strikes.map(({ fault }) => fault))).toEqual(new Set([first.fault, second.fault]));
		expect(left.boards.length).toBeLessThanOrEqual(2);
		expect(left.chaosMs).toBeLessThanOrEqual(plan.chaosMs);
		expect(outcome.broken?.invariant).toBe("order");
		expect(runs).toBeLessThan(200);
	});

	it("does not take another failure for the same", () => {
		const fails = run(tried => (tried.strikes.length === plan.strikes.length ? "order" : "will"));
		expect(shrink(plan, fails(plan), fails).part.faults.length).toBe(plan.strikes.length);
	});

	it("needs no fault at all where it breaks anyway", () => {
		const fails = run(() => "limits");
		expect(shrink(plan, fails(plan), fails).part).toMatchObject({ faults: [], boards: [2] });
	});
});
