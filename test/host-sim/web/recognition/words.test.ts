import { expect, it } from "vitest";
import { FASHION_LABELS } from "../../../../host-sim/model/dataset.js";
import { labelText, percentText, recognitionWords, refusalText } from "../../../../host-sim/web/recognition/words.js";

it("each label of the model has a word in both languages; another's are as the board says them", () => {
	for (const label of FASHION_LABELS) {
		expect(labelText(label, "en")).toBe(label);
		expect(labelText(label, "zh")).toMatch(/\p{Script=Han}/u);
	}
	for (const label of ["Otter", "constructor"]) expect(labelText(label, "zh")).toBe(label);
});

it("tells a refusal as a sentence, also one that nobody knows", () => {
	for (const word of ["busy", "wrong-type", "no-picture", "not-supported", "unknown-command", "too-long", "failed"]) {
		expect(refusalText(word, "en")).toMatch(/^[A-Z].*\.$/);
		expect(refusalText(word, "zh")).toMatch(/\p{Script=Han}.*。$/u);
	}
	expect(refusalText("out-of-paint", "en")).toBe("Refused: out-of-paint.");
	expect(refusalText("toString", "zh")).toBe("被拒绝：toString。");
});

it("tells numbers with one decimal, and counts", () => {
	expect([0, 0.5, 0.9314, 1].map(percentText)).toEqual(["0.0 %", "50.0 %", "93.1 %", "100.0 %"]);
	const { en, zh } = recognitionWords;
	expect([en.taken(3), en.taken(undefined), en.done("Bag", "90.0 %", "120"), en.unsent("not connected")]).toEqual([
		"It looks at it: picture 3.",
		"It looks at it.",
		"Bag, 90.0 %, after 120 ms",
		"Not sent: not connected.",
	]);
	expect(zh.taken(3)).toBe("它正在看：图片 3。");
});
