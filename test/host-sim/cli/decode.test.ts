// thimble decode as a person uses it: a process of its own.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { decode } from "../../../host-sim/cli/decode.js";
import { hexOf } from "../../../host-sim/inspect/field.js";
import { thimble } from "../../support/command.js";
import { SAMPLES } from "../../support/packets.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-decode-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PUBLISH = "3d 0b 00 03 61 2f 62 00 07 32 31 2e 35";
const SHOWN = `PUBLISH, 13 bytes, MQTT 3.1.1 (a guess; -V 3.1.1 or -V 5 says)
                               Fixed header: PUBLISH
                                 Type and flags: 0x3d
   0  0011 ....                    Packet type: 3 (PUBLISH)
      .... 1...                    DUP: 1 (sent again)
      .... .10.                    QoS: 2 (exactly once)
      .... ...1                    RETAIN: 1
                                 Remaining Length: 11 (bytes follow)
                                   Byte 1: 0x0b
   1  0... ....                      Continuation: 0 (the last one)
      .000 1011                      Value: 11 (11 × 1 = 11)
                               Variable header
                                 Topic Name: a/b
   2  00 03                        Length: 3
   4  61 2f 62                     Text: a/b
   7  00 07                      Packet Identifier: 7 (0x0007)
   9  32 31 2e 35              Payload: 21.5 (4 bytes)
`;

describe("the command", () => {
	it("prints the tree of words, with commas and 0x, and of a file, and of standard input", async () => {
		const file = join(folder, "hex");
		writeFileSync(file, `${PUBLISH.replaceAll(" ", ", 0x")}\n`.replace("3d", "0x3d"));
		const runs = [
			thimble(["decode", ...PUBLISH.split(" ")]),
			thimble(["decode", PUBLISH.replaceAll(" ", "").toUpperCase()]),
			thimble(["decode", "--file", file]),
			thimble(["decode"], PUBLISH),
		];
		for (const run of runs) {
			expect([await run.code, run.err()]).toEqual([0, ""]);
			expect(run.out().toString()).toBe(SHOWN);
		}
	});

	it.each([
		[["decode", "30 0g"], 'decode: "g" at position 5 is no hexadecimal digit'],
		[["decode", "300"], "decode: an odd number of digits, 3, from position 1 on: half a byte is missing"],
		[["decode", "--file", "/nowhere/hex"], "--file: cannot read /nowhere/hex: ENOENT"],
		[["decode", "c000", "-V", "3"], "--protocol: expected 3.1.1 or 5, got 3"],
		[["decode", ""], "decode: no bytes to decode; give them in hexadecimal"],
		[["decode", "c000", "--file", "x"], "decode: bytes or --file, not both"],
	])("refuses %j with a sentence and exit code 2", async (args, sentence) => {
		const run = thimble(args);
		expect([await run.code, run.err(), run.out().toString()]).toEqual([2, `thimble: ${sentence}\n`, ""]);
	});
});

describe("what it prints", () => {
	let out = "";
	beforeEach(() => {
		out = "";
		vi.spyOn(process.stdout, "write").mockImplementation(text => {
			out += text;
			return true;
		});
	});
	afterEach(() => {
		vi.restoreAllMocks();
	});

	it("is what README shows", async () => {
		const readme = readFileSync("README.md", "utf8");
		const [, hex] = /npx thimble decode ([\da-f ]+?) *#/.exec(readme)!;
		expect(await decode(hex!.split(" "), {})).toBe(0);
		expect(readme).toContain(`\`\`\`\n${out}\`\`\`\n`);
	});

	it("fits into 80 columns, has no secret, and nothing that a terminal obeys", async () => {
		for (const { bytes, version } of SAMPLES)
			await decode([hexOf(bytes)], { protocol: version === "5.0" ? 5 : "3.1.1" });
		await decode(["30 05 00 03 1b 5b 41"], {});
		for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
		expect(out).not.toContain("s3cret");
		expect(out).not.toContain("73 33 63");
		// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not get out
		expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
	});

	it("shows secrets where it is told to", async () => {
		const { bytes } = SAMPLES.find(({ packet }) => packet.cmd === "connect" && "password" in packet)!;
		await decode([hexOf(bytes)], { secrets: true });
		expect(out).toContain("Bytes: s3cret-word");
	});

	it("says beside the field what is wrong, and ends with 1", async () => {
		expect(await decode(["32 05 00 01 61 00 00"], { protocol: 4 })).toBe(1);
		expect(out).toMatch(/Packet Identifier: 0 \(0x0000\)\n +! the packet id is 0 \[MQTT-2\.3\.1-1\]\n/);
		out = "";
		expect(await decode(["82 07"], {})).toBe(1);
		expect(out).toMatch(/Cut off\n +! 7 of the packet's 9 bytes are missing\n/);
	});

	it("takes several packets, each with its place", async () => {
		expect(await decode(["c000d000e000"], {})).toBe(0);
		expect(out.match(/^[A-Z]+, .*$/gm)).toEqual([
			"PINGREQ, 2 bytes, MQTT 3.1.1 (a guess; -V 3.1.1 or -V 5 says)",
			"PINGRESP, 2 bytes from 2 on, MQTT 3.1.1",
			"DISCONNECT, 2 bytes from 4 on, MQTT 3.1.1",
		]);
		expect(out).toMatch(/^ {3}4 {2}1110 \.\.\.\. /m);
	});

	it("is an object a packet with --json: links, bytes of leaves, and none of secrets", async () => {
		await decode(["c000", PUBLISH], { json: true });
		const [ping, publish] = out
			.trimEnd()
			.split("\n")
			.map(line => JSON.parse(line));
		expect(ping).toMatchObject({
			event: "packet",
			name: "PINGREQ",
			version: "3.1.1",
			versionFrom: "guess",
			at: 0,
			size: 2,
		});
		expect(publish).toMatchObject({ name: "PUBLISH", at: 2, isWhole: true, faults: [] });
		expect(publish.fields.at(-1)).toEqual({
			name: "Payload",
			value: "21.5",
			at: 11,
			length: 4,
			section: "3.3.3",
			note: "4 bytes",
			link: "https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718040",
			hex: "32 31 2e 35",
		});
		out = "";
		for (const { bytes } of SAMPLES) await decode([hexOf(bytes)], { json: true });
		expect(out).not.toContain("s3cret");
		expect(out).not.toContain("73 33 63");
	});
});
