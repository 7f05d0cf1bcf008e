// What a server may say before anything is encrypted, in which order; and what not.

import { describe, expect, it } from "vitest";
import { BadHandshake, Handshake } from "../../../firmware/optional/handshake.js";

const record = (type: number, ...body: number[]) => [type, 3, 3, body.length >> 8, body.length & 255, ...body];
const message = (type: number, ...body: number[]) => [type, 0, body.length >> 8, body.length & 255, ...body];
const said = (...messages: number[][]) => record(22, ...messages.flat());

const hello = message(2, ...new Array(40).fill(7));
const certificate = message(11, 0, 0, 0);
const request = message(13, 1, 1, 0, 0);
const done = message(14);
const encrypts = record(20, 1);
/** A point of three bytes on a curve, signed so. */
const key = (hash: number, algorithm: number, signature: number[]) =>
	message(12, 3, 0, 23, 3, 1, 2, 3, hash, algorithm, signature.length >> 8, signature.length & 255, ...signature);
const curve = [0x30, 6, 2, 1, 5, 2, 1, 6];
const signed = key(4, 3, curve);
const whole = [...said(hello), ...said(certificate), ...said(signed), ...said(done), ...encrypts];

function watch(bytes: number[], slice = bytes.length): Handshake {
	const handshake = new Handshake();
	for (let at = 0; at < bytes.length; at += slice) handshake.watch(new Uint8Array(bytes.slice(at, at + slice)));
	return handshake;
}

describe("a handshake", () => {
	it("in its order goes through, in records and slices of any size", () => {
		for (let slice = 1; slice < whole.length; slice += 1) expect(watch(whole, slice).isEncrypted).toBe(true);
		expect(watch([...said(hello, certificate, signed, done), ...encrypts]).isEncrypted).toBe(true);
		const split = hello.slice(0, 9);
		const rest = hello.slice(9);
		expect(watch([...said(split), ...said(rest, certificate, signed, done), ...encrypts]).isEncrypted).toBe(true);
		expect(watch(whole).asksForCertificate).toBe(false);
	});

	it("says whether the server wants a certificate of ours", () => {
		expect(watch(said(hello, certificate, signed, request)).asksForCertificate).toBe(true);
	});

	it("is not looked at any more once it is encrypted", () => {
		expect(watch([...whole, 1, 2, 3, 4, 5, 6, 7]).isEncrypted).toBe(true);
	});

	it.each<[string, number[]]>([
		["does not begin with the server's greeting", said(certificate)],
		["leaves out the certificate", said(hello, signed)],
		["leaves out the server's part of the key", said(hello, certificate, done)],
		["ends without its end", [...said(hello, certificate, signed), ...encrypts]],
		["goes on as if an earlier one was resumed", [...said(hello), ...encrypts]],
		["encrypts at once", encrypts],
		["encrypts inside a message", [...said(hello, certificate, signed), ...said(done.slice(0, 2)), ...encrypts]],
		["says something twice", said(hello, hello)],
		["goes on behind its end", said(hello, certificate, signed, done, done)],
		["finishes without encryption", said(hello, certificate, signed, message(20, 1, 2, 3))],
		["sends data that is not encrypted", [...said(hello), ...record(23, 1)]],
		["greets as a client", said(message(1, 1))],
		["asks us to begin again", said(message(0))],
		["is none at all", [0x48, 0x54, 0x54, 0x50, 0x2f]],
		["has an empty record", [22, 3, 3, 0, 0]],
		["has a record that no board could hold", [22, 3, 3, 0x40, 1]],
		["has a message that no board could hold", said([2, 1, 0, 0])],
		["has a key that is not signed", said(hello, certificate, key(0, 0, []))],
		["has a key that is signed with nothing", said(hello, certificate, key(0, 3, curve))],
		["has a key that is signed with SHA-1", said(hello, certificate, key(2, 1, curve))],
		["has a key that is signed by nobody", said(hello, certificate, key(4, 0, curve))],
		["has a signature of zeros", said(hello, certificate, key(4, 3, [0x30, 6, 2, 1, 0, 2, 1, 0]))],
		["has a signature of zeros by RSA", said(hello, certificate, key(4, 1, [0, 0, 0]))],
		[
			"has a signature that is shorter than it says",
			said(
				hello,
				certificate,
				[...key(4, 3, curve).slice(0, 13), 0, 9, ...curve].map((byte, at) => (at === 3 ? 9 + 2 + curve.length : byte)),
			),
		],
		["has a key of nothing", said(hello, certificate, message(12))],
	])("that %s is refused", (_, bytes) => {
		for (const slice of [1, 3, bytes.length]) expect(() => watch(bytes, slice)).toThrow(BadHandshake);
	});

	it("may hold a complaint at any time, which is for others to read", () => {
		expect(watch([...said(hello), ...record(21, 2, 40)]).isEncrypted).toBe(false);
	});
});
