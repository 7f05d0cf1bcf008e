// The firmware on a bare chip of the instruction set of ESP32-C3 and C6.

import { expect, it } from "vitest";
import { Mosquitto, spawnClient, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { runBoardOnChip, runTestsOnChip } from "./chip.js";
import { chipFiles } from "./program.js";

const CHIP = ["gcc", "riscv64-unknown-elf-gcc", "picolibc", "qemu-system-riscv32"] as const;

describeWith(CHIP, "on rv32imac in QEMU", () => {
	it("the vectors, the session suite, sessions and qualities of service pass", async () => {
		const { passed, failed, output, status } = await runTestsOnChip(chipFiles());
		expect({ failed, status, output }).toEqual({ failed: 0, status: 0, output: `${passed} passed, 0 failed\n` });
		expect(passed).toBeGreaterThan(180);
	}, 240_000);
});

describeWith([...CHIP, "mosquitto", "mosquitto_sub"], "a board on rv32imac in QEMU", () => {
	it("publishes over its UART to mosquitto, at each QoS, with 64 KB of RAM in all", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			for (const qos of [0, 1, 2]) {
				const args = ["-p", String(mosquitto.port), "-t", "thimble/#", "-q", "2", "-v"];
				const { lines, child } = spawnClient("mosquitto_sub", args);
				const { output, status } = await runBoardOnChip({
					memory: { ram: 64 * 1024, stack: 8 * 1024 },
					heapBytes: 20 * 1024,
					stackSlots: 400,
					durationMs: 3000,
					port: mosquitto.port,
					config: { deviceId: `chip-${qos}`, qos, intervalMs: 200 },
				});
				expect(status, output).toBe(0);
				const told = output.trim().split("\n");
				expect(told.at(-1)).toMatch(/^counters( \d+)+$/);
				const readings = told.filter(line => line.startsWith("tell 4 ")).map(line => line.slice(line.indexOf("{")));
				expect(readings.length).toBeGreaterThan(10);
				const topic = `thimble/chip-${qos}/telemetry `;
				await until("all readings", () => lines.some(line => line === `thimble/chip-${qos}/status offline`));
				expect(lines.filter(line => line.startsWith(topic)).map(line => line.slice(topic.length))).toEqual(readings);
				expect(lines).toContain(`thimble/chip-${qos}/status online`);
				child.kill();
			}
		} finally {
			await mosquitto.close();
		}
	}, 240_000);
});
