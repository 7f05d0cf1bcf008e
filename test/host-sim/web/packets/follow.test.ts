import { expect, it } from "vitest";
import type { EndLine } from "../../../../host-sim/web/packets/follow.js";
import { MESSAGE, packetsIn, Talk } from "../../../support/seen.js";

const WILL = { will: { topic: "a/status", payload: "gone", qos: 1, retain: true } };
const STATUS = { ...MESSAGE, topic: "a/status" };

it("reads each connection in the version that its CONNECT says", () => {
	const talk = new Talk().connects("a", 1, {}, "5.0").connects("b", 2);
	talk.says("a", 1, MESSAGE, "5.0").says("b", 2, MESSAGE);
	const lines = packetsIn(talk.log().lines);
	expect(lines.slice(-2).map(({ connection, version }) => [version, connection.source])).toEqual([
		["5.0", "connect"],
		["3.1.1", "connect"],
	]);
	expect(lines.every(({ isFaulty }) => !isFaulty)).toBe(true);
});

it("takes the version of a client whose CONNECT nobody has seen from who knows it, or guesses it and says so", () => {
	const talk = new Talk().says("a", 1, MESSAGE, "5.0").says("b", 2, { cmd: "pingreq" }).says("b", 2, MESSAGE);
	const lines = packetsIn(talk.log({ versionOf: client => (client === "a" ? "5.0" : undefined) }).lines);
	expect(lines.map(({ connection, version }) => [version, connection.source])).toEqual([
		["5.0", "known"],
		["3.1.1", "guess"],
		["3.1.1", "guess"],
	]);
});

it("guesses 5.0 from what passes for it", () => {
	const talk = new Talk().says("a", 1, MESSAGE, "5.0");
	expect(packetsIn(talk.log().lines)[0]!.version).toBe("5.0");
});

it("shows the topic that an alias stands for, each direction having its own", () => {
	const talk = new Talk().connects("a", 1, {}, "5.0");
	const alias = { properties: { topicAlias: 1 } };
	talk.says("a", 1, { ...MESSAGE, ...alias }, "5.0").says("a", 1, { ...MESSAGE, topic: "", ...alias }, "5.0");
	talk.hears("a", 1, { ...MESSAGE, topic: "", ...alias }, "5.0");
	const lines = packetsIn(talk.log().lines).slice(2);
	expect(lines.map(({ alias, summary }) => [alias, summary.topic])).toEqual([
		["1", "a/b"],
		["1", "a/b"],
		["1", ""],
	]);
});

it("joins the four packets of QoS 2, and marks what comes again", () => {
	const talk = new Talk().connects("a", 1).exactlyOnce("a", 1);
	talk
		.says("a", 1, { ...MESSAGE, qos: 1, messageId: 8 })
		.end(1, "a")
		.begin(2)
		.connects("a", 2, {}, "3.1.1", true);
	talk
		.says("a", 2, { ...MESSAGE, qos: 1, messageId: 8, dup: true })
		.hears("a", 2, { cmd: "suback", messageId: 9, granted: [0] });
	const lines = packetsIn(talk.log().lines);
	const four = lines.slice(2, 6);
	expect(new Set(four.map(({ exchange }) => exchange)).size).toBe(1);
	expect(four[0]!.exchange).toMatchObject({ state: "done", qos: 2, id: 7 });
	expect(four.map(({ bytes }) => bytes[0]! >> 4)).toEqual([3, 5, 6, 7]);
	expect(lines.at(-2)).toMatchObject({ mark: "again", summary: { dup: true } });
	expect(lines.at(-2)!.exchange).toBe(lines[6]!.exchange);
	expect(lines.at(-1)).toMatchObject({ mark: "stray" });
});

it("[MQTT-3.1.2-8] knows a will that comes true, for each who hears it", () => {
	const talk = new Talk()
		.connects("a", 1, WILL)
		.hears("p", 9, { ...STATUS, payload: "gone" })
		.end(1, "a");
	talk.hears("p", 9, { ...STATUS, payload: "gone" }).hears("q", 8, { ...STATUS, payload: "gone", retain: true });
	talk.hears("p", 9, { ...STATUS, payload: "other" });
	const { lines } = talk.log();
	expect(packetsIn(lines).map(({ willOf }) => willOf)).toEqual([undefined, undefined, undefined, "a", "a", undefined]);
	expect((lines.find(({ kind }) => kind === "end") as EndLine).leavesWill).toBe(true);
});

it("[MQTT-3.1.2-10] knows that a DISCONNECT takes the will back", () => {
	const talk = new Talk().connects("a", 1, WILL).says("a", 1, { cmd: "disconnect" }).end(1, "a", "closed");
	talk.hears("p", 9, { ...STATUS, payload: "gone" });
	const { lines } = talk.log();
	expect(packetsIn(lines).at(-1)!.willOf).toBeUndefined();
	expect((lines.find(({ kind }) => kind === "end") as EndLine).leavesWill).toBe(false);
});

it("[MQTT-3.14.4-3] knows that a DISCONNECT with reason 0x04 does not", () => {
	const talk = new Talk().connects("a", 1, WILL, "5.0");
	talk.says("a", 1, { cmd: "disconnect", reasonCode: 4 }, "5.0").end(1, "a", "closed");
	talk.hears("p", 9, { ...STATUS, payload: "gone" });
	expect(packetsIn(talk.log().lines).at(-1)!.willOf).toBe("a");
});

it("takes what a client that is back says itself for no will", () => {
	const talk = new Talk().connects("a", 1, WILL).end(1, "a").connects("a", 2, WILL).says("a", 2, STATUS);
	talk.hears("p", 9, { ...STATUS, payload: "gone" });
	expect(packetsIn(talk.log().lines).at(-1)!.willOf).toBeUndefined();
});

it("shows bytes that are no packet as such, in no exchange", () => {
	const log = new Talk().connects("a", 1).log();
	const bytes = Uint8Array.of(0x30, 0x7f, 0);
	log.put([{ at: 9, event: "packet", connection: 1, from: "client", bytes, masked: false, partial: true }]);
	expect(log.lines.at(-1)).toMatchObject({ partial: true, exchange: undefined, isFaulty: true });
});
