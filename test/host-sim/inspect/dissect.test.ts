import { build } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dissect } from "../../../host-sim/inspect/dissect.js";
import { allOf, bytesOf, SAMPLES, statementsOf, untiled, valuesOf } from "../../support/packets.js";
import clientVectors from "../../vectors/refused-by-client.json" with { type: "json" };

const VERSIONS = ["3.1.1", "5.0"] as const;

function expectTiled(bytes: Uint8Array): void {
	for (const version of VERSIONS)
		for (const fromClient of [true, false, undefined]) {
			const { fields, length } = dissect(bytes, { version, fromClient });
			expect(untiled(fields, bytes.length)).toBeUndefined();
			expect(length).toBeLessThanOrEqual(bytes.length);
		}
}

describe("fields cover every byte and every bit once", () => {
	it.each(SAMPLES)("of $title, which has no fault", ({ bytes, version }) => {
		const { faults, fields, isWhole, length } = dissect(bytes, { version });
		expect(faults).toEqual([]);
		expect(isWhole).toBe(true);
		expect(length).toBe(bytes.length);
		expect(untiled(fields, bytes.length)).toBeUndefined();
	});

	it("of every packet cut short anywhere, and then something is wrong with it", () => {
		for (const { bytes, version } of SAMPLES)
			for (let length = 0; length < Math.min(bytes.length, 300); length += 1) {
				const { faults, fields, isWhole } = dissect(bytes.subarray(0, length), { version });
				expect(untiled(fields, length)).toBeUndefined();
				expect(isWhole).toBe(false);
				expect(faults.at(-1)!.statement).toBe("");
			}
	});

	it("of any bytes", () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), expectTiled), { numRuns: 3000 });
	});

	it("of packets with bytes changed, left out or put in", () => {
		const change = fc.record({
			sample: fc.constantFrom(...SAMPLES.filter(({ bytes }) => bytes.length < 400)),
			at: fc.nat(),
			drop: fc.integer({ min: 0, max: 3 }),
			put: fc.uint8Array({ maxLength: 3 }),
		});
		fc.assert(
			fc.property(change, ({ at, drop, put, sample: { bytes } }) => {
				const from = at % bytes.length;
				expectTiled(Uint8Array.from([...bytes.slice(0, from), ...put, ...bytes.slice(from + drop)]));
			}),
			{ numRuns: 3000 },
		);
	});
});

describe("the fixed header", () => {
	it("shows the remaining length byte by byte", () => {
		const { fields } = dissect(bytesOf(0x30, 0xc1, 0x02, 0, 1, "a", Array(318).fill(0x2e)), { version: "3.1.1" });
		const length = allOf(fields).find(({ name }) => name === "Remaining Length")!;
		expect(length).toMatchObject({ at: 1, length: 2, value: "321", section: "2.2.3" });
		expect(
			length.fields!.map(({ value, fields: bits }) => [value, bits!.map(bit => [bit.bits, bit.value, bit.note])]),
		).toEqual([
			[
				"0xc1",
				[
					[0x80, "1", "another one follows"],
					[0x7f, "65", "65 × 1 = 65"],
				],
			],
			[
				"0x02",
				[
					[0x80, "0", "the last one"],
					[0x7f, "2", "2 × 128 = 256"],
				],
			],
		]);
	});

	it("[MQTT-1.5.5-1] tells of one that takes more bytes than it needs, and reads on", () => {
		const found = dissect(bytesOf(0xc0, 0x80, 0x00), { version: "5.0" });
		expect([statementsOf(found), found.isWhole]).toEqual([["MQTT-1.5.5-1"], true]);
	});

	it("ends behind a fourth byte that says there is more", () => {
		const { faults, fields } = dissect(bytesOf(0x30, 0xff, 0xff, 0xff, 0xff, 1, 2), { version: "5.0" });
		expect(faults).toEqual([{ statement: "§1.5.5", text: expect.stringContaining("fourth byte") }]);
		expect(fields.at(-1)).toMatchObject({ name: "Not read", at: 5, length: 2, value: "01 02" });
	});

	it.each([
		["PUBREL", 0x60, "3.1.1", "MQTT-3.6.1-1"],
		["SUBSCRIBE", 0x80, "3.1.1", "MQTT-3.8.1-1"],
		["UNSUBSCRIBE", 0xa3, "5.0", "MQTT-3.10.1-1"],
		["PINGREQ", 0xc1, "5.0", "MQTT-2.1.3-1"],
		["PINGRESP", 0xd8, "3.1.1", "MQTT-2.2.2-1"],
		["DISCONNECT", 0xe1, "5.0", "MQTT-3.14.1-1"],
	] as const)("judges the reserved flags of %s", (name, first, version, statement) => {
		const found = dissect(bytesOf(first, 0), { version });
		expect(found.summary.name).toBe(name);
		expect(statementsOf(found)[0]).toBe(statement);
	});

	it("says which packet types there are not, and which the other side sends", () => {
		expect(dissect(bytesOf(0x00, 0), { version: "5.0" }).faults[0]!.text).toBe("packet type 0 is reserved in 5.0");
		expect(dissect(bytesOf(0xf0, 0), { version: "3.1.1" }).faults[0]!.text).toBe("packet type 15 is reserved in 3.1.1");
		expect(dissect(bytesOf(0xd0, 0), { version: "5.0", fromClient: true }).faults[0]!.text).toBe(
			"a client never sends PINGRESP",
		);
		expect(dissect(bytesOf(0xd0, 0), { version: "5.0", fromClient: false }).faults).toEqual([]);
	});
});

