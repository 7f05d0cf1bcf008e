// A process that is killed, again and again, with its session in a folder, and a real mosquitto: the nearest to a power cut
// that a desktop has.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Mosquitto, until } from "../support/mosquitto.js";
import { describeWith } from "../support/need.js";
import { nodeClient } from "../support/node.js";

const KILLS = 12;

describeWith(["mosquitto"], "a process that is killed", () => {
	it("[MQTT-4.1.0-1] [MQTT-4.3.3-1] twelve times, comes back with its session: what it has taken arrives exactly once", async () => {
		const mosquitto = await Mosquitto.start(["max_inflight_messages 0", "max_queued_messages 0"]);
		const folder = mkdtempSync(join(tmpdir(), "thimble-"));
		const received: number[] = [];
		const listener = nodeClient(mosquitto.port, "listener", { limits: { received: 1024, messages: 100 } });
		listener.subscribe("numbers", message => received.push(Number(message.text())), { qos: 2 });
		const taken = new Set<number>();
		let out = "";
		let child: ChildProcess | undefined;
		const run = () => {
			child = spawn(process.execPath, ["--import", "tsx", "test/support/numbers.ts", String(mosquitto.port), folder], {
				stdio: ["pipe", "pipe", "inherit"],
			});
			child.stdout!.on("data", data => {
				out += data;
				for (const line of out.split("\n").slice(0, -1)) if (line !== "settled") taken.add(Number(line));
			});
			return child;
		};
		const ended = (process: ChildProcess) => new Promise(resolve => process.once("close", resolve));
		try {
			listener.open();
			await until("online", () => listener.isOnline);
			for (let kill = 0; kill < KILLS; kill += 1) {
				const running = run();
				const goal = taken.size + 8 + kill * 3;
				await until("some numbers", () => taken.size >= goal);
				running.kill("SIGKILL");
				await ended(running);
			}
			const last = run();
			await until("the last life", () => out.split("\n").at(-2) !== undefined && taken.size > 0);
			last.stdin!.end();
			await ended(last);
			expect(out.endsWith("settled\n")).toBe(true);
			await until("all that was taken", () => [...taken].every(number => received.includes(number)));
			expect(received.length).toBe(new Set(received).size);
			expect(taken.size).toBeGreaterThan(KILLS * 8);
		} finally {
			child?.kill("SIGKILL");
			listener.close();
			await mosquitto.close();
			rmSync(folder, { recursive: true, force: true });
		}
	}, 60_000);
});
