// On which terms an offer is taken, without a board around them; update.test.ts has the same with one.

import { expect, it } from "vitest";
import { checkTerms, refusalOf, type UpdateOptions } from "../../../firmware/device/terms.js";
import { Misuse } from "../../../firmware/mqtt/error.js";
import { KEY, toyVerifier } from "../../support/toysigner.js";
import { imageOf, offerOf } from "../../support/updated.js";

const nothing = () => {};
const updater = {
	capacity: 20_000,
	blockBytes: 4096,
	isPending: false,
	erase: nothing,
	write: nothing,
	read: nothing,
	apply: nothing,
	confirm: nothing,
	rollBack: nothing,
};
const TERMS: UpdateOptions = {
	version: "1.0.0",
	key: KEY,
	verifier: toyVerifier,
	updater,
	power: { resetReason: "power", restart: nothing },
};
const good = offerOf(imageOf("1.1.0"), "1.1.0");

it("a good offer is not refused", () => {
	expect(refusalOf(good, TERMS)).toBe(undefined);
	checkTerms(TERMS);
});

it("who has signed it comes before what it says: of a stranger's offer nothing else is told", () => {
	const strange = { ...good, device: "other", version: "0.1.0", size: 1_000_000 };
	expect(refusalOf(strange, TERMS)).toBe("signature");
	const { confirm: _, ...oneWay } = updater;
	expect(refusalOf(strange, { ...TERMS, updater: oneWay })).toBe("no-rollback");
});

it("the same version is no downgrade, one before it is", () => {
	const image = imageOf("1.0.0-rc.1");
	expect(refusalOf(offerOf(image, "1.0.0-rc.1"), TERMS)).toBe("downgrade");
	expect(refusalOf(offerOf(image, "1.0.0"), TERMS)).toBe(undefined);
	expect(refusalOf(offerOf(image, "1.0.0-rc.1", { downgrade: true }), TERMS)).toBe(undefined);
});

it("keys have 32 bytes, or 65 of which the first is 4", () => {
	const point = new Uint8Array(65);
	expect(() => checkTerms({ ...TERMS, key: point })).toThrow(Misuse);
	point[0] = 4;
	checkTerms({ ...TERMS, key: point });
	expect(() => checkTerms({ ...TERMS, key: new Uint8Array(64) })).toThrow(Misuse);
});
