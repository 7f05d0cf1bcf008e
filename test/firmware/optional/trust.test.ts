// Whom a board trusts: chains as servers show them, honest and not, and the code that each ends with.

import { describe, expect, it } from "vitest";
import { OK } from "../../../firmware/mqtt/error.js";
import { BadCertificate } from "../../../firmware/optional/certificate.js";
import {
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NAME,
	CERTIFICATE_REFUSED,
	isAddress,
	isInRange,
	Trust,
} from "../../../firmware/optional/trust.js";
import { type ChainName, chain, KnownSignatures } from "../../support/chains.js";

const NOW = Date.UTC(2026, 10, 22);

function check(
	shown: ChainName[],
	name = "broker.example",
	authorities: ChainName[] = ["authority"],
	wall = NOW,
): number {
	const clock = { now: () => 0, wall: () => wall };
	const trust = new Trust({ authorities: chain(...authorities), signatures: new KnownSignatures(), clock });
	return trust.check(chain(...shown), name);
}

describe("a server", () => {
	it.each<[string, ChainName[], ChainName[]]>([
		["whose certificate the authority has signed", ["broker"], ["authority"]],
		["which shows the authority's as well", ["broker", "authority"], ["authority"]],
		["whose authority is one of several", ["broker"], ["other", "classic", "authority"]],
		["with another between it and the authority", ["deep", "between"], ["authority"]],
		["with certificates in any order, and some that nobody needs", ["deep", "other", "between"], ["authority"]],
		["whose own certificate we were given", ["foreign"], ["foreign"]],
		["with a certificate for servers and clients", ["server"], ["authority"]],
		["of an authority with a larger curve", ["oflarge"], ["large"]],
		["of an authority with RSA", ["ofclassic"], ["classic"]],
	])("%s is trusted", (_, shown, authorities) => {
		expect(check(shown, "broker.example", authorities)).toBe(OK);
	});

	it.each<[string, ChainName[], ChainName[]]>([
		["that shows nothing", [], ["authority"]],
		["signed by somebody else", ["foreign"], ["authority"]],
		["signed by somebody else, with the authority's certificate behind it", ["foreign", "authority"], ["authority"]],
		["signed by somebody of the authority's name", ["forged"], ["authority"]],
		["signed by somebody of the authority's name, with the true one behind it", ["forged", "authority"], ["authority"]],
		["signed by somebody of the authority's name, who shows himself", ["forged", "impostor"], ["authority"]],
		["signed by another server", ["evil", "broker"], ["authority"]],
		["signed by one that must not sign", ["misused", "unsigning"], ["authority"]],
		["that leaves out the one between", ["deep"], ["authority"]],
		["with more between than the authority allows", ["deeper", "below", "between"], ["authority"]],
		["with a certificate for clients", ["client"], ["authority"]],
		["whose certificate says something critical that we do not understand", ["critical"], ["authority"]],
		["signed with SHA-1", ["old"], ["authority"]],
		["signed with a short key", ["ofshort"], ["short"]],
		["where we trust nobody", ["broker"], []],
	])("%s is refused", (_, shown, authorities) => {
		expect(check(shown, "broker.example", authorities)).toBe(CERTIFICATE_REFUSED);
	});

	it.each<[string, ChainName[], ChainName[], number]>([
		["that is no longer valid", ["expired"], ["authority"], NOW],
		["that is no longer valid, with the authority's behind it", ["expired", "authority"], ["authority"], NOW],
		["that is not valid yet", ["early"], ["authority"], NOW],
		["whose authority is no longer valid", ["outlived"], ["past"], NOW],
		["at a time that nobody has set", ["broker"], ["authority"], 0],
	])("with a certificate %s is refused by the clock", (_, shown, authorities, wall) => {
		expect(check(shown, "broker.example", authorities, wall)).toBe(CERTIFICATE_EXPIRED);
	});

	it.each<[ChainName, string, number]>([
		["broker", "broker.example", OK],
		["broker", "Broker.EXAMPLE", OK],
		["broker", "10.0.0.1", OK],
		["broker", "10.0.0.2", CERTIFICATE_NAME],
		["broker", "example", CERTIFICATE_NAME],
		["broker", "a.broker.example", CERTIFICATE_NAME],
		["broker", "", CERTIFICATE_NAME],
		["elsewhere", "broker.example", CERTIFICATE_NAME],
		["wild", "a.example.com", OK],
		["wild", "a.b.example.com", CERTIFICATE_NAME],
		["wild", "example.com", CERTIFICATE_NAME],
		["wild", ".example.com", CERTIFICATE_NAME],
		["wild", "thimble.org", CERTIFICATE_NAME],
		["between", "broker.example", CERTIFICATE_NAME],
	])("with the certificate %s as %s: %i", (shown, name, code) => {
		expect(check([shown], name)).toBe(code);
	});
});

it("an authority that is no certificate is a mistake of ours", () => {
	const clock = { now: () => 0, wall: () => NOW };
	const wrong = { authorities: [new Uint8Array([1, 2, 3])], signatures: new KnownSignatures(), clock };
	expect(() => new Trust(wrong)).toThrow(BadCertificate);
});

it("a signature whose numbers are out of their range is none", () => {
	const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	const number = (digits: string) => {
		const bytes = [...digits.matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16));
		if (bytes[0]! >= 0x80) bytes.unshift(0);
		return [2, bytes.length, ...bytes];
	};
	const signature = (...numbers: number[][]) => new Uint8Array([0x30, numbers.flat().length, ...numbers.flat()]);
	const one = number("01");
	const last = number(`${order.slice(0, -2)}50`);
	expect(isInRange(signature(one, last), "p256")).toBe(true);
	expect(isInRange(signature(last, one), "p256")).toBe(true);
	for (const bad of [number("00"), number(order), number(`01${order}`), [2, 1, 0x80], [2, 0], []]) {
		expect(isInRange(signature(bad, one), "p256")).toBe(false);
		expect(isInRange(signature(one, bad), "p256")).toBe(false);
	}
	expect(isInRange(signature(one, one, one), "p256")).toBe(false);
	expect(isInRange(signature(one, one), "rsa")).toBe(false);
	expect(isInRange(new Uint8Array([...signature(one, one), 0]), "p256")).toBe(false);
});

it("addresses are told from names", () => {
	for (const address of ["10.0.0.1", "::1", "fe80::1"]) expect(isAddress(address)).toBe(true);
	for (const name of ["broker", "10.example", "a1.b2"]) expect(isAddress(name)).toBe(false);
});
