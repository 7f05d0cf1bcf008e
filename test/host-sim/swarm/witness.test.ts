// Each promise is broken here in as few events as it takes, and the witness says so; and what it has to excuse it excuses.

import { describe, expect, it } from "vitest";
import { END_DROPPED, END_LOST, END_REFUSED, END_SETTLED } from "../../../firmware/mqtt/client.js";
import { CLOSED, DISPLACED, LINK_LOST, SESSION_LOST } from "../../../firmware/mqtt/error.js";
import { Broken, type Invariant } from "../../../host-sim/swarm/invariant.js";
import { type BoardPlan, planOf } from "../../../host-sim/swarm/plan.js";
import { FIRST_LANE, Witness } from "../../../host-sim/swarm/witness.js";

function make(durability: BoardPlan["durability"] = "flash", whenFull: BoardPlan["whenFull"] = "reject") {
	const plan = { ...planOf(1).boards[0]!, durability, whenFull, limits: { outbox: 200, messages: 2 } };
	const witness = new Witness(plan, (invariant, what) => {
		throw new Broken(invariant, plan.name, 0, what);
	});
	witness.handleConnected(false, 0);
	witness.handleOnline(false);
	/** A message under way with that ticket. */
	const publish = (ticket: number, qos: number, nowMs = 100) => {
		const number = witness.begin(qos);
		witness.handlePublished(qos, number, ticket, true, nowMs);
		return number;
	};
	return { witness, publish };
}

function breaks(invariant: Invariant, run: () => void): void {
	let broken: unknown;
	try {
		run();
	} catch (error) {
		broken = error;
	}
	expect(broken).toBeInstanceOf(Broken);
	expect((broken as Broken).invariant).toBe(invariant);
}

