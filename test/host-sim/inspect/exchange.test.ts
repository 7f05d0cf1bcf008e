import { describe, expect, it } from "vitest";
import { type Exchange, Exchanges, type ExchangesOptions } from "../../../host-sim/inspect/exchange.js";
import { type Summary, summaryOf } from "../../../host-sim/inspect/summary.js";

/** What goes over the connections of one client, a packet each ms. */
class Talk {
	readonly exchanges: Exchanges;
	connection = 1;
	#now = 0;

	constructor(options?: ExchangesOptions) {
		this.exchanges = new Exchanges(options);
	}

	client(name: string, summary: Partial<Summary> = {}): this {
		return this.#say(true, name, summary);
	}

	server(name: string, summary: Partial<Summary> = {}): this {
		return this.#say(false, name, summary);
	}

	/** A connection of its own. */
	online(sessionPresent = false): this {
		return this.client("CONNECT").server("CONNACK", { sessionPresent });
	}

	lost(): this {
		this.exchanges.handleEnd(this.connection);
		this.connection += 1;
		return this;
	}

	#say(fromClient: boolean, name: string, summary: Partial<Summary>): this {
		this.#now += 1;
		this.exchanges.handlePacket({
			atMs: this.#now,
			packet: this.#now,
			client: "b",
			connection: this.connection,
			fromClient,
			summary: { ...summaryOf(name), ...summary },
		});
		return this;
	}

	/** Each exchange as a line. */
	get lines(): string[] {
		return this.exchanges.list.map(lineOf);
	}
}

function lineOf({ kind, state, steps }: Exchange): string {
	const words = steps.map(({ fromClient, mark, name }) => `${fromClient ? ">" : "<"}${name}${mark ? `(${mark})` : ""}`);
	return `${kind} ${state}: ${words.join(" ")}`;
}

const QOS_1 = { qos: 1, id: 7, topic: "a" };
const QOS_2 = { qos: 2, id: 7, topic: "a" };
const ID = { id: 7 };

it("follows a connection with everything in it", () => {
	const talk = new Talk()
		.online()
		.client("SUBSCRIBE", ID)
		.client("PUBLISH", { topic: "a" })
		.server("SUBACK", ID)
		.client("PUBLISH", QOS_1)
		.client("PINGREQ")
		.server("PUBACK", ID)
		.server("PINGRESP")
		.client("UNSUBSCRIBE", ID)
		.server("UNSUBACK", ID)
		.client("DISCONNECT");
	expect(talk.lines).toEqual([
		"connect done: >CONNECT <CONNACK",
		"subscribe done: >SUBSCRIBE <SUBACK",
		"message done: >PUBLISH",
		"message done: >PUBLISH <PUBACK",
		"ping done: >PINGREQ <PINGRESP",
		"unsubscribe done: >UNSUBSCRIBE <UNSUBACK",
		"disconnect done: >DISCONNECT",
	]);
});

describe("QoS 2", () => {
	it("is four steps, and each side has ids of its own", () => {
		const talk = new Talk().client("PUBLISH", QOS_2).server("PUBLISH", QOS_2).client("PUBREC", ID).server("PUBREC", ID);
		talk.client("PUBREL", ID).server("PUBREL", ID).client("PUBCOMP", ID);
		expect(talk.lines).toEqual([
			"message open: >PUBLISH <PUBREC >PUBREL",
			"message done: <PUBLISH >PUBREC <PUBREL >PUBCOMP",
		]);
	});

	it("goes on after a broken connection, with what is sent again and answered again marked", () => {
		const talk = new Talk().online().client("PUBLISH", QOS_2).server("PUBREC", ID).lost().online(true);
		talk
			.client("PUBLISH", { ...QOS_2, dup: true })
			.server("PUBREC", ID)
			.client("PUBREL", ID)
			.lost()
			.online(true);
		talk.client("PUBREL", ID).server("PUBCOMP", ID).server("PUBCOMP", ID);
		expect(talk.lines.filter(line => line.startsWith("message"))).toEqual([
			"message done: >PUBLISH <PUBREC >PUBLISH(again) <PUBREC(repeat) >PUBREL >PUBREL(again) <PUBCOMP <PUBCOMP(repeat)",
		]);
	});

	it("is refused by a PUBREC that says so", () => {
		const talk = new Talk().client("PUBLISH", QOS_2).server("PUBREC", { ...ID, reason: 0x87 });
		expect(talk.lines).toEqual(["message refused: >PUBLISH <PUBREC"]);
	});
});

