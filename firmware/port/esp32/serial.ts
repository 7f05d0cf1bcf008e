// The serial port of an ESP32 that is its USB: the one that the board calls its usual one, or the first UART at the pins of the
// bridge. Release builds can have it. With -d or -i the SDK's debugger has the port and its pins, and making one throws "in use";
// a board whose USB is the chip's own has no UART there at all.

import type { SerialConstructor } from "../../io.js";

const BAUD = 115_200;
const FIRST_UART = Object.freeze({ port: 0, receive: 3, transmit: 1 });

/** Class and options of it; undefined where there is none. */
export function serialPort(): { io: SerialConstructor } | undefined {
	const io = device.io.Serial as unknown as SerialConstructor;
	const port = { ...(device.Serial?.default ?? FIRST_UART), io, baud: BAUD, format: "buffer" };
	return port;
}
