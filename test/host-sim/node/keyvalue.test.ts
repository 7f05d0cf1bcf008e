import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FolderKeyValue, MemoryKeyValue } from "../../../host-sim/node/keyvalue.js";

const folder = mkdtempSync(join(tmpdir(), "thimble-kv-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (...values: number[]) => Uint8Array.from(values).buffer;

describe.each([
	["in a folder", () => new FolderKeyValue(join(folder, "a"))],
	["in memory", () => new MemoryKeyValue()],
])("key-value %s", (_name, make) => {
	it("gives back what was written last, or undefined", () => {
		const store = make();
		expect(store.read("boot")).toBeUndefined();
		store.write("boot", bytes(1, 2));
		store.write("boot", bytes(3));
		store.write("../odd key/ü.", bytes(9));
		expect([...new Uint8Array(store.read("boot")!)]).toEqual([3]);
		expect([...new Uint8Array(store.read("../odd key/ü.")!)]).toEqual([9]);
		store.delete("boot");
		store.delete("never");
		expect(store.read("boot")).toBeUndefined();
		store.close();
	});
});

it("a folder keeps its values for the next start, and nothing beside them", () => {
	new FolderKeyValue(join(folder, "b")).write("k", bytes(7));
	expect([...new Uint8Array(new FolderKeyValue(join(folder, "b")).read("k")!)]).toEqual([7]);
	expect(readdirSync(join(folder, "b"))).toEqual(["k"]);
});
