// thimble update as a person uses it: a process of its own, a real mosquitto, and a board in a world in real time behind it.

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { fromHex } from "../../../firmware/device/offer.js";
import { update } from "../../../host-sim/cli/update.js";
import { nodeVerifier, Signer } from "../../../host-sim/node/signature.js";
import { Broker, type Listener, listen, Outside } from "../../../host-sim/testing.js";
import { thimble } from "../../support/command.js";
import { Mosquitto, until } from "../../support/mosquitto.js";
import { describeWith } from "../../support/need.js";
import { imageOf, Updated, type UpdatedOptions } from "../../support/updated.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-update-"));
afterAll(() => rmSync(folder, { recursive: true }));

const KEY_FILE = join(folder, "key.pem");
const publicKey = async () => {
	const made = thimble(["update", "--new-key", KEY_FILE]);
	expect([await made.code, made.err()]).toEqual([0, ""]);
	return fromHex(/^updateKey=([0-9a-f]{130})\n$/.exec(made.out().toString())![1]!);
};

function fileOf(image: Uint8Array, name = "firmware.bin"): string {
	const path = join(folder, name);
	writeFileSync(path, image);
	return path;
}

const ends: (() => unknown)[] = [];
afterEach(async () => {
	for (const end of ends.splice(0).reverse()) await end();
	rmSync(KEY_FILE, { force: true });
});

/** A board in a world that goes at the pace of real time, before the broker on that port. */
function boardAt(port: number, key: Uint8Array, options: UpdatedOptions = {}): Updated {
	const outside = new Outside({ host: "127.0.0.1", port });
	const halt = new AbortController();
	const board = new Updated({
		within: outside.world,
		...options,
		update: { key, verifier: nodeVerifier, ...options.update },
	});
	const done = outside.run({ until: 120_000, signal: halt.signal });
	ends.push(async () => {
		halt.abort();
		await done;
		await outside.close();
	});
	return board;
}

