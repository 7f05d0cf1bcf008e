import { expect, it } from "vitest";
import { CountedStore } from "../../../firmware/device/counted.js";
import { Flash } from "../../../host-sim/world/flash.js";

it("a counted store is the store that it is given, and knows how often flash was written", () => {
	const flash = new Flash();
	const store = new CountedStore(flash);
	store.write("a", Uint8Array.of(1).buffer);
	store.write("b", Uint8Array.of(2).buffer);
	store.delete("a");
	expect([store.read("a"), [...new Uint8Array(store.read("b")!)], store.writes]).toEqual([undefined, [2], 3]);
	flash.isFull = true;
	expect(() => store.write("c", Uint8Array.of(3).buffer)).toThrow("full");
	expect(store.writes).toBe(4);
	store.close();
});
