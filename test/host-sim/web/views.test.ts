import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { VIEWS } from "../../../host-sim/web/views.js";

it("names each view once, in both languages, and finds it in the folder of that name", () => {
	const names = VIEWS.map(({ name }) => name);
	expect(names).toEqual(["fleet", "readings", "recognition", "topics", "packets", "faults", "lessons"]);
	for (const { name, title } of VIEWS) {
		expect(existsSync(`host-sim/web/${name}/view.tsx`)).toBe(true);
		expect(title.en).toMatch(/^[A-Z][a-z]+$/);
		expect(title.zh).toMatch(/^\p{Script=Han}+$/u);
	}
});