describe("the witness", () => {
	it("says nothing where all is well", () => {
		const { witness, publish } = make();
		for (const qos of [1, 2]) {
			witness.handleArrival(qos, publish(7, qos));
			witness.handleEnd(7, END_SETTLED, 0, 400);
			witness.handleDelivery(qos, witness.beginDown(qos, true));
		}
		witness.handleDisconnected(true, true);
		witness.finish(1);
		expect([witness.ends, witness.received]).toEqual([[2, 0, 0, 0], 2]);
	});

	it("exactly once up: at QoS 2 a message comes twice, which QoS 1 may", () => {
		const { witness, publish } = make();
		for (const qos of [1, 2]) witness.handleArrival(qos, publish(qos, qos));
		witness.handleArrival(1, 0);
		breaks("exactly-once up", () => witness.handleArrival(2, 0));
	});

	it("at most once: QoS 0 comes twice, either way", () => {
		const { witness, publish } = make();
		witness.handleArrival(0, publish(0, 0));
		breaks("at-most-once", () => witness.handleArrival(0, 0));
		witness.handleDelivery(0, witness.beginDown(0, true));
		breaks("at-most-once", () => witness.handleDelivery(0, 0));
	});

	it("exactly once down: an effect comes again, or is not there; without flash, a message comes twice", () => {
		const { witness } = make();
		for (let i = 0; i < 2; i += 1) witness.handleDelivery(2, witness.beginDown(2, true));
		witness.handleEffect(1, 0);
		breaks("exactly-once down", () => witness.handleEffect(1, 1));
		breaks("exactly-once down", () => witness.finish(1));
		const ram = make("ram").witness;
		ram.handleDelivery(2, ram.beginDown(2, true));
		breaks("exactly-once down", () => ram.handleDelivery(2, 0));
		ram.handleDark(500);
		ram.handleDelivery(2, 0);
	});

	it("settled means arrived", () => {
		const { witness, publish } = make();
		publish(5, 1);
		breaks("settled means arrived", () => witness.handleEnd(5, END_SETTLED, 0, 400));
		const other = make();
		other.witness.handleStale(2, other.publish(6, 2));
		other.witness.handleEnd(6, END_SETTLED, 0, 400);
	});

	it("order: first arrivals go up", () => {
		const { witness, publish } = make();
		for (const ticket of [1, 2]) publish(ticket, 1);
		witness.handleArrival(1, 1);
		breaks("order", () => witness.handleArrival(1, 0));
		for (let i = 0; i < 2; i += 1) witness.beginDown(1, true);
		witness.handleDelivery(1, 1);
		breaks("order", () => witness.handleDelivery(1, 0));
	});

	it("one of four ends: unknown, twice, refused, dropped above QoS 0, or none", () => {
		const { witness, publish } = make();
		breaks("one of four ends", () => witness.handleEnd(9, END_SETTLED, 0, 400));
		witness.handleArrival(1, publish(9, 1));
		witness.handleEnd(9, END_SETTLED, 0, 400);
		breaks("one of four ends", () => witness.handleEnd(9, END_SETTLED, 0, 400));
		publish(10, 1);
		breaks("one of four ends", () => witness.handleEnd(10, END_REFUSED, 0x97, 400));
		publish(11, 1);
		breaks("one of four ends", () => witness.handleEnd(11, END_DROPPED, LINK_LOST, 400));
		publish(12, 0);
		witness.handleEnd(12, END_DROPPED, LINK_LOST, 400);
		publish(13, 2);
		breaks("one of four ends", () => witness.finish(undefined));
	});

	it("an end goes with the power, where the message had arrived", () => {
		const { witness, publish } = make();
		const number = publish(5, 2);
		witness.handleDark(500);
		breaks("one of four ends", () => witness.finish(0));
		witness.handleArrival(2, number);
		witness.finish(0);
		publish(5, 2);
	});

	it("without flash, what was under way may arrive or not, and ends no more; with it, all goes on", () => {
		const ram = make("ram");
		ram.publish(5, 2);
		ram.witness.handleDark(500);
		ram.witness.finish(undefined);
		expect(ram.witness.hasForgotten).toBe(true);
		const offline = make("flash-when-offline");
		offline.publish(5, 1);
		offline.witness.handleOffline();
		offline.witness.handleDark(500);
		breaks("one of four ends", () => offline.witness.finish(undefined));
		const online = make("flash-when-offline");
		online.publish(5, 1);
		online.witness.handleDark(500);
		online.witness.finish(undefined);
		// It was kept after all: nobody could know.
		online.witness.handleArrival(1, 0);
		online.witness.handleEnd(5, END_SETTLED, 0, 400);
	});

	it("what a policy lets go has never left, and never comes; the telling of it may go with the power", () => {
		const { witness, publish } = make("flash", "drop-oldest");
		for (const ticket of [5, 6, 7]) publish(ticket, 1);
		witness.handleEnd(5, END_DROPPED, DISPLACED, 400);
		breaks("one of four ends", () => witness.handleArrival(1, 0));
		witness.handleArrival(1, 1);
		breaks("one of four ends", () => witness.handleEnd(6, END_DROPPED, DISPLACED, 400));
		publish(8, FIRST_LANE);
		breaks("one of four ends", () => witness.handleEnd(8, END_DROPPED, DISPLACED, 400));
		breaks("one of four ends", () => make().witness.handleEnd(make().publish(5, 1), END_DROPPED, DISPLACED, 400));
		const dark = make("flash", "drop-oldest");
		dark.publish(5, 1, 100);
		dark.witness.handleDark(101);
		breaks("one of four ends", () => dark.witness.finish(0));
		dark.publish(6, 1, 200);
		dark.witness.handleDark(200);
		dark.witness.finish(0);
	});

	it("a wish goes before the board's durability, and what goes first is in RAM", () => {
		const { witness } = make("flash");
		witness.handlePublished(1, witness.begin(1), 5, true, 100, "ram");
		witness.handlePublished(FIRST_LANE, witness.begin(FIRST_LANE), 6, true, 100);
		witness.handleDark(500);
		witness.finish(0);
		expect(witness.hasForgotten).toBe(true);
		const offline = make("flash-when-offline").witness;
		offline.handlePublished(1, offline.begin(1), 5, true, 100, "flash");
		offline.handleDark(500);
		breaks("one of four ends", () => offline.finish(undefined));
	});

	it("a publish during which the power went may be there, under a ticket that nobody knows", () => {
		const { witness } = make();
		const number = witness.begin(2);
		witness.handlePublished(2, number, -0x1d, false, 100);
		witness.handleArrival(2, number);
		witness.handleEnd(77, END_SETTLED, 0, 400);
		breaks("one of four ends", () => witness.handleEnd(78, END_SETTLED, 0, 400));
	});

	it("loss is true: only since the broker has a new session, or by close()", () => {
		const { witness, publish } = make("ram");
		publish(5, 2, 100);
		breaks("loss is true", () => witness.handleEnd(5, END_LOST, SESSION_LOST, 400));
		publish(6, 2, 100);
		witness.handleConnected(false, 200);
		witness.handleEnd(6, END_LOST, SESSION_LOST, 400);
		publish(7, 2, 300);
		witness.handleEnd(7, END_LOST, CLOSED, 400);
		const kept = make("flash");
		kept.publish(5, 2, 100);
		breaks("loss is true", () => kept.witness.handleEnd(5, END_LOST, CLOSED, 400));
	});

	it("a loss that was told in the moment in which the power went may be told again, once", () => {
		const { witness, publish } = make();
		for (const ticket of [5, 6]) publish(ticket, 2, 100);
		witness.handleConnected(false, 200);
		witness.handleEnd(5, END_LOST, SESSION_LOST, 400);
		witness.handleEnd(6, END_LOST, SESSION_LOST, 401);
		witness.handleDark(401);
		witness.handleEnd(6, END_LOST, SESSION_LOST, 900);
		breaks("one of four ends", () => witness.handleEnd(6, END_LOST, SESSION_LOST, 900));
		breaks("one of four ends", () => witness.handleEnd(5, END_LOST, SESSION_LOST, 900));
	});

	it("a session that the broker made anew without the board hearing of it may bring what is under way twice", () => {
		const { witness, publish } = make();
		const number = publish(5, 2);
		witness.handleArrival(2, number);
		witness.handleConnected(false, 200);
		witness.handleConnected(true, 300);
		witness.handleOnline(true);
		witness.handleArrival(2, number);
	});

	it("will: after every end without goodbye, once, and after no other", () => {
		const { witness } = make();
		witness.handleDisconnected(true, true);
		breaks("will", () => witness.handleWill());
		const other = make().witness;
		other.handleDisconnected(false, true);
		other.handleWill();
		breaks("will", () => other.handleWill());
		const mute = make().witness;
		mute.handleClosed();
		breaks("will", () => mute.handleDisconnected(false, true));
		const cut = make().witness;
		cut.handleClosed();
		cut.handleDisconnected(false, false);
		const silent = make().witness;
		silent.handleDisconnected(false, true);
		breaks("will", () => silent.finish(0));
	});

	it("limits", () => {
		const { witness } = make();
		witness.handleHeld(207, 2);
		breaks("limits", () => witness.handleHeld(208, 2));
		breaks("limits", () => witness.handleHeld(0, 3));
	});

	it("packet id in one use: a ticket is given out while it is under way", () => {
		const { publish } = make();
		publish(5, 1);
		breaks("packet id in one use", () => publish(5, 1));
	});

	it("delivered in the end: what the broker owes, unless it forgets", () => {
		const { witness } = make();
		witness.beginDown(1, false);
		witness.finish(0);
		witness.beginDown(1, true);
		breaks("delivered in the end", () => witness.finish(0));
		witness.handleForgotten();
		witness.finish(0);
	});
});
