import { expect, it } from "vitest";
import { PROBLEMS } from "../../../../host-sim/web/topics/problem.js";

it("each problem is one sentence, in both languages", () => {
	expect(Object.keys(PROBLEMS.zh)).toEqual(Object.keys(PROBLEMS.en));
	for (const text of Object.values(PROBLEMS.en)) expect(text).toMatch(/^[\w+#$].*\.$/);
	for (const text of Object.values(PROBLEMS.zh)) expect(text).toMatch(/。$/);
});
