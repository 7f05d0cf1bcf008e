import { describe, expect, it } from "vitest";
import { Lanes } from "../../../../host-sim/web/packets/lanes.js";
import { type Filter, Picture } from "../../../../host-sim/web/packets/picture.js";
import { MESSAGE, packetsIn, Talk } from "../../../support/seen.js";

const lanesOf = (...clients: string[]) => new Lanes(clients, client => client !== "p", "p");
const filterOf = (given: Partial<Filter> = {}): Filter => ({
	lanes: lanesOf("a", "b", "p"),
	hidden: new Set(),
	text: "",
	...given,
});

const namesIn = (picture: Picture) => packetsIn(picture.rows).map(({ summary }) => summary.name);

function shown(talk: Talk, given: Partial<Filter> = {}): Picture {
	const picture = new Picture();
	picture.follow(talk.log(), filterOf(given));
	return picture;
}

describe("a picture", () => {
	it("shows the clients that are chosen, and what has happened between", () => {
		const talk = new Talk().connects("a", 1).connects("c", 2);
		talk.items.push({ at: 9, event: "gap", count: 3 });
		expect(shown(talk).rows.map(({ kind }) => kind)).toEqual(["packet", "packet", "gap"]);
	});

	it("shows the packets that are asked for: by kind, and by all of some words", () => {
		const talk = new Talk()
			.begin(1)
			.connects("a", 1)
			.exactlyOnce("a", 1, 77)
			.says("a", 1, { cmd: "pingreq" })
			.end(1, "a");
		expect(namesIn(shown(talk, { hidden: new Set(["connect", "ping"]) }))).toEqual([
			"PUBLISH",
			"PUBREC",
			"PUBREL",
			"PUBCOMP",
		]);
		expect(shown(talk, { hidden: new Set(["connect"]) }).rows.every(({ kind }) => kind === "packet")).toBe(true);
		expect(namesIn(shown(talk, { text: "id 77 pubre" }))).toEqual(["PUBREC", "PUBREL"]);
		expect(namesIn(shown(talk, { text: "A/B qos 2" }))).toEqual(["PUBLISH"]);
		expect(namesIn(shown(talk, { text: "nowhere" }))).toEqual([]);
	});

	it("shows of the messages that others get those of the chosen boards, with their acknowledgements", () => {
		const talk = new Talk().connects("p", 1);
		for (const board of ["a", "z"])
			talk
				.hears("p", 1, { ...MESSAGE, topic: `thimble/${board}/x`, qos: 1, messageId: 5 })
				.says("p", 1, { cmd: "puback", messageId: 5 });
		const picture = shown(talk, { about: new Set(["a"]) });
		expect(namesIn(picture)).toEqual(["CONNECT", "CONNACK", "PUBLISH", "PUBACK"]);
	});

	it("goes on as the log grows, and begins anew with another filter or where something came late", () => {
		const talk = new Talk().connects("a", 1);
		const log = talk.log();
		const picture = new Picture();
		const filter = filterOf();
		expect(picture.follow(log, filter)).toBe(true);
		const { rows } = picture;
		log.put(talk.exactlyOnce("a", 1).items.slice(2));
		expect(picture.follow(log, filter)).toBe(false);
		expect(picture.rows).toBe(rows);
		expect(rows.length).toBe(6);
		log.put([{ at: 0.5, event: "gap", count: 1 }]);
		expect(picture.follow(log, filter)).toBe(true);
		expect(picture.rows[0]!.kind).toBe("gap");
		expect(picture.follow(log, filterOf({ text: "pubrel" }))).toBe(true);
		expect(namesIn(picture)).toEqual(["PUBREL"]);
		expect([picture.rowOf(picture.rows[0]!.key), picture.rowOf(undefined), picture.rowOf(4711)]).toEqual([0, -1, -1]);
	});
});

describe("spans", () => {
	it("hold the four steps of QoS 2 together, and go round others that are under way", () => {
		const talk = new Talk();
		talk.says("a", 1, { ...MESSAGE, qos: 2, messageId: 1 }).says("a", 1, { ...MESSAGE, qos: 2, messageId: 2 });
		for (const messageId of [1, 2])
			talk
				.hears("a", 1, { cmd: "pubrec", messageId })
				.says("a", 1, { cmd: "pubrel", messageId })
				.hears("a", 1, { cmd: "pubcomp", messageId });
		const spans = shown(talk).spans.filter(({ exchange }) => exchange !== undefined);
		expect(spans.map(({ rows, track }) => [rows, track])).toEqual([
			[[0, 2, 3, 4], 0],
			[[1, 5, 6, 7], 1],
		]);
	});

	it("use a track again when it is free, on each lane its own", () => {
		const talk = new Talk().connects("a", 1).connects("b", 2).exactlyOnce("a", 1);
		const log = talk.log();
		const picture = new Picture();
		const filter = filterOf();
		picture.follow(log, filter);
		log.put(talk.exactlyOnce("a", 1, 9).items.slice(-4));
		picture.follow(log, filter);
		expect(picture.spans.map(({ track }) => track)).not.toContain(1);
	});

	it("say as long as a connection stands that it does", () => {
		const talk = new Talk().begin(1).connects("a", 1).end(1, "a").begin(2).connects("a", 2).connects("b", 3);
		const picture = shown(talk);
		const connections = picture.spans.filter(({ exchange }) => exchange === undefined);
		expect(connections.map(({ isOver, rows }) => [rows[0], rows.at(-1), isOver])).toEqual([
			[0, 3, true],
			[4, 6, false],
			[7, 8, false],
		]);
		// The first is over, and the second stands on.
		expect(picture.spansIn(20, 30).map(({ rows }) => rows[0])).toEqual([4, 7]);
		expect(picture.spansIn(2, 3).map(({ rows }) => rows[0])).toEqual([0, 1]);
	});
});
