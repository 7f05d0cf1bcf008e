// What a hostile server has found once, the seeds that meet every way of being wrong, and a few seconds of something new.

import { expect, it } from "vitest";
import * as errors from "../../firmware/mqtt/error.js";
import found from "./corpus/found.json" with { type: "json" };
import seeds from "./corpus/seeds.json" with { type: "json" };
import { fuzz } from "./fuzz.js";

it.each(found as number[])("seed %i, which has found something once", seed => {
	fuzz(seed);
});

it("the corpus meets every way in which a server can break the protocol, and the reasons that it can give", () => {
	const met = new Set(seeds.flatMap(seed => [...fuzz(seed).codes]));
	const codes = Object.entries(errors).map(([name, code]) => [name, Number(code)] as const);
	for (const [name, code] of codes.filter(([, code]) => code >= 0x50)) expect([...met], name).toContain(code);
	const others = ["RECEIVE_TABLE_FULL", "ALIASES_FULL", "SESSION_LOST", "LINK_LOST", "ACK_TIMEOUT", "SOURCE_FAILED"];
	for (const [name, code] of codes.filter(([name]) => others.includes(name))) expect([...met], name).toContain(code);
	for (const reason of [0x80, 0x87, 0x8b, 0x8e, 0x97]) expect([...met]).toContain(reason);
});

it("five seconds of a hostile server find nothing, and reach all there is", () => {
	const stop = performance.now() + 5000;
	let seed = 1;
	const sum = { sent: 0, delivered: 0, broken: 0 };
	for (; performance.now() < stop; seed += 1) {
		const { broken, delivered, sent } = fuzz(seed);
		sum.sent += sent;
		sum.delivered += delivered;
		sum.broken += broken;
	}
	expect(sum.delivered).toBeGreaterThan(seed);
	expect(sum.broken).toBeGreaterThan(seed);
}, 30_000);
