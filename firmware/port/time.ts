// Setting a board's clock, and what asks for the time. In the SDK's simulator setting it does nothing: the desktop's is right.

import UDP from "embedded:io/socket/udp";
import Time from "time";
import type { DatagramConstructor } from "../io.js";

export const BoardDatagram = UDP as unknown as DatagramConstructor;

/** Whole seconds are all that the SDK sets. */
export function setTime(milliseconds: number): void {
	Time.set(Math.round(milliseconds / 1000));
}
