// The depot over the simulated broker, with boards that are scripts; with real ones it is in test/firmware/device/update.test.ts.

import { describe, expect, it } from "vitest";
import { type Delivery, Depot } from "../../../host-sim/update/depot.js";
import { imageOf, offerOf } from "../../support/updated.js";
import { TestWorld } from "../../support/world.js";

const image = imageOf("1.1.0", 1000);
const offer = offerOf(image, "1.1.0", { issue: 7 });

function depot() {
	const world = new TestWorld();
	const client = world.client("depot", { limits: { receive: 1024, send: 2048, outbox: 16_384, messages: 50 } });
	const board = world.client("b1", { limits: { receive: 1024 } });
	const offers: string[] = [];
	const pieces: Uint8Array[] = [];
	board.subscribe("thimble/b1/update/offer", message => offers.push(message.text()!), { qos: 1 });
	board.subscribe("thimble/b1/update/chunk", message => pieces.push(message.payload()));
	client.open();
	board.open();
	world.run(100);
	const changes: string[] = [];
	const depot = new Depot({ client, image, offer, changed: ({ at, state }) => changes.push(`${state} ${at}`) });
	const delivery = depot.add("b1") as Delivery;
	world.run(100);
	const say = (topic: string, what: object | string, retain = false) => {
		board.publish(`thimble/b1/update/${topic}`, typeof what === "string" ? what : JSON.stringify(what), { retain });
		world.run(100);
	};
	return { world, client, depot, delivery, offers, pieces, changes, say };
}

const want = { version: "1.1.0", sha256: offer.sha256, at: 0, bytes: 1000, chunk: 300 };

describe("a depot", () => {
	it("offers it, retained, and gives each piece that is asked for, and no more than there is", () => {
		const { changes, offers, pieces, say, world } = depot();
		expect(offers.map(text => JSON.parse(text))).toEqual([offer]);
		expect(
			world.told().some(line => line.startsWith("publish thimble/b1/update/offer") && line.endsWith("retained")),
		).toBe(true);
		say("want", { ...want, at: 100, bytes: 5000 });
		expect(pieces.map(piece => piece.length)).toEqual([308, 308, 308]);
		const view = new DataView(pieces[1]!.buffer);
		expect([view.getUint32(0), view.getUint32(4)]).toEqual([Number(`0x${offer.sha256.slice(0, 8)}`), 400]);
		expect(pieces[1]!.slice(8)).toEqual(image.slice(400, 700));
		expect(changes).toEqual(["receiving 100"]);
	});

	it("gives nothing of another image, nor for what is no question", () => {
		const { pieces, say } = depot();
		for (const wrong of [{ version: "1.2.0" }, { sha256: "0" }, { at: -1 }, { at: "0" }, { bytes: 1.5 }, { chunk: 0 }])
			say("want", { ...want, ...wrong });
		say("want", "{");
		say("want", "null");
		expect(pieces).toEqual([]);
	});

	it.each([
		["confirmed", { state: "confirmed", version: "1.1.0", issue: 7, running: "1.1.0" }, "confirmed", undefined],
		["runs it already", { state: "idle", running: "1.1.0" }, "up-to-date", undefined],
		[
			"refuses it",
			{ state: "refused", version: "1.1.0", issue: 7, running: "1.0.0", reason: "size" },
			"refused",
			"size",
		],
		["cannot read it", { state: "refused", running: "1.0.0", reason: "malformed" }, "refused", "malformed"],
		[
			"went back",
			{ state: "rolled-back", version: "1.1.0", issue: 7, running: "1.0.0", reason: "offline" },
			"rolled-back",
			"offline",
		],
	])("is done with a board that %s, and takes the offer away", (_, said, state, reason) => {
		const { delivery, depot: it, offers, say } = depot();
		expect(it.isDone).toBe(false);
		say("state", said);
		expect(delivery).toMatchObject({ state, running: said.running, ...(reason !== undefined && { reason }) });
		expect(it.isDone).toBe(true);
		expect(offers.at(-1)).toBe("");
		say("want", want);
		say("state", { state: "receiving", version: "1.1.0", issue: 7, running: "1.0.0", at: 1 });
		expect(delivery.state).toBe(state);
	});

	it("does not take for its own what a board has said of another offer", () => {
		const { delivery, depot: it, say } = depot();
		for (const other of [{ issue: 6 }, { version: "1.0.9" }])
			for (const state of ["refused", "rolled-back", "confirmed", "applied"])
				say("state", { state, version: "1.1.0", issue: 7, running: "1.0.0", reason: "hash", ...other });
		say("state", "nonsense");
		expect([delivery.state, it.isDone]).toEqual(["waiting", false]);
		say("state", { state: "applied", version: "1.1.0", issue: 7, running: "1.1.0" });
		expect(delivery.state).toBe("applied");
		say("state", { state: "idle", running: "1.1.0" });
		expect(delivery.state).toBe("confirmed");
	});

	it("says where its client has no room for another board", () => {
		const { depot: it } = depot();
		let last: Delivery | number = 0;
		for (let i = 0; (i < 10 && typeof last !== "number") || i === 0; i += 1) last = it.add(`board-${i}`);
		expect(last).toBeLessThan(0);
	});
});
