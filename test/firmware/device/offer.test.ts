// Offers: what is one, and what is signed of it.

import { describe, expect, it } from "vitest";
import { fromHex, isDevice, isHex, type Offer, parseOffer, signedText, toHex } from "../../../firmware/device/offer.js";

const OFFER: Offer = {
	device: "thimble",
	version: "1.2.0",
	size: 1000,
	sha256: "0123456789abcdef".repeat(4),
	issue: 7,
	downgrade: false,
	signature: "0f".repeat(64),
};

describe("an offer", () => {
	it("is what it was when it has been JSON; what it says beside is left out", () => {
		expect(parseOffer(JSON.stringify(OFFER))).toEqual(OFFER);
		expect(parseOffer(JSON.stringify({ ...OFFER, more: [1] }))).toEqual(OFFER);
		const { downgrade: _, issue: __, ...short } = OFFER;
		expect(parseOffer(JSON.stringify(short))).toEqual({ ...OFFER, issue: 0 });
	});

	it("is nothing else", () => {
		for (const text of [undefined, "", "{", "null", "3", '"x"', "[]", "{}"]) expect(parseOffer(text)).toBe(undefined);
		for (const wrong of [
			{ device: "" },
			{ device: "a b" },
			{ device: 1 },
			{ version: "1.2" },
			{ version: 1 },
			{ size: 0 },
			{ size: -1 },
			{ size: 1.5 },
			{ size: "1000" },
			{ size: 2 ** 32 },
			{ sha256: OFFER.sha256.slice(2) },
			{ sha256: OFFER.sha256.toUpperCase() },
			{ sha256: 1 },
			{ issue: -1 },
			{ issue: "7" },
			{ downgrade: "yes" },
			{ signature: "0g".repeat(64) },
			{ signature: undefined },
		])
			expect(parseOffer(JSON.stringify({ ...OFFER, ...wrong })), JSON.stringify(wrong)).toBe(undefined);
	});

	it("has all of itself but the signature in what is signed, each on a line of its own", () => {
		const text = signedText(OFFER);
		expect(text).toBe(`thimble update 1\nthimble\n1.2.0\n1000\n${OFFER.sha256}\n7\nupgrade\n`);
		const others: Partial<Offer>[] = [
			{ device: "other" },
			{ version: "1.2.1" },
			{ size: 1001 },
			{ sha256: "f".repeat(64) },
			{ issue: 8 },
			{ downgrade: true },
		];
		for (const other of others) expect(signedText({ ...OFFER, ...other })).not.toBe(text);
	});

	it("is for a kind of board whose name has letters, digits, hyphens and underscores", () => {
		for (const name of ["a", "Thimble-2_x", "x".repeat(32)]) expect(isDevice(name)).toBe(true);
		for (const name of ["", "a/b", "a\nb", "ä", "x".repeat(33)]) expect(isDevice(name)).toBe(false);
	});
});

it("bytes are hexadecimal digits, and back", () => {
	expect(toHex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe("0001abff");
	expect(fromHex("0001abff")).toEqual(Uint8Array.of(0, 1, 0xab, 0xff));
	expect([isHex("00ff", 2), isHex("00f", 2), isHex("00fg", 2), isHex("00FF", 2), isHex(5, 2)]).toEqual([
		true,
		false,
		false,
		false,
		false,
	]);
});
