import { expect, it } from "vitest";
import { placeOf, toneOf } from "../../../../host-sim/web/packets/step.js";
import { MESSAGE, packetsIn, Talk } from "../../../support/seen.js";

const placesIn = (talk: Talk) => packetsIn(talk.log().lines).map(placeOf);

it("knows each packet of QoS 2 as its step, and what came before it", () => {
	const places = placesIn(new Talk().exactlyOnce("a", 1));
	expect(places.map(place => [place!.step, place!.course.length, place!.previous?.name, place!.sinceMs])).toEqual([
		[1, 4, undefined, 0],
		[2, 4, "PUBLISH", 1],
		[3, 4, "PUBREC", 1],
		[4, 4, "PUBREL", 1],
	]);
	expect(places[0]!.course.map(({ name, steps }) => [name, steps.length])).toEqual([
		["PUBLISH", 1],
		["PUBREC", 1],
		["PUBREL", 1],
		["PUBCOMP", 1],
	]);
});

it("counts what is sent again with its step", () => {
	const message = { ...MESSAGE, qos: 1, messageId: 3 };
	const places = placesIn(new Talk().says("a", 1, message).says("a", 1, { ...message, dup: true }));
	expect(places[1]).toMatchObject({ step: 1, previous: { name: "PUBLISH" } });
	expect(places[1]!.course.map(({ steps }) => steps.length)).toEqual([2, 0]);
});

it("has no course for what stands alone", () => {
	const [place] = placesIn(new Talk().hears("a", 1, { cmd: "puback", messageId: 3 }));
	expect(place).toMatchObject({ step: 0, course: [] });
});

it("gives each kind of exchange its tone", () => {
	const lines = packetsIn(new Talk().connects("a", 1).exactlyOnce("a", 1).log().lines);
	expect([lines[0]!, lines[3]!].map(({ exchange }) => toneOf(exchange))).toEqual(["connect", "qos2"]);
	expect(toneOf(undefined)).toBe("stray");
});
