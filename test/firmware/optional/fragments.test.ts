// Fragments in any sizes, read in any pieces, at once or later: what was read is what arrived, in its order.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Incoming } from "../../../firmware/mqtt/client.js";
import { bytesOf, type Fragment, Fragments } from "../../../firmware/optional/fragments.js";
import { online, publish, utf8 } from "../../support/peer.js";

describe("fragments", () => {
	it("are read as they arrived, whatever is left for later", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 6 }),
				fc.array(fc.nat({ max: 900 }), { minLength: 1, maxLength: 8 }),
				(sizes, reads) => {
					const got: number[][] = [];
					let step = 0;
					let reading = 0;
					const read = () => {
						const wanted = reads[step++ % reads.length]!;
						const into = new Uint8Array(wanted);
						const count = step % 2 === 0 ? (fragments.read(into) as number | undefined) : undefined;
						const bytes =
							step % 2 === 0 ? into.subarray(0, count ?? 0) : bytesOf(fragments.read(wanted) as ArrayBuffer);
						got.at(-1)?.push(...bytes);
						reading -= bytes.length;
					};
					const show = (count: number, { topic }: Fragment) => {
						expect(reading).toBe(0);
						if (topic !== undefined) got.push([]);
						reading = count;
						if (count !== 0) read();
					};
					const fragments: Fragments = new Fragments(show, () => {});
					let time = 0;
					const peer = online();
					peer.client.subscribe(
						"a",
						(message: Incoming) => {
							time += 1;
							fragments.take(message, time);
						},
						{ stream: true },
					);
					peer.take();
					const sent = sizes.map((size, i) => Array.from({ length: size }, (_, at) => (i * 50 + at) & 0xff));
					for (const bytes of sent) peer.send(publish("a", String.fromCharCode(...bytes.map(byte => byte & 0x7f))));
					for (let i = 0; fragments.holds && i < 100_000; i += 1) {
						if (reading > 0) {
							step += reads.every(each => each === 0) ? 1 : 0;
							if (reads.every(each => each === 0)) {
								got.at(-1)?.push(...bytesOf(fragments.read(undefined) as ArrayBuffer));
								reading = 0;
							} else read();
						}
						fragments.next();
					}
					expect(got).toEqual(sent.map(bytes => bytes.map(byte => byte & 0x7f)));
				},
			),
			{ seed: 419, numRuns: 40 },
		);
	});

	it("that come twice by the same read are one, and after a restart are two", () => {
		const shown: number[] = [];
		const fragments: Fragments = new Fragments(
			count => {
				shown.push(count);
				fragments.read(undefined);
			},
			() => {},
		);
		const peer = online();
		peer.client.subscribe("a", message => {
			fragments.take(message, 1);
			fragments.take(message, 1);
			fragments.restart();
			fragments.take(message, 1);
		});
		peer.send(publish("a", "xyz"));
		expect(shown).toEqual([3, 3]);
	});

	it("cannot be read below zero, and are gone when cleared", () => {
		const fragments: Fragments = new Fragments(
			() => {},
			() => {},
		);
		const peer = online();
		peer.client.subscribe("a", message => fragments.take(message, 1));
		peer.send(publish("a", "xyz"));
		expect(() => fragments.read(-1)).toThrow(RangeError);
		expect(fragments.holds).toBe(true);
		fragments.clear();
		expect(fragments.holds).toBe(false);
		expect(fragments.read(1)).toBeUndefined();
	});

	it("take bytes from buffers, views and nothing", () => {
		expect(bytesOf(null)).toHaveLength(0);
		expect([...bytesOf(new DataView(utf8("abcd").buffer as ArrayBuffer, 0, 0))]).toEqual([]);
		expect([...bytesOf(Uint8Array.of(1, 2, 3).subarray(1))]).toEqual([2, 3]);
		expect([...bytesOf(Uint8Array.of(1, 2).buffer)]).toEqual([1, 2]);
	});
});
