// Telemetry with a policy, as test/host-sim/xs/reported.test.ts measures it: each command takes readings and says what
// became of their messages.

import type { Sample, Sensor } from "../../../firmware/io.js";
import { Reporter } from "../../../firmware/telemetry/reporter.js";
import { EngineClock } from "./io.js";

class Waves implements Sensor {
	readonly #sample = { temperature: 20.5, humidity: 0.4, pressure: 101_325 };

	configure(): void {}

	sample(): Sample {
		this.#sample.temperature += 0.01;
		return this.#sample;
	}

	close(): void {}
}

Object.freeze(Waves.prototype);

class Reported {
	readonly reporter: Reporter;
	bytes = 0;

	constructor() {
		const options = { batch: 3, batchMs: 86_400_000, ringBytes: 300, deadband: 0.005, window: true };
		this.reporter = new Reporter([new Waves()], new EngineClock(), 1, options, 1000);
	}

	/** So many readings; two of three messages are refused, and behind the third one follows that has waited. */
	handleCommand(readings: number): void {
		const { reporter } = this;
		for (let i = 0; i < readings; i += 1) {
			if (!reporter.read()) continue;
			this.bytes += reporter.report.length;
			if (reporter.handleTicket(i % 9 === 2 ? 1 : -0x10, true)) continue;
			while (reporter.pollWaiting()) {
				this.bytes += reporter.report.length;
				reporter.handleTicket(1, true);
			}
		}
		tell(0, reporter.readings, reporter.fallen, this.bytes);
	}
}

Object.freeze(Reported.prototype);

export default function main(): Reported {
	return new Reported();
}
