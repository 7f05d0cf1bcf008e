// What a target says of a message that it has.

import { expect, it } from "vitest";
import { STORED } from "../../../host-sim/sink/target.js";

it("stored is stored, for everybody who says so", () => {
	expect(STORED).toEqual({ kind: "stored" });
	expect(Object.isFrozen(STORED)).toBe(true);
});
