import { describe, expect, it } from "vitest";
import { epochsOf, FASHION_RECIPE, withEpochs } from "../../../host-sim/model/recipe.js";

describe("a recipe", () => {
	it("has epochs of both kinds, however few they are", () => {
		for (const epochs of [2, 7, 100]) {
			const recipe = withEpochs(FASHION_RECIPE, epochs);
			expect(epochsOf(recipe)).toBe(epochs);
			expect(Math.min(recipe.epochs, recipe.fineEpochs)).toBeGreaterThan(0);
		}
	});

	it("is the same again with as many as it has", () => {
		expect(withEpochs(FASHION_RECIPE, epochsOf(FASHION_RECIPE))).toEqual(FASHION_RECIPE);
	});
});
