import { describe, expect, it } from "vitest";
import type { Line } from "../../../../host-sim/web/packets/follow.js";
import {
	clockTime,
	faultName,
	groupOf,
	LINE_WORDS,
	labelOf,
	lineText,
	relativeTime,
	sentenceOf,
} from "../../../../host-sim/web/packets/text.js";
import { MESSAGE, packetsIn, Talk } from "../../../support/seen.js";

const { en, zh } = LINE_WORDS;

function labels(talk: Talk, say = en): string[] {
	return packetsIn(talk.log().lines).map(line => {
		const { details, marks, name, subject } = labelOf(line, say);
		return [name, subject, ...details, ...marks.map(({ text }) => `[${text}]`)].filter(Boolean).join(" ");
	});
}

describe("a label", () => {
	it("says what a packet is about", () => {
		const talk = new Talk().connects("a", 1, { clean: false }, "5.0").exactlyOnce("a", 1);
		talk.says("a", 1, { cmd: "subscribe", messageId: 8, subscriptions: [{ topic: "x/#", qos: 1 }] }, "5.0");
		expect(labels(talk)).toEqual([
			"CONNECT a MQTT 5.0 keeps its session",
			"CONNACK",
			expect.stringMatching(/^PUBLISH a\/b QoS 2 id 7/),
			"PUBREC id 7",
			"PUBREL id 7",
			"PUBCOMP id 7",
			"SUBSCRIBE x/# id 8",
		]);
	});

	it("marks what is sent again, what nobody asked for, and what is faulty, in each language", () => {
		const message = { ...MESSAGE, qos: 1, messageId: 3 };
		const talk = new Talk()
			.connects("a", 1)
			.says("a", 1, message)
			.says("a", 1, { ...message, dup: true, retain: true });
		talk.hears("a", 1, { cmd: "pubrec", messageId: 3 });
		expect(labels(talk).slice(3)).toEqual(["PUBLISH a/b QoS 1 id 3 retain [DUP] [again]", "PUBREC id 3 [stray]"]);
		expect(labels(talk, zh).slice(3)).toEqual(["PUBLISH a/b QoS 1 id 3 保留 [DUP] [重发]", "PUBREC id 3 [无对应请求]"]);
	});

	it("names the reason of a refusal", () => {
		const talk = new Talk().connects("a", 1).hears("a", 2, { cmd: "connack", sessionPresent: false, returnCode: 5 });
		expect(labels(talk).at(-1)).toBe("CONNACK Connection Refused, not authorized [stray]");
	});

	it("lets nothing that somebody sends do anything", () => {
		const talk = new Talk().says("a", 1, { ...MESSAGE, topic: "a\u202eb" });
		expect(labels(talk)[0]).toContain("a?b");
	});
});

describe("a line", () => {
	const end = (how: "closed" | "reset") =>
		new Talk()
			.connects("a", 4, { will: { topic: "w", payload: "x", qos: 0, retain: false } })
			.end(4, "a", how)
			.log()
			.lines.at(-1) as Exclude<Line, { kind: "packet" }>;

	it("says how a connection has begun and ended", () => {
		const begin = new Talk().begin(4, "10.0.0.1:5").log().lines[0] as Exclude<Line, { kind: "packet" }>;
		expect(lineText(begin, en, "en")).toBe("connection 4 begins (10.0.0.1:5)");
		expect(lineText(end("reset"), en, "en")).toBe("connection 4 reset by the client · the will is due");
		expect(lineText(end("closed"), zh, "zh")).toBe("连接 4 被客户端关闭 · 遗嘱即将发布");
	});

	it("says what has happened", () => {
		const told = (incident: object) =>
			lineText({ kind: "incident", key: 1, at: 0, incident } as Exclude<Line, { kind: "packet" }>, en, "en");
		const trouble = { id: 1, fault: "power-cut", device: "a", since: 1000, until: 4000 };
		expect(told({ event: "trouble", trouble })).toBe("power cut · a · for 3 s");
		expect(told({ event: "trouble", trouble: { ...trouble, until: 1000 } })).toBe("power cut · a");
		expect(told({ event: "mended", id: 1, fault: "broker-stop", at: 1 })).toBe("mended: broker stop");
		expect(told({ event: "restarted", device: "a", reason: "power-on", at: 1 })).toBe("a has restarted: power-on");
		expect(faultName("power-cut", "zh")).toBe("断电");
		expect(lineText({ kind: "gap", key: 1, at: 0, count: 3 }, en, "en")).toBe("3 packets not shown");
	});

	it("is a sentence for those who listen", () => {
		const [publish, pubrec] = new Talk().exactlyOnce("a", 1).log().lines;
		const nameOf = (client: string) => `board ${client}`;
		expect(sentenceOf(publish!, en, "en", nameOf)).toMatch(/^board a to broker: PUBLISH, a\/b, QoS 2, id 7/);
		expect(sentenceOf(pubrec!, en, "en", nameOf)).toBe("broker to board a: PUBREC, id 7");
		expect(sentenceOf(end("reset"), en, "en", nameOf)).toBe(
			"board a: connection 4 reset by the client · the will is due",
		);
	});
});

it("knows which packets are shown together", () => {
	expect(["CONNACK", "PUBREL", "UNSUBACK", "PINGRESP", "packet type 0"].map(groupOf)).toEqual([
		"connect",
		"publish",
		"subscribe",
		"ping",
		"other",
	]);
});

it("tells times since the beginning, and of the day", () => {
	expect([0, 12_345.4, 62_345, 3_602_345].map(relativeTime)).toEqual(["0.000", "12.345", "1:02.345", "1:00:02.345"]);
	expect(clockTime(new Date(2026, 0, 1, 13, 5, 12, 45).getTime())).toBe("13:05:12.045");
});