describe("keys", () => {
	it("are made in a file that nobody else may read, and never over another one; the public one is printed", async () => {
		const key = await publicKey();
		expect(statSync(KEY_FILE).mode & 0o777).toBe(0o600);
		const pem = readFileSync(KEY_FILE, "utf8");
		expect(new Signer(pem).publicKey).toEqual(key);
		const again = thimble(["update", "--new-key", KEY_FILE]);
		expect(await again.code).toBe(2);
		expect(again.err()).toBe(`thimble: --new-key: ${KEY_FILE}: there is such a file already\n`);
		expect(readFileSync(KEY_FILE, "utf8")).toBe(pem);
	});

	it("may be of Ed25519, as JSON", async () => {
		const made = thimble(["update", "--new-key", KEY_FILE, "--ed25519", "--json"]);
		expect(await made.code).toBe(0);
		expect(JSON.parse(made.out().toString())).toMatchObject({
			event: "key",
			publicKey: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
	});
});

describe("what cannot be is refused", () => {
	it("with a sentence", async () => {
		await publicKey();
		const file = fileOf(imageOf("1.1.0"));
		const good = { broker: "mqtt://localhost", device: "b1", release: "1.1.0", key: KEY_FILE };
		const cases: [string, string | undefined, object][] = [
			["which firmware?", undefined, good],
			["there is no such file", join(folder, "nothing"), good],
			["is empty", fileOf(new Uint8Array(0), "empty"), good],
			["which boards?", file, { ...good, device: undefined }],
			["letters, digits", file, { ...good, device: "a,,b" }],
			["at most 64 boards", file, { ...good, device: Array.from({ length: 65 }, (_, i) => `b${i}`).join(",") }],
			["which version", file, { ...good, release: undefined }],
			["expected one such as 1.2.0", file, { ...good, release: "1.1" }],
			["who signs it?", file, { ...good, key: undefined }],
			["no private key", file, { ...good, key: file }],
			["--kind", file, { ...good, kind: "a b" }],
			["--timeout", file, { ...good, timeout: "soon" }],
			["--protocol", file, { ...good, protocol: "3" }],
			["--ed25519 goes with", file, { ...good, ed25519: true }],
			["takes no firmware", file, { newKey: "x" }],
			["for TLS", file, { ...good, insecure: true }],
			["given twice", file, { ...good, release: ["1.1.0", "1.2.0"] }],
		];
		for (const [text, path, flags] of cases) await expect(update(path, flags), text).rejects.toThrow(text);
	});

	it("before anybody connects, with exit code 2; where nobody listens it is 1", async () => {
		await publicKey();
		const wrong = thimble([
			"update",
			fileOf(imageOf("1.1.0")),
			"--device",
			"007",
			"--release",
			"1.1",
			"--key",
			KEY_FILE,
		]);
		expect([await wrong.code, wrong.err()]).toEqual([
			2,
			"thimble: --release: expected one such as 1.2.0 or 1.2.0-rc.1, got 1.1\n",
		]);
		const args = ["--device", "007", "--release", "1.1.0", "--key", KEY_FILE, "--broker", "mqtt://127.0.0.1:1"];
		const nobody = thimble(["update", fileOf(imageOf("1.1.0")), ...args]);
		expect(await nobody.code).toBe(1);
		expect(nobody.err()).toContain("connection refused");
		expect(nobody.out().toString()).toBe("007  waiting\n");
	});
});

describeWith(["mosquitto"], "thimble update over a real mosquitto", () => {
	it("brings new firmware to a board, which runs it, and says so", async () => {
		const mosquitto = await Mosquitto.start();
		ends.push(() => mosquitto.close());
		const key = await publicKey();
		const image = imageOf("1.1.0", 40_000);
		const board = boardAt(mosquitto.port, key);
		board.know(image);
		board.machine.on();
		const args = [
			"--device",
			"b1",
			"--release",
			"1.1.0",
			"--key",
			KEY_FILE,
			"--broker",
			`mqtt://127.0.0.1:${mosquitto.port}`,
		];
		const run = thimble(["update", fileOf(image), ...args, "--timeout", "60s"]);
		expect([await run.code, run.err()]).toEqual([0, ""]);
		const lines = run.out().toString().split("\n");
		expect(lines).toContain("b1  receiving (runs 1.0.0)");
		expect(lines.at(-2)).toBe("b1  confirmed (runs 1.1.0)");
		expect(board.booted).toEqual(["1.0.0", "1.1.0"]);
		// Again, it is there already; and the offer has been taken away.
		const again = thimble(["update", fileOf(image), ...args, "--json", "--protocol", "5"]);
		expect(await again.code).toBe(0);
		const events = again
			.out()
			.toString()
			.trim()
			.split("\n")
			.map(line => JSON.parse(line));
		expect(events).toEqual([
			{ event: "board", device: "b1", size: 40_000, state: "up-to-date", at: 0, running: "1.1.0" },
			expect.objectContaining({
				event: "summary",
				version: "1.1.0",
				upToDate: 1,
				confirmed: 0,
				refused: 0,
				rolledBack: 0,
				unfinished: 0,
			}),
		]);
	}, 90_000);

	it("ends with 1 where a board refuses it, and says why; with 27 where one says nothing in time", async () => {
		const mosquitto = await Mosquitto.start();
		ends.push(() => mosquitto.close());
		await publicKey();
		const board = boardAt(mosquitto.port, new Uint8Array(32).fill(1), {
			update: { verifier: { ...nodeVerifier, verify: () => false } },
		});
		board.machine.on();
		const args = ["--release", "1.1.0", "--key", KEY_FILE, "--broker", `mqtt://127.0.0.1:${mosquitto.port}`];
		const file = fileOf(imageOf("1.1.0"));
		const refused = thimble(["update", file, "--device", "b1", ...args]);
		expect([await refused.code, refused.err()]).toEqual([1, ""]);
		expect(refused.out().toString()).toContain(
			"b1  refused: the signature is not of the key that it trusts (runs 1.0.0)\n",
		);
		const silent = thimble(["update", file, "--device", "b1,b2", ...args, "--timeout", "3s"]);
		expect(await silent.code).toBe(27);
		expect(silent.out().toString()).toMatch(/b1 {2}refused.*\nb2 {2}waiting\n$/);
		expect(board.booted).toEqual(["1.0.0"]);
	}, 60_000);
});

describe("a broker in this process", () => {
	it("that stops in the middle does not keep the update from its end; Ctrl-C ends it with 130", async () => {
		const broker = new Broker();
		const listener: Listener = await listen(broker, 0);
		ends.push(() => listener.close());
		const key = await publicKey();
		const image = imageOf("1.1.0", 20_000);
		const board = boardAt(listener.port, key, { update: { chunks: 1, answerMs: 500 } });
		board.know(image);
		board.machine.on();
		const args = ["--release", "1.1.0", "--key", KEY_FILE, "--broker", `mqtt://127.0.0.1:${listener.port}`];
		const run = thimble(["update", fileOf(image), "--device", "b1", ...args]);
		await until("some pieces", () => board.partitions.operations > 20);
		listener.destroy("b1");
		expect(await run.code).toBe(0);
		expect(board.booted).toEqual(["1.0.0", "1.1.0"]);
		const silent = thimble(["update", fileOf(image), "--device", "b2", ...args]);
		await until("its offer", () => [...broker.retained.matching("thimble/b2/update/offer")].length > 0);
		silent.child.kill("SIGINT");
		expect(await silent.code).toBe(130);
	}, 60_000);
});
