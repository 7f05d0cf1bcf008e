import { describe, expect, it } from "vitest";
import { FAULTS, orderedIncident } from "../../../../host-sim/fleet/timeline.js";
import {
	CATALOGUE,
	DURATIONS,
	type FaultOrder,
	type Kind,
	orderOf,
} from "../../../../host-sim/web/faults/catalogue.js";

const kindOf = (fault: string): Kind => CATALOGUE.find(each => each.fault === fault)!;

/** As the simulator reads it. */
function incidentOf(order: ReturnType<typeof orderOf>) {
	const { ask: _, ...said } = order as FaultOrder;
	return orderedIncident(said);
}

it("has every fault that a scenario has, once", () => {
	expect(CATALOGUE.map(({ fault }) => fault).sort()).toEqual([...FAULTS].sort());
});

describe.each(CATALOGUE.map(kind => [kind.fault, kind] as const))("%s", (fault, kind) => {
	it("as it stands there is an order that the simulator takes, for one board and for all", () => {
		const one = incidentOf(orderOf(kind, { board: "b1" }));
		expect(one.fault.fault).toBe(fault);
		if (!kind.isBroker) expect(one.boards).toEqual(["b1"]);
		expect(incidentOf(orderOf(kind, { board: undefined })).boards).toBe("all");
	});

	it.each(DURATIONS)("lasts as long as is chosen, where it lasts: %j", lasts => {
		const order = orderOf(kind, { board: undefined, lasts });
		expect((order as FaultOrder).for).toBe(kind.usual === undefined || lasts === "" ? undefined : lasts);
		expect(() => incidentOf(order)).not.toThrow();
	});
});

it("says what stands in the fields, and leaves out what is empty", () => {
	const fields = { latency: "1.5s", bandwidth: "2000", jitter: " " };
	expect(orderOf(kindOf("slow-link"), { board: "b", fields })).toEqual({
		ask: "fault",
		fault: "slow-link",
		boards: ["b"],
		for: "1m",
		latency: "1.5s",
		bandwidth: 2000,
	});
	expect(incidentOf(orderOf(kindOf("clock-set"), { board: "b", fields: { by: "-2h" } })).fault).toMatchObject({
		byMs: -7_200_000,
	});
});

it.each([
	["slow-link", { latency: "fast" }, "latency"],
	["slow-link", { latency: "-1s" }, "latency"],
	["slow-link", { bandwidth: "1.5" }, "bandwidth"],
	["slow-link", { slice: "65536" }, "slice"],
	["power-cut-at-write", { operation: "0" }, "operation"],
	["power-cut-at-write", { operation: "" }, "operation"],
	["power-cut-at-write", { mode: "never" }, "mode"],
	["clock-drift", { ppm: "x" }, "ppm"],
	["broker-refuses", { reason: "5" }, "reason"],
])("%s with %o is wrong in %s", (fault, fields, wrong) => {
	expect(orderOf(kindOf(fault), { board: undefined, fields })).toEqual({ wrong });
});
