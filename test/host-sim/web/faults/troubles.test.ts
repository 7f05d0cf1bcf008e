import { expect, it } from "vitest";
import { groupsOf } from "../../../../host-sim/web/faults/troubles.js";

it("what has struck many boards at one moment is one, the newest first", () => {
	const groups = groupsOf([
		{ id: 1, fault: "hang", device: "a", since: 500 },
		{ id: 2, fault: "power-cut", device: "a", since: 5000, until: 8000 },
		{ id: 3, fault: "power-cut", device: "b", since: 5100, until: 8100 },
		{ id: 4, fault: "power-cut", device: "c", since: 5100, until: 9100 },
		{ id: 5, fault: "broker-stop", since: 5000, until: 8000 },
		{ id: 6, fault: "power-cut", device: "a", since: 7000 },
	]);
	expect(groups).toEqual([
		{ fault: "power-cut", ids: [6], devices: ["a"], since: 7000, until: undefined },
		{ fault: "power-cut", ids: [4], devices: ["c"], since: 5100, until: 9100 },
		{ fault: "power-cut", ids: [2, 3], devices: ["a", "b"], since: 5000, until: 8100 },
		{ fault: "broker-stop", ids: [5], devices: [], since: 5000, until: 8000 },
		{ fault: "hang", ids: [1], devices: ["a"], since: 500, until: undefined },
	]);
	expect(groupsOf([])).toEqual([]);
});
