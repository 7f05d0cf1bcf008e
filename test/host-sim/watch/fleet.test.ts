import fc from "fast-check";
import { expect, it } from "vitest";
import { Agent, Client, World } from "../../../host-sim/testing.js";
import { type Happening, KINDS } from "../../../host-sim/watch/board.js";
import { FILTERS, WatchedFleet } from "../../../host-sim/watch/fleet.js";

const ORDER = { by: "board", isReversed: false } as const;

function make(most?: number) {
	const told: Happening[] = [];
	const fleet = new WatchedFleet({ on: what => told.push(what), ...(most !== undefined && { most }) });
	const say = (topic: string, text: string, retain = false) => fleet.handleMessage(topic, Buffer.from(text), retain, 0);
	return { fleet, told, say };
}

it("boards are made of what comes on their topics", () => {
	const { fleet, say } = make();
	say("thimble/b2/status", "online");
	say("thimble/b1/status", "offline", true);
	say("thimble/b1/telemetry", '{"boot":1,"seq":1}');
	say("thimble/b3/update/state", '{"state":"idle","running":"1.0.0"}');
	expect(fleet.select(() => true, ORDER, 0).map(({ name }) => name)).toEqual(["b1", "b2", "b3"]);
	expect(fleet.select(({ presence }) => presence === "online", ORDER, 0).map(({ name }) => name)).toEqual(["b2"]);
	expect(fleet.count()).toEqual({ online: 1, offline: 1, sleeping: 0, unknown: 1 });
});

it("other topics are passed over", () => {
	const { fleet, say } = make();
	const topics = ["", "thimble", "thimble/b", "thimble/b/", "thimble//status", "thimble/b/status/x", "other/b/status"];
	for (const topic of [...topics, "thimble/b/command/set", "thimble/b/update", `thimble/${"x".repeat(129)}/status`])
		say(topic, "online");
	expect([fleet.boards.size, fleet.passedOver]).toEqual([0, 10]);
});

it("a status that is taken away takes the board with it", () => {
	const { fleet, say, told } = make();
	say("thimble/b/status", "");
	say("thimble/b/status", "online");
	say("thimble/b/status", "");
	expect([fleet.boards.size, told.map(({ event }) => event)]).toEqual([0, ["presence", "forgotten"]]);
});

it("there are so many boards at most, and ids like __proto__ are ids", () => {
	const { fleet, say } = make(3);
	for (const id of ["__proto__", "constructor", "a", "b", "a"]) say(`thimble/${id}/status`, "online");
	expect([[...fleet.boards.keys()], fleet.passedOver]).toEqual([["__proto__", "constructor", "a"], 1]);
});

it("ids and texts lose what a terminal would obey", () => {
	const { fleet, say, told } = make();
	say("thimble/a\u001b[2J\u202e/status", "online");
	say("thimble/b/answer", '{"command":"\\u001b]0;x\\u0007","ok":false,"error":"<script>"}');
	expect([...fleet.boards.values()].map(({ name }) => name)).toEqual(["a?[2J?", "b"]);
	expect(told[1]).toMatchObject({ answer: { command: "?]0;x?", error: "<script>" } });
});

it("nothing that comes throws, or gets out as it is", () => {
	const topic = fc.oneof(
		fc
			.tuple(fc.string({ unit: "binary", maxLength: 20 }), fc.constantFrom(...KINDS))
			.map(([id, kind]) => `thimble/${id}/${kind}`),
		fc.string(),
	);
	const payload = fc.oneof(
		fc.uint8Array({ maxLength: 300 }),
		fc.jsonValue().map(value => Buffer.from(JSON.stringify(value))),
		fc
			.dictionary(fc.constantFrom("boot", "seq", "ms", "time", "state", "command", "error", "reset"), fc.jsonValue())
			.map(value => Buffer.from(JSON.stringify(value))),
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(topic, payload, fc.boolean()), { maxLength: 30 }), messages => {
			const { fleet, told } = make(5);
			messages.forEach(([topic, payload, retain], i) => {
				fleet.handleMessage(topic, payload, retain, i);
				if (i % 7 === 6) fleet.handleAway();
			});
			expect(fleet.boards.size).toBeLessThanOrEqual(5);
			// What JSON escapes is in nothing that was told.
			expect(JSON.stringify(told)).not.toMatch(/\\u|[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
		}),
	);
});

it("real boards through a link that hangs: what is missing is what they know to be lost, and their goodbyes are seen", () => {
	const world = new World({ seed: 5, link: { latencyMs: 20 } });
	const { fleet, told } = make();
	const watcher = new Client({ clientId: "watcher", ...world.collaborators("watcher") });
	for (const filter of FILTERS)
		watcher.subscribe(filter, message =>
			fleet.handleMessage(message.topic, message.payload(), message.retain, world.time.now),
		);
	watcher.open();
	world.run(1000);
	const sensor = { configure() {}, sample: () => ({ temperature: 20 }), close() {} };
	const agents = ["b1", "b2"].map(
		deviceId => new Agent({ deviceId, sensors: [sensor], intervalMs: 1000, keepAlive: 5, ...world.board(deviceId) }),
	);
	for (const agent of agents) agent.start();
	world.run(10_000);
	world.link("b1")!.hang();
	world.run(30_000);
	expect(told).toContainEqual({ event: "presence", device: "b1", presence: "offline", was: "online", retained: false });
	expect(fleet.count().online).toBe(2);
	for (const agent of agents) agent.stop(1000);
	world.run(5000);
	expect(fleet.count().offline).toBe(2);
	for (const [id, agent] of [
		["b1", agents[0]!],
		["b2", agents[1]!],
	] as const) {
		const board = fleet.boards.get(id)!;
		const { dropped, lost, refused, settled } = agent.counts;
		expect([board.missing, board.readings]).toEqual([lost + refused + dropped, settled]);
	}
});