it("runs in a browser: nothing of Node is in it", async () => {
	const entries = ["stream", "exchange", "hex", "section"].map(name => `host-sim/inspect/${name}.ts`);
	const { errors } = await build({
		entryPoints: entries,
		bundle: true,
		platform: "browser",
		format: "esm",
		outdir: "unused",
		write: false,
	});
	expect(errors).toEqual([]);
});

it("keeps what is behind a packet apart", () => {
	const { fields, length } = dissect(bytesOf(0xc0, 0, 0xd0, 0), { version: "3.1.1" });
	expect(length).toBe(2);
	expect(fields.at(-1)).toMatchObject({ name: "Behind the packet", at: 2, length: 2, value: "d0 00" });
});

it("finds a fault in each packet that the firmware refuses for itself alone", () => {
	// What is wrong with it only where it stands, or only for that client, no look at the packet alone can tell.
	const alone = clientVectors.filter(({ code }) => ["50", "51", "52", "53", "54", "56"].includes(code));
	expect(alone.length).toBeGreaterThan(20);
	for (const { hex, name } of alone)
		expect(
			dissect(Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex")), { version: "3.1.1", fromClient: false })
				.faults,
			name,
		).not.toEqual([]);
});

describe("secrets", () => {
	const secrets = SAMPLES.filter(({ bytes }) => Buffer.from(bytes).includes("s3cret"));

	it("are in no value, whole or cut anywhere, unless asked for", () => {
		expect(secrets.length).toBe(4);
		const hex = Buffer.from("s3cret")
			.toString("hex")
			.replaceAll(/(..)(?!$)/g, "$1 ");
		for (const { bytes, version } of secrets) {
			for (let length = 1; length <= bytes.length; length += 1) {
				const text = JSON.stringify(dissect(bytes.subarray(0, length), { version }));
				expect(text).not.toContain("s3cret");
				expect(text).not.toContain(hex);
			}
			expect(JSON.stringify(dissect(bytes, { version, showsSecrets: true }))).toContain("s3cret");
		}
	});

	it("show as how long they are, and are marked", () => {
		const { bytes, version } = secrets[0]!;
		const found = dissect(bytes, { version });
		expect(valuesOf(found, "Password")).toEqual(["(11 bytes, not shown)"]);
		expect(
			allOf(found.fields)
				.filter(({ secret }) => secret)
				.map(({ name, length }) => [name, length]),
		).toEqual([
			["Password", 13],
			["Bytes", 11],
		]);
	});
});
