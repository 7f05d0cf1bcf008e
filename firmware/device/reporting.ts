// What a board is told about its readings, checked, and what takes them: Telemetry says everything in every reading, and
// Reporter, where there are `telemetry` options, what is worth it.

import { BAD_OPTION, IN_FLIGHT_FULL, Misuse, OFFLINE, OUTBOX_FULL, STORE_FAILED } from "../mqtt/error.js";
import { checked } from "../mqtt/limits.js";
import type { QuantityPolicy } from "../telemetry/policy.js";
import { QUANTITIES, type Quantity } from "../telemetry/quantity.js";
import { Reporter, type TelemetryOptions } from "../telemetry/reporter.js";
import { type Readings, Telemetry } from "../telemetry/telemetry.js";
import type { AgentOptions } from "./agent.js";

const DAY_MS = 86_400_000;
const MOST_DEADBAND = 1_000_000;

/** `outbox` is what a message may take of it. Throws Misuse where an option is wrong. */
export function readingsOf(options: AgentOptions, boot: number, intervalMs: number, outbox: number): Readings {
	const { io, readings, sensors, telemetry } = options;
	if (readings === undefined && telemetry === undefined) return new Telemetry(sensors, io.clock, boot);
	if (readings !== undefined) readings.boot = boot;
	else checkTelemetry(telemetry!);
	const made = readings ?? new Reporter(sensors, io.clock, boot, telemetry!, intervalMs);
	const largest = made.report.bytes.length;
	if (largest > outbox)
		throw new Misuse(BAD_OPTION, `telemetry: a message may take ${largest} bytes, and limits.outbox leaves ${outbox}`);
	return made;
}

/** Throws Misuse where an option is wrong. How large its messages get is another matter. */
export function checkTelemetry(options: TelemetryOptions): void {
	const { batch, batchMs, catchUp, quantities, ringBytes } = options;
	checkPolicy("telemetry", options);
	checked("telemetry.batch", batch ?? 1, 1, 255);
	checked("telemetry.batchMs", batchMs ?? 0, 0, DAY_MS);
	checked("telemetry.ringBytes", ringBytes ?? 0, 0, 1_048_576);
	checked("telemetry.catchUp", catchUp ?? 1, 1, 64);
	for (const [name, policy] of Object.entries(quantities ?? {})) {
		if (!QUANTITIES.includes(name as Quantity))
			throw new Misuse(BAD_OPTION, `telemetry.quantities: expected ${QUANTITIES.join(", ")}, got "${name}"`);
		checkPolicy(`telemetry.quantities.${name}`, policy);
	}
}

/** Whether what was refused with that code may be taken later: it was for want of room, or of a connection. */
export function mayWait(code: number): boolean {
	return code === OUTBOX_FULL || code === IN_FLIGHT_FULL || code === OFFLINE || code === STORE_FAILED;
}

function checkPolicy(where: string, { deadband, heartbeatMs, intervalMs }: QuantityPolicy): void {
	checked(`${where}.intervalMs`, intervalMs ?? 0, 0, DAY_MS);
	checked(`${where}.heartbeatMs`, heartbeatMs ?? 0, 0, DAY_MS);
	if (deadband !== undefined && !(deadband >= 0 && deadband <= MOST_DEADBAND))
		throw new Misuse(BAD_OPTION, `${where}.deadband: expected a number from 0 to ${MOST_DEADBAND}, got ${deadband}`);
}
