// The fleet of first-light over real sockets, and a mosquitto that goes away in the middle of it: what every reading has come to.

import { expect, it } from "vitest";
import { sleep, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { restarted } from "../support/restarts.js";

/** `npm run soak` does twenty. */
const RESTARTS = 5;
const KILLS = 4;

describeWith(["mosquitto"], "mosquitto", () => {
	it.each([1, 2] as const)(
		`[MQTT-4.4.0-1] [MQTT-4.3.3-1] stopped and started ${RESTARTS} times under a fleet at QoS %s: no reading lost, none twice at QoS 2`,
		async qos => {
			const { fleet, ledger } = await restarted(qos, 2, RESTARTS, async mosquitto => {
				await mosquitto.down();
				await mosquitto.up();
			});
			expect(ledger).toMatchObject({ missing: [], open: [], twice: [], unannounced: 0 });
			expect(ledger.reported).toMatchObject({ lost: 0, dropped: 0 });
			expect(ledger.restarts).toEqual(
				Array.from({ length: RESTARTS }, (_, i) => ({ number: i + 1, remembered: true })),
			);
			expect(ledger.arrived).toBe(fleet.settled);
			expect(fleet.lost).toBe(0);
			expect(fleet.reconnects).toBeGreaterThan(RESTARTS);
		},
		60_000,
	);

	it.each([1, 2] as const)(
		`killed ${KILLS} times under a fleet at QoS %s: whatever is missing is told, with the restart at which it was forgotten`,
		async qos => {
			const { fleet, ledger } = await restarted(qos, 1, KILLS, async (mosquitto, number, observer) => {
				// The second time it has a memory, of some time ago.
				if (number === 2) {
					await mosquitto.down();
					await mosquitto.up();
					await until("the observer", () => observer.isThere);
				}
				// What is acknowledged while the observer is away is in the broker's memory and nowhere else.
				observer.go();
				await sleep(300);
				await mosquitto.kill();
				await mosquitto.up();
				observer.come();
			});
			expect(ledger).toMatchObject({ open: [], unannounced: 0 });
			expect(ledger.missing.filter(({ restarts }) => restarts.length === 0)).toEqual([]);
			expect(ledger.twice.filter(({ restart }) => restart === undefined)).toEqual([]);
			const missing = ledger.missing.reduce((sum, { from, to }) => sum + to - from + 1, 0);
			expect(missing).toBeGreaterThan(0);
			expect(new Set(ledger.missing.map(({ restarts }) => restarts[0]!.number)).size).toBeGreaterThan(1);
			// Nothing else has gone: each one that boards have handed over is here, or in the list, or reported by its board.
			const { dropped, lost, refused } = ledger.reported;
			expect(ledger.arrived + missing + dropped + lost + refused).toBe(fleet.published);
		},
		60_000,
	);
});
