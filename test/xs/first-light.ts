// The first-light scenario on the engine, in virtual time.

import { readScenario } from "../../host-sim/cli/scenario.js";
import { Fleet } from "../../host-sim/fleet/fleet.js";
import { checkScenario } from "../../host-sim/fleet/scenario.js";
import { World } from "../../host-sim/testing.js";
import { engineBoards } from "../../host-sim/xs/fleet.js";

const RUN_MS = 60_000;

/** Runs it for a minute. Returns what happened, in a few words; throws where a board was not seen or a reading was lost. */
export async function firstLight(variant: "64" | "32", say = (_: string) => {}): Promise<string> {
	// Slots have twice the size in a 64-bit process.
	const heapBytes = variant === "64" ? 65_536 : 32_768;
	const { makeBoard, close } = await engineBoards({ heapBytes }, say, variant);
	try {
		const world = new World();
		const scenario = checkScenario(readScenario("first-light"), "first-light: ");
		const endpoint = { host: "broker", port: 1883 };
		const fleet = new Fleet(
			scenario,
			endpoint,
			id => world.board(id).io,
			() => {},
			makeBoard,
		);
		fleet.start();
		world.run(RUN_MS);
		void fleet.stop(5000);
		world.run(5000);
		const { devices, seenOnline, published, settled, restarts } = fleet.summary();
		if (seenOnline !== devices || settled !== published || restarts > 0)
			throw new Error(`${seenOnline} of ${devices} boards, ${settled} of ${published} readings, ${restarts} restarts`);
		return `${devices} boards, ${published} readings, all settled`;
	} finally {
		close();
	}
}
