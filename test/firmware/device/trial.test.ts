import { expect, it } from "vitest";
import { Trial } from "../../../firmware/device/trial.js";
import type { WiFi } from "../../../firmware/io.js";
import { SeededRandom } from "../../../host-sim/world/random.js";
import { Hours } from "../../support/wire.js";

/** A radio that joins the networks in `known`, a second after it was asked to. */
function make(known: readonly string[]) {
	const hours = new Hours();
	const log: string[] = [];
	class Radio implements WiFi {
		connection = 200;
		readonly #onChanged: (property: string) => void;

		constructor(options: { onChanged(property: string): void }) {
			this.#onChanged = options.onChanged;
		}

		connect({ SSID, password }: { SSID: string; password?: string }): void {
			log.push(`${SSID} ${password ?? "open"}`);
			this.connection = 300;
			const timer = new hours.timer({
				onTimer: () => {
					this.connection = known.includes(SSID) ? 500 : 200;
					this.#onChanged("connection");
				},
			});
			timer.schedule(1000);
		}

		close(): void {
			log.push("closed");
		}
	}
	const trial = new Trial({ wifi: { io: Radio }, timer: { io: hours.timer }, random: new SeededRandom(1) });
	const join = (ssid: string, password: string) => trial.join(ssid, password, usable => log.push(`${ssid} ${usable}`));
	return { hours, join, log };
}

it("a network that is usable is stayed in", () => {
	const { hours, join, log } = make(["home"]);
	join("home", "");
	hours.pass(60_000);
	expect(log).toEqual(["home open", "home true"]);
});

it("a network that does not let us in is tried again for 20 s, then given up for good", () => {
	const { hours, join, log } = make(["home"]);
	join("other", "x");
	hours.pass(19_999);
	expect(log.filter(entry => entry === "other x").length).toBeGreaterThan(1);
	expect(log).not.toContain("other false");
	hours.pass(1);
	expect(log.at(-1)).toBe("other false");
	const before = log.length;
	hours.pass(120_000);
	expect(log.length).toBe(before);
	join("home", "y");
	hours.pass(1000);
	expect(log.at(-1)).toBe("home true");
});

it("the next trial ends the one before it", () => {
	const { hours, join, log } = make(["home", "attic"]);
	join("home", "");
	hours.pass(1000);
	join("attic", "");
	hours.pass(60_000);
	expect(log).toEqual(["home open", "home true", "closed", "attic open", "attic true"]);
});
