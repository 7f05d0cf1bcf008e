import { expect, it } from "vitest";
import { QUANTITIES } from "../../../../firmware/telemetry/quantity.js";
import { nameOfQuantity, UNITS } from "../../../../host-sim/web/readings/quantities.js";

it("all quantities have a name of their own in both languages, and a unit", () => {
	for (const language of ["en", "zh"] as const) {
		const names = QUANTITIES.map(name => nameOfQuantity(name, language));
		expect(new Set(names).size).toBe(QUANTITIES.length);
	}
	expect(QUANTITIES.map(name => UNITS[name])).toEqual(["°C", "%", "hPa", "m/s²", "m/s²", "m/s²", "", "V"]);
});