describe("QoS 1", () => {
	it("a DUP of an unknown message is one that was sent before we looked", () => {
		const talk = new Talk().client("PUBLISH", { ...QOS_1, dup: true }).server("PUBACK", ID);
		expect(talk.lines).toEqual(["message done: >PUBLISH(again) <PUBACK"]);
	});

	it("an id that is used anew is another message, and the one before has no answer if it had none", () => {
		const talk = new Talk().client("PUBLISH", QOS_1).server("PUBACK", ID).client("PUBLISH", QOS_1);
		talk.client("PUBLISH", QOS_1).server("PUBACK", ID);
		expect(talk.lines).toEqual([
			"message done: >PUBLISH <PUBACK",
			"message unanswered: >PUBLISH",
			"message done: >PUBLISH <PUBACK",
		]);
	});

	it("ends with the session: Session Present 0 leaves it unanswered, and what came behind CONNECT is not meant", () => {
		const talk = new Talk()
			.online()
			.client("PUBLISH", QOS_1)
			.lost()
			.client("CONNECT")
			.client("PUBLISH", { ...QOS_1, id: 8 });
		talk
			.server("CONNACK")
			.server("PUBACK", { id: 8 })
			.client("PUBLISH", { ...QOS_1, dup: true });
		expect(talk.lines).toEqual([
			"connect done: >CONNECT <CONNACK",
			"message unanswered: >PUBLISH",
			"connect done: >CONNECT <CONNACK",
			"message done: >PUBLISH <PUBACK",
			"message open: >PUBLISH(again)",
		]);
	});
});

it("marks what nothing asked for, and an answer of the wrong kind", () => {
	const talk = new Talk().server("PUBACK", ID).server("PINGRESP").client("PUBLISH", QOS_1).server("PUBREC", ID);
	expect(talk.lines).toEqual([
		"stray done: <PUBACK(stray)",
		"stray done: <PINGRESP(stray)",
		"message open: >PUBLISH",
		"stray done: <PUBREC(stray)",
	]);
});

it("a connection that ends leaves its questions without an answer, and its messages open", () => {
	const talk = new Talk()
		.client("CONNECT")
		.lost()
		.online()
		.client("PINGREQ")
		.client("SUBSCRIBE", ID)
		.client("PUBLISH", QOS_1)
		.lost();
	expect(talk.lines).toEqual([
		"connect unanswered: >CONNECT",
		"connect done: >CONNECT <CONNACK",
		"ping unanswered: >PINGREQ",
		"subscribe unanswered: >SUBSCRIBE",
		"message open: >PUBLISH",
	]);
});

it("so does time, until the answer comes after all", () => {
	const talk = new Talk({ answerMs: 1000 }).client("PUBLISH", QOS_1).client("SUBSCRIBE", { id: 8 });
	talk.exchanges.handleTime(1001);
	expect(talk.lines).toEqual(["message open: >PUBLISH", "subscribe open: >SUBSCRIBE"]);
	talk.exchanges.handleTime(1003);
	expect(talk.lines).toEqual(["message unanswered: >PUBLISH", "subscribe unanswered: >SUBSCRIBE"]);
	talk.server("PUBACK", ID).server("SUBACK", { id: 8, reason: 0x80 });
	expect(talk.lines).toEqual(["message done: >PUBLISH <PUBACK", "subscribe refused: >SUBSCRIBE <SUBACK"]);
});

it("AUTH is a part of connecting, and later an exchange of its own", () => {
	const talk = new Talk()
		.client("CONNECT")
		.server("AUTH", { reason: 0x18 })
		.client("AUTH", { reason: 0x18 })
		.server("CONNACK");
	talk
		.client("AUTH", { reason: 0x19 })
		.server("AUTH", { reason: 0x18 })
		.client("AUTH", { reason: 0x18 })
		.server("AUTH");
	expect(talk.lines).toEqual(["connect done: >CONNECT <AUTH >AUTH <CONNACK", "auth done: >AUTH <AUTH >AUTH <AUTH"]);
});

it("several pings are one exchange until each has its answer", () => {
	const talk = new Talk().client("PINGREQ").client("PINGREQ").server("PINGRESP");
	expect(talk.lines).toEqual(["ping open: >PINGREQ >PINGREQ(again) <PINGRESP"]);
	talk.server("PINGRESP").client("PINGREQ");
	expect(talk.lines).toEqual(["ping done: >PINGREQ >PINGREQ(again) <PINGRESP <PINGRESP", "ping open: >PINGREQ"]);
});

it("keeps no more than so many, nor more steps than so many of each", () => {
	const changed: number[] = [];
	const talk = new Talk({ limit: 3, onChange: ({ number }) => changed.push(number) });
	for (let id = 1; id <= 1000; id += 1) talk.client("PUBLISH", { ...QOS_1, id });
	expect(talk.exchanges.list.map(({ id }) => id)).toEqual([998, 999, 1000]);
	expect(changed.length).toBe(1000);
	talk.server("PUBACK", { id: 5 });
	expect(talk.lines.at(-1)).toBe("stray done: <PUBACK(stray)");
	for (let i = 0; i < 1000; i += 1) talk.client("PUBLISH", { ...QOS_1, id: 1000, dup: true });
	const last = talk.exchanges.list.find(({ id }) => id === 1000)!;
	expect([last.steps.length, last.more]).toEqual([32, 969]);
});
