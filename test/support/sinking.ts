// Readings of a real fleet on their way into a real PostgreSQL, while the sink, PostgreSQL and mosquitto go away in turn and come
// back; and what is in the table in the end, beside what the boards have said.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, thimble } from "./command.js";
import { Mosquitto, until } from "./mosquitto.js";
import { Server } from "./postgres.js";

export interface Plan {
	readonly boards: number;
	/** At least so many shall be there when the boards stop. */
	readonly readings: number;
	readonly interval: string;
	/** Of the sink: -V. */
	readonly version?: "4" | "5";
	/** How long it may take. */
	readonly mostMs: number;
}

export interface Sunk {
	/** Numbers by board and boot, as boards have said them. */
	readonly said: ReadonlySet<string>;
	readonly stored: readonly string[];
	readonly deadLetters: string;
	readonly err: string;
	readonly perSecond: number;
}

/** The sink is killed twice, PostgreSQL once, and mosquitto is restarted in good order, a fifth of the readings apart. */
export async function sunk({ boards, interval, mostMs, readings, version = "4" }: Plan): Promise<Sunk> {
	const folder = mkdtempSync(join(tmpdir(), "thimble-sink-"));
	const dead = join(folder, "dead.jsonl");
	const server = await Server.start();
	const mosquitto = await Mosquitto.start();
	const url = `mqtt://127.0.0.1:${mosquitto.port}`;
	const startedAt = performance.now();
	const errors: string[] = [];
	const count = async () => {
		try {
			const [row] = await server.sql`select count(*) as count from readings`;
			return Number(row!["count"]);
		} catch {
			// The table or the server is not there.
			return 0;
		}
	};
	const sink = async (): Promise<Command> => {
		const run = thimble(["sink", "postgres", url, "--to", server.url, "--dead", dead, "--json", "-V", version]);
		await until("the sink", () => `${run.out()}`.includes('"online"'));
		return run;
	};
	const kill = async (run: Command) => {
		run.child.kill("SIGKILL");
		await run.code;
		errors.push(run.err());
	};
	const reached = async (goal: number) => {
		for (let now = await count(); now < goal; now = await count()) {
			if (performance.now() - startedAt > mostMs) throw new Error(`${now} readings of ${goal}`);
			await new Promise(resolve => setTimeout(resolve, 50));
		}
	};
	try {
		let run = await sink();
		const fleetArgs = ["--devices", String(boards), "--interval", interval, "--json", "--no-page"];
		const fleet = thimble(["run", "--broker", url, ...fleetArgs]);
		await reached(readings / 5);
		await kill(run);
		run = await sink();
		await reached((readings * 2) / 5);
		await server.kill();
		await server.up();
		await reached((readings * 3) / 5);
		await mosquitto.down();
		await mosquitto.up();
		await reached((readings * 4) / 5);
		await kill(run);
		run = await sink();
		await reached(readings);
		fleet.child.kill("SIGINT");
		await fleet.code;
		const said = saidBy(fleet);
		const perSecond = Math.round((said.size * 1000) / (performance.now() - startedAt));
		await reached(said.size);
		run.child.kill("SIGINT");
		const code = await run.code;
		errors.push(run.err());
		if (code !== 0) throw new Error(`the sink ended with ${code}: ${errors.join("")}`);
		const rows = await server.sql`select board || '/' || boot || '/' || seq as name from readings`;
		return {
			said,
			stored: rows.map(row => String(row["name"])),
			deadLetters: existsSync(dead) ? readFileSync(dead, "utf8") : "",
			err: errors.join(""),
			perSecond,
		};
	} finally {
		await server.close();
		await mosquitto.close();
		rmSync(folder, { recursive: true });
	}
}

/** Board, boot and number of each reading that a board could hand over: what its outbox refused has no packet id. */
function saidBy(fleet: Command): Set<string> {
	const said = new Set<string>();
	for (const line of fleet.out().toString().split("\n")) {
		if (!line.includes('"event":"reading"') || !line.includes('"packetId"')) continue;
		const { device, payload } = JSON.parse(line) as { device: string; payload: { boot: number; seq: number } };
		said.add(`${device}/${payload.boot}/${payload.seq}`);
	}
	return said;
}
