import { expect, it } from "vitest";
import { entryOf } from "../../../host-sim/security/identity.js";

const SHOWN = { commonName: "board-1", hostName: "board-1.lan", validTo: 10_000 };

it("is the name where the listener says that it is, as long as the certificate holds", () => {
	expect(entryOf(SHOWN, "commonName", 4000)).toEqual({
		owner: { kind: "certificate", name: "board-1" },
		lastsMs: 6000,
	});
	expect(entryOf(SHOWN, "hostName", 4000)?.owner.name).toBe("board-1.lan");
});

it("is nobody without a certificate, without a name there, and after its time", () => {
	expect(entryOf(undefined, "commonName", 0)).toBeUndefined();
	expect(entryOf({ ...SHOWN, commonName: undefined }, "commonName", 0)).toBeUndefined();
	expect(entryOf({ ...SHOWN, hostName: "" }, "hostName", 0)).toBeUndefined();
	expect(entryOf(SHOWN, "commonName", 10_000)).toBeUndefined();
});
