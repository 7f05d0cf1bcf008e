import { expect, it } from "vitest";
import { judge } from "../../../host-sim/report/promise.js";

const verdicts = (evidence: Parameters<typeof judge>[0]) => judge(evidence).map(({ verdict }) => verdict);
const orders = { commands: 2, answered: 1, refused: 1, unanswered: 0, updates: 1, updated: 1, notUpdated: 0 };

it("keeps, breaks and does not know, each promise by what there is to see of it", () => {
	const good = { devices: 2, seenOnline: 2, gaps: 0, duplicatesQos2: 0, orders, violations: 0 };
	expect(verdicts(good)).toEqual(Array(5).fill("kept"));
	expect(verdicts({ devices: 2, seenOnline: 2 })).toEqual(["kept", ...Array(4).fill("unknown")]);
	for (const [i, wrong] of [
		{ seenOnline: 1 },
		{ gaps: 1 },
		{ duplicatesQos2: 1 },
		{ orders: { ...orders, unanswered: 1 } },
		{ violations: 1 },
	].entries())
		expect(verdicts({ ...good, ...wrong })).toEqual(Array.from({ length: 5 }, (_, j) => (j === i ? "broken" : "kept")));
	expect(verdicts({ ...good, orders: { ...orders, updates: 2 } })[3]).toBe("broken");
});

it("says why nobody knows", () => {
	const [, arrived] = judge({ devices: 1, seenOnline: 1, unseen: "the broker refuses our observer" });
	expect(arrived!.detail).toBe("the broker refuses our observer");
});

it("promises what boards see only where some do, and knows it by their answers", () => {
	const good = { devices: 1, seenOnline: 1 };
	const seen = (answers: number, different: number) =>
		judge({ ...good, recognition: { answers, right: 0, rightHere: 0, different } })[5];
	expect(judge(good).length).toBe(5);
	expect(seen(3, 0)!.verdict).toBe("kept");
	expect(seen(3, 1)).toEqual({
		name: "boards see what their model sees",
		verdict: "broken",
		detail: "1 of 3 answers are not what the model says of the same picture",
	});
	expect(seen(0, 0)).toMatchObject({ verdict: "unknown", detail: "no answer has arrived" });
});
