import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../../../../host-sim/web/faults/catalogue.js";
import { FAULT_WORDS, FIELD_WORDS } from "../../../../host-sim/web/faults/words.js";
import { LANGUAGES } from "../../../../host-sim/web/words.js";

describe.each(LANGUAGES)("in %s", language => {
	it("each fault has a name and two sentences, and nothing else has", () => {
		expect(Object.keys(FAULT_WORDS[language]).sort()).toEqual(CATALOGUE.map(({ fault }) => fault).sort());
		for (const { does, name, watch } of Object.values(FAULT_WORDS[language])) {
			expect(name).not.toMatch(/[.。]$/);
			for (const sentence of [does, watch]) expect(sentence).toMatch(/[.。]$/);
		}
	});

	it("each field has a name", () => {
		const names = new Set(CATALOGUE.flatMap(({ fields }) => fields.map(({ name }) => name)));
		expect(Object.keys(FIELD_WORDS[language]).sort()).toEqual([...names].sort());
	});
});
