import { expect, it } from "vitest";
import { UsageError } from "../../../host-sim/fleet/schema.js";
import { readModel } from "../../../host-sim/model/reader.js";

it("a model comes from its file", () => {
	expect(readModel("firmware/vision/fashion.model").version()).toBe("fashion-1");
});

it.each([
	["nowhere.model", "nowhere.model: there is no such file"],
	["test", "test: cannot be read (EISDIR)"],
	["package.json", "package.json: the model is refused: not a model"],
])("%s is refused in a sentence", (file, sentence) => {
	expect(() => readModel(file)).toThrow(new UsageError(sentence));
});
