import { expect, it } from "vitest";
import { formsOf } from "../../../../host-sim/web/packets/payload.js";

const bytes = (text: string) => new TextEncoder().encode(text);

it("is text where it is some, and JSON with its structure where it is an object or a list", () => {
	expect(formsOf(bytes('{"a":[1]}'))).toEqual({
		isCut: false,
		text: '{"a":[1]}',
		json: '{\n  "a": [\n    1\n  ]\n}',
	});
	expect(formsOf(bytes("21.5"))).toEqual({ isCut: false, text: "21.5" });
	expect(formsOf(Uint8Array.of(0xff, 0))).toEqual({ isCut: false });
	expect(formsOf(bytes(""))).toEqual({ isCut: false, text: "" });
});

it("does nothing of what is in it, and shows where something was", () => {
	expect(formsOf(bytes("a\u001b[31m\u202eb\n\tc")).text).toBe("a\ufffd[31m\ufffdb\n\tc");
	expect(formsOf(bytes('{"a":"\u202e"}')).json).toBe('{\n  "a": "\ufffd"\n}');
});

it("cuts what nobody reads, between two characters", () => {
	const { isCut, json, text } = formsOf(bytes(`[${"ä".repeat(10_000)}]`));
	expect([isCut, json]).toEqual([true, undefined]);
	expect(text).toBe(`[${"ä".repeat(8191)}`);
});
