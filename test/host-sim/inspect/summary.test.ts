import { expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { summaryOf } from "../../../host-sim/inspect/summary.js";
import { bytesOf } from "../../support/packets.js";

it("has what a line about a packet says, also of one that is cut off behind it", () => {
	const { summary } = dissect(bytesOf(0x3d, 20, 0, 3, "a/b", 0, 7, "x"), { version: "3.1.1" });
	expect(summary).toEqual({ ...summaryOf("PUBLISH"), qos: 2, dup: true, retain: true, topic: "a/b", id: 7 });
});
