import { describe, expect, it } from "vitest";
import { Frames } from "../../../../host-sim/web/live.js";
import { Fleet, Session } from "../../../../host-sim/web/model/session.js";
import { Recognitions, recognitionsOf } from "../../../../host-sim/web/recognition/recognitions.js";

function make() {
	const fleet = new Fleet(new Frames(() => {}));
	const recognitions = new Recognitions(fleet, () => 1_000_000);
	const told: string[] = [];
	recognitions.listen(({ id }, { boot, seq }) => told.push(`${id} ${boot}.${seq}`));
	const say = (id: string, seq: number, more: object = {}, retain = false) => {
		const given = { boot: 1, seq, picture: seq, crc: seq, label: "Bag", confidence: 0.5, source: "camera", ...more };
		const payload = new TextEncoder().encode(JSON.stringify(given));
		const topic = `thimble/${id}/telemetry`;
		fleet.handleMessage(topic, payload, retain);
		recognitions.handleMessage({ topic, payload, retain });
	};
	const order = (id: string) => recognitions.of(id)?.results.map(({ boot, seq }) => `${boot}.${seq}`);
	return { fleet, order, recognitions, say, told };
}

describe("what boards have seen", () => {
	it("is known board by board, in the order of their names, the newest answer first", () => {
		const { order, recognitions, say } = make();
		say("camera-10", 1);
		say("camera-2", 1);
		say("camera-2", 2);
		expect(recognitions.boards.map(({ id }) => id)).toEqual(["camera-2", "camera-10"]);
		expect(order("camera-2")).toEqual(["1.2", "1.1"]);
		expect(recognitions.of("camera-2")?.results[0]?.at).toBe(1_000_000);
		expect(recognitions.of("nobody")).toBe(undefined);
	});

	it("has what comes late at its place, and what comes again once", () => {
		const { order, say, told } = make();
		for (const seq of [1, 4, 2, 4, 3, 1]) say("a", seq);
		expect(order("a")).toEqual(["1.4", "1.3", "1.2", "1.1"]);
		expect(told).toEqual(["a 1.1", "a 1.4", "a 1.2", "a 1.3"]);
		// The same picture, seen twice, has two answers.
		for (const seq of [1, 2]) say("b", seq, { crc: 5 });
		expect(order("b")).toEqual(["1.2", "1.1"]);
	});

	it("goes by the boards' clock over restarts, or else by how often they have started", () => {
		const { order, say } = make();
		say("a", 7, { time: 5000 });
		say("a", 1, { boot: 2, time: 6000 });
		say("a", 8, { time: 5500 });
		// Its flash has forgotten that it ever started.
		say("a", 1, { boot: 0, time: 7000 });
		expect(order("a")).toEqual(["0.1", "2.1", "1.8", "1.7"]);
		say("b", 9);
		say("b", 1, { boot: 2 });
		say("b", 10);
		expect(order("b")).toEqual(["2.1", "1.10", "1.9"]);
	});

	it("passes over readings that are no answers, and over what is retained", () => {
		const { recognitions, say } = make();
		say("a", 1, { label: undefined });
		say("a", 2, {}, true);
		expect(recognitions.boards).toEqual([]);
	});

	it("is bounded: 40 of a board, fewer where there are many boards, and no more than 2,000 of these", () => {
		const { recognitions, say } = make();
		for (let seq = 1; seq <= 50; seq += 1) say("a", seq);
		expect(recognitions.of("a")?.results.length).toBe(40);
		expect(recognitions.of("a")?.results[0]?.seq).toBe(50);
		for (let i = 0; i < 2100; i += 1) say(`b${i}`, 1);
		expect(recognitions.boards.length).toBe(2000);
		say("a", 51);
		expect(recognitions.of("a")?.results.length).toBe(10);
		expect(recognitions.of("b2099")).toBe(undefined);
	});

	it("forgets a board that is gone for good, and all of them at another broker", () => {
		const { fleet, recognitions, say } = make();
		say("a", 1);
		say("b", 1);
		fleet.handleMessage("thimble/a/status", new Uint8Array(0), false);
		expect(recognitions.boards.map(({ id }) => id)).toEqual(["b"]);
		fleet.forget();
		say("c", 1);
		expect(recognitions.boards.map(({ id }) => id)).toEqual(["c"]);
		expect(recognitions.of("b")).toBe(undefined);
	});

	it("shows a hostile name as text that obeys nobody", () => {
		const { recognitions, say } = make();
		say("a\u202e", 1);
		expect(recognitions.boards[0]).toMatchObject({ id: "a\u202e", name: "a?" });
	});
});

it("there is one for each session", () => {
	const [a, b] = [1, 2].map(() => new Session({ origin: "http://127.0.0.1:8080" }));
	expect(recognitionsOf(a!)).toBe(recognitionsOf(a!));
	expect(recognitionsOf(a!)).not.toBe(recognitionsOf(b!));
});
