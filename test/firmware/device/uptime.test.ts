// What takes weeks, even of virtual time: not for an engine that interprets.

import { expect, it } from "vitest";
import { Diagnostics } from "../../../firmware/device/diagnostics.js";
import { Settings } from "../../../firmware/device/settings.js";
import { MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";
import { TestWorld } from "../../support/world.js";

it("diagnostics know how long the board runs beyond what its clock can count", () => {
	const world = new TestWorld({ link: { latencyMs: 10 } });
	const settings = new Settings(new MemoryKeyValue(), { diagnostics: "86400" });
	const duties = [new Diagnostics({ settings })];
	world.agent("b1", { duties, intervalMs: 86_400_000, keepAlive: 0 }).start();
	world.time.run(51 * 86_400_000 + 1_000);
	const last = world.told().findLast(line => line.startsWith("publish thimble/b1/diagnostics "))!;
	expect(Math.floor(JSON.parse(last.split(" ")[2]!).uptime / 86_400)).toBe(51);
});
