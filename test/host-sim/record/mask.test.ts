// What is hidden in a recording, and what is not.

import fc from "fast-check";
import { generate, type IConnectPacket, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Frames } from "../../../host-sim/checker/reader.js";
import { masked, maskedRest } from "../../../host-sim/record/mask.js";

const SECRET = "s3cret-and-long";
const STARS = "*".repeat(SECRET.length);

function mask(bytes: Uint8Array, version: "3.1.1" | "5.0" = "5.0"): Buffer {
	const got: Uint8Array[] = [];
	new Frames().push(bytes, frame => got.push(masked(frame.bytes, frame.body, version)));
	expect(got.length).toBe(1);
	return Buffer.from(got[0]!);
}

const connect = (protocolVersion: 4 | 5, more: Partial<IConnectPacket>): IConnectPacket => ({
	cmd: "connect",
	protocolId: "MQTT",
	protocolVersion,
	clean: true,
	keepalive: 10,
	clientId: "c",
	...more,
});

const bytesOf = (packet: Packet, protocolVersion = 5) => generate(packet, { protocolVersion });

describe("masked()", () => {
	it.each([4, 5] as const)("writes over the password of CONNECT, level %i, and over nothing else", level => {
		const will = { topic: "gone", payload: Buffer.from("will"), qos: 1 as const, retain: true };
		for (const more of [{}, { will }]) {
			const given = (password: string) =>
				bytesOf(connect(level, { ...more, username: "ann", password: Buffer.from(password) }), level);
			expect(mask(given(SECRET))).toEqual(given(STARS));
		}
	});

	it("writes over authentication data in CONNECT, CONNACK and AUTH, among other properties", () => {
		const properties = (data: string) => ({
			authenticationMethod: "SCRAM-SHA-256",
			authenticationData: Buffer.from(data),
			userProperties: { a: "b" },
		});
		const packets = (data: string): Packet[] => [
			connect(5, { properties: { ...properties(data), sessionExpiryInterval: 7 } }),
			{
				cmd: "connack",
				reasonCode: 0,
				sessionPresent: false,
				properties: { ...properties(data), topicAliasMaximum: 3 },
			},
			{ cmd: "auth", reasonCode: 24, properties: properties(data) },
		];
		packets(SECRET).forEach((packet, i) => {
			expect(mask(bytesOf(packet))).toEqual(bytesOf(packets(STARS)[i]!));
		});
	});

	it("gives the very bytes back where there is nothing to hide", () => {
		const packets: Packet[] = [
			connect(5, { username: "ann" }),
			{ cmd: "connack", reasonCode: 0, sessionPresent: true },
			{ cmd: "auth", reasonCode: 0 },
			{ cmd: "publish", topic: "password", payload: SECRET, qos: 0, dup: false, retain: false },
			{ cmd: "pingreq" },
		];
		for (const packet of packets) {
			const bytes = new Uint8Array(bytesOf(packet));
			new Frames().push(bytes, frame => expect(masked(frame.bytes, frame.body, "5.0")).toBe(frame.bytes));
		}
		const connack = Uint8Array.of(0x20, 2, 1, 0);
		expect(masked(connack, 2, "3.1.1")).toBe(connack);
	});

	it("hides all of a CONNECT that cannot be read: a password without its flag, properties that are none", () => {
		const whole = bytesOf(connect(5, { username: "ann", password: Buffer.from(SECRET) }));
		const unannounced = Buffer.from(whole);
		unannounced[9]! &= ~0x40;
		expect(mask(unannounced).includes(SECRET)).toBe(false);
		const unknown = bytesOf(
			connect(5, { properties: { authenticationMethod: "x", authenticationData: Buffer.from(SECRET) } }),
		);
		unknown[unknown.indexOf(21)] = 99;
		expect(mask(unknown).includes(SECRET)).toBe(false);
		expect(mask(unknown).length).toBe(unknown.length);
		// An AUTH where there is no such packet.
		const auth = bytesOf({
			cmd: "auth",
			reasonCode: 24,
			properties: { authenticationMethod: "x", authenticationData: Buffer.from(SECRET) },
		});
		expect(mask(auth, "3.1.1").includes(SECRET)).toBe(false);
	});

	it("however a CONNECT is spoilt, it throws nothing, keeps the length, and the password does not get through", () => {
		const given = bytesOf(
			connect(5, { username: "ann", password: Buffer.from(SECRET), properties: { receiveMaximum: 3 } }),
		);
		const end = given.length - SECRET.length;
		fc.assert(
			fc.property(fc.integer({ min: 2, max: end - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
				const spoilt = Buffer.from(given);
				spoilt[at] = value;
				const shown = Buffer.from(masked(spoilt, 2, "5.0"));
				expect(shown.length).toBe(spoilt.length);
				expect(shown.includes(SECRET)).toBe(false);
			}),
			{ numRuns: 3000 },
		);
	});
});

describe("maskedRest()", () => {
	it("hides what has come of a packet that may hold a secret, and shows what is another", () => {
		const part = bytesOf(connect(5, { username: "ann", password: Buffer.from(SECRET) })).subarray(0, 30);
		expect(Buffer.from(maskedRest(part)).toString("latin1")).toBe(`\x10${"*".repeat(29)}`);
		const publish = Buffer.from("3020000374", "hex");
		expect(maskedRest(publish)).toBe(publish);
	});
});
