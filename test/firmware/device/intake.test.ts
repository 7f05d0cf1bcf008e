import { describe, expect, it } from "vitest";
import { Intake, LINE_BYTES } from "../../../firmware/device/intake.js";
import { utf8Bytes } from "../../../firmware/mqtt/wire.js";

const HEADER = [0x49, 0x4d, 0x50, 0x52, 0x4f, 0x56, 1];

/** An intake, and what it has told. */
function make() {
	const told: string[] = [];
	const text = (bytes: Uint8Array, length: number) => String.fromCharCode(...bytes.subarray(0, length));
	const intake = new Intake({
		handleLine: (bytes, length) => told.push(`line ${text(bytes, length)}`),
		handlePacket: (bytes, length) => told.push(`packet ${[...bytes.subarray(7, length)].join(",")}`),
		handleOverlong: () => told.push("overlong"),
	});
	const give = (bytes: ArrayLike<number> | string, now = 0) => {
		const all = Uint8Array.from(typeof bytes === "string" ? utf8Bytes(bytes) : bytes);
		intake.take(all, all.length, now);
	};
	return { give, intake, told };
}

describe("bytes of a serial port", () => {
	it("are lines that end in a newline, with or without a return, in slices of any size", () => {
		const bytes = [...utf8Bytes('{"a":1}\r\n\r\n\nIMPROVED\n'), ...HEADER, 3, 2, 10, 13, 7, ...utf8Bytes("x\n")];
		for (let size = 1; size <= bytes.length; size += 1) {
			const { give, told } = make();
			for (let at = 0; at < bytes.length; at += size) give(bytes.slice(at, at + size));
			expect(told).toEqual(['line {"a":1}', "line IMPROVED", "packet 3,2,10,13,7", "line x"]);
		}
	});

	it("may have a packet anywhere, and what was begun before it is none", () => {
		const { give, told } = make();
		give([...utf8Bytes("half a lineIMPROIIMPROV"), 2, ...HEADER, 1, 0, 9, ...utf8Bytes("\nnext\n")]);
		expect(told).toEqual(["packet 1,0,9", "line next"]);
	});

	it("have no line longer than the longest, and the next one is whole", () => {
		const { give, told } = make();
		give(`${"x".repeat(LINE_BYTES)}\n`);
		expect(told.splice(0)).toEqual([`line ${"x".repeat(LINE_BYTES)}`]);
		give("y".repeat(LINE_BYTES + 1));
		give("y".repeat(LINE_BYTES * 3));
		expect(told).toEqual([]);
		give("\nz\n");
		expect(told).toEqual(["overlong", "line z"]);
	});

	it("are a packet no more when it has not gone on for a second", () => {
		const { give, told } = make();
		const early = 0x7fff_ff00;
		give([...HEADER, 3, 200, 1, 2, 3], early);
		give([4], (early + 1000) | 0);
		give("\nlost\n", (early + 2000) | 0);
		expect(told).toEqual([]);
		give("\nfound\n", (early + 3001) | 0);
		expect(told).toEqual(["line found"]);
	});

	it("have the longest packet whole", () => {
		const { give, told } = make();
		give([...HEADER, 3, 255, ...new Array<number>(255).fill(10), 7]);
		give("after\n");
		expect(told).toEqual([`packet 3,255,${"10,".repeat(255)}7`, "line after"]);
	});

	it("make it in step again after a newline and a second of silence, whatever they were", () => {
		let seed = 7;
		const random = (below: number) => {
			seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
			return (seed >>> 8) % below;
		};
		for (let round = 0; round < 300; round += 1) {
			const { give, told } = make();
			for (let i = random(20); i > 0; i -= 1)
				give(random(3) === 0 ? [...HEADER, 3, random(256)] : Array.from({ length: random(60) }, () => random(256)), 0);
			told.splice(0);
			give("\nhere\n", 1001);
			expect(told.at(-1)).toBe("line here");
		}
	});
});
