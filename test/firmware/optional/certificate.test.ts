// Certificates, taken apart: what openssl has made, and what no certificate is.

import { describe, expect, it } from "vitest";
import { BadCertificate, DER, parseCertificate } from "../../../firmware/optional/certificate.js";
import { CHAIN_NAMES, chain } from "../../support/chains.js";

const one = (...names: Parameters<typeof chain>) => parseCertificate(chain(...names)[0]!);

describe("a certificate", () => {
	it("says for whom it is, for how long, and what it may be used for", () => {
		const broker = one("broker");
		expect(broker.names).toEqual(["broker.example"]);
		expect(broker.addresses).toEqual(["10.0.0.1"]);
		expect(broker.from).toBe(Date.UTC(2020, 0, 1));
		expect(broker.to).toBe(Date.UTC(2049, 0, 1));
		expect(broker.keyKind).toBe("p256");
		expect(broker.isAuthority).toBe(false);
		expect(broker.servesServers).toBe(true);
		expect(broker.issuer).toEqual(one("authority").subject);
	});

	it("is an authority's where it says so, and its key may sign", () => {
		expect(one("authority").isAuthority).toBe(true);
		expect(one("authority").pathLength).toBe(255);
		expect(one("between").pathLength).toBe(0);
		expect(one("unsigning").isAuthority).toBe(false);
	});

	it("stands for a server unless it is said to be for something else", () => {
		expect(one("client").servesServers).toBe(false);
		expect(one("server").servesServers).toBe(true);
	});

	it("has a key of a kind that we know, and long enough", () => {
		expect(one("large").keyKind).toBe("p384");
		expect(one("classic").keyKind).toBe("rsa");
		expect(one("short").keyKind).toBe("unknown");
	});

	it("has names in lower case", () => {
		expect(one("wild").names).toEqual(["*.example.com", "*.org"]);
	});

	it("that says something critical that we do not understand is none", () => {
		expect(() => one("critical")).toThrow(BadCertificate);
	});

	it("that is cut off anywhere, or has something behind it, is none; one with a byte turned throws nothing else", () => {
		const [whole] = chain("broker");
		for (let length = 0; length < whole!.length; length += 1)
			expect(() => parseCertificate(whole!.slice(0, length))).toThrow(BadCertificate);
		const longer = new Uint8Array(whole!.length + 1);
		longer.set(whole!);
		expect(() => parseCertificate(longer)).toThrow(BadCertificate);
		for (let at = 0; at < whole!.length; at += 1)
			for (const bit of [1, 0x80]) {
				const turned = whole!.slice();
				turned[at] = turned[at]! ^ bit;
				try {
					parseCertificate(turned);
				} catch (error) {
					expect(error).toBeInstanceOf(BadCertificate);
				}
			}
	});

	it("is read by its own bytes, wherever they lie", () => {
		for (const name of CHAIN_NAMES) {
			if (name === "critical") continue;
			const [bytes] = chain(name);
			const room = new Uint8Array(bytes!.length + 7);
			room.set(bytes!, 3);
			expect(parseCertificate(room.subarray(3, 3 + bytes!.length)).to).toBe(one(name).to);
		}
	});
});

describe("DER", () => {
	it("has one way of saying a length", () => {
		expect(new DER(new Uint8Array([4, 1, 9])).take(4)).toEqual(new Uint8Array([9]));
		for (const bytes of [[4, 0x81, 1, 9], [4, 0x82, 0, 1, 9], [4, 0x80, 9], [4, 0x83, 0, 0, 1, 9], [4, 2, 9], [4]])
			expect(() => new DER(new Uint8Array(bytes)).takeWhole()).toThrow(BadCertificate);
	});

	it("takes what is asked for and nothing else", () => {
		expect(() => new DER(new Uint8Array([4, 1, 9])).take(2)).toThrow(BadCertificate);
		expect(() => new DER(new Uint8Array(0)).take(0)).toThrow(BadCertificate);
	});
});
