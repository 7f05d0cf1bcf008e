// Who gives the orders: what is asked, answered, asked again, and what became of new firmware.

import { describe, expect, it } from "vitest";
import { Operator, type OperatorEvent } from "../../../host-sim/fleet/operator.js";
import { Client } from "../../../host-sim/testing.js";
import { toySigner } from "../../support/toysigner.js";
import { TestWorld } from "../../support/world.js";

function start() {
	const world = new TestWorld();
	const events: OperatorEvent[] = [];
	const operator = new Operator({
		client: world.collaborators("operator"),
		boards: 2,
		signer: toySigner,
		on: event => events.push(event),
	});
	operator.open();
	/** A board that is the test itself. */
	const board = new Client({ clientId: "b1", ...world.collaborators("b1") });
	const asked: Record<string, unknown>[] = [];
	board.subscribe("thimble/b1/command/+", message => {
		asked.push({ topic: message.topic, ...JSON.parse(message.text()!) });
	});
	const answer = (fields: object) => board.publish("thimble/b1/answer", JSON.stringify(fields), { qos: 1 });
	board.open();
	world.run(100);
	return { answer, asked, board, events, operator, world };
}

describe("an operator", () => {
	it("asks, and takes note of each answer once", () => {
		const { answer, asked, events, operator, world } = start();
		operator.command("b1", "set", { interval: 500 });
		operator.command("b1", "restart", {});
		expect(operator.summary).toMatchObject({ commands: 2, unanswered: 2 });
		world.run(100);
		expect(asked).toEqual([
			{ topic: "thimble/b1/command/set", interval: 500, id: 1 },
			{ topic: "thimble/b1/command/restart", id: 2 },
		]);
		answer({ command: "set", id: 1, ok: true });
		answer({ command: "set", id: 1, ok: true });
		answer({ command: "restart", id: 2, ok: false, error: "not-supported" });
		answer({ command: "restart", id: 3, ok: true });
		world.run(100);
		expect(operator.summary).toMatchObject({ commands: 2, answered: 1, refused: 1, unanswered: 0 });
		expect(events.filter(({ event }) => event === "answer")).toEqual([
			{ device: "b1", event: "answer", command: "set", id: 1 },
			{ device: "b1", event: "answer", command: "restart", id: 2, error: "not-supported" },
		]);
	});

	it("asks again under the same id as long as nobody answers, and is not taken in by another board", () => {
		const { answer, asked, board, operator, world } = start();
		operator.command("b1", "sample", {});
		board.publish("thimble/b2/answer", '{"command":"sample","id":1,"ok":true}');
		board.publish("thimble/b1/answer", "not JSON");
		world.run(150_000);
		expect(asked.map(({ id }) => id)).toEqual([1, 1, 1]);
		expect(operator.summary.unanswered).toBe(1);
		answer({ command: "sample", id: 1, ok: true });
		world.run(200_000);
		expect(asked).toHaveLength(3);
		expect(operator.summary).toMatchObject({ answered: 1, unanswered: 0 });
	});

	it("offers firmware, and says how that has ended; where nobody signs there is none", () => {
		const { board, events, operator, world } = start();
		const state = (fields: object) => board.publish("thimble/b1/update/state", JSON.stringify(fields), { qos: 1 });
		expect(operator.update("b1", { version: "1.1.0", isBroken: false })).toBe(true);
		world.run(100);
		expect([...world.broker.retained.matching("thimble/b1/update/offer")]).toHaveLength(1);
		state({ state: "rolled-back", running: "1.0.0", version: "1.1.0", issue: 1, reason: "offline" });
		world.run(100);
		expect(operator.update("b1", { version: "1.1.0", isBroken: false })).toBe(true);
		world.run(100);
		state({ state: "confirmed", running: "1.1.0", version: "1.1.0", issue: 2 });
		world.run(100);
		expect(events.map(event => (event.event === "updated" ? [event.state, event.reason] : event.event))).toEqual([
			"update",
			["rolled-back", "offline"],
			"update",
			["confirmed", undefined],
		]);
		expect(operator.summary).toMatchObject({ updates: 2, updated: 1, notUpdated: 1 });
		const nobody = new Operator({ client: world.collaborators("other"), boards: 1, on() {} });
		expect(nobody.update("b1", { version: "1.1.0", isBroken: false })).toBe(false);
	});
});
