import { describe, expect, it } from "vitest";
import { signedText } from "../../../firmware/device/offer.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";
import { firmwareIn, imageOf, offerOf } from "../../../host-sim/fleet/firmware.js";
import { KEY, toySigner, toyVerifier } from "../../support/toysigner.js";

describe("firmware of simulated boards", () => {
	it("says what it is, and is the same for the same version", () => {
		for (const firmware of [
			{ version: "1.0.0", isBroken: false },
			{ version: "2.13.7-rc.1", isBroken: true },
		]) {
			const image = imageOf(firmware);
			expect(firmwareIn(image)).toEqual(firmware);
			expect(imageOf(firmware)).toEqual(image);
		}
		expect(() => firmwareIn(new Uint8Array(100))).toThrow("no firmware");
		expect(() => firmwareIn(new Uint8Array(3))).toThrow("no firmware");
	});

	it("is offered with a signature over all that the offer says", () => {
		const image = imageOf({ version: "1.1.0", isBroken: false }, 500);
		const offer = offerOf(image, "1.1.0", 7, toySigner);
		expect(offer).toMatchObject({ device: "thimble", version: "1.1.0", size: 500, issue: 7, downgrade: false });
		const signature = Uint8Array.from(offer.signature.match(/../g)!, byte => Number.parseInt(byte, 16));
		expect(toyVerifier.verify(KEY, utf8Bytes(signedText(offer)), signature)).toBe(true);
		expect(toyVerifier.verify(KEY, utf8Bytes(signedText({ ...offer, issue: 8 })), signature)).toBe(false);
	});
});
