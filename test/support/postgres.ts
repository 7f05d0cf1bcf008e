// A real PostgreSQL on a free port, that can be stopped, killed and started again. Its programs refuse to run as root: then they
// run as nobody.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import postgres, { type Sql } from "postgres";
import { freePort, sleep } from "./mosquitto.js";
import { find } from "./need.js";

const NOBODY = 65_534;
const USER = "thimble";
export const PASSWORD = "s3cret-of-the-test";

export class Server {
	readonly port: number;
	readonly url: string;
	readonly #folder: string;
	readonly #who = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
	#process: ChildProcess | undefined;
	#sql: Sql | undefined;

	private constructor(port: number) {
		this.port = port;
		this.url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`;
		this.#folder = mkdtempSync(join(tmpdir(), "thimble-postgres-"));
		const secret = join(this.#folder, "password");
		writeFileSync(secret, PASSWORD);
		if (process.getuid?.() === 0) for (const path of [this.#folder, secret]) chownSync(path, NOBODY, NOBODY);
		const { status, stderr } = spawnSync(
			join(dirname(find("postgres")!), "initdb"),
			[
				"-D",
				this.#data,
				"-U",
				USER,
				"--auth=scram-sha-256",
				`--pwfile=${secret}`,
				"--encoding=UTF8",
				"--locale=C",
				"-N",
			],
			{ ...this.#who, cwd: this.#folder, encoding: "utf8" },
		);
		if (status !== 0) throw new Error(stderr);
	}

	static async start(): Promise<Server> {
		const server = new Server(await freePort());
		await server.up();
		return server;
	}

	get #data(): string {
		return join(this.#folder, "data");
	}

	/** After a kill it waits until the last of the old processes has gone. */
	async up(): Promise<void> {
		const args = ["-D", this.#data, "-h", "127.0.0.1", "-p", String(this.port), "-k", ""];
		for (let i = 0; i < 100; i += 1) {
			this.#process ??= spawn(find("postgres")!, args, { ...this.#who, cwd: this.#folder, stdio: "ignore" });
			if (await this.#answers()) return;
			if (this.#process.exitCode !== null) this.#process = undefined;
			await sleep(100);
		}
		throw new Error("PostgreSQL does not answer");
	}

	/** Stops it in good order, without waiting for who is connected. */
	down(): Promise<void> {
		return this.#end("SIGINT");
	}

	kill(): Promise<void> {
		return this.#end("SIGKILL");
	}

	/** For looking at what is there. */
	get sql(): Sql {
		this.#sql ??= postgres(this.url, { max: 1, onnotice() {} });
		return this.#sql;
	}

	async close(): Promise<void> {
		await this.#sql?.end({ timeout: 1 });
		await this.down();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	async #end(signal: NodeJS.Signals): Promise<void> {
		const child = this.#process;
		this.#process = undefined;
		if (child === undefined || child.exitCode !== null) return;
		await new Promise<void>(resolve => {
			child.once("exit", () => resolve());
			child.kill(signal);
		});
	}

	async #answers(): Promise<boolean> {
		const sql = postgres(this.url, { max: 1, connect_timeout: 2, onnotice() {} });
		try {
			await sql`select 1`;
			return true;
		} catch {
			return false;
		} finally {
			await sql.end({ timeout: 0 });
		}
	}
}
