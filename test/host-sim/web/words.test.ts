import { expect, it } from "vitest";
import { languageOf } from "../../../host-sim/web/words.js";

it("takes the language that was chosen, or the first of those that the browser prefers, or English", () => {
	expect(languageOf("zh", ["en-GB"])).toBe("zh");
	expect(languageOf(null, ["fr", "zh-Hans-CN", "en"])).toBe("zh");
	expect(languageOf(null, ["EN-us", "zh"])).toBe("en");
	expect(languageOf("xx", ["de"])).toBe("en");
	expect(languageOf(null, [])).toBe("en");
});
