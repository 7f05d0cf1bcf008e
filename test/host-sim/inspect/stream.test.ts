import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dissectStream } from "../../../host-sim/inspect/stream.js";
import { bytesOf, SAMPLES, untiled } from "../../support/packets.js";

const CONNECT_5 = bytesOf(0x10, 14, 0, 4, "MQTT", 5, 2, 0, 60, 0, 0, 1, "b");

it("takes packets one behind the other, each at its place", () => {
	for (const version of ["3.1.1", "5.0"] as const) {
		const samples = SAMPLES.filter(sample => sample.version === version);
		const { packets, source } = dissectStream(Buffer.concat(samples.map(({ bytes }) => bytes)), { version });
		expect(source).toBe("given");
		expect(packets.map(({ bytes }) => Buffer.from(bytes))).toEqual(samples.map(({ bytes }) => Buffer.from(bytes)));
		let at = 0;
		for (const packet of packets) {
			expect(packet.at).toBe(at);
			expect(packet.faults).toEqual([]);
			at += packet.bytes.length;
		}
	}
});

describe("the version", () => {
	it("is what CONNECT says, for what follows too", () => {
		const { packets, source } = dissectStream(bytesOf(...[...CONNECT_5], 0x40, 3, 0, 1, 0x10, 0x40, 2, 0, 1));
		expect(source).toBe("connect");
		expect(packets.map(({ version }) => version)).toEqual(["5.0", "5.0", "5.0"]);
		expect(packets.flatMap(({ faults }) => faults)).toEqual([]);
	});

	// At QoS 1 and at 20,000 bytes the payload begins with 0, which might as well be the length of no properties.
	const AMBIGUOUS = ["publish 3.1.1 (1)", "publish 3.1.1 (3)", "pingreq 5.0 (4)", "pingresp 5.0 (5)"];

	it("is guessed from what a packet looks like, and told to be a guess", () => {
		for (const { bytes, packet, title, version } of SAMPLES) {
			const { packets, source } = dissectStream(bytes);
			expect(source).toBe(packet.cmd === "connect" ? "connect" : "guess");
			expect(packets[0]!.faults, title).toEqual([]);
			// An acknowledgement of two bytes is the same in both.
			if (!AMBIGUOUS.includes(title) && !(packet.cmd === "puback" && bytes.length === 4))
				expect(packets[0]!.version, title).toBe(version);
		}
	});
});

it("reads nothing behind a CONNECT that does not end where it says, since that may be its password", () => {
	// The Remaining Length is too short by four: the last of the password would be taken for a packet.
	const connect = bytesOf(0x10, 21, 0, 4, "MQTT", 4, 0xc2, 0, 60, 0, 1, "b", 0, 1, "u", 0, 8, "s3cret00");
	connect[1]! -= 1;
	const { packets } = dissectStream(connect);
	expect(packets.length).toBe(1);
	expect(JSON.stringify(packets[0]!.fields)).not.toMatch(/3cret|et00|72 65 74/);
	expect(untiled(packets[0]!.fields, connect.length)).toBeUndefined();
});

it("looks at each byte of a long stream a few times only", () => {
	const pings = new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? 0xc0 : 0));
	const begun = performance.now();
	expect(dissectStream(pings).packets.length).toBe(100_000);
	// To look at what is left for each packet would take minutes.
	expect(performance.now() - begun).toBeLessThan(20_000);
});

it("covers any bytes, and never throws", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
			const { packets } = dissectStream(bytes);
			expect(packets.reduce((sum, packet) => sum + packet.bytes.length, 0)).toBe(bytes.length);
			for (const packet of packets) expect(untiled(packet.fields, packet.bytes.length)).toBeUndefined();
		}),
		{ numRuns: 2000 },
	);
	expect(dissectStream(bytesOf()).packets).toEqual([]);
});
