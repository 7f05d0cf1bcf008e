import { expect, it } from "vitest";
import { Events, FrameWriter, REPLY } from "../../../host-sim/xs/frames.js";

it("a frame is its size, its kind and its fields, little-endian", () => {
	const frame = new FrameWriter(REPLY)
		.uint8(7)
		.int32(-2)
		.text("é")
		.bytes(new Uint8Array([9]));
	expect(frame.done().toString("hex")).toBe(`0e000000 03 07 feffffff 03000000 c3a900 09`.replaceAll(" ", ""));
	expect(new FrameWriter(REPLY).number(1).done().toString("hex")).toBe("0900000003000000000000f03f");
});

it("grows with what is put into it", () => {
	const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i);
	const frame = new FrameWriter(REPLY).uint8(1).bytes(bytes).bytes(bytes).done();
	expect(frame.readUInt32LE(0)).toBe(10_002);
	expect(frame.subarray(6, 5006)).toEqual(Buffer.from(bytes));
	expect(frame.subarray(5006)).toEqual(Buffer.from(bytes));
});

it("a step is a moment and events", () => {
	const step = new Events(-1, 2)
		.writable(1, 5744)
		.readable(2, new Uint8Array([1, 2]))
		.failed(3)
		.resolved(4, "a");
	expect(step.command(5, -6).collect().done().toString("hex")).toBe(
		`2f000000 02 ffffffff 0000000000000040
		01 01 70160000
		02 02 02000000 0102
		03 03
		04 04 02000000 6100
		05 05000000 faffffff
		06`.replaceAll(/\s/g, ""),
	);
});
