import { expect, it } from "vitest";
import { Album } from "../../../../host-sim/web/recognition/album.js";

const picture = (n: number) => Uint8Array.of(n & 255, n >> 8);

it("finds a picture by the check sum that a board tells", () => {
	const album = new Album();
	const crc = album.put(new TextEncoder().encode("123456789"));
	// The value that everybody's CRC-32 is checked with.
	expect(crc).toBe(0xcbf43926);
	expect(album.get(crc)).toHaveLength(9);
	expect([album.get(crc + 1), album.get(undefined)]).toEqual([undefined, undefined]);
});

it("has room for 256, and lets the oldest go", () => {
	const album = new Album();
	const first = album.put(picture(0));
	const second = album.put(picture(1));
	for (let n = 2; n < 256; n += 1) album.put(picture(n));
	expect(album.get(first)).toBeDefined();
	album.put(picture(0));
	album.put(picture(256));
	expect([album.get(first)?.length, album.get(second)]).toEqual([2, undefined]);
});
