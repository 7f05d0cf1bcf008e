import { expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { linkOf } from "../../../host-sim/inspect/section.js";
import { allOf, SAMPLES } from "../../support/packets.js";

const THREE = "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html";
const FIVE = "https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html";

// As others link to them.
it.each([
	["3.1.1", "1.5.3", "398718016"],
	["3.1.1", "2", "398718018"],
	["3.1.1", "2.2.1", "398718021"],
	["3.1.1", "2.2.3", "398718023"],
	["3.1.1", "3.1", "398718028"],
	["3.1.1", "3.3", "398718037"],
	["3.1.1", "3.4.2", "398718045"],
	["3.1.1", "3.6", "398718053"],
	["3.1.1", "3.8", "398718063"],
	["3.1.1", "3.9.3", "398718071"],
	["3.1.1", "3.12", "398718081"],
	["5.0", "1.5.4", "3901010"],
	["5.0", "1.5.7", "3901013"],
	["5.0", "3.1.2.11.5", "3901051"],
	["5.0", "3.1.3.1", "3901059"],
	["5.0", "3.2", "3901074"],
	["5.0", "3.2.2.2", "3901079"],
	["5.0", "3.3.1.3", "3901104"],
	["5.0", "3.3.2.3", "3901109"],
	["5.0", "3.4.2", "3901123"],
	["5.0", "3.7", "3901151"],
	["5.0", "3.8.2.1.2", "3901166"],
	["5.0", "3.8.3.1", "3901169"],
	["5.0", "3.10.3", "3901185"],
	["5.0", "3.15", "3901217"],
	["5.0", "4.3", "3901234"],
	["5.0", "4.11", "3901255"],
] as const)("%s section %s has its anchor", (version, section, anchor) => {
	expect(linkOf(section, version)).toBe(`${version === "5.0" ? FIVE : THREE}#_Toc${anchor}`);
});

it("takes the section around one that has no anchor, and the page for none", () => {
	expect(linkOf("3.1.2.3", "3.1.1")).toBe(linkOf("3.1.2", "3.1.1"));
	expect(linkOf("9.9", "5.0")).toBe(FIVE);
});

it("has each section that a field names; in 5.0 all of them themselves", () => {
	for (const { bytes, version } of SAMPLES)
		for (const { name, section } of allOf(dissect(bytes, { version }).fields)) {
			const link = linkOf(section, version);
			expect(link, `${name}: ${section}`).toContain("#");
			if (version === "5.0") expect(link, name).not.toBe(linkOf(section.replace(/\.\d+$/, ""), version));
		}
});
