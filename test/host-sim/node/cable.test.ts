import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CableError, SerialCable } from "../../../host-sim/node/cable.js";
import { until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { Pty } from "../../support/pty.js";

describe("a serial port that is none", () => {
	it("is told in a sentence", () => {
		const folder = mkdtempSync(join(tmpdir(), "thimble-cable-"));
		const open = (path: string) => () => new SerialCable(path, 115_200);
		expect(open(join(folder, "ttyUSB9"))).toThrow("there is no such port; is the board plugged in?");
		expect(open(folder)).toThrow("is no serial port");
		expect(open("/dev/null")).toThrow("is no serial port");
		expect(open("/dev/null")).toThrow(CableError);
		rmSync(folder, { recursive: true });
	});
});

describeWith(["python3"], "a serial port", () => {
	it("carries all bytes both ways as they are, and sends nothing back by itself", async () => {
		const pty = await Pty.open();
		const all = Uint8Array.from({ length: 256 }, (_, i) => i);
		let there = Buffer.alloc(0);
		let here = Buffer.alloc(0);
		const sizes: number[] = [];
		pty.onData = bytes => {
			sizes.push(bytes.length);
			there = Buffer.concat([there, bytes]);
		};
		const cable = new SerialCable(pty.path, 115_200);
		cable.listen({
			data: bytes => {
				here = Buffer.concat([here, bytes]);
			},
			gone: () => {},
		});
		const start = performance.now();
		cable.write(all);
		cable.write(all);
		pty.write(all);
		await until("all bytes", () => there.length >= 512 && here.length >= 256);
		expect(there).toEqual(Buffer.concat([all, all]));
		expect(here).toEqual(Buffer.from(all));
		// In slices that a UART has room for, with pauses in which it can be read.
		expect(performance.now() - start).toBeGreaterThan(7 * 19);
		cable.close();
	});

	it("tells when it is unplugged, once", async () => {
		const pty = await Pty.open();
		const cable = new SerialCable(pty.path, 115_200);
		let gone = 0;
		cable.listen({
			data: () => {},
			gone: () => {
				gone += 1;
			},
		});
		cable.write(Buffer.from("x"));
		pty.unplug();
		await until("the end", () => gone > 0);
		cable.write(Buffer.from("y"));
		cable.close();
		expect(gone).toBe(1);
	});

	it("with a speed that is none is told in a sentence", async () => {
		const pty = await Pty.open();
		expect(() => new SerialCable(pty.path, 301)).toThrow(/cannot be set up: stty: .*301/);
	});
});
