// The fleet of first-light and a mosquitto that is stopped and started twenty times, as the requirement has it.

import { expect, it } from "vitest";
import { describeWith } from "../support/need.js";
import { restarted } from "../support/restarts.js";

const RESTARTS = Number(process.env["SOAK_RESTARTS"] ?? 20);

describeWith(["mosquitto"], "mosquitto", () => {
	it.each([1, 2] as const)(
		`stopped and started ${RESTARTS} times under a fleet at QoS %s: lost 0, twice at QoS 2 0`,
		async qos => {
			const { fleet, ledger } = await restarted(qos, 2, RESTARTS, async mosquitto => {
				await mosquitto.down();
				await mosquitto.up();
			});
			expect(ledger).toMatchObject({ missing: [], open: [], twice: [], reported: { lost: 0, dropped: 0 } });
			expect(ledger.arrived).toBe(fleet.settled);
			expect(ledger.restarts.length).toBe(RESTARTS);
			console.log(`QoS ${qos}: ${JSON.stringify({ ...fleet, arrived: ledger.arrived, repeated: ledger.repeated })}`);
		},
		3_600_000,
	);
});
